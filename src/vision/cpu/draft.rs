//! Draws up a plan: first the steps, with numbers for buffers; then a place for each buffer, by how long it is used.

use super::conv::{Conv, Geometry};
use super::level::Level;
use super::memory::{LINE, Lifetime, Slot, arrange};
use super::network::{Block, Layer, Network};
use super::plan::{COLOURS, Part, Plan, STEM_PADDING, Shape, Step, Wanted, Work};
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
            None => (pixels(height, width, 4), pixels(height, width, 2) * self.network.stem.panels.out),
        };
        let inner: usize = blocks[0].convs.iter().map(|conv| conv.panels.out).sum();
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
        let channels = stem.panels.out;
        let padded = (height + 2 * STEM_PADDING) * (width + 2 * STEM_PADDING) * COLOURS;
        let input = self.buffer(Scope::Round, padded);
        self.push("input".into(), 0, &[input], Work::Fill(self.slots[input]));
        let map = self.map(Scope::Round, out_height, out_width, channels);
        let conv = Conv {
            weights: stem.panels.clone(),
            input: self.slots[input],
            output: self.slots[map.buffer],
            addend: None,
            has_relu: true,
            table: geometry.rows(),
        };
        let macs = (out_height * out_width * channels * stem.side * stem.side * COLOURS) as u64;
        self.push(stem.name.clone(), macs, &[input, map.buffer], Work::Conv(conv));
        let kept = if is_kept { Scope::Batch } else { Scope::Round };
        let pooled = self.map(kept, halved(out_height), halved(out_width), channels);
        let pool = MaxPool {
            input: self.slots[map.buffer],
            output: self.slots[pooled.buffer],
            channels,
            height: out_height,
            width: out_width,
        };
        self.push("maxpool".into(), 0, &[map.buffer, pooled.buffer], Work::MaxPool(pool));
        pooled
    }

    /// A block. Its output replaces its input where the shapes are the same: every number is added to where it lies.
    fn block(&mut self, block: &Block, input: Map) -> Map {
        let output = match &block.shortcut {
            Some(shortcut) => {
                let (height, width) = geometry(shortcut, input).output();
                let output = self.map(Scope::Batch, height, width, shortcut.panels.out);
                self.conv(shortcut, input, output, false, false);
                output
            }
            None => input,
        };
        let mut map = input;
        let last = block.convs.len() - 1;
        for (index, layer) in block.convs.iter().enumerate() {
            let to = if index == last {
                output
            } else {
                let (height, width) = geometry(layer, map).output();
                self.map(Scope::Round, height, width, layer.panels.out)
            };
            self.conv(layer, map, to, index == last, true);
            map = to;
        }
        output
    }

    fn conv(&mut self, layer: &Layer, input: Map, output: Map, adds: bool, has_relu: bool) {
        let geometry = geometry(layer, input);
        let panels = layer.panels.clone();
        let macs = (output.height * output.width * panels.out * panels.taps * panels.depth) as u64;
        let (from, to) = (self.slots[input.buffer], self.slots[output.buffer]);
        let addend = adds.then_some(to);
        let (together, members) =
            self.parts.last().map_or((1, 1), |part| (part.images, if part.is_apart { 1 } else { self.members }));
        let work = if let Some(size) = self.winograd(layer, input, together) {
            let weights = layer.transformed(size);
            let (height, width) = (input.height, input.width);
            let conv = Winograd { weights, panels, input: from, output: to, addend, has_relu, height, width };
            for images in 1..=together {
                let floats = conv.workspace(images, conv.split(images, members));
                self.workspace_floats = self.workspace_floats.max(floats);
            }
            Work::Winograd(conv)
        } else {
            let table = geometry.pixels();
            Work::Conv(Conv { weights: panels, input: from, output: to, addend, has_relu, table })
        };
        self.push(layer.name.clone(), macs, &[input.buffer, output.buffer], work);
    }

    /// Whether Winograd's convolution is faster, and which: by multiplications, and by weights that have to come from
    /// memory, of which the transforms make more.
    fn winograd(&self, layer: &Layer, input: Map, images: usize) -> Option<Size> {
        /// Multiplications in the time in which one weight comes from memory.
        const MACS_PER_WEIGHT: usize = 10;
        let fits = layer.side == 3
            && layer.stride == 1
            && layer.input.is_multiple_of(self.level.lanes())
            && layer.panels.out.is_multiple_of(layer.panels.width);
        if !fits {
            return None;
        }
        let plain = 9 * (input.height * input.width * images + MACS_PER_WEIGHT);
        let cost = |size: Size| {
            let tiles = images * size.tiles(input.height, input.width);
            // The transforms themselves take some of what they save.
            size.points() * (tiles * 5 / 4 + MACS_PER_WEIGHT)
        };
        [Size::Two, Size::Four].into_iter().min_by_key(|&size| cost(size)).filter(|&size| cost(size) < plain)
    }

    fn map(&mut self, scope: Scope, height: usize, width: usize, channels: usize) -> Map {
        Map { buffer: self.buffer(scope, height * width * channels), height, width, channels }
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
                Work::Fill(slot) => place(slot),
                Work::Conv(Conv { input, output, addend, .. })
                | Work::Winograd(Winograd { input, output, addend, .. }) => {
                    place(input);
                    place(output);
                    addend.iter_mut().for_each(place);
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

impl Block {
    /// Output channels.
    fn channels(&self) -> usize {
        self.convs.last().map_or(0, |conv| conv.panels.out)
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
