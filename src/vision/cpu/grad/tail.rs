//! The trained stages as the rest of the program holds them.

use super::super::level::{Bf16Kernel, Kernel, Level};
use super::super::memory::{Memory, On, Place};
use super::super::reduce::{MaxPoolTask, MeanTask, halved};
use super::super::team::{Member, Team};
use super::layer::{Layer, PackBackward, PackForward, Unfold};
use super::outer::{Outer, PackTask};
use super::passes::PassTask;
use super::plan::{Block, Network, Plan, Step};
use crate::vision::VisionError;
use crate::vision::normed::{NormedBlock, NormedConv, NormedTail};
use crate::vision::trained::{PublishedTensor, TrainedStages, parameter_names, published};

/// Some last stages of a network on batches of one size.
pub struct Tail {
    layers: Vec<Layer>,
    plan: Plan,
    memory: Memory,
    team: Team,
    level: Level,
    is_bf16: bool,
    images: usize,
    /// Whether the forward panels are those of the weights as they are.
    is_packed: bool,
}

/// Numbers of a network that are trained.
pub struct Parameter<'a> {
    /// torchvision's name.
    pub name: String,
    pub values: &'a mut [f32],
    /// By the loss, as of the last way back.
    pub gradient: &'a [f32],
    /// Whether it is a convolution's weights, and not a norm's scale or shift.
    pub is_weight: bool,
}

/// What all members need to know.
struct Run<'a> {
    layers: &'a [Layer],
    plan: &'a Plan,
    memory: Place,
    level: Level,
    is_bf16: bool,
    images: usize,
}

impl Tail {
    /// Takes stages for batches of up to `images` images. `input` is the height, width and channels of what comes in;
    /// `pooled` are the stages (from 0, the first of these) whose outputs' means are wanted, the last among them. In
    /// bf16, for a level that [`Level::has_bf16`], that is what the products read; weights, and the gradients by them, are
    /// in f32 all the same.
    ///
    /// # Panics
    /// Where bf16 is asked of a level that has no kernels for it.
    #[must_use]
    pub fn new(
        tail: NormedTail,
        input: [usize; 3],
        pooled: &[usize],
        images: usize,
        level: Level,
        is_bf16: bool,
        threads: usize,
    ) -> Self {
        assert!(!is_bf16 || level.has_bf16(), "{level} has no kernels for bf16");
        let mut layers: Vec<Layer> = tail.stem.into_iter().map(|conv| Layer::first(conv, level, is_bf16)).collect();
        let stem = (!layers.is_empty()).then_some(0);
        let mut take = |conv: NormedConv| {
            layers.push(Layer::new(conv, level, is_bf16));
            layers.len() - 1
        };
        let mut number = |block: NormedBlock| Block {
            convs: block.convs.into_iter().map(&mut take).collect(),
            shortcut: block.shortcut.map(&mut take),
        };
        let stages = tail.stages.into_iter().map(|blocks| blocks.into_iter().map(&mut number).collect()).collect();
        let network = Network { stem, stages, is_bf16 };
        let team = Team::new(threads);
        let plan = Plan::new(&layers, &network, input, pooled, images, level, team.num_members());
        let memory = Memory::zeroed(plan.memory_floats);
        Self { layers, plan, memory, team, level, is_bf16, images, is_packed: false }
    }

    /// Bytes of memory that a batch works in.
    #[must_use]
    pub fn step_bytes(&self) -> usize {
        self.memory.len() * size_of::<f32>()
    }

    /// Spoils the memory but for zeros that nobody writes, those around pictures among them: what a batch reads, it must
    /// have written.
    #[cfg(test)]
    pub fn spoil(&mut self) {
        let padded = self.plan.forward.iter().find_map(|step| match step {
            Step::Pad(pad) => Some(pad.output),
            _ => None,
        });
        let begin = padded.map_or(self.plan.input.at, |slot| slot.at + slot.floats * slot.images);
        self.memory.spoil(begin);
    }

    fn run(&mut self, images: usize, job: impl Fn(&Run<'_>, &Member<'_>) + Sync) {
        assert!(images <= self.images, "the batch is larger than was planned");
        let Self { layers, plan, memory, team, level, is_bf16, .. } = self;
        let run = Run { layers, plan, memory: memory.place(), level: *level, is_bf16: *is_bf16, images };
        team.run(&|member| job(&run, member));
    }
}

impl TrainedStages for Tail {
    fn input(&mut self, image: usize) -> &mut [f32] {
        let slot = self.plan.input;
        &mut self.memory.as_mut_slice()[slot.of(image, 0)..][..slot.floats]
    }

    fn forward(&mut self, images: usize) -> Result<(), VisionError> {
        let is_packed = std::mem::replace(&mut self.is_packed, true);
        self.run(images, |run, member| {
            if !is_packed {
                run.pack_forward(member);
            }
            run.plan.forward.iter().for_each(|step| run.step(member, step));
        });
        Ok(())
    }

    fn pooled(&self, index: usize, image: usize) -> &[f32] {
        let slot = self.plan.pooled[index];
        &self.memory.as_slice()[slot.of(image, 0)..][..slot.floats]
    }

    fn pooled_gradient(&mut self, index: usize, image: usize) -> &mut [f32] {
        let slot = self.plan.pooled_gradients[index];
        &mut self.memory.as_mut_slice()[slot.of(image, 0)..][..slot.floats]
    }

    fn backward(&mut self, images: usize) -> Result<(), VisionError> {
        self.run(images, |run, member| {
            run.pack_backward(member);
            run.plan.backward.iter().for_each(|step| run.step(member, step));
            run.unfold(member);
        });
        Ok(())
    }

    fn parameters(&mut self) -> Vec<Parameter<'_>> {
        self.is_packed = false;
        let mut parameters = Vec::with_capacity(3 * self.layers.len());
        for layer in &mut self.layers {
            let Layer { name, norm, weight, scale, shift, .. } = layer;
            let named = parameter_names(name, norm).into_iter().zip([weight, scale, shift]);
            for (index, (name, trained)) in named.enumerate() {
                parameters.push(Parameter {
                    name,
                    values: trained.values.as_mut_slice(),
                    gradient: trained.gradient.as_slice(),
                    is_weight: index == 0,
                });
            }
        }
        parameters
    }

    fn published(&self) -> Vec<PublishedTensor> {
        let tensors = |layer: &Layer| {
            let Layer { name, norm, out, input, side, weight, scale, shift, .. } = layer;
            let values = [weight, scale, shift].map(|trained| trained.values.as_slice());
            published(parameter_names(name, norm), [*out, *input, *side], values)
        };
        self.layers.iter().flat_map(tensors).collect()
    }
}

impl Run<'_> {
    /// Does work on maps and panels of the type that products read.
    fn compute(&self, kernel: impl Kernel + Bf16Kernel) {
        if self.is_bf16 { self.level.run_bf16(kernel) } else { self.level.run(kernel) }
    }

    fn pack_forward(&self, member: &Member<'_>) {
        let panels = self.all_panels(|layer| layer.forward.count);
        member.step(panels.len(), |task| {
            let (layer, panel) = panels[task];
            self.compute(PackForward { layer, panel });
        });
    }

    fn pack_backward(&self, member: &Member<'_>) {
        for layer in self.layers {
            for phase in &layer.phases {
                member.step(phase.panels.count, |panel| {
                    self.compute(PackBackward { layer, phase, panel });
                });
            }
        }
    }

    fn unfold(&self, member: &Member<'_>) {
        let panels = self.all_panels(|layer| layer.forward.count);
        member.step(panels.len(), |task| {
            let (layer, panel) = panels[task];
            self.level.run(Unfold { layer, panel });
        });
    }

    /// Every panel of every layer.
    fn all_panels(&self, count: impl Fn(&Layer) -> usize) -> Vec<(&Layer, usize)> {
        self.layers.iter().flat_map(|layer| (0..count(layer)).map(move |panel| (layer, panel))).collect()
    }

    fn step(&self, member: &Member<'_>, step: &Step) {
        let Self { memory, level, images, .. } = *self;
        let members = member.num_members();
        let (workspaces, floats) = self.plan.workspaces;
        let workspace = workspaces + member.index * floats;
        let on = On { memory, member: 0, workspace };
        match step {
            Step::Conv(conv) => {
                let split = conv.split(images, members, level);
                member.step(split.blocks * split.groups, |task| {
                    self.compute(conv.task(split, task, 0..images, level, on));
                });
            }
            Step::Pad(pass) => member.step(images, |image| self.compute(PassTask { pass, memory, image })),
            Step::MaxPool(pool) => {
                let rows = halved(pool.height);
                member.step(images * rows, |task| {
                    self.compute(MaxPoolTask { pool, on, image: task / rows, row: task % rows });
                });
            }
            Step::Unpool(pass) => member.step(images, |image| self.compute(PassTask { pass, memory, image })),
            Step::Mean(mean) => member.step(images, |image| self.compute(MeanTask { mean, on, image })),
            Step::Outer(outer) => {
                let layer = &self.layers[outer.layer];
                member.step(layer.forward.count, |panel| {
                    self.compute(PackTask { outer, layer, memory, images, panel });
                });
                member.step(Outer::num_tasks(layer, members, level), |task| {
                    self.compute(outer.task(layer, (members, level), (memory, workspace), images, task));
                });
            }
            Step::Mask(pass) => member.step(images, |image| self.compute(PassTask { pass, memory, image })),
            Step::Interleave(pass) => member.step(images, |image| self.compute(PassTask { pass, memory, image })),
            Step::Spread(pass) => member.step(images, |image| self.compute(PassTask { pass, memory, image })),
        }
    }
}
