//! A place for pictures that holds so many bytes: what was asked for longest ago makes room, what is on screen stays.

use std::collections::HashMap;

use super::PictureKey;

/// Pictures, in memory or as textures, by least recent use.
pub struct Shelf<V> {
    max_bytes: usize,
    num_bytes: usize,
    entries: HashMap<PictureKey, Entry<V>>,
    frame: u64,
}

struct Entry<V> {
    value: V,
    num_bytes: usize,
    /// The frame in which it was asked for last.
    last_asked: u64,
}

impl<V> Shelf<V> {
    /// An empty one. More than `max_bytes` are kept only where what is on screen takes more.
    #[must_use]
    pub fn new(max_bytes: usize) -> Self {
        // Before the first frame there is one for what is asked for ahead.
        Self { max_bytes, num_bytes: 0, entries: HashMap::new(), frame: 1 }
    }

    /// What is there under this key.
    #[must_use]
    pub fn get(&self, key: &PictureKey) -> Option<&V> {
        self.entries.get(key).map(|entry| &entry.value)
    }

    /// Marks it as on screen in this frame; false if it is not there.
    pub fn touch(&mut self, key: &PictureKey) -> bool {
        self.mark(key, self.frame)
    }

    /// Marks it as wanted soon: it goes after everything older, but it does go; false if it is not there.
    pub fn touch_ahead(&mut self, key: &PictureKey) -> bool {
        self.mark(key, self.frame - 1)
    }

    /// Puts it there, as if it were on screen in this frame.
    pub fn insert(&mut self, key: PictureKey, value: V, num_bytes: usize) {
        self.num_bytes += num_bytes;
        let before = self.entries.insert(key, Entry { value, num_bytes, last_asked: self.frame });
        self.num_bytes -= before.map_or(0, |entry| entry.num_bytes);
    }

    /// Ends a frame and makes room.
    pub fn end_frame(&mut self) {
        if self.num_bytes > self.max_bytes {
            self.make_room();
        }
        self.frame += 1;
    }

    /// What is kept.
    #[must_use]
    pub fn num_bytes(&self) -> usize {
        self.num_bytes
    }

    /// What may be kept.
    #[must_use]
    pub fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    fn mark(&mut self, key: &PictureKey, frame: u64) -> bool {
        let Some(entry) = self.entries.get_mut(key) else { return false };
        entry.last_asked = entry.last_asked.max(frame);
        true
    }

    fn make_room(&mut self) {
        let mut ages: Vec<(u64, PictureKey)> = self
            .entries
            .iter()
            .map(|(key, entry)| (entry.last_asked, *key))
            .filter(|(age, _)| *age < self.frame)
            .collect();
        ages.sort_unstable_by_key(|(age, _)| *age);
        // An eighth goes beyond what must, so that this is rare.
        let enough = self.max_bytes - self.max_bytes / 8;
        for (_, key) in ages {
            if self.num_bytes <= enough {
                break;
            }
            self.num_bytes -= self.entries.remove(&key).map_or(0, |entry| entry.num_bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::ContentHash;
    use crate::workspace::PictureSize;

    fn key(number: u8) -> PictureKey {
        (ContentHash([number; 32]), PictureSize::Thumbnail)
    }

    fn numbers(shelf: &Shelf<u8>) -> Vec<u8> {
        let mut numbers: Vec<u8> = shelf.entries.values().map(|entry| entry.value).collect();
        numbers.sort_unstable();
        numbers
    }

    /// One picture a frame, each of 10 bytes.
    fn shelf_of(count: u8, max_bytes: usize) -> Shelf<u8> {
        let mut shelf = Shelf::new(max_bytes);
        for number in 0..count {
            shelf.insert(key(number), number, 10);
            shelf.end_frame();
        }
        shelf
    }

    #[test]
    fn what_was_asked_for_longest_ago_goes_first() {
        let mut shelf = shelf_of(8, 80);
        assert!(shelf.touch(&key(0)));
        assert!(shelf.touch_ahead(&key(1)));
        shelf.insert(key(8), 8, 10);
        shelf.end_frame();
        assert_eq!(numbers(&shelf), [0, 1, 4, 5, 6, 7, 8]);
        assert_eq!(shelf.num_bytes(), 70);
        assert!(!shelf.touch(&key(2)));
    }

    #[test]
    fn what_is_on_screen_stays_even_if_it_is_too_much() {
        let mut shelf = Shelf::new(25);
        for number in 0..6 {
            shelf.insert(key(number), number, 10);
        }
        shelf.end_frame();
        assert_eq!(shelf.num_bytes(), 60);
        // In the next frame it is no longer shown.
        shelf.end_frame();
        assert_eq!(shelf.num_bytes(), 20);
    }

    #[test]
    fn a_picture_that_comes_twice_counts_once() {
        let mut shelf = shelf_of(1, 100);
        shelf.insert(key(0), 7, 30);
        assert_eq!((numbers(&shelf), shelf.num_bytes()), (vec![7], 30));
    }
}
