//! Pictures on their way to the screen: what panels ask for while drawing, uploaded between frames.

use std::collections::HashMap;
use std::path::PathBuf;

use egui::{ColorImage, Context, TextureHandle, TextureOptions};

use crate::imaging::ContentHash;
use crate::workspace::{Picture, PictureSize, Pictures};

/// Textures kept, some 600 KB each.
const MAX_TEXTURES: usize = 400;

/// Uploads in one frame, so that scrolling stays smooth.
const MAX_UPLOADS: usize = 12;

type Key = (ContentHash, PictureSize);

/// The textures of the window.
#[derive(Default)]
pub struct Textures {
    ready: HashMap<Key, (TextureHandle, u64)>,
    failed: HashMap<Key, String>,
    wanted: Vec<(Key, PathBuf)>,
    frame: u64,
}

/// A picture as far as it is there.
pub enum Shot<'a> {
    Ready(&'a TextureHandle),
    Coming,
    Failed(&'a str),
}

impl Textures {
    /// The picture, or what there is of it; it is asked for if it is not there.
    pub fn get(&mut self, hash: ContentHash, size: PictureSize, path: impl FnOnce() -> PathBuf) -> Shot<'_> {
        let key = (hash, size);
        if let Some(reason) = self.failed.get(&key) {
            return Shot::Failed(reason);
        }
        if !self.ready.contains_key(&key) {
            self.wanted.push((key, path()));
            return Shot::Coming;
        }
        self.ready.get_mut(&key).map_or(Shot::Coming, |(texture, last_used)| {
            *last_used = self.frame;
            Shot::Ready(texture)
        })
    }

    /// Uploads what has come, and asks for the rest.
    pub fn end_frame(&mut self, context: &Context, pictures: &mut Pictures) {
        self.frame += 1;
        let mut num_uploads = 0;
        for ((hash, size), path) in std::mem::take(&mut self.wanted) {
            if num_uploads == MAX_UPLOADS {
                context.request_repaint();
                break;
            }
            match pictures.get(hash, size, &path) {
                Some(Ok(picture)) => {
                    let name = hash.to_string();
                    let texture = context.load_texture(name, color_image(&picture), TextureOptions::LINEAR);
                    self.ready.insert((hash, size), (texture, self.frame));
                    num_uploads += 1;
                }
                Some(Err(reason)) => drop(self.failed.insert((hash, size), reason)),
                None => {}
            }
        }
        if num_uploads > 0 {
            context.request_repaint();
        }
        pictures.end_frame();
        if self.ready.len() > MAX_TEXTURES {
            let mut ages: Vec<u64> = self.ready.values().map(|(_, last_used)| *last_used).collect();
            ages.sort_unstable();
            let limit = ages[ages.len() / 4];
            self.ready.retain(|_, (_, last_used)| *last_used > limit);
        }
    }

    /// Forgets everything, for another catalogue.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

fn color_image(picture: &Picture) -> ColorImage {
    ColorImage::from_rgb([picture.width() as usize, picture.height() as usize], picture.as_raw())
}
