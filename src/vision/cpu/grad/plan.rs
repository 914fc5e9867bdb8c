//! What is done in which order for a batch, forward and back, and where in memory everything lies.

use super::super::conv::{Conv, Geometry, OUTSIDE};
use super::super::level::Level;
use super::super::memory::{LINE, Slot};
use super::super::panels::steps;
use super::super::reduce::{MaxPool, Mean, halved};
use super::layer::{Layer, Phase};
use super::outer::Outer;
use super::passes::{Interleave, Mask, Pad, Spread, Unpool};

/// `ReLU(convs(x) + shortcut(x))`, by the numbers of its layers.
pub struct Block {
    pub convs: Vec<usize>,
    pub shortcut: Option<usize>,
}

/// What is trained, by the numbers of its layers.
pub struct Network {
    pub stem: Option<usize>,
    pub stages: Vec<Vec<Block>>,
    /// Whether all maps and gradients by them are in bf16, but what comes in and the means.
    pub is_bf16: bool,
}

/// Something that all members do together.
pub enum Step {
    Pad(Pad),
    Conv(Conv),
    MaxPool(MaxPool),
    Mean(Mean),
    Outer(Outer),
    Unpool(Unpool),
    Mask(Mask),
    Interleave(Interleave),
    Spread(Spread),
}

/// The steps of a batch.
pub struct Plan {
    pub forward: Vec<Step>,
    pub backward: Vec<Step>,
    pub input: Slot,
    /// The means of the wanted stages, and the gradients by them.
    pub pooled: Vec<Slot>,
    pub pooled_gradients: Vec<Slot>,
    /// Where the members' workspaces begin, and how long each is.
    pub workspaces: (usize, usize),
    pub memory_floats: usize,
}

/// A batch of images at one place of the network.
#[derive(Clone, Copy)]
struct Map {
    slot: Slot,
    height: usize,
    width: usize,
    channels: usize,
}

/// A block with its input, and the output of each of its convolutions.
struct Kept<'a> {
    block: &'a Block,
    maps: Vec<Map>,
}

/// The first convolution and the maximum after it.
struct KeptStem {
    layer: usize,
    /// With its margin.
    input: Slot,
    table: Vec<u32>,
    pool: MaxPool,
    output: Map,
}

/// Places that the way back uses again and again.
struct Scratch {
    /// Gradients by the outputs of blocks.
    outer: [usize; 2],
    /// Gradients by maps within blocks, and by the first convolution's output.
    inner: [usize; 2],
    phases: usize,
    packed: usize,
}

struct Draft<'a> {
    layers: &'a [Layer],
    is_bf16: bool,
    images: usize,
    end: usize,
    forward: Vec<Step>,
    backward: Vec<Step>,
}

impl Plan {
    /// Plans batches of up to so many images. `input` is the height, width and channels of what comes in; `wanted` are
    /// the stages whose outputs' means are wanted, the last of all among them.
    pub fn new(
        layers: &[Layer],
        network: &Network,
        input: [usize; 3],
        wanted: &[usize],
        images: usize,
        level: Level,
        members: usize,
    ) -> Self {
        // Memory begins with zeros that no step writes: the run of a tap outside the picture.
        let longest_run = layers.iter().map(|layer| layer.forward.depth.max(layer.out)).max().unwrap_or(0);
        let (is_bf16, end) = (network.is_bf16, longest_run.next_multiple_of(LINE));
        let mut draft = Draft { layers, is_bf16, images, end, forward: Vec::new(), backward: Vec::new() };
        let [height, width, channels] = input;
        let input = draft.slot(height * width * channels);
        let mut map = Map { slot: input, height, width, channels };
        let stem = network.stem.map(|layer| draft.stem(layer, map));
        if let Some(stem) = &stem {
            map = stem.output;
        } else if is_bf16 {
            map = draft.map(height, width, channels);
            draft.forward.push(Step::Pad(Pad { input, output: map.slot, padding: 0, width, channels }));
        }
        let mut kept: Vec<Vec<Kept<'_>>> = Vec::new();
        let mut pooled = Vec::new();
        for (stage, blocks) in network.stages.iter().enumerate() {
            let mut of_stage = Vec::new();
            for block in blocks {
                let block = draft.block(block, map);
                map = block.output();
                of_stage.push(block);
            }
            kept.push(of_stage);
            if wanted.contains(&stage) {
                let mean = draft.slot(map.channels);
                let pixels = map.height * map.width;
                let step = Mean { input: map.slot, output: mean, channels: map.channels, pixels, step: None };
                draft.forward.push(Step::Mean(step));
                pooled.push(mean);
            }
        }
        let pooled_gradients: Vec<Slot> = pooled.iter().map(|slot| draft.slot(slot.floats)).collect();
        draft.back(stem.as_ref(), &kept, wanted, &pooled_gradients);
        let workspace_floats = Outer::workspace(level).next_multiple_of(LINE);
        let memory_floats = draft.end + members * workspace_floats;
        Self {
            forward: draft.forward,
            backward: draft.backward,
            input,
            pooled,
            pooled_gradients,
            workspaces: (draft.end, workspace_floats),
            memory_floats,
        }
    }
}

impl Kept<'_> {
    fn output(&self) -> Map {
        self.maps[self.maps.len() - 1]
    }
}

impl Draft<'_> {
    fn reserve(&mut self, floats: usize) -> usize {
        let at = self.end;
        self.end += floats.next_multiple_of(LINE);
        at
    }

    fn slot(&mut self, floats: usize) -> Slot {
        let at = self.reserve(floats * self.images);
        self.slot_at(at, floats)
    }

    fn slot_at(&self, at: usize, floats: usize) -> Slot {
        Slot { at, floats, images: self.images, by_member: 0 }
    }

    fn map(&mut self, height: usize, width: usize, channels: usize) -> Map {
        let floats = steps(height * width * channels, self.is_bf16);
        Map { slot: self.slot(floats), height, width, channels }
    }

    /// The first convolution and the maximum forward.
    fn stem(&mut self, number: usize, input: Map) -> KeptStem {
        let layer = &self.layers[number];
        let geometry = layer.geometry(input.height, input.width);
        let Map { height, width, channels, .. } = input;
        let padding = geometry.padding;
        let padded = self.map(height + 2 * padding, width + 2 * padding, channels).slot;
        self.forward.push(Step::Pad(Pad { input: input.slot, output: padded, padding, width, channels }));
        let (height, width) = geometry.output();
        let map = self.map(height, width, layer.out);
        self.forward.push(Step::Conv(Conv {
            weights: layer.forward.clone(),
            input: padded,
            output: map.slot,
            addend: None,
            has_relu: true,
            table: geometry.rows(),
        }));
        let output = self.map(halved(height), halved(width), layer.out);
        let (channels, is_codes) = (layer.out, false);
        let pool = MaxPool { input: map.slot, output: output.slot, channels, height, width, is_codes };
        self.forward.push(Step::MaxPool(pool));
        KeptStem { layer: number, input: padded, table: geometry.rows(), pool, output }
    }

    /// A block forward; every map stays.
    fn block<'b>(&mut self, block: &'b Block, input: Map) -> Kept<'b> {
        let mut maps = vec![input];
        let shortcut = block.shortcut.map(|shortcut| self.conv(shortcut, input, None, None, false));
        for (index, &layer) in block.convs.iter().enumerate() {
            let is_last = index + 1 == block.convs.len();
            let (output, addend) = match shortcut {
                _ if !is_last => (None, None),
                // The sum is added to where the shortcut's output lies.
                Some(shortcut) => (Some(shortcut), Some(shortcut.slot)),
                None => (None, Some(input.slot)),
            };
            let output = self.conv(layer, maps[index], output, addend, true);
            maps.push(output);
        }
        Kept { block, maps }
    }

    fn conv(&mut self, layer: usize, input: Map, output: Option<Map>, addend: Option<Slot>, has_relu: bool) -> Map {
        let layer = &self.layers[layer];
        let geometry = layer.geometry(input.height, input.width);
        let (height, width) = geometry.output();
        let output = output.unwrap_or_else(|| self.map(height, width, layer.out));
        self.forward.push(Step::Conv(Conv {
            weights: layer.forward.clone(),
            input: input.slot,
            output: output.slot,
            addend,
            has_relu,
            table: geometry.pixels(),
        }));
        output
    }

    /// The way back through all stages.
    fn back(&mut self, stem: Option<&KeptStem>, stages: &[Vec<Kept<'_>>], wanted: &[usize], pooled_gradients: &[Slot]) {
        let scratch = self.scratch(stem, stages);
        let mut place = 0;
        for (stage, blocks) in stages.iter().enumerate().rev() {
            let Some(last) = blocks.last() else { continue };
            if let Some(index) = wanted.iter().position(|wanted| *wanted == stage) {
                let output = last.output();
                self.backward.push(Step::Spread(Spread {
                    mean: pooled_gradients[index],
                    output: self.slot_at(scratch.outer[place], output.slot.floats),
                    is_added: stage + 1 < stages.len(),
                    pixels: output.height * output.width,
                }));
            }
            for (position, block) in blocks.iter().enumerate().rev() {
                let needs_input = stage > 0 || position > 0 || stem.is_some();
                self.block_back(block, &scratch, place, needs_input);
                place = 1 - place;
            }
        }
        if let Some(stem) = stem {
            self.stem_back(stem, &scratch, place);
        }
    }

    /// The maximum and the first convolution back: the gradient by the former's output lies in `scratch.outer[place]`.
    fn stem_back(&mut self, stem: &KeptStem, scratch: &Scratch, place: usize) {
        let map = stem.pool.input;
        let of_output = self.slot_at(scratch.outer[place], stem.output.slot.floats);
        let gradient = self.slot_at(scratch.inner[0], map.floats);
        self.backward.push(Step::Unpool(Unpool { pool: stem.pool, gradient: of_output, output: gradient }));
        self.backward.push(Step::Mask(Mask { gradient, output: map }));
        let Scratch { packed, .. } = *scratch;
        let (layer, input, table) = (stem.layer, stem.input, stem.table.clone());
        self.backward.push(Step::Outer(Outer { layer, input, gradient, table, packed }));
    }

    fn scratch(&mut self, stem: Option<&KeptStem>, stages: &[Vec<Kept<'_>>]) -> Scratch {
        let blocks = || stages.iter().flatten();
        let most = |floats: &mut dyn Iterator<Item = usize>| floats.max().unwrap_or(0) * self.images;
        let outer = most(&mut blocks().map(|block| block.maps[0].slot.floats.max(block.output().slot.floats)));
        let within = blocks().flat_map(|block| &block.maps[1..block.maps.len() - 1]).map(|map| map.slot.floats);
        let inner = most(&mut within.clone());
        let first_inner = most(&mut within.chain(stem.map(|stem| stem.pool.input.floats)));
        // Each phase may end within a pair.
        let num_phases = self.layers.iter().map(|layer| layer.phases.len()).max().unwrap_or(0);
        let phases = most(&mut blocks().flat_map(|block| &block.maps).map(|map| map.slot.floats + num_phases));
        let has_strides = self.layers.iter().any(|layer| layer.stride > 1);
        let packed = blocks().flat_map(|block| block.maps.windows(2).zip(&block.block.convs));
        let packed = packed.map(|(maps, &layer)| (maps[1].height * maps[1].width, layer));
        let packed = packed.chain(stem.map(|stem| (stem.pool.height * stem.pool.width, stem.layer)));
        let packed = packed.map(|(pixels, layer)| {
            let panels = &self.layers[layer].forward;
            steps(pixels * self.images, self.is_bf16) * panels.count * panels.width
        });
        let packed = packed.max().unwrap_or(0);
        Scratch {
            outer: [self.reserve(outer), self.reserve(outer)],
            inner: [self.reserve(first_inner), self.reserve(inner)],
            phases: if has_strides { self.reserve(phases) } else { self.end },
            packed: self.reserve(packed),
        }
    }

    /// A block back: the gradient by its output lies in `scratch.outer[place]`, that by its input will lie in the other.
    fn block_back(&mut self, kept: &Kept<'_>, scratch: &Scratch, place: usize, needs_input: bool) {
        let (input, output) = (kept.maps[0], kept.output());
        let of_output = self.slot_at(scratch.outer[place], output.slot.floats);
        let of_input = self.slot_at(scratch.outer[1 - place], input.slot.floats);
        self.backward.push(Step::Mask(Mask { gradient: of_output, output: output.slot }));
        let mut gradient = of_output;
        for (index, &layer) in kept.block.convs.iter().enumerate().rev() {
            let before = kept.maps[index];
            self.weights_back(layer, before, gradient, scratch);
            if index > 0 {
                let next = self.slot_at(scratch.inner[index % 2], before.slot.floats);
                self.input_back(layer, before, gradient, next, None, scratch);
                self.backward.push(Step::Mask(Mask { gradient: next, output: before.slot }));
                gradient = next;
            }
        }
        let mut addend = of_output;
        if let Some(shortcut) = kept.block.shortcut {
            self.weights_back(shortcut, input, of_output, scratch);
            if needs_input {
                self.input_back(shortcut, input, of_output, of_input, None, scratch);
                addend = of_input;
            }
        }
        if needs_input {
            self.input_back(kept.block.convs[0], input, gradient, of_input, Some(addend), scratch);
        }
    }

    fn weights_back(&mut self, layer: usize, input: Map, gradient: Slot, scratch: &Scratch) {
        let table = self.layers[layer].geometry(input.height, input.width).pixels();
        let packed = scratch.packed;
        self.backward.push(Step::Outer(Outer { layer, input: input.slot, gradient, table, packed }));
    }

    /// The gradient by a layer's input, with what is added to it.
    fn input_back(
        &mut self,
        layer: usize,
        input: Map,
        gradient: Slot,
        output: Slot,
        addend: Option<Slot>,
        scratch: &Scratch,
    ) {
        let layer = &self.layers[layer];
        let geometry = layer.geometry(input.height, input.width);
        let conv = |phase: &Phase, output: Slot, addend: Option<Slot>| {
            let (weights, table) = (phase.panels.clone(), turned(geometry, layer, phase));
            Step::Conv(Conv { weights, input: gradient, output, addend, has_relu: false, table })
        };
        if layer.stride == 1 {
            self.backward.push(conv(&layer.phases[0], output, addend));
            return;
        }
        let mut phases = vec![None; layer.stride * layer.stride];
        let mut at = scratch.phases;
        for phase in &layer.phases {
            let size = |of: usize, first: usize| of.saturating_sub(first).div_ceil(layer.stride);
            let numbers = size(input.height, phase.row) * size(input.width, phase.column) * layer.input;
            let floats = steps(numbers, self.is_bf16);
            // A map one pixel wide has no second phase.
            if floats == 0 {
                continue;
            }
            let slot = self.slot_at(at, floats);
            at += floats * self.images;
            self.backward.push(conv(phase, slot, None));
            phases[phase.row * layer.stride + phase.column] = Some(slot);
        }
        let (stride, Map { height, width, channels, .. }) = (layer.stride, input);
        self.backward.push(Step::Interleave(Interleave { phases, output, addend, stride, height, width, channels }));
    }
}

/// For each pixel of a phase of a layer's input, where in the gradient by the output each of the phase's taps finds its
/// pixel: `[pixel][tap]`.
fn turned(geometry: Geometry, layer: &Layer, phase: &Phase) -> Vec<u32> {
    let (height, width) = geometry.output();
    // The output pixel whose tap is over this pixel of the input.
    let over = |at: usize, tap: usize, limit: usize| {
        let from = (at + geometry.padding).checked_sub(tap)?;
        (from.is_multiple_of(geometry.stride) && from / geometry.stride < limit).then_some(from / geometry.stride)
    };
    let mut table = Vec::new();
    for y in (phase.row..geometry.height).step_by(geometry.stride) {
        for x in (phase.column..geometry.width).step_by(geometry.stride) {
            for tap in &phase.taps {
                let place = over(y, tap / geometry.side, height).zip(over(x, tap % geometry.side, width));
                table.push(place.map_or(OUTSIDE, |(y, x)| ((y * width + x) * layer.out) as u32));
            }
        }
    }
    table
}
