//! How photos of one product are told, with what each rule would make of these.

use egui::{RichText, Ui};

use super::super::action::Action;
use super::super::names::product_rule_name;
use super::super::view::View;
use super::super::widgets::plain_button_ui;
use super::super::words::say;
use super::title_ui;
use crate::workspace::{ProductPreview, ProductRule};

/// Offers the rules.
pub fn products_ui(ui: &mut Ui, view: &View<'_>, previews: &[(ProductRule, ProductPreview)]) -> Option<Action> {
    title_ui(ui, say!("products"));
    ui.label(RichText::new(say!("products-what")).color(view.palette.dim));
    let mut action = None;
    for &(rule, preview) in previews {
        let is_chosen = view.workspace.product_rule() == rule;
        if ui.radio(is_chosen, product_rule_name(rule)).clicked() && !is_chosen {
            action = Some(Action::SetProducts(rule));
        }
        let text = if preview.stacks == 0 {
            say!("products-no-stacks", count = preview.products)
        } else {
            say!("products-stacks", count = preview.products, stacks = preview.stacks, largest = preview.largest)
        };
        ui.indent(rule, |ui| ui.label(RichText::new(text).size(12.0).color(view.palette.dim)));
    }
    let close = plain_button_ui(ui, view.palette, say!("close"), Some("Esc")).clicked();
    action.or(close.then_some(Action::CloseDialog))
}
