//! The icons in use, as characters of the Phosphor face in `assets/fonts`.

pub const ARROW_U_UP_LEFT: &str = "\u{e08a}";
pub const ARROW_U_UP_RIGHT: &str = "\u{e08c}";
pub const BOOKMARK_SIMPLE: &str = "\u{e0ea}";
pub const CHECK: &str = "\u{e182}";
pub const GEAR: &str = "\u{e270}";
pub const IMAGES: &str = "\u{e836}";
pub const IMAGE_BROKEN: &str = "\u{e7a8}";
pub const LINK_BREAK: &str = "\u{e2e4}";
pub const MOON: &str = "\u{e330}";
pub const SUN: &str = "\u{e472}";
pub const TAG: &str = "\u{e478}";
pub const TRASH: &str = "\u{e4a6}";
pub const WARNING: &str = "\u{e4e0}";
pub const X: &str = "\u{e4f6}";
