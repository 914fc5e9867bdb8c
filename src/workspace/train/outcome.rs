//! What came of a training, and whether it is put to use.

use serde::{Deserialize, Serialize};

use super::{Activate, EpochFigures};
use crate::learn::Overall;
use crate::learn::train::Ending;

/// What came of a training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrainingOutcome {
    /// Why it ended; runs of before this was kept do not say.
    #[serde(default)]
    pub ended: Option<Ending>,
    pub best: EpochFigures,
    pub version: i64,
    /// Whether the photos that nothing was learnt from also chose the best epoch, since there were no others.
    #[serde(default)]
    pub chose_best: bool,
    /// Whether it is better than the live head fitted to the same photos and than the version in use, with what would
    /// propose on its backbone no worse than that live head; and by that or by wish put to use.
    pub is_better: bool,
    pub activated: bool,
    /// Shares of right answers and macro F1 on the photos that nothing was learnt from: the new version's, and the live
    /// head's.
    pub accuracy: f64,
    pub macro_f1: f64,
    pub live_accuracy: f64,
    pub live_macro_f1: f64,
    /// The same of the version in use, where that came from a run, on those of the photos that it has not learnt from
    /// either; none where none of them judges.
    #[serde(default)]
    pub in_use: Option<OfVersion>,
    /// The new version's on the same, where they are not all of the photos.
    #[serde(default)]
    pub beside_in_use: Option<OfVersion>,
    /// The version in use, where that came from a run and could not be compared: no photo that it has not learnt from
    /// judges it, or it does not know all groups.
    #[serde(default)]
    pub not_compared: Option<i64>,
    /// The same of the live head fitted anew on the new version's backbone, which is what proposes once the version is in
    /// use; none where that was out of the question.
    #[serde(default)]
    pub refitted: Option<OfVersion>,
}

/// How good a version is on the photos that a run held out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OfVersion {
    pub version: i64,
    pub accuracy: f64,
    pub macro_f1: f64,
}

impl OfVersion {
    pub(super) fn of(version: i64, overall: &Overall) -> Self {
        Self { version, accuracy: overall.accuracy, macro_f1: overall.macro_f1 }
    }

    /// Whether macro F1 is higher than that of another one, and accuracy not lower.
    fn beats(self, accuracy: f64, macro_f1: f64) -> bool {
        self.macro_f1 > macro_f1 && self.accuracy >= accuracy
    }
}

impl TrainingOutcome {
    /// Whether it beats the live head and the version in use, and what would propose on its backbone is no worse than that
    /// live head, as far as it was measured.
    pub(super) fn beats_what_was(&self) -> bool {
        let own = OfVersion { version: self.version, accuracy: self.accuracy, macro_f1: self.macro_f1 };
        let beside_in_use = self.beside_in_use.unwrap_or(own);
        let is_no_worse = |own: OfVersion| own.macro_f1 >= self.live_macro_f1 && own.accuracy >= self.live_accuracy;
        own.beats(self.live_accuracy, self.live_macro_f1)
            && self.in_use.is_none_or(|in_use| beside_in_use.beats(in_use.accuracy, in_use.macro_f1))
            && self.refitted.is_none_or(is_no_worse)
    }

    /// Decides whether it is better, and whether it is put to use.
    pub(super) fn decide(&mut self, wish: Activate, is_cancelled: bool) {
        self.is_better = self.beats_what_was();
        self.activated = match wish {
            _ if is_cancelled => false,
            Activate::Auto => self.is_better,
            Activate::Always => true,
            Activate::Never => false,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(accuracy: f64, macro_f1: f64) -> OfVersion {
        OfVersion { version: 1, accuracy, macro_f1 }
    }

    fn better_than_all() -> TrainingOutcome {
        TrainingOutcome {
            accuracy: 0.9,
            macro_f1: 0.8,
            live_accuracy: 0.9,
            live_macro_f1: 0.7,
            in_use: Some(version(0.9, 0.75)),
            refitted: Some(version(0.95, 0.85)),
            ..TrainingOutcome::default()
        }
    }

    #[test]
    fn what_is_no_better_than_all_there_was_or_would_propose_worse_is_not_put_to_use() {
        let in_use =
            |accuracy, macro_f1| TrainingOutcome { in_use: Some(version(accuracy, macro_f1)), ..better_than_all() };
        let beside = |accuracy, macro_f1| TrainingOutcome {
            beside_in_use: Some(version(accuracy, macro_f1)),
            ..better_than_all()
        };
        let better_beside = TrainingOutcome { in_use: Some(version(0.9, 0.85)), ..beside(0.9, 0.9) };
        let refitted =
            |accuracy, macro_f1| TrainingOutcome { refitted: Some(version(accuracy, macro_f1)), ..better_than_all() };
        let cases = [
            ("better than both", better_than_all(), true),
            ("nothing in use, no refit", TrainingOutcome { in_use: None, refitted: None, ..better_than_all() }, true),
            ("as the live head", TrainingOutcome { live_macro_f1: 0.8, ..better_than_all() }, false),
            ("less accurate than the live head", TrainingOutcome { live_accuracy: 0.95, ..better_than_all() }, false),
            ("as the version in use", in_use(0.9, 0.8), false),
            ("worse than the version in use", in_use(0.9, 0.85), false),
            ("less accurate than the version in use", in_use(0.95, 0.75), false),
            ("worse than the version in use where that is new to the photos", beside(0.9, 0.7), false),
            ("better where that is new to the photos", better_beside, true),
            ("a refit as the live head", refitted(0.9, 0.7), true),
            ("a worse refit", refitted(0.95, 0.65), false),
            ("a less accurate refit", refitted(0.85, 0.85), false),
        ];
        for (case, mut outcome, expected) in cases {
            outcome.decide(Activate::Auto, false);
            assert_eq!((outcome.is_better, outcome.activated), (expected, expected), "{case}");
        }
    }

    #[test]
    fn a_wish_comes_before_the_figures_and_whoever_cancels_gets_no_other_model() {
        let worse = TrainingOutcome { refitted: Some(version(0.0, 0.0)), ..better_than_all() };
        for (wish, is_cancelled, expected) in [
            (Activate::Auto, false, [true, false]),
            (Activate::Always, false, [true, true]),
            (Activate::Never, false, [false, false]),
            (Activate::Auto, true, [false, false]),
            (Activate::Always, true, [false, false]),
        ] {
            let decided = [better_than_all(), worse.clone()].map(|mut outcome| {
                outcome.decide(wish, is_cancelled);
                outcome
            });
            assert_eq!(decided.each_ref().map(|outcome| outcome.activated), expected, "{wish:?}, {is_cancelled}");
            assert_eq!(decided.map(|outcome| outcome.is_better), [true, false], "{wish:?}, {is_cancelled}");
        }
    }
}
