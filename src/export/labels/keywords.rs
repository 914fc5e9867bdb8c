//! Lists of keywords that others write too: ours come in, those known not to fit go out, the rest stays.

/// What a list is to say. What it says beside that is somebody else's.
#[derive(Debug, Default)]
pub(super) struct Keywords {
    pub add: Vec<String>,
    pub drop: Vec<String>,
}

impl Keywords {
    /// Adds a keyword once. Of a name of nothing but commas none is left.
    pub fn add(&mut self, keyword: String) {
        if !keyword.is_empty() && !self.add.contains(&keyword) {
            self.add.push(keyword);
        }
    }

    /// The list as it is to be. `name` gives the part of an entry by which it is known.
    pub fn merge(&self, before: &[String], name: fn(&str) -> &str) -> Vec<String> {
        let is_in = |list: &[String], item: &str| list.iter().any(|known| is_same(name(known), name(item)));
        let stays = |item: &&String| is_in(&self.add, item) || !is_in(&self.drop, item);
        let mut after: Vec<String> = before.iter().filter(stays).cloned().collect();
        for item in &self.add {
            if !is_in(&after, item) {
                after.push(item.clone());
            }
        }
        after
    }
}

/// Keywords are the same whatever their case, as shops, Lightroom and digiKam see them.
fn is_same(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}
