//! Colours, type and spacing: the one place where the window's look is decided.

#![expect(clippy::unreadable_literal, reason = "colours are read as six digits")]

use egui::epaint::Shadow;
use egui::{
    Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Margin, Stroke, TextStyle, Theme,
    vec2,
};
use egui_system_font_provider::SystemFontProvider;

/// Corner radii, in points.
pub const RADIUS_ROW: u8 = 6;
pub const RADIUS_BUTTON: u8 = 8;
pub const RADIUS_PHOTO: u8 = 10;
pub const RADIUS_PANE: u8 = 12;

/// How much of its colours a control keeps that cannot be used now: as little as can still be read.
const DISABLED: f32 = 0.73;

/// Dots that tell tags apart; the name always stands beside them.
pub const TAG_COLOURS: [Color32; 12] = [
    rgb(0xd95f6a),
    rgb(0xb8964a),
    rgb(0x4d8f72),
    rgb(0x5a78d6),
    rgb(0x7d93b8),
    rgb(0xb05c9c),
    rgb(0x6fb7a6),
    rgb(0xc7825a),
    rgb(0x8a6fc7),
    rgb(0x9aa84a),
    rgb(0x4aa3c0),
    rgb(0x8c8c8c),
];

/// The face of headings and of what is chosen.
pub const SEMIBOLD: &str = "semibold";

/// The face of icons. A family of its own, since text faces have glyphs of theirs in the private area.
const ICONS: &str = "icons";

/// The colours of one theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    pub background: Color32,
    pub panel: Color32,
    pub line: Color32,
    pub fill: Color32,
    pub text: Color32,
    pub dim: Color32,
    pub accent: Color32,
    pub accent_wash: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    pub yes: Color32,
    pub yes_wash: Color32,
    pub no: Color32,
    pub no_wash: Color32,
    pub unsure: Color32,
    pub unsure_wash: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

pub const LIGHT: Palette = Palette {
    background: rgb(0xf6f7f9),
    panel: rgb(0xffffff),
    line: rgb(0xe3e6eb),
    fill: rgb(0xeef0f4),
    text: rgb(0x1b1f27),
    dim: rgb(0x5c6678),
    accent: rgb(0x3b5bdb),
    accent_wash: rgb(0xe7ecff),
    on_accent: rgb(0xffffff),
    yes: rgb(0x17744a),
    yes_wash: rgb(0xdff3e7),
    no: rgb(0xb4383f),
    no_wash: rgb(0xfbe6e7),
    unsure: rgb(0x8a5a08),
    unsure_wash: rgb(0xfdf1d8),
};

pub const DARK: Palette = Palette {
    background: rgb(0x14161a),
    panel: rgb(0x1c1f25),
    line: rgb(0x2b3038),
    fill: rgb(0x262a32),
    text: rgb(0xe7eaf0),
    dim: rgb(0x98a1b0),
    accent: rgb(0x8aa2ff),
    accent_wash: rgb(0x29325a),
    on_accent: rgb(0x14161a),
    yes: rgb(0x6fd3a0),
    yes_wash: rgb(0x1c3a2b),
    no: rgb(0xff9aa0),
    no_wash: rgb(0x452327),
    unsure: rgb(0xf0c060),
    unsure_wash: rgb(0x40331a),
};

impl Palette {
    /// The colours of the theme in use.
    pub fn of(context: &Context) -> &'static Self {
        if context.theme() == Theme::Dark { &DARK } else { &LIGHT }
    }
}

/// A font of the heading face.
pub fn semibold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(SEMIBOLD.into()))
}

/// A font of the text face.
pub fn regular(size: f32) -> FontId {
    FontId::proportional(size)
}

/// A font of the icons.
pub fn icon(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(ICONS.into()))
}

/// Sets fonts and both themes; the system says which one is used.
pub fn install(context: &Context) {
    context.set_fonts(fonts());
    for (theme, palette) in [(Theme::Light, LIGHT), (Theme::Dark, DARK)] {
        context.style_mut_of(theme, |style| {
            style.spacing.item_spacing = vec2(8.0, 8.0);
            style.spacing.button_padding = vec2(12.0, 6.0);
            style.spacing.interact_size.y = 30.0;
            style.spacing.menu_margin = Margin::same(8);
            style.text_styles = [
                (TextStyle::Heading, semibold(16.0)),
                (TextStyle::Body, regular(13.0)),
                (TextStyle::Button, regular(13.0)),
                (TextStyle::Small, regular(11.5)),
                (TextStyle::Monospace, FontId::monospace(12.5)),
            ]
            .into();
            set_visuals(&mut style.visuals, &palette);
        });
    }
}

fn set_visuals(visuals: &mut egui::Visuals, palette: &Palette) {
    let hairline = Stroke::new(1.0, palette.line);
    visuals.override_text_color = Some(palette.text);
    visuals.weak_text_color = Some(palette.dim);
    visuals.panel_fill = palette.background;
    visuals.window_fill = palette.panel;
    visuals.window_stroke = hairline;
    visuals.window_corner_radius = CornerRadius::same(RADIUS_PANE);
    visuals.menu_corner_radius = CornerRadius::same(RADIUS_BUTTON);
    visuals.extreme_bg_color = palette.fill;
    visuals.faint_bg_color = palette.fill;
    visuals.hyperlink_color = palette.accent;
    visuals.error_fg_color = palette.no;
    visuals.warn_fg_color = palette.unsure;
    visuals.disabled_alpha = DISABLED;
    visuals.selection.bg_fill = palette.accent_wash;
    visuals.selection.stroke = Stroke::new(1.5, palette.accent);
    visuals.popup_shadow = Shadow { offset: [0, 6], blur: 20, spread: 0, color: Color32::from_black_alpha(50) };
    let widgets = &mut visuals.widgets;
    for (state, fill, stroke) in [
        (&mut widgets.noninteractive, palette.panel, hairline),
        (&mut widgets.inactive, palette.panel, hairline),
        (&mut widgets.hovered, palette.fill, hairline),
        (&mut widgets.active, palette.fill, Stroke::new(1.0, palette.accent)),
        (&mut widgets.open, palette.fill, hairline),
    ] {
        // Rails of sliders and grounds of marks, which have to be seen on a panel.
        state.bg_fill = palette.line;
        state.weak_bg_fill = fill;
        state.bg_stroke = stroke;
        state.fg_stroke = Stroke::new(1.0, palette.text);
        state.corner_radius = CornerRadius::same(RADIUS_BUTTON);
        state.expansion = 0.0;
    }
}

/// The system's fonts, which are asked for the characters that the faces below lack. Chinese, Japanese and Korean write
/// the same characters in shapes of their own: a system that is set to none of them gets the Chinese ones.
pub fn system_fonts() -> SystemFontProvider {
    let is_east_asian = |locale: &String| ["zh", "ja", "ko"].iter().any(|language| locale.starts_with(language));
    let locale = sys_locale::get_locale().filter(is_east_asian);
    SystemFontProvider::new().with_locale(Some(locale.as_deref().unwrap_or("zh-Hans")))
}

/// Inter for text, Phosphor for icons, egui's own faces behind them.
fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let faces: [(&str, &'static [u8]); 3] = [
        ("Phosphor", include_bytes!("../../assets/fonts/Phosphor.ttf")),
        ("Inter", include_bytes!("../../assets/fonts/Inter-Regular.ttf")),
        ("Inter SemiBold", include_bytes!("../../assets/fonts/Inter-SemiBold.ttf")),
    ];
    for (name, bytes) in faces {
        fonts.font_data.insert(name.into(), FontData::from_static(bytes).into());
    }
    let behind = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let with_first = |first: &str| std::iter::once(first.to_owned()).chain(behind.iter().cloned()).collect();
    fonts.families.insert(FontFamily::Proportional, with_first("Inter"));
    fonts.families.insert(FontFamily::Name(SEMIBOLD.into()), with_first("Inter SemiBold"));
    fonts.families.insert(FontFamily::Name(ICONS.into()), vec!["Phosphor".into()]);
    fonts
}

/// Black or white, whichever stands out more: of a ground between the theme's colours neither of these may.
pub fn legible_on(ground: Color32) -> Color32 {
    let [black, white] = [Color32::BLACK, Color32::WHITE];
    if contrast(black, ground) > contrast(white, ground) { black } else { white }
}

/// How much two colours stand out from each other, 1 to 21: the contrast ratio of WCAG 2.1.
fn contrast(a: Color32, b: Color32) -> f32 {
    let luminance = |color: Color32| {
        let linear = |channel: u8| {
            let value = f32::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji_in_names_have_shapes_in_both_faces() {
        let context = Context::default();
        install(&context);
        let mut output = context.run_ui(egui::RawInput::default(), |ui| {
            for face in [regular(13.0), semibold(13.0)] {
                assert!(ui.fonts_mut(|fonts| fonts.has_glyphs(&face, "🌸👗☕")), "{face:?}");
            }
        });
        output.textures_delta.clear();
    }

    #[test]
    fn every_text_is_readable_on_what_it_stands_on() {
        let check = |text: Color32, ground: Color32, least: f32| {
            let ratio = contrast(text, ground);
            assert!(ratio >= least, "{text:?} on {ground:?}: {ratio:.2}");
        };
        for palette in [LIGHT, DARK] {
            for text in [palette.text, palette.dim, palette.accent, palette.yes, palette.no, palette.unsure] {
                for ground in [palette.background, palette.panel, palette.fill] {
                    check(text, ground, 4.5);
                }
                for ground in [palette.background, palette.panel] {
                    check(ground.lerp_to_gamma(text, DISABLED), ground, 3.0);
                }
            }
            for (text, ground) in [
                (palette.text, palette.accent_wash),
                (palette.accent, palette.accent_wash),
                // The way out beside a problem that is told.
                (palette.accent, palette.no_wash),
                (palette.on_accent, palette.accent),
                (palette.yes, palette.yes_wash),
                (palette.no, palette.no_wash),
                (palette.unsure, palette.unsure_wash),
            ] {
                check(text, ground, 4.5);
            }
        }
    }
}
