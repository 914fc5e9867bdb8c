//! Runs plans: the engine that the rest of the program holds.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::level::Level;
use super::memory::{Memory, Place, Slot};
use super::network::Network;
use super::plan::{COLOURS, Plan, STEM_PADDING, Shape, Step, Wanted, Work};
use super::reduce::{MaxPoolTask, MeanTask, halved};
use super::team::{Member, Team};
use crate::vision::folded::FoldedNet;

/// Rows of the input that are filled as one task.
const ROWS_PER_TASK: usize = 16;

/// Plans that are kept: full batches, what remains at a folder's end, single images.
const MAX_PLANS: usize = 4;

/// Writes a row of an image as normalised numbers, channels last: image, row, and where to.
pub type FillRow<'a> = dyn Fn(usize, usize, &mut [f32]) + Sync + 'a;

/// A network ready to run on the processor.
pub struct Engine {
    network: Network,
    level: Level,
    state: Mutex<State>,
}

struct State {
    team: Team,
    /// The one used last at the end.
    plans: Vec<Plan>,
    memory: Memory,
}

/// What a run gave.
pub struct Outputs<'a> {
    plan: &'a Plan,
    memory: &'a [f32],
}

/// The time that a step took.
#[derive(Clone, Debug)]
pub struct StepTime {
    pub name: String,
    /// Multiplications of the whole batch, as the plain convolution would need them.
    pub macs: u64,
    pub seconds: f64,
}

/// What all members need to know.
struct Run<'a> {
    plan: &'a Plan,
    memory: Place,
    level: Level,
    fill_row: &'a FillRow<'a>,
    /// Nanoseconds of each step, where somebody asks.
    clock: Option<&'a [AtomicU64]>,
}

impl Engine {
    /// Packs the network for this level and as many threads.
    #[must_use]
    pub fn new(net: FoldedNet, level: Level, threads: usize) -> Self {
        let state = State { team: Team::new(threads), plans: Vec::new(), memory: Memory::zeroed(0) };
        Self { network: Network::pack(net, level), level, state: Mutex::new(state) }
    }

    /// The instructions it uses.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// Runs a batch, whose rows `fill_row` gives, and hands the results to `take`.
    pub fn run<T>(
        &self,
        shape: Shape,
        wanted: &Wanted,
        fill_row: &FillRow<'_>,
        take: impl FnOnce(&Outputs<'_>) -> T,
    ) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        self.prepare(state, shape, wanted);
        let plan = &state.plans[state.plans.len() - 1];
        let run = Run { plan, memory: state.memory.place(), level: self.level, fill_row, clock: None };
        state.team.run(&|member| run.all(member));
        take(&Outputs { plan, memory: state.memory.as_slice() })
    }

    /// Runs a batch of grey images `times` times, and gives the shortest time of each step.
    #[must_use]
    pub fn time_steps(&self, shape: Shape, wanted: &Wanted, times: usize) -> Vec<StepTime> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        self.prepare(state, shape, wanted);
        let plan = &state.plans[state.plans.len() - 1];
        let steps: Vec<&Step> = plan.parts.iter().flat_map(|part| &part.steps).collect();
        let mut shortest = vec![u64::MAX; steps.len()];
        for _ in 0..times {
            let clock: Vec<AtomicU64> = steps.iter().map(|_| AtomicU64::new(0)).collect();
            let fill_row = |_: usize, row: usize, to: &mut [f32]| to.fill((row % 7) as f32 * 0.25 - 0.75);
            let memory = state.memory.place();
            let run = Run { plan, memory, level: self.level, fill_row: &fill_row, clock: Some(&clock) };
            state.team.run(&|member| run.all(member));
            for (shortest, nanos) in shortest.iter_mut().zip(clock) {
                *shortest = (*shortest).min(nanos.into_inner());
            }
        }
        let images = shape.images as u64;
        let time = |(step, nanos): (&Step, u64)| StepTime {
            name: step.name.clone(),
            macs: step.macs * images,
            seconds: nanos as f64 / 1e9,
        };
        steps.into_iter().zip(shortest).map(time).collect()
    }

    /// Puts the plan for the shape last, and has memory for it.
    fn prepare(&self, state: &mut State, shape: Shape, wanted: &Wanted) {
        let known = state.plans.iter().position(|plan| plan.shape == shape && plan.wanted == *wanted);
        let plan = match known {
            Some(index) => state.plans.remove(index),
            None => {
                if state.plans.len() == MAX_PLANS {
                    state.plans.remove(0);
                }
                Plan::new(&self.network, shape, wanted.clone(), self.level, state.team.num_members())
            }
        };
        if state.memory.len() < plan.memory_floats {
            // The old one first: both together need not fit.
            state.memory = Memory::zeroed(0);
            state.memory = Memory::zeroed(plan.memory_floats);
        }
        state.plans.push(plan);
    }
}

impl Outputs<'_> {
    /// The mean over height and width of the `index`th wanted stage's output for an image.
    #[must_use]
    pub fn pooled(&self, index: usize, image: usize) -> &[f32] {
        self.numbers(self.plan.pooled[index], image)
    }

    /// The wanted stage's output for an image, channels last, and its height, width and channels.
    #[must_use]
    pub fn map(&self, image: usize) -> Option<(&[f32], [usize; 3])> {
        self.plan.map.map(|(slot, size)| (self.numbers(slot, image), size))
    }

    fn numbers(&self, slot: Slot, image: usize) -> &[f32] {
        &self.memory[slot.of(image)..][..slot.floats]
    }
}

impl Run<'_> {
    /// What one member does of the whole.
    fn all(&self, member: &Member<'_>) {
        let mut num_before = 0;
        for part in &self.plan.parts {
            for first in (0..self.plan.shape.images).step_by(part.images) {
                let images = first..(first + part.images).min(self.plan.shape.images);
                for (index, step) in part.steps.iter().enumerate() {
                    let started = self.clock.filter(|_| member.index == 0).map(|clock| (clock, Instant::now()));
                    self.step(member, step, images.clone());
                    if let Some((clock, started)) = started {
                        clock[num_before + index].fetch_add(started.elapsed().as_nanos() as u64, Ordering::Relaxed);
                    }
                }
            }
            num_before += part.steps.len();
        }
    }

    fn step(&self, member: &Member<'_>, step: &Step, images: Range<usize>) {
        let (memory, level) = (self.memory, self.level);
        let members = member.num_members();
        match &step.work {
            Work::Fill(slot) => {
                let rows = self.plan.shape.height + 2 * STEM_PADDING;
                let tasks_per_image = rows.div_ceil(ROWS_PER_TASK);
                member.step(images.len() * tasks_per_image, |task| {
                    let first = task % tasks_per_image * ROWS_PER_TASK;
                    for row in first..(first + ROWS_PER_TASK).min(rows) {
                        self.fill(*slot, images.start + task / tasks_per_image, row);
                    }
                });
            }
            Work::Conv(conv) => {
                let split = conv.split(images.len(), members, level);
                member.step(split.blocks * split.groups, |task| {
                    level.run(conv.task(split, task, memory, images.clone(), level));
                });
            }
            Work::Winograd(conv) => {
                let split = conv.split(images.len(), members);
                let (begin, floats) = self.plan.workspaces;
                let workspace = begin + member.index * floats;
                member.step(split.blocks * split.groups, |task| {
                    level.run(conv.task(split, task, memory, workspace, images.clone()));
                });
            }
            Work::MaxPool(pool) => {
                let rows = halved(pool.height);
                member.step(images.len() * rows, |task| {
                    level.run(MaxPoolTask { pool, memory, image: images.start + task / rows, row: task % rows });
                });
            }
            Work::Mean(mean) => member.step(images.len(), |task| {
                level.run(MeanTask { mean, memory, image: images.start + task });
            }),
        }
    }

    /// One row of the padded input.
    fn fill(&self, slot: Slot, image: usize, row: usize) {
        let Shape { height, width, .. } = self.plan.shape;
        let floats = (width + 2 * STEM_PADDING) * COLOURS;
        // SAFETY: the plan gave the input its room, and no other task writes this row.
        let to = unsafe { std::slice::from_raw_parts_mut(self.memory.at(slot.of(image) + row * floats), floats) };
        to.fill(0.0);
        if let Some(row) = row.checked_sub(STEM_PADDING).filter(|&row| row < height) {
            (self.fill_row)(image, row, &mut to[STEM_PADDING * COLOURS..floats - STEM_PADDING * COLOURS]);
        }
    }
}
