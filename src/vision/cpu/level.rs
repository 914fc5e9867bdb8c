//! Which instructions this processor has, found when the program runs.

use std::fmt;

use super::lanes::{Bf16Lanes, Lanes, Portable};

#[cfg(target_arch = "x86_64")]
use super::{avx2::Avx2, avx512::Avx512};

/// An instruction set that this processor is known to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(Name);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Portable,
    Avx2,
    AvxVnni,
    Avx512,
    Avx512Vnni,
    Avx512Bf16,
}

/// Work that is written once for all levels.
pub trait Kernel {
    fn run<L: Lanes>(self, lanes: L);
}

/// Work on maps in bf16.
pub trait Bf16Kernel {
    fn run_bf16<L: Bf16Lanes>(self, lanes: L);
}

impl Name {
    /// Whether this processor has the instructions.
    #[cfg(target_arch = "x86_64")]
    fn is_here(self) -> bool {
        match self {
            Self::Portable => true,
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            Self::AvxVnni => Self::Avx2.is_here() && is_x86_feature_detected!("avxvnni"),
            Self::Avx512 => {
                Self::Avx2.is_here() && is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw")
            }
            Self::Avx512Vnni => Self::Avx512.is_here() && is_x86_feature_detected!("avx512vnni"),
            Self::Avx512Bf16 => Self::Avx512Vnni.is_here() && is_x86_feature_detected!("avx512bf16"),
        }
    }

    /// Plain Rust is all that other processors have here.
    #[cfg(not(target_arch = "x86_64"))]
    fn is_here(self) -> bool {
        self == Self::Portable
    }
}

impl Level {
    /// The level that the environment variable `HANGTAG_CPU` asks for; without it, the best.
    ///
    /// # Errors
    /// A sentence where it names no level, or one that this processor lacks.
    pub fn from_env() -> Result<Self, String> {
        let levels = Self::all();
        match std::env::var_os("HANGTAG_CPU") {
            None => Ok(levels.last().copied().unwrap_or(Self(Name::Portable))),
            Some(name) => levels.iter().find(|level| name == level.name()).copied().ok_or_else(|| {
                let known: Vec<&str> = levels.iter().map(|level| level.name()).collect();
                let name = name.display();
                format!("HANGTAG_CPU: this processor knows no `{name}`; use one of {}", known.join(", "))
            }),
        }
    }

    /// Every level that this processor has, the best last.
    #[must_use]
    pub fn all() -> Vec<Self> {
        [Name::Portable, Name::Avx2, Name::AvxVnni, Name::Avx512, Name::Avx512Vnni, Name::Avx512Bf16]
            .into_iter()
            .filter(|name| name.is_here())
            .map(Self)
            .collect()
    }

    /// As `HANGTAG_CPU` and figures name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Name::Portable => "portable",
            Name::Avx2 => "avx2",
            Name::AvxVnni => "avxvnni",
            Name::Avx512 => "avx512",
            Name::Avx512Vnni => "avx512vnni",
            Name::Avx512Bf16 => "avx512bf16",
        }
    }

    /// The sizes of the level's kernels.
    fn sizes(self) -> Sizes {
        match self.0 {
            Name::Portable => Sizes::of::<Portable>(),
            #[cfg(target_arch = "x86_64")]
            Name::Avx2 => Sizes::of::<Avx2<false>>(),
            #[cfg(target_arch = "x86_64")]
            Name::AvxVnni => Sizes::of::<Avx2<true>>(),
            #[cfg(target_arch = "x86_64")]
            Name::Avx512 => Sizes::of::<Avx512<false, false>>(),
            #[cfg(target_arch = "x86_64")]
            Name::Avx512Vnni | Name::Avx512Bf16 => Sizes::of::<Avx512<true, false>>(),
            #[cfg(not(target_arch = "x86_64"))]
            _ => Sizes::of::<Portable>(),
        }
    }

    /// Numbers in a vector.
    pub(super) fn lanes(self) -> usize {
        self.sizes().lanes
    }

    /// Rows of the matrix kernel.
    pub(super) fn rows(self) -> usize {
        self.sizes().rows
    }

    /// Rows of the matrix kernel in whole numbers.
    pub(super) fn whole_rows(self) -> usize {
        self.sizes().whole_rows
    }

    /// The largest code of a quantised activation.
    #[must_use]
    pub fn max_code(self) -> u8 {
        self.sizes().max_code
    }

    /// Whether the kernel sums two quads in 16 bits on the way.
    pub(super) fn joins_quads(self) -> bool {
        self.sizes().joins_quads
    }

    /// Columns of the matrix kernel, and of a panel of weights.
    pub(super) fn columns(self) -> usize {
        super::tile::VECTORS * self.lanes()
    }

    /// Does work in f32 with this level's instructions.
    pub(super) fn run(self, kernel: impl Kernel) {
        match self.0 {
            Name::Portable => kernel.run(Portable),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this level is only made where the processor has the instructions; so are all below.
            Name::Avx2 | Name::AvxVnni => unsafe { avx2(kernel) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: see above.
            Name::Avx512 | Name::Avx512Vnni | Name::Avx512Bf16 => unsafe { avx512(kernel) },
            #[cfg(not(target_arch = "x86_64"))]
            _ => kernel.run(Portable),
        }
    }

    /// Does work in whole numbers with this level's instructions.
    pub(super) fn run_whole(self, kernel: impl Kernel) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: see `run`.
            Name::AvxVnni => unsafe { avxvnni(kernel) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: see `run`.
            Name::Avx512Vnni | Name::Avx512Bf16 => unsafe { avx512vnni(kernel) },
            _ => self.run(kernel),
        }
    }

    /// Whether it has kernels for bf16: it multiplies pairs of it, or is plain Rust, which can be asked to for comparison.
    #[must_use]
    pub fn has_bf16(self) -> bool {
        matches!(self.0, Name::Portable | Name::Avx512Bf16)
    }

    /// Whether the processor multiplies pairs of bf16, so that it is the faster for it.
    #[must_use]
    pub fn multiplies_bf16(self) -> bool {
        self.has_bf16() && self.0 != Name::Portable
    }

    /// Does work in bf16, of a level that has it.
    pub(super) fn run_bf16(self, kernel: impl Bf16Kernel) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: see `run`.
            Name::Avx512Bf16 => unsafe { avx512bf16(kernel) },
            _ => kernel.run_bf16(Portable),
        }
    }
}

/// What a plan needs to know of a level.
struct Sizes {
    lanes: usize,
    rows: usize,
    whole_rows: usize,
    max_code: u8,
    joins_quads: bool,
}

impl Sizes {
    fn of<L: Lanes>() -> Self {
        Self {
            lanes: L::COUNT,
            rows: L::ROWS,
            whole_rows: L::WHOLE_ROWS,
            max_code: L::MAX_CODE,
            joins_quads: L::JOINS_QUADS,
        }
    }
}

impl fmt::Display for Level {
    /// For a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Name::Portable => "portable",
            Name::Avx2 => "AVX2",
            Name::AvxVnni => "AVX-VNNI",
            Name::Avx512 => "AVX-512",
            Name::Avx512Vnni => "AVX-512-VNNI",
            Name::Avx512Bf16 => "AVX-512-BF16",
        })
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2(kernel: impl Kernel) {
    // SAFETY: whoever may call this function has the instructions; so it is below.
    kernel.run(unsafe { Avx2::<false>::new() });
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avxvnni,avx2,fma")]
fn avxvnni(kernel: impl Kernel) {
    // SAFETY: see `avx2`.
    kernel.run(unsafe { Avx2::<true>::new() });
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx2,fma")]
fn avx512(kernel: impl Kernel) {
    // SAFETY: see `avx2`.
    kernel.run(unsafe { Avx512::<false, false>::new() });
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512vnni,avx512f,avx512bw,avx2,fma")]
fn avx512vnni(kernel: impl Kernel) {
    // SAFETY: see `avx2`.
    kernel.run(unsafe { Avx512::<true, false>::new() });
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512bf16,avx512f,avx512bw,avx2,fma")]
fn avx512bf16(kernel: impl Bf16Kernel) {
    // SAFETY: see `avx2`.
    kernel.run_bf16(unsafe { Avx512::<false, true>::new() });
}
