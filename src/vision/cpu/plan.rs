//! What is done in which order for a batch of images of one size, and where in memory everything lies.

use super::conv::Conv;
use super::int8::conv::WholeConv;
use super::int8::weights::Unit;
use super::int8::winograd::PairWinograd;
use super::memory::Slot;
use super::peak::Operands;
use super::reduce::{MaxPool, Mean};
use super::winograd::Winograd;

/// Padding of the first convolution, which its input holds.
pub const STEM_PADDING: usize = 3;

/// Colours.
pub const COLOURS: usize = 3;

/// What is wanted of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Stages (from 0) whose outputs' means over height and width are wanted.
    pub pooled: Vec<usize>,
    /// A stage whose output itself is wanted, of an engine in f32.
    pub map: Option<usize>,
}

/// The images of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub images: usize,
    pub height: usize,
    pub width: usize,
}

/// The steps for a shape.
pub struct Plan {
    pub shape: Shape,
    pub wanted: Wanted,
    pub parts: Vec<Part>,
    /// Numbers of memory that a run needs, workspaces included.
    pub memory_floats: usize,
    /// Where the members' workspaces begin, and how long each is.
    pub workspaces: (usize, usize),
    /// The means of the wanted stages.
    pub pooled: Vec<Slot>,
    /// The wanted stage's output, its height, width and channels.
    pub map: Option<(Slot, [usize; 3])>,
}

/// Steps that some of the batch's images go through together, before the next ones do: a round.
pub struct Part {
    pub images: usize,
    /// Whether each member takes rounds of its own, and nobody waits before the part's end. Else all work on one round
    /// and wait for each other after every step.
    pub is_apart: bool,
    pub steps: Vec<Step>,
}

/// Something that all members do together.
pub struct Step {
    pub name: String,
    /// Multiplications an image, as the plain convolution would need them.
    pub macs: u64,
    pub work: Work,
}

pub enum Work {
    /// The input with its padding.
    Fill(Fill),
    Conv(Conv),
    Winograd(Winograd),
    Whole(WholeConv),
    WholeWinograd(PairWinograd),
    MaxPool(MaxPool),
    Mean(Mean),
}

impl Step {
    /// What is multiplied; nothing where numbers are only moved, compared or added.
    pub fn operands(&self) -> Option<Operands> {
        match &self.work {
            Work::Conv(conv) if conv.weights.is_bf16 => Some(Operands::Bf16),
            Work::Conv(_) | Work::Winograd(_) => Some(Operands::F32),
            Work::Whole(conv) if conv.weights.unit == Unit::Quad => Some(Operands::Quads),
            Work::Whole(_) | Work::WholeWinograd(_) => Some(Operands::Pairs),
            Work::Fill(_) | Work::MaxPool(_) | Work::Mean(_) => None,
        }
    }

    /// Multiplications an image that are really done.
    pub fn macs_done(&self) -> u64 {
        match &self.work {
            Work::Winograd(conv) => conv.macs(),
            Work::WholeWinograd(conv) => conv.macs(),
            _ => self.macs,
        }
    }
}

/// Where the input goes.
pub struct Fill {
    pub slot: Slot,
    /// Whole numbers of 16 bits to one unit, where it is in those; else it is in f32.
    pub scale: Option<f32>,
}
