//! Paths that a catalogue names, held within the folder that they belong to: a stranger's file may name any place.

use std::path::{Component, Path, PathBuf};

/// Where `relative`, with `/` between its parts, lies below `root`. `None` where it could lead anywhere else: where it
/// is empty or absolute, goes up by `..`, or has a part that this system takes for more than a name, as Windows does
/// `a\b` and `C:`.
#[must_use]
pub fn below(root: &Path, relative: &str) -> Option<PathBuf> {
    leads_below(relative).then(|| relative.split('/').fold(root.to_owned(), |path, part| path.join(part)))
}

/// Whether [`below`] follows it.
pub(super) fn leads_below(relative: &str) -> bool {
    relative.split('/').all(is_name)
}

/// Whether it is the name of one file or folder and nothing else.
fn is_name(part: &str) -> bool {
    let mut components = Path::new(part).components();
    let is_whole = matches!(components.next(), Some(Component::Normal(name)) if name == part);
    is_whole && components.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_names_are_followed() {
        let root = Path::new("photos");
        assert_eq!(below(root, "a.png"), Some(root.join("a.png")));
        assert_eq!(below(root, "红/..b/c d.png"), Some(root.join("红").join("..b").join("c d.png")));
        for out in
            ["", "/", "/etc/passwd", "..", "../a", "a/..", "a/../../b", "a/../b", ".", "./a", "a/./b", "a//b", "a/"]
        {
            assert_eq!(below(root, out), None, "{out:?}");
        }
    }

    #[test]
    fn what_separates_on_windows_is_part_of_a_name_elsewhere() {
        for name in [r"C:\a", "C:a", "C:", r"a\b", r"..\a", r"a\..\..\b", r"\\server\share", r"a\"] {
            assert_eq!(below(Path::new("photos"), name).is_some(), !cfg!(windows), "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_text_leads_out(relative in r"[./\\:a長]{0,12}") {
            if let Some(path) = below(Path::new("photos"), &relative) {
                let within = path.strip_prefix("photos").map(|rest| rest.components().count());
                prop_assert!(within.is_ok_and(|num_parts| num_parts > 0));
                prop_assert!(path.components().all(|part| matches!(part, Component::Normal(_))), "{}", path.display());
            }
        }
    }
}
