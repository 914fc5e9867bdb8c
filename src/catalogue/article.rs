//! What an article is called, going by the name of a photo of it.

/// More digits than this at the end of a name number photos, not the shots of an article.
const MAX_SHOT_DIGITS: usize = 2;

/// A file's name without its ending and without the number of the shot: of `SKU_1.jpg`, `SKU-2.jpg` and `SKU (3).jpg` it
/// is `SKU`.
#[must_use]
pub fn article_name(file_name: &str) -> &str {
    let stem = file_stem(file_name);
    let bare = stem.strip_suffix(')').and_then(|rest| {
        let digits = rest.len() - rest.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        (1..=MAX_SHOT_DIGITS).contains(&digits).then(|| &rest[..rest.len() - digits])?.strip_suffix('(')
    });
    if let Some(bare) = bare {
        return bare.trim_end();
    }
    let without = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = stem.len() - without.len();
    match without.strip_suffix(['_', '-', ' ']) {
        Some(bare) if (1..=MAX_SHOT_DIGITS).contains(&digits) && !bare.is_empty() => bare,
        _ => stem,
    }
}

/// A file's name without its ending.
#[must_use]
pub fn file_stem(file_name: &str) -> &str {
    file_name.rsplit_once('.').map_or(file_name, |(stem, _)| stem)
}

/// Whether a name only numbers the shot, as `1.jpg` in a folder an article does.
#[must_use]
pub fn is_shot_number(file_name: &str) -> bool {
    let stem = file_stem(file_name);
    (1..=MAX_SHOT_DIGITS).contains(&stem.len()) && stem.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_shot_is_not_part_of_the_article() {
        for (name, expected) in [
            ("SKU_1.jpg", "SKU"),
            ("SKU-02.jpeg", "SKU"),
            ("SKU (3).png", "SKU"),
            ("SKU(12).png", "SKU"),
            ("dress 4.jpg", "dress"),
            ("红色连衣裙_2.jpg", "红色连衣裙"),
            ("SKU.jpg", "SKU"),
            // Numbers of photos and of models are not numbers of shots.
            ("IMG_0001.jpg", "IMG_0001"),
            ("iphone14.jpg", "iphone14"),
            ("_1.jpg", "_1"),
            ("(3).jpg", ""),
            ("7.jpg", "7"),
            ("", ""),
        ] {
            assert_eq!(article_name(name), expected, "{name}");
        }
    }

    #[test]
    fn a_bare_number_is_a_shot() {
        assert!(is_shot_number("1.jpg") && is_shot_number("07.png"));
        assert!(!is_shot_number("4711.jpg") && !is_shot_number("a.jpg") && !is_shot_number(".jpg"));
    }
}
