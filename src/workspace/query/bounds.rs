//! Numbers and dates between bounds: `<0.6`, `>=1000`, `0.4..0.6`, `2026-03`.

use std::ops::{Bound, RangeBounds};

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::problem::QueryProblem;
use crate::catalogue::Timestamp;

/// From where to where.
pub(super) type Bounds<T> = (Bound<T>, Bound<T>);

/// The first and the last of what a text stands for: a number is both itself, a month begins and ends.
type Stretch<T> = (T, T);

/// Reads `<x`, `<=x`, `>x`, `>=x`, `x`, `x..y` (with both ends), `x..` or `..y`.
///
/// # Errors
/// What `read` says of an end, and [`QueryProblem::Reversed`].
pub(super) fn bounds<T: PartialOrd>(
    text: &str,
    read: impl Fn(&str) -> Result<Stretch<T>, QueryProblem>,
) -> Result<Bounds<T>, QueryProblem> {
    if let Some(limit) = text.strip_prefix("<=") {
        return Ok((Bound::Unbounded, Bound::Included(read(limit)?.1)));
    }
    if let Some(limit) = text.strip_prefix('<') {
        return Ok((Bound::Unbounded, Bound::Excluded(read(limit)?.0)));
    }
    if let Some(limit) = text.strip_prefix(">=") {
        return Ok((Bound::Included(read(limit)?.0), Bound::Unbounded));
    }
    if let Some(limit) = text.strip_prefix('>') {
        return Ok((Bound::Excluded(read(limit)?.1), Bound::Unbounded));
    }
    match text.split_once("..") {
        Some((low, "")) => Ok((Bound::Included(read(low)?.0), Bound::Unbounded)),
        Some(("", high)) => Ok((Bound::Unbounded, Bound::Included(read(high)?.1))),
        Some((low, high)) => {
            let (low, high) = (read(low)?.0, read(high)?.1);
            if low > high {
                return Err(QueryProblem::Reversed);
            }
            Ok((Bound::Included(low), Bound::Included(high)))
        }
        None => {
            let (first, last) = read(text)?;
            Ok((Bound::Included(first), Bound::Included(last)))
        }
    }
}

/// A length in pixels.
pub(super) fn number(text: &str) -> Result<Stretch<u32>, QueryProblem> {
    let number = text.parse().map_err(|_| QueryProblem::NotANumber { text: text.to_owned() })?;
    Ok((number, number))
}

/// A probability.
pub(super) fn score(text: &str) -> Result<Stretch<f32>, QueryProblem> {
    let score = text.parse().ok().filter(|score| (0.0..=1.0).contains(score));
    score.map(|score| (score, score)).ok_or_else(|| QueryProblem::NotAScore { text: text.to_owned() })
}

/// A year, month or day in a time zone.
pub(super) fn date(text: &str, zone: &TimeZone) -> Result<Stretch<Timestamp>, QueryProblem> {
    days(text)
        .and_then(|(first, after)| {
            let start = |date: Date| Some(date.to_zoned_datetime(zone.clone()).ok()?.timestamp().as_millisecond());
            Some((Timestamp(start(first)?), Timestamp(start(after)? - 1)))
        })
        .ok_or_else(|| QueryProblem::NotADate { text: text.to_owned() })
}

/// The first day, and the one after the last.
fn days(text: &str) -> Option<(Date, Date)> {
    let number = |part: &str| if part.bytes().all(|byte| byte.is_ascii_digit()) { part.parse().ok() } else { None };
    let parts = text.split('-').map(number).collect::<Option<Vec<i16>>>()?;
    let (year, month, day, length) = match *parts.as_slice() {
        [year] => (year, 1, 1, 1.year()),
        [year, month] => (year, month, 1, 1.month()),
        [year, month, day] => (year, month, day, 1.day()),
        _ => return None,
    };
    // `26-03` is rather a slip than the year 26.
    if year < 1000 {
        return None;
    }
    let first = Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    Some((first, first.checked_add(length).ok()?))
}

/// Whether a value is known and lies between the bounds.
pub(super) fn is_within<T: PartialOrd>(value: Option<T>, bounds: &Bounds<T>) -> bool {
    value.is_some_and(|value| bounds.contains(&value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_bound_a_number() {
        let within = |text: &str| -> Vec<u32> {
            let bounds = bounds(text, number).unwrap();
            (0..6).filter(|number| is_within(Some(*number), &bounds)).collect()
        };
        assert_eq!(within("<2"), [0, 1]);
        assert_eq!(within("<=2"), [0, 1, 2]);
        assert_eq!(within(">4"), [5]);
        assert_eq!(within(">=4"), [4, 5]);
        assert_eq!(within("2..3"), [2, 3]);
        assert_eq!(within("4.."), [4, 5]);
        assert_eq!(within("..1"), [0, 1]);
        assert_eq!(within("3"), [3]);
        assert!(!is_within(None, &bounds(">=0", number).unwrap()));
        assert_eq!(bounds("3..2", number), Err(QueryProblem::Reversed));
        for text in ["", "<", "..", "a", "-1", "1.5", "2..x"] {
            assert!(matches!(bounds(text, number), Err(QueryProblem::NotANumber { .. })), "{text}");
        }
    }

    #[test]
    fn a_score_is_a_probability() {
        let bounds = |text| bounds(text, score);
        assert!(is_within(Some(0.6), &bounds("<=0.6").unwrap()));
        assert!(!is_within(Some(0.6), &bounds("<0.6").unwrap()));
        assert!(is_within(Some(0.5), &bounds("0.4..0.6").unwrap()));
        for text in ["<60", "nan", "inf", ">-1", "60%"] {
            assert!(matches!(bounds(text), Err(QueryProblem::NotAScore { .. })), "{text}");
        }
    }

    #[test]
    fn a_date_is_a_whole_day_month_or_year() {
        let zone = jiff::tz::offset(8).to_time_zone();
        let is_at = |text: &str, time: &str| {
            is_within(Some(time.parse().unwrap()), &bounds(text, |text| date(text, &zone)).unwrap())
        };
        for (text, time) in [
            ("2026-03-31", "2026-03-30T16:00:00Z"),
            ("2026-03-31", "2026-03-31T15:59:59.999Z"),
            ("2026-03..2026-04", "2026-04-30T15:59:59Z"),
            ("<=2026", "2026-12-31T15:00:00Z"),
            (">2026-03", "2026-03-31T16:00:00Z"),
            (">=2026-01-01", "2025-12-31T16:00:00Z"),
        ] {
            assert!(is_at(text, time), "{text} {time}");
        }
        for (text, time) in [
            ("2026-03-31", "2026-03-31T16:00:00Z"),
            ("<2026-03", "2026-02-28T16:00:00Z"),
            (">2026-03", "2026-03-31T15:00:00Z"),
        ] {
            assert!(!is_at(text, time), "{text} {time}");
        }
        for text in ["", "26-03", "2026-13", "2026-02-30", "2026-1-1-1", "2026-", "9999", "99999", "+2026", "yesterday"]
        {
            assert!(matches!(date(text, &zone), Err(QueryProblem::NotADate { .. })), "{text}");
        }
    }
}
