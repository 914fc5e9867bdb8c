//! Runs plans: the engine that the rest of the program holds.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::conv::Conv;
use super::int8::ranges::{Observed, Ranges};
use super::int8::weights::GREATEST_INPUT;
use super::level::{Bf16Kernel, Kernel, Level};
use super::memory::{Memory, On, Place, Slot};
use super::network::{Network, UnknownRange};
use super::peak::Operands;
use super::plan::{COLOURS, Fill, Part, Plan, STEM_PADDING, Shape, Step, Wanted, Work};
use super::reduce::{MaxPool, MaxPoolTask, MeanTask, halved};
use super::team::{Member, Team};
use super::winograd::Winograd;
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
#[derive(Clone, Debug, Default)]
pub struct StepTime {
    pub name: String,
    /// What is multiplied; nothing where numbers are only moved, compared or added.
    pub operands: Option<Operands>,
    /// Multiplications of the whole batch, as the plain convolution would need them.
    pub macs: u64,
    /// Those that are really done: Winograd's convolutions do with fewer.
    pub macs_done: u64,
    pub seconds: f64,
    /// What those that are done take on all threads' cores at best, by a loop in registers measured in the same run.
    pub least_seconds: f64,
}

/// What all members need to know.
struct Run<'a> {
    plan: &'a Plan,
    memory: Place,
    level: Level,
    is_bf16: bool,
    fill_row: &'a FillRow<'a>,
    /// Nanoseconds of each step, where somebody asks.
    clock: Option<&'a [Vec<AtomicU64>]>,
    /// Looks at what a step wrote for an image, where somebody asks.
    watch: Option<&'a Watch<'a>>,
}

/// Is shown the step's name, the numbers of its map, channels last, and how many channels.
type Watch<'a> = dyn Fn(&str, &[f32], usize) + Sync + 'a;

impl Engine {
    /// Packs the network for this level and as many threads, in f32.
    #[must_use]
    pub fn new(net: FoldedNet, level: Level, threads: usize) -> Self {
        Self::of(Network::pack(net, level), level, threads)
    }

    /// Packs it in whole numbers of eight bits, for activations that lie in these ranges.
    ///
    /// # Errors
    /// [`UnknownRange`] where the ranges are another network's.
    pub fn quantised(net: FoldedNet, level: Level, threads: usize, ranges: &Ranges) -> Result<Self, UnknownRange> {
        Ok(Self::of(Network::quantise(net, level, ranges)?, level, threads))
    }

    /// Packs it in bf16, for a level that [`Level::has_bf16`].
    ///
    /// # Panics
    /// Where the level has not.
    #[must_use]
    pub fn bf16(net: FoldedNet, level: Level, threads: usize) -> Self {
        Self::of(Network::pack_bf16(net, level), level, threads)
    }

    fn of(network: Network, level: Level, threads: usize) -> Self {
        let state = State { team: Team::new(threads), plans: Vec::new(), memory: Memory::zeroed(0) };
        Self { network, level, state: Mutex::new(state) }
    }

    /// The instructions it uses.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// Runs a batch, whose rows `fill_row` gives, and hands the results to `take`.
    ///
    /// # Panics
    /// Where a map is wanted of an engine that is not in f32.
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
        let run = self.run_of(plan, &state.memory, fill_row);
        state.team.run(&|member| run.all(member));
        take(&Outputs { plan, memory: state.memory.as_slice() })
    }

    /// Runs a batch of grey images `times` times, and gives the shortest time of each step, beside what it would be at
    /// the processor's peak.
    #[must_use]
    pub fn time_steps(&self, shape: Shape, wanted: &Wanted, times: usize) -> Vec<StepTime> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        self.prepare(state, shape, wanted);
        let plan = &state.plans[state.plans.len() - 1];
        let members = state.team.num_members();
        let steps: Vec<(&Step, bool)> =
            plan.parts.iter().flat_map(|part| part.steps.iter().map(|step| (step, part.is_apart))).collect();
        let mut shortest = vec![u64::MAX; steps.len()];
        for _ in 0..times {
            let of_member = || steps.iter().map(|_| AtomicU64::new(0)).collect();
            let clock: Vec<Vec<AtomicU64>> = (0..members).map(|_| of_member()).collect();
            let fill_row = |_: usize, row: usize, to: &mut [f32]| to.fill((row % 7) as f32 * 0.25 - 0.75);
            let run = Run { clock: Some(&clock), ..self.run_of(plan, &state.memory, &fill_row) };
            state.team.run(&|member| run.all(member));
            for (index, (shortest, (_, is_apart))) in shortest.iter_mut().zip(&steps).enumerate() {
                let nanos = clock.iter().map(|of_member| of_member[index].load(Ordering::Relaxed));
                // Members that go through a part apart share its time. Of those that go through it together one may come
                // when all is done: it took as long as for the one who was there from the beginning.
                let nanos = if *is_apart { nanos.sum::<u64>() / members as u64 } else { nanos.max().unwrap_or(0) };
                *shortest = (*shortest).min(nanos);
            }
        }
        let images = shape.images as u64;
        let mut peaks = HashMap::new();
        let time = |((step, _), nanos): ((&Step, bool), u64)| {
            let (operands, macs_done) = (step.operands(), step.macs_done() * images);
            let least_seconds = operands.map_or(0.0, |operands| {
                let peak = peaks.entry(operands).or_insert_with(|| self.level.peak_macs_per_second(operands));
                macs_done as f64 / (*peak * members as f64)
            });
            StepTime {
                name: step.name.clone(),
                operands,
                macs: step.macs * images,
                macs_done,
                seconds: nanos as f64 / 1e9,
                least_seconds,
            }
        };
        steps.into_iter().zip(shortest).map(time).collect()
    }

    /// Runs one image in f32 and takes in every map that would be kept in codes.
    pub fn observe(&self, [height, width]: [usize; 2], fill_row: &FillRow<'_>, observed: &mut Observed) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state = &mut *state;
        let last_stage = self.network.stages.len() - 1;
        let wanted = Wanted { pooled: vec![last_stage], map: None };
        self.prepare(state, Shape { images: 1, height, width }, &wanted);
        let plan = &state.plans[state.plans.len() - 1];
        let observed = Mutex::new(observed);
        let watch = |name: &str, values: &[f32], channels: usize| {
            observed.lock().unwrap_or_else(PoisonError::into_inner).see(name, values, channels);
        };
        let run = Run { watch: Some(&watch), ..self.run_of(plan, &state.memory, fill_row) };
        state.team.run(&|member| run.all(member));
    }

    /// Prepares a run, and spoils its memory but for the zeros that it begins with: what the run reads, it must have
    /// written.
    #[cfg(test)]
    pub fn spoil(&self, shape: Shape, wanted: &Wanted) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.prepare(&mut state, shape, wanted);
        state.memory.spoil(self.network.longest_run());
    }

    /// What all members need to know of a run that nobody looks at.
    fn run_of<'a>(&self, plan: &'a Plan, memory: &Memory, fill_row: &'a FillRow<'a>) -> Run<'a> {
        let (level, is_bf16) = (self.level, self.network.is_bf16);
        Run { plan, memory: memory.place(), level, is_bf16, fill_row, clock: None, watch: None }
    }

    /// Puts the plan for the shape last, and has memory for it.
    fn prepare(&self, state: &mut State, shape: Shape, wanted: &Wanted) {
        let is_f32 = !self.network.is_bf16 && self.network.input_scale.is_none();
        assert!(is_f32 || wanted.map.is_none(), "a map is given in f32 alone");
        let known = state.plans.iter().position(|plan| plan.shape == shape && plan.wanted == *wanted);
        let plan = if let Some(index) = known {
            state.plans.remove(index)
        } else {
            if state.plans.len() == MAX_PLANS {
                state.plans.remove(0);
            }
            Plan::new(&self.network, shape, wanted.clone(), self.level, state.team.num_members())
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
        &self.memory[slot.of(image, 0)..][..slot.floats]
    }
}

impl Run<'_> {
    /// What one member does of the whole.
    fn all(&self, member: &Member<'_>) {
        let mut first_step = 0;
        for part in &self.plan.parts {
            let num_rounds = self.plan.shape.images.div_ceil(part.images);
            if part.is_apart {
                member.step(num_rounds, |round| self.round(member, part, round, first_step));
            } else {
                (0..num_rounds).for_each(|round| self.round(member, part, round, first_step));
            }
            first_step += part.steps.len();
        }
    }

    /// All steps of a part for some of the images.
    fn round(&self, member: &Member<'_>, part: &Part, round: usize, first_step: usize) {
        let first = round * part.images;
        let images = first..(first + part.images).min(self.plan.shape.images);
        for (index, step) in part.steps.iter().enumerate() {
            let started = self.clock.map(|clock| (&clock[member.index][first_step + index], Instant::now()));
            self.step(member, part.is_apart, step, images.clone());
            if let Some((clock, started)) = started {
                clock.fetch_add(started.elapsed().as_nanos() as u64, Ordering::Relaxed);
            }
            if let Some(watch) = self.watch {
                let look = |_| self.look(step, images.start, member.index, watch);
                if part.is_apart { look(0) } else { member.step(1, look) }
            }
        }
    }

    /// Shows the map that a step wrote, if it is one that `ReLU` made.
    fn look(&self, step: &Step, image: usize, member: usize, watch: &Watch<'_>) {
        let (slot, channels) = match &step.work {
            Work::Conv(Conv { output, weights, has_relu: true, .. }) => (output, weights.out),
            Work::Winograd(Winograd { output, panels, has_relu: true, .. }) => (output, panels.out),
            Work::MaxPool(MaxPool { output, channels, .. }) => (output, *channels),
            _ => return,
        };
        // SAFETY: the plan gave the map its room, and nobody writes to it before the next step.
        let values = unsafe { self.memory.slice(slot.of(image, member), slot.floats) };
        watch(&step.name, values, channels);
    }

    /// Does work on maps of the network's type.
    fn compute(&self, kernel: impl Kernel + Bf16Kernel) {
        if self.is_bf16 { self.level.run_bf16(kernel) } else { self.level.run(kernel) }
    }

    fn step(&self, member: &Member<'_>, is_apart: bool, step: &Step, images: Range<usize>) {
        let level = self.level;
        let members = if is_apart { 1 } else { member.num_members() };
        let (workspaces, floats) = self.plan.workspaces;
        let on = On { memory: self.memory, member: member.index, workspace: workspaces + member.index * floats };
        let share = |num_tasks: usize, task: &mut dyn FnMut(usize)| {
            if is_apart { (0..num_tasks).for_each(task) } else { member.step(num_tasks, task) }
        };
        match &step.work {
            Work::Fill(fill) => {
                let rows = self.plan.shape.height + 2 * STEM_PADDING;
                let tasks_per_image = rows.div_ceil(ROWS_PER_TASK);
                share(images.len() * tasks_per_image, &mut |task| {
                    let image = images.start + task / tasks_per_image;
                    let first = task % tasks_per_image * ROWS_PER_TASK;
                    for row in first..(first + ROWS_PER_TASK).min(rows) {
                        self.fill(fill, image, row, on);
                    }
                });
            }
            Work::Conv(conv) => {
                let split = conv.split(images.len(), members, level);
                share(split.blocks * split.groups, &mut |task| {
                    self.compute(conv.task(split, task, images.clone(), level, on));
                });
            }
            Work::Winograd(conv) => {
                let split = conv.split(images.len(), members);
                share(split.blocks * split.groups, &mut |task| {
                    self.compute(conv.task(split, task, images.clone(), on));
                });
            }
            Work::Whole(conv) => {
                let split = conv.split(images.len(), members, level);
                share(split.blocks * split.groups, &mut |task| {
                    level.run_whole(conv.task(split, task, images.clone(), level, on));
                });
            }
            Work::WholeWinograd(conv) => {
                let split = conv.split(images.len(), members);
                share(split.blocks * split.groups, &mut |task| {
                    level.run_whole(conv.task(split, task, images.clone(), on));
                });
            }
            Work::MaxPool(pool) => {
                let rows = halved(pool.height);
                share(images.len() * rows, &mut |task| {
                    self.compute(MaxPoolTask { pool, on, image: images.start + task / rows, row: task % rows });
                });
            }
            Work::Mean(mean) => share(images.len(), &mut |task| {
                self.compute(MeanTask { mean, on, image: images.start + task });
            }),
        }
    }

    /// One row of the padded input.
    fn fill(&self, fill: &Fill, image: usize, row: usize, on: On) {
        let Shape { height, width, .. } = self.plan.shape;
        let (margin, numbers) = (STEM_PADDING * COLOURS, (width + 2 * STEM_PADDING) * COLOURS);
        let inside = row.checked_sub(STEM_PADDING).filter(|&row| row < height);
        let input = fill.slot.of(image, on.member);
        let Some(scale) = fill.scale else {
            // SAFETY: the plan gave the input its room, and no other task touches this row.
            let to: &mut [f32] = unsafe { self.memory.slice_mut(input, row * numbers, numbers) };
            to.fill(0.0);
            if let Some(row) = inside {
                (self.fill_row)(image, row, &mut to[margin..numbers - margin]);
            }
            return;
        };
        // SAFETY: see above.
        let to: &mut [i16] = unsafe { self.memory.slice_mut(input, row * numbers, numbers) };
        to.fill(0);
        if let Some(row) = inside {
            // SAFETY: a member's workspace is its own.
            let line: &mut [f32] = unsafe { self.memory.slice_mut(on.workspace, 0, width * COLOURS) };
            (self.fill_row)(image, row, line);
            for (to, number) in to[margin..].iter_mut().zip(line) {
                // Rounding by cutting off what is positive: the compiler has vector instructions for that.
                let number = (*number * scale).clamp(-GREATEST_INPUT, GREATEST_INPUT);
                *to = ((number + GREATEST_INPUT + 0.5) as i32 - GREATEST_INPUT as i32) as i16;
            }
        }
    }
}
