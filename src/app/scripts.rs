//! Whether a font was found for the characters on screen, and what to install where none was.

use egui::Context;

use super::theme::regular;
use super::words::{self, Language};
use crate::workspace::Workspace;

/// What is gone through for characters that no font has: the language, the revision of the listing, and how many tags
/// there are.
type Subject = (Language, Option<(u64, usize)>);

/// The search for characters that cannot be drawn.
#[derive(Default)]
pub struct ScriptCheck {
    /// What was gone through last.
    subject: Option<Subject>,
    is_told: bool,
}

impl ScriptCheck {
    /// What to install so that everything can be read, said once. Names are gone through when the listing, the tags or
    /// the language changed, not in every frame. Only while drawing, since there are no fonts before.
    pub fn missing_script_hint(&mut self, context: &Context, workspace: Option<&Workspace>) -> Option<&'static str> {
        let language = words::language();
        let shown = workspace.map(|open| (open.listing_revision(), open.vocabulary().tags.len()));
        let subject = (language, shown);
        if self.is_told || self.subject == Some(subject) {
            return None;
        }
        self.subject = Some(subject);
        let mut samples = Samples::default();
        samples.take_from(language.name());
        if let Some(workspace) = workspace {
            samples.take_from(&workspace.name());
            workspace.listing().images.iter().for_each(|image| samples.take_from(image.path()));
            workspace.vocabulary().tags.iter().for_each(|tag| samples.take_from(&tag.name));
        }
        let has_glyph = |sample| context.fonts_mut(|fonts| fonts.has_glyph(&regular(13.0), sample));
        if samples.all().all(has_glyph) {
            return None;
        }
        self.is_told = true;
        // What cannot be drawn cannot say so either.
        let is_readable = language.name().chars().all(has_glyph);
        let hint = if cfg!(target_os = "linux") { "notice-no-font-linux" } else { "notice-no-font" };
        Some(words::plain(if is_readable { language } else { Language::English }, hint))
    }
}

/// The first character of each script that the program's own faces lack, among the common ones: no font has them all.
#[derive(Default)]
struct Samples {
    han: Option<char>,
    kana: Option<char>,
    hangul: Option<char>,
}

impl Samples {
    fn take_from(&mut self, text: &str) {
        if text.is_ascii() {
            return;
        }
        for character in text.chars() {
            let sample = match character {
                '\u{4e00}'..='\u{9fff}' => &mut self.han,
                '\u{3041}'..='\u{30ff}' => &mut self.kana,
                '\u{ac00}'..='\u{d7a3}' => &mut self.hangul,
                _ => continue,
            };
            sample.get_or_insert(character);
        }
    }

    fn all(&self) -> impl Iterator<Item = char> {
        [self.han, self.kana, self.hangul].into_iter().flatten()
    }
}
