//! Who learns and who measures: products dealt to the sides of a split, evenly by tag, and for good.

/// Deals products, in this order, to as many sides as there are shares. `known` is the side of each product that was
/// dealt before, which it keeps; `strata` says what each product is of, so that every side gets its share of every tag.
///
/// A new product goes to the side that its stratum lacks most. So dealing goes on where it stopped: products that come
/// later move none of those before, and the sides of a stratum never stray from their shares by more than one.
#[must_use]
pub fn split(strata: &[usize], known: &[Option<usize>], shares: &[f64]) -> Vec<usize> {
    let num_strata = strata.iter().max().map_or(0, |last| last + 1);
    let mut dealt = vec![vec![0usize; shares.len()]; num_strata];
    for (&stratum, side) in strata.iter().zip(known) {
        if let Some(side) = side {
            dealt[stratum][*side] += 1;
        }
    }
    let mut deal = |stratum: usize| {
        let dealt = &mut dealt[stratum];
        let total = (dealt.iter().sum::<usize>() + 1) as f64;
        let lack = |side: usize| shares[side] * total - dealt[side] as f64;
        // The first of those that lack most: a stratum of one is learnt from.
        let side = (0..shares.len()).rev().max_by(|&a, &b| lack(a).total_cmp(&lack(b))).unwrap_or_default();
        dealt[side] += 1;
        side
    };
    strata.iter().zip(known).map(|(&stratum, side)| side.unwrap_or_else(|| deal(stratum))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SHARES: [f64; 3] = [0.7, 0.15, 0.15];

    #[test]
    fn a_small_stratum_is_learnt_from_before_it_measures() {
        assert_eq!(split(&[0; 8], &[None; 8], &SHARES), [0, 0, 1, 0, 2, 0, 0, 0]);
    }

    proptest! {
        #[test]
        fn every_side_gets_its_share_of_every_stratum_however_they_come(
            strata in proptest::collection::vec(0usize..4, 0..200),
            cut in 0usize..200,
        ) {
            let cut = cut.min(strata.len());
            let first = split(&strata[..cut], &vec![None; cut], &SHARES);
            let known: Vec<Option<usize>> =
                (0..strata.len()).map(|index| first.get(index).copied()).collect();
            let sides = split(&strata, &known, &SHARES);
            prop_assert_eq!(&sides[..cut], &first[..]);
            prop_assert_eq!(&sides, &split(&strata, &vec![None; strata.len()], &SHARES));
            for stratum in 0..4 {
                let of_stratum: Vec<usize> =
                    strata.iter().zip(&sides).filter(|(s, _)| **s == stratum).map(|(_, side)| *side).collect();
                for (side, share) in SHARES.iter().enumerate() {
                    let count = of_stratum.iter().filter(|s| **s == side).count() as f64;
                    prop_assert!((count - share * of_stratum.len() as f64).abs() <= 1.0, "{of_stratum:?}");
                }
            }
        }
    }
}
