//! By how much gradients are made larger on their way back, so that the small ones survive in f16 (Micikevicius et al.,
//! *Mixed Precision Training*, 2018).

/// As large as no step has been found to overflow; the usual numbers.
const FIRST: f32 = 65536.0;
const STEPS_BETWEEN: u32 = 2000;

/// A power of two that follows what the range of f16 allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossScale {
    pub factor: f32,
    /// Steps since it was changed.
    pub num_good: u32,
}

impl Default for LossScale {
    fn default() -> Self {
        Self { factor: FIRST, num_good: 0 }
    }
}

impl LossScale {
    /// A gradient was too large: false where the factor cannot be made smaller any more, so that it is not the factor's
    /// doing.
    pub fn lower(&mut self) -> bool {
        let can_fall = self.factor > 1.0;
        *self = Self { factor: (self.factor / 2.0).max(1.0), num_good: 0 };
        can_fall
    }

    /// A step went well.
    pub fn keep(&mut self) {
        self.num_good += 1;
        if self.num_good == STEPS_BETWEEN {
            *self = Self { factor: (2.0 * self.factor).min(f32::MAX / 2.0), num_good: 0 };
        }
    }
}
