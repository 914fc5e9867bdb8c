//! What filters, orders and kinds of groups are called on screen.

use super::words::say;
use crate::catalogue::GroupKind;
use crate::workspace::{Filter, Order};

/// A filter as it is called on screen.
pub fn filter_name(filter: Filter) -> &'static str {
    match filter {
        Filter::All => say!("filter-all"),
        Filter::ToReview => say!("filter-to-review"),
        Filter::Unsure => say!("filter-unsure"),
        Filter::Reviewed => say!("filter-reviewed"),
        Filter::Duplicates => say!("filter-duplicates"),
        Filter::Missing => say!("filter-missing"),
        Filter::Broken => say!("filter-broken"),
        Filter::Tag(_) => say!("filter-tag"),
    }
}

/// An order as it is called on screen.
pub fn order_name(order: Order) -> &'static str {
    match order {
        Order::Name => say!("order-name"),
        Order::LeastCertain => say!("order-least-certain"),
        Order::MostCertain => say!("order-most-certain"),
    }
}

/// A group's name with its kind.
pub fn group_caption(name: &str, kind: GroupKind) -> String {
    let kind = match kind {
        GroupKind::OneOf => say!("kind-one-of"),
        GroupKind::AnyOf => say!("kind-any-of"),
    };
    say!("group-caption", name = name, kind = kind)
}
