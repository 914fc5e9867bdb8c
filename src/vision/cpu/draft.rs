//! Draws up a plan: first the steps, with numbers for buffers; then a place for each buffer, by how long it is used.

use super::conv::{Conv, Geometry};
use super::int8::conv::{WholeAddend, WholeConv};
use super::int8::weights::{PAIR, QUAD};
use super::int8::winograd::PairWinograd;
use super::level::Level;
use super::memory::{LINE, Lifetime, Slot, arrange};
use super::network::{Block, Floats, Layer, MAX_POOL, Network, Weights, Whole, fits_winograd};
use super::panels::Panels;
use super::plan::{COLOURS, Fill, Part, Plan, STEM_PADDING, Shape, Step, Wanted, Work};
use super::reduce::{MaxPool, Mean, halved};
use super::transform::Size;
use super::winograd::Winograd;

/// Numbers of activations up to which more images go through a stage together: what one step writes, the next finds
/// in the last cache. (The small networks of the tests shall go in parts too.)
const FLOATS_TOGETHER: usize = if cfg!(test) { 1 << 14 } else { 3 << 20 };

/// Pixels of a stage's output for which a member reads the stage's weights, at least.
const MIN_PIXELS_APART: usize = if cfg!(test) { 16 } else { 128 };

/// How long a buffer is needed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// By all images of the batch, from part to part.
    Batch,
    /// Within a round.
    Round,
}

/// A map between steps: its buffer and size.
#[derive(Clone, Copy)]
struct Map {
    buffer: usize,
    height: usize,
    width: usize,
    channels: usize,
    /// What a code stands for; none where it is not in codes.
    step: Option<f32>,
}

/// Steps are first written down with the number of a buffer instead of its place.
struct Draft<'a> {
    network: &'a Network,
    level: Level,
    members: usize,
    shape: Shape,
    parts: Vec<Part>,
    lifetimes: Vec<Lifetime>,
    /// Each with its own number as its place.
    slots: Vec<Slot>,
    /// The part in which every member has its own of a buffer.
    owners: Vec<Option<usize>>,
    num_steps: usize,
    workspace_floats: usize,
}

/// What a 3×3 convolution costs, to see whether Winograd's is faster, and which: by multiplications, of which the
/// transforms save some, and by weights that have to come from memory, of which they make more.
struct Cost {
    /// Of a multiplication, plain and transformed. The transforms themselves take some of what they save.
    multiply: [f64; 2],
    /// Of a weight's way from memory.
    fetch: [f64; 2],
}

/// In f32.
const FLOATS: Cost = Cost { multiply: [1.0, 1.25], fetch: [10.0, 10.0] };

/// In whole numbers, in the same unit: quads are multiplied faster than pairs, and are half as large.
const WHOLE: Cost = Cost { multiply: [0.55, 0.8], fetch: [2.5, 5.0] };

impl Cost {
    /// None where the plain one is the fastest.
    fn best(&self, input: Map, images: usize) -> Option<Size> {
        let plain = 9.0 * ((input.height * input.width * images) as f64 * self.multiply[0] + self.fetch[0]);
        let (size, cost) = self.winograd(input, images);
        (cost < plain).then_some(size)
    }

    /// The better one of Winograd's, and what it costs.
    fn winograd(&self, input: Map, images: usize) -> (Size, f64) {
        let cost = |size: Size| {
            let outputs = images * size.tiles(input.height, input.width);
            size.points() as f64 * (outputs as f64 * self.multiply[1] + self.fetch[1])
        };
        let [two, four] = [Size::Two, Size::Four].map(|size| (size, cost(size)));
        if two.1 <= four.1 { two } else { four }
    }
}

impl Plan {
    /// Plans a batch.
    pub fn new(network: &Network, shape: Shape, wanted: Wanted, level: Level, members: usize) -> Self {
        let mut draft = Draft {
            network,
            level,
            members,
            shape,
            parts: Vec::new(),
            lifetimes: Vec::new(),
            slots: Vec::new(),
            owners: Vec::new(),
            num_steps: 0,
            workspace_floats: 0,
        };
        let (pooled, map) = draft.draw(&wanted);
        draft.place(shape, wanted, &pooled, map)
    }
}

impl Draft<'_> {
    /// Writes down all steps; gives the buffers of the wanted means and map.
    fn draw(&mut self, wanted: &Wanted) -> (Vec<usize>, Option<Map>) {
        let num_stages = wanted.pooled.iter().copied().chain(wanted.map).max().map_or(0, |last| last + 1);
        let pooled: Vec<usize> = wanted
            .pooled
            .iter()
            .map(|&stage| {
                let channels = self.network.stages[stage].last().map_or(0, Block::channels);
                self.buffer(Scope::Batch, channels)
            })
            .collect();
        let mut map = None;
        let mut wanted_map = None;
        for stage in 0..num_stages {
            let output = self.stage(stage, map);
            map = Some(output);
            for (index, _) in wanted.pooled.iter().enumerate().filter(|(_, wanted)| **wanted == stage) {
                let mean = Mean {
                    input: self.slots[output.buffer],
                    output: self.slots[pooled[index]],
                    channels: output.channels,
                    pixels: output.height * output.width,
                    step: output.step,
                };
                self.push(format!("layer{}.mean", stage + 1), 0, &[output.buffer, pooled[index]], Work::Mean(mean));
            }
            if wanted.map == Some(stage) {
                wanted_map = Some(output);
            }
        }
        // What is wanted is looked at after the last step. Means are written by each of a part's rounds, so that no
        // step before may use their place.
        for &buffer in &pooled {
            self.lifetimes[buffer].first = 0;
        }
        for buffer in pooled.iter().copied().chain(wanted_map.map(|map| map.buffer)) {
            self.lifetimes[buffer].last = self.num_steps;
        }
        (pooled, wanted_map)
    }

    /// A stage, and what comes before the first one; its output is a buffer for the whole batch.
    fn stage(&mut self, stage: usize, input: Option<Map>) -> Map {
        let blocks = &self.network.stages[stage];
        let first_step = self.num_steps;
        self.parts.push(self.part(input, blocks));
        let input = input.unwrap_or_else(|| self.stem(blocks[0].shortcut.is_none()));
        let mut map = input;
        for block in blocks {
            map = self.block(block, map);
        }
        // The part runs again and again: what it reads and leaves is in use throughout.
        for buffer in [input.buffer, map.buffer] {
            self.lifetimes[buffer].first = self.lifetimes[buffer].first.min(first_step);
            self.lifetimes[buffer].last = self.num_steps - 1;
        }
        map
    }

    /// How the batch goes through a stage: as many images together as the last cache has room for, and each member on
    /// its own if there are enough images for all, and enough pixels to make reading the weights worth while.
    fn part(&self, input: Option<Map>, blocks: &[Block]) -> Part {
        let Shape { images, height, width } = self.shape;
        let stride: usize = blocks[0].convs.iter().map(|conv| conv.stride).product();
        let pixels = |height: usize, width: usize, by: usize| height.div_ceil(by) * width.div_ceil(by);
        let (pixels, before) = match input {
            Some(map) => (pixels(map.height, map.width, stride), map.height * map.width * map.channels),
            None => (pixels(height, width, 4), pixels(height, width, 2) * self.network.stem.out),
        };
        let inner: usize = blocks[0].convs.iter().map(|conv| conv.out).sum();
        let most = (FLOATS_TOGETHER / (pixels * inner + before)).max(1);
        let is_balanced = |&together: &usize| {
            let rounds = images.div_ceil(together).div_ceil(self.members);
            let done = rounds * self.members * together;
            (done - images) * 16 <= images && together * pixels >= MIN_PIXELS_APART
        };
        match (1..=most.min(images / self.members)).rev().find(is_balanced) {
            Some(images) => Part { images, is_apart: true, steps: Vec::new() },
            None => Part { images: most.min(images), is_apart: self.members == 1, steps: Vec::new() },
        }
    }

    /// The first convolution and the maximum. `is_kept` says that the stage's blocks go on in the same buffer.
    fn stem(&mut self, is_kept: bool) -> Map {
        let Shape { height, width, .. } = self.shape;
        let stem = &self.network.stem;
        let geometry =
            Geometry { side: stem.side, stride: stem.stride, padding: STEM_PADDING, channels: COLOURS, height, width };
        let (out_height, out_width) = geometry.output();
        let padded = (height + 2 * STEM_PADDING) * (width + 2 * STEM_PADDING) * COLOURS;
        let scale = self.network.input_scale;
        // The last run may end within a pair, which is read whole.
        let input = self.buffer(Scope::Round, if scale.is_some() { padded / PAIR + 1 } else { padded });
        if scale.is_some() {
            self.reserve(|_, _| width * COLOURS);
        }
        self.push("input".into(), 0, &[input], Work::Fill(Fill { slot: self.slots[input], scale }));
        let map = self.map(Scope::Round, [out_height, out_width, stem.out], stem.step);
        let (input_slot, output, table) = (self.slots[input], self.slots[map.buffer], geometry.rows());
        let work = match &stem.weights {
            Weights::Floats(Floats { panels, .. }) => {
                let weights = panels.clone();
                Work::Conv(Conv { weights, input: input_slot, output, addend: None, has_relu: true, table })
            }
            Weights::Whole(Whole { packed, .. }) => {
                let weights = packed.clone();
                Work::Whole(WholeConv { weights, input: input_slot, output, gives_codes: true, addend: None, table })
            }
        };
        let macs = (out_height * out_width * stem.out * stem.side * stem.side * COLOURS) as u64;
        self.push(stem.name.clone(), macs, &[input, map.buffer], work);
        let kept = if is_kept { Scope::Batch } else { Scope::Round };
        let pooled = self.map(kept, [halved(out_height), halved(out_width), stem.out], stem.step);
        let pool = MaxPool {
            input: self.slots[map.buffer],
            output: self.slots[pooled.buffer],
            channels: stem.out,
            height: out_height,
            width: out_width,
            is_codes: stem.step.is_some(),
        };
        self.push(MAX_POOL.into(), 0, &[map.buffer, pooled.buffer], Work::MaxPool(pool));
        pooled
    }

    /// A block. Its output replaces what is added, number by number, where both have the same size in memory.
    fn block(&mut self, block: &Block, input: Map) -> Map {
        let last = block.convs.len() - 1;
        let step = block.convs[last].step;
        let addend = match &block.shortcut {
            Some(shortcut) => {
                let (height, width) = geometry(shortcut, input).output();
                let scope = if step.is_some() { Scope::Round } else { Scope::Batch };
                let map = self.map(scope, [height, width, shortcut.out], shortcut.step);
                self.conv(shortcut, input, map, None, false);
                map
            }
            None => input,
        };
        let output = if addend.step.is_some() == step.is_some() {
            Map { step, ..addend }
        } else {
            self.map(Scope::Batch, [addend.height, addend.width, addend.channels], step)
        };
        let mut map = input;
        for (index, layer) in block.convs.iter().enumerate() {
            if index == last {
                self.conv(layer, map, output, Some(addend), true);
            } else {
                let (height, width) = geometry(layer, map).output();
                let to = self.map(Scope::Round, [height, width, layer.out], layer.step);
                self.conv(layer, map, to, None, true);
                map = to;
            }
        }
        output
    }

    fn conv(&mut self, layer: &Layer, input: Map, output: Map, addend: Option<Map>, has_relu: bool) {
        let macs = (output.height * output.width * layer.out * layer.side * layer.side * layer.input) as u64;
        let work = match &layer.weights {
            Weights::Floats(weights) => self.floats(layer, weights, [input, output], addend, has_relu),
            Weights::Whole(weights) => self.whole(layer, weights, [input, output], addend),
        };
        let used: Vec<usize> = [input, output].into_iter().chain(addend).map(|map| map.buffer).collect();
        self.push(layer.name.clone(), macs, &used, work);
    }

    fn floats(
        &mut self,
        layer: &Layer,
        weights: &Floats,
        [input, output]: [Map; 2],
        addend: Option<Map>,
        has_relu: bool,
    ) -> Work {
        let (from, to) = (self.slots[input.buffer], self.slots[output.buffer]);
        let addend = addend.map(|addend| self.slots[addend.buffer]);
        let panels = weights.panels.clone();
        let Some(size) = self.winograd(layer, &panels, input) else {
            let table = geometry(layer, input).pixels();
            return Work::Conv(Conv { weights: panels, input: from, output: to, addend, has_relu, table });
        };
        let weights = weights.transformed(size);
        let (height, width) = (input.height, input.width);
        let conv = Winograd { weights, panels, input: from, output: to, addend, has_relu, height, width };
        self.reserve(|images, members| conv.workspace(images, conv.split(images, members)));
        Work::Winograd(conv)
    }

    fn whole(&mut self, layer: &Layer, weights: &Whole, [input, output]: [Map; 2], addend: Option<Map>) -> Work {
        let (from, to) = (self.slots[input.buffer], self.slots[output.buffer]);
        let addend = addend.map(|addend| WholeAddend {
            slot: self.slots[addend.buffer],
            is_codes: addend.step.is_some(),
            factor: addend.step.unwrap_or(1.0) / output.step.unwrap_or(1.0),
        });
        let size = Some(WHOLE).filter(|_| weights.can_transform()).and_then(|cost| cost.best(input, self.together().0));
        let Some(pairs) = size.and_then(|size| weights.transformed(self.level, size)) else {
            let (weights, gives_codes) = (weights.packed.clone(), output.step.is_some());
            let table = geometry(layer, input).pixels();
            return Work::Whole(WholeConv { weights, input: from, output: to, gives_codes, addend, table });
        };
        let (height, width) = (input.height, input.width);
        let conv = PairWinograd { weights: pairs, input: from, output: to, addend, height, width };
        self.reserve(|images, members| conv.workspace(images, conv.split(images, members)));
        Work::WholeWinograd(conv)
    }

    /// Images that go through the part together, and members that do.
    fn together(&self) -> (usize, usize) {
        let of_part = |part: &Part| (part.images, if part.is_apart { 1 } else { self.members });
        self.parts.last().map_or((1, 1), of_part)
    }

    /// Has workspace for a step, which says how much it needs for so many images and members.
    fn reserve(&mut self, floats: impl Fn(usize, usize) -> usize) {
        let (together, members) = self.together();
        let needed = (1..=together).map(|images| floats(images, members)).max().unwrap_or(0);
        self.workspace_floats = self.workspace_floats.max(needed);
    }

    fn winograd(&self, layer: &Layer, panels: &Panels, input: Map) -> Option<Size> {
        let images = self.together().0;
        if panels.is_bf16 || !fits_winograd([layer.side, layer.stride, layer.input, layer.out], self.level) {
            None
        } else if self.network.is_bf16 {
            Some(FLOATS.winograd(input, images).0)
        } else {
            FLOATS.best(input, images)
        }
    }

    fn map(&mut self, scope: Scope, [height, width, channels]: [usize; 3], step: Option<f32>) -> Map {
        let numbers = height * width * channels;
        let floats = match step {
            // The last pixel's run may end within a quad, which is read whole.
            Some(_) => numbers / QUAD + 1,
            None if self.network.is_bf16 => numbers.div_ceil(2),
            None => numbers,
        };
        Map { buffer: self.buffer(scope, floats), height, width, channels, step }
    }

    fn buffer(&mut self, scope: Scope, floats: usize) -> usize {
        let part = self.parts.last().filter(|_| scope == Scope::Round);
        let images = part.map_or(self.shape.images, |part| part.images);
        self.owners.push(part.filter(|part| part.is_apart).map(|_| self.parts.len() - 1));
        self.slots.push(Slot { at: self.slots.len(), floats, images, by_member: 0 });
        self.lifetimes.push(Lifetime { floats: floats * images, first: usize::MAX, last: 0 });
        self.slots.len() - 1
    }

    fn push(&mut self, name: String, macs: u64, buffers: &[usize], work: Work) {
        for &buffer in buffers {
            let lifetime = &mut self.lifetimes[buffer];
            lifetime.first = lifetime.first.min(self.num_steps);
            lifetime.last = lifetime.last.max(self.num_steps);
        }
        self.num_steps += 1;
        if let Some(part) = self.parts.last_mut() {
            part.steps.push(Step { name, macs, work });
        }
    }

    /// Gives every buffer its place. The members' own buffers of a part lie in a frame for each member, since the
    /// members are at different steps.
    fn place(mut self, shape: Shape, wanted: Wanted, pooled: &[usize], map: Option<Map>) -> Plan {
        let mut slots = self.slots.clone();
        let mut shared: Vec<Lifetime> = Vec::new();
        let mut owned_by = Vec::new();
        let mut first = 0;
        for (index, part) in self.parts.iter().enumerate() {
            let own: Vec<usize> = (0..slots.len()).filter(|&buffer| self.owners[buffer] == Some(index)).collect();
            let lifetimes: Vec<Lifetime> = own.iter().map(|&buffer| self.lifetimes[buffer]).collect();
            let (places, frame) = arrange(&lifetimes, 0);
            for (&buffer, place) in own.iter().zip(places) {
                slots[buffer].at = place;
                slots[buffer].by_member = frame;
            }
            shared.push(Lifetime { floats: frame * self.members, first, last: first + part.steps.len() - 1 });
            owned_by.push(own);
            first += part.steps.len();
        }
        let common: Vec<usize> = (0..slots.len()).filter(|&buffer| self.owners[buffer].is_none()).collect();
        shared.extend(common.iter().map(|&buffer| self.lifetimes[buffer]));
        // Memory begins with zeros that no plan of this network writes: the run of a tap outside the picture.
        let (places, end) = arrange(&shared, self.network.longest_run().next_multiple_of(LINE));
        let (frames, places) = places.split_at(self.parts.len());
        for (own, frame) in owned_by.iter().zip(frames) {
            own.iter().for_each(|&buffer| slots[buffer].at += frame);
        }
        common.iter().zip(places).for_each(|(&buffer, &place)| slots[buffer].at = place);
        let place = |slot: &mut Slot| *slot = slots[slot.at];
        for work in self.parts.iter_mut().flat_map(|part| &mut part.steps).map(|step| &mut step.work) {
            match work {
                Work::Fill(Fill { slot, .. }) => place(slot),
                Work::Conv(Conv { input, output, addend, .. })
                | Work::Winograd(Winograd { input, output, addend, .. }) => {
                    place(input);
                    place(output);
                    addend.iter_mut().for_each(place);
                }
                Work::Whole(WholeConv { input, output, addend, .. })
                | Work::WholeWinograd(PairWinograd { input, output, addend, .. }) => {
                    place(input);
                    place(output);
                    addend.iter_mut().for_each(|addend| place(&mut addend.slot));
                }
                Work::MaxPool(MaxPool { input, output, .. }) | Work::Mean(Mean { input, output, .. }) => {
                    place(input);
                    place(output);
                }
            }
        }
        let workspace_floats = self.workspace_floats.next_multiple_of(LINE);
        Plan {
            shape,
            wanted,
            pooled: pooled.iter().map(|&buffer| slots[buffer]).collect(),
            map: map.map(|map| (slots[map.buffer], [map.height, map.width, map.channels])),
            memory_floats: end + self.members * workspace_floats,
            workspaces: (end, workspace_floats),
            parts: self.parts,
        }
    }
}

fn geometry(layer: &Layer, input: Map) -> Geometry {
    Geometry {
        side: layer.side,
        stride: layer.stride,
        padding: layer.side / 2,
        channels: input.channels,
        height: input.height,
        width: input.width,
    }
}
