//! About how much memory a training takes, told and asked for before it begins.

use half::bf16;

use super::VisionError;
use super::activation::{ActivationLayout, Unfreeze};
use super::pages::pages;
use super::precision::{TrainOn, TrainPrecision};
use super::spec::{Block, Spec, StrideIn};

/// Numbers that are held for each weight, at most: itself and its gradient, folded forward and back, two moments, an
/// average, the best epoch's, and copies of five of them while a checkpoint is written.
const NUMBERS_PER_WEIGHT: usize = 13;

/// What is left to everything else, such as photos that are decoded and the stages that are not trained.
const SPARED_BYTES: u64 = 256 << 20;

/// The sizes that count, in numbers an image.
#[derive(Default)]
struct Sizes {
    weights: usize,
    /// What every layer gives, for the way back.
    kept: usize,
    /// The largest map between blocks, and within one.
    between: usize,
    within: usize,
}

impl Unfreeze {
    /// About how many bytes of memory it takes to train that much of a network in steps of so many images, with products
    /// that read f32. With others it takes less.
    #[must_use]
    pub fn memory_bytes(self, spec: &Spec, images: usize) -> u64 {
        self.bytes(spec, images, size_of::<f32>())
    }

    /// The same with maps, and gradients by them, of numbers of so many bytes.
    fn bytes(self, spec: &Spec, images: usize, number: usize) -> u64 {
        if self == Self::Head {
            return 0;
        }
        let sizes = self.sizes(spec);
        // The way back has two places for gradients between blocks and within, and two more as large as the largest map.
        let back = 2 * (sizes.between + sizes.within) + 2 * sizes.between.max(sizes.within);
        let weights = NUMBERS_PER_WEIGHT * sizes.weights * size_of::<f32>();
        ((sizes.kept + back) * images * number + weights) as u64
    }

    fn sizes(self, spec: &Spec) -> Sizes {
        let architecture = &spec.architecture;
        let layout = ActivationLayout::of(spec, self);
        let [mut side, _, mut channels] = layout.map;
        let mut sizes = Sizes { kept: layout.map_len(), ..Sizes::default() };
        if self == Self::All {
            sizes.weights += 7 * 7 * channels * architecture.stem;
            side = side.div_ceil(2);
            sizes.within = side * side * architecture.stem;
            // The picture is there a second time, with its margin.
            sizes.kept += layout.map_len() + sizes.within;
            side = side.div_ceil(2);
            channels = architecture.stem;
            sizes.between = side * side * channels;
            sizes.kept += sizes.between;
        }
        let last = spec.features.iter().map(|stage| stage.index()).max().unwrap_or_default();
        for stage in self.first_stage()..=last {
            let inner = architecture.width << stage;
            let outer = inner * architecture.block.expansion();
            for block in 0..architecture.layers[stage] {
                let before = side;
                if block == 0 && stage > 0 {
                    side = side.div_ceil(2);
                }
                let first = match (architecture.block, architecture.stride_in) {
                    (Block::Bottleneck, StrideIn::Conv2) => before,
                    _ => side,
                };
                let maps = match architecture.block {
                    Block::Basic => vec![(9 * channels, inner, side), (9 * inner, outer, side)],
                    Block::Bottleneck => {
                        vec![(channels, inner, first), (9 * inner, inner, side), (inner, outer, side)]
                    }
                };
                if block == 0 && (stage > 0 || channels != outer) {
                    // Its output lies where the block's does.
                    sizes.weights += channels * outer;
                }
                for (index, (depth, out, side)) in maps.iter().enumerate() {
                    let map = side * side * out;
                    sizes.weights += depth * out;
                    sizes.kept += map;
                    let largest = if index + 1 == maps.len() { &mut sizes.between } else { &mut sizes.within };
                    *largest = map.max(*largest);
                }
                channels = outer;
            }
        }
        sizes
    }
}

impl TrainOn {
    /// Asks for the memory that a training in steps of so many images takes, and gives it back at once: what is not to be
    /// had in the midst of one ends the program. A graphics card has memory of its own, and says itself where that ends.
    ///
    /// # Errors
    /// [`VisionError::Memory`] where the system does not give so much, and as [`TrainOn::open`].
    pub fn check_memory(self, unfreeze: Unfreeze, spec: &Spec, images: usize) -> Result<(), VisionError> {
        let (device, precision) = self.open()?;
        if unfreeze == Unfreeze::Head || !device.is_cpu() {
            return Ok(());
        }
        let number = if precision == TrainPrecision::Bf16 { size_of::<bf16>() } else { size_of::<f32>() };
        let bytes = unfreeze.bytes(spec, images, number) + SPARED_BYTES;
        pages(bytes as usize).map(drop).map_err(|_| VisionError::Memory { gigabytes: bytes as f64 / 1e9 })
    }
}

#[cfg(test)]
mod tests {
    use super::super::cpu::{Level, Tail};
    use super::super::trained::TrainedStages;
    use super::super::{DeviceChoice, ModelSource, NormedTail};
    use super::*;

    #[test]
    fn memory_that_no_computer_has_is_refused() {
        let (_, spec) = ModelSource::Starter.weights().unwrap();
        let on = TrainOn { device: DeviceChoice::Cpu, ..TrainOn::default() };
        let images = 1 << 24;
        assert!(on.check_memory(Unfreeze::Layer4, &spec, 1).is_ok());
        assert!(matches!(on.check_memory(Unfreeze::All, &spec, images), Err(VisionError::Memory { .. })));
        assert!(on.check_memory(Unfreeze::Head, &spec, images).is_ok(), "it takes next to none");
    }

    #[test]
    fn what_is_told_is_near_what_is_taken() {
        let images = 3;
        for source in [ModelSource::Starter, ModelSource::random("resnet18").unwrap()] {
            for unfreeze in [Unfreeze::Layer4, Unfreeze::Layer3, Unfreeze::All] {
                let (weights, spec) = source.weights().unwrap();
                let stages = unfreeze.first_stage()..=3;
                let wanted = [stages.end() - stages.start()];
                let stages = NormedTail::load(&spec.architecture, &weights.tensors().unwrap(), stages).unwrap();
                let input = ActivationLayout::of(&spec, unfreeze).map;
                let mut tail = Tail::new(stages, input, &wanted, images, Level::all()[0], false, 1);
                let weights: usize = tail.parameters().iter().map(|parameter| parameter.values.len()).sum();
                let taken = tail.step_bytes() + 4 * NUMBERS_PER_WEIGHT * weights;
                let told = unfreeze.memory_bytes(&spec, images) as f64;
                assert!((told / taken as f64 - 1.0).abs() < 0.1, "{source}, {unfreeze}: {told} for {taken}");
            }
        }
    }
}
