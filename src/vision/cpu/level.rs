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
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    #[cfg(target_arch = "x86_64")]
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

impl Level {
    /// The level that the environment variable `HANGTAG_CPU` asks for; without it, the best.
    ///
    /// # Errors
    /// A sentence where it names no level, or one that this processor lacks.
    pub fn from_env() -> Result<Self, String> {
        match std::env::var("HANGTAG_CPU") {
            Err(_) => Ok(Self::all().last().copied().unwrap_or(Self(Name::Portable))),
            Ok(name) => Self::all().into_iter().find(|level| level.name() == name).ok_or_else(|| {
                let known: Vec<&str> = Self::all().iter().map(|level| level.name()).collect();
                format!("HANGTAG_CPU: this processor knows no `{name}`; use one of {}", known.join(", "))
            }),
        }
    }

    /// Every level that this processor has, the best last.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut levels = vec![Self(Name::Portable)];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            levels.push(Self(Name::Avx2));
            if is_x86_feature_detected!("avxvnni") {
                levels.push(Self(Name::AvxVnni));
            }
            if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw") {
                levels.push(Self(Name::Avx512));
                if is_x86_feature_detected!("avx512vnni") {
                    levels.push(Self(Name::Avx512Vnni));
                    if is_x86_feature_detected!("avx512bf16") {
                        levels.push(Self(Name::Avx512Bf16));
                    }
                }
            }
        }
        levels
    }

    /// As `HANGTAG_CPU` and figures name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Name::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Name::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Name::AvxVnni => "avxvnni",
            #[cfg(target_arch = "x86_64")]
            Name::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Name::Avx512Vnni => "avx512vnni",
            #[cfg(target_arch = "x86_64")]
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
        match self.0 {
            Name::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Name::Avx512Bf16 => true,
            #[cfg(target_arch = "x86_64")]
            _ => false,
        }
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
            #[cfg(target_arch = "x86_64")]
            Name::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Name::AvxVnni => "AVX-VNNI",
            #[cfg(target_arch = "x86_64")]
            Name::Avx512 => "AVX-512",
            #[cfg(target_arch = "x86_64")]
            Name::Avx512Vnni => "AVX-512-VNNI",
            #[cfg(target_arch = "x86_64")]
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
