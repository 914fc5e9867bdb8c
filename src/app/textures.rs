//! Pictures on their way to the screen: what panels ask for while drawing, uploaded as soon as it is there.

use std::path::PathBuf;

use egui::{ColorImage, Context, Rect, TextureHandle, TextureOptions, Ui, pos2, vec2};
use image::RgbImage;

use super::view::View;
use crate::catalogue::{ImageRow, ImageState};
use crate::imaging;
use crate::workspace::{Picture, PictureKey, PictureSize, Pictures, Shelf, Workspace};

/// Thumbnails kept as textures, some 400 KB each: a large screen full, and as much above and below.
const THUMBNAIL_BYTES: usize = 160 << 20;

/// Larger pictures kept as textures, some 8 MB each.
const PHOTO_BYTES: usize = 128 << 20;

/// Uploads in one frame, so that scrolling stays smooth: some milliseconds' worth.
const MAX_UPLOAD_BYTES: usize = 16 << 20;

/// Bytes of a pixel of a texture.
const PIXEL_BYTES: usize = 4;

/// The textures of the window.
pub struct Textures {
    thumbnails: Shelf<TextureHandle>,
    photos: Shelf<TextureHandle>,
    /// What is on screen and was no texture yet when it was drawn.
    wanted: Vec<(PictureKey, PathBuf)>,
    wanted_ahead: Vec<(PictureKey, PathBuf)>,
    num_uploaded_bytes: usize,
}

/// A picture as far as it is there.
pub enum Shot<'a> {
    Ready(&'a TextureHandle),
    Coming,
    Failed(&'a str),
}

impl Default for Textures {
    fn default() -> Self {
        Self {
            thumbnails: Shelf::new(THUMBNAIL_BYTES),
            photos: Shelf::new(PHOTO_BYTES),
            wanted: Vec::new(),
            wanted_ahead: Vec::new(),
            num_uploaded_bytes: 0,
        }
    }
}

impl Textures {
    /// The picture of a photo, or what there is of it; it is asked for if it is not there.
    ///
    /// One that is decoded becomes a texture at once, so that scrolling back and going on to the next photo show it in
    /// the same frame.
    pub fn get<'a>(
        &'a mut self,
        context: &Context,
        workspace: &'a Workspace,
        image: &ImageRow,
        size: PictureSize,
    ) -> Shot<'a> {
        let Some(hash) = image.hash else { return Shot::Coming };
        let key = (hash, size);
        if !self.shelf(size).touch(&key) {
            self.wanted.push((key, workspace.listing().path_of(image)));
            match workspace.pictures().ready(hash, size) {
                None => return Shot::Coming,
                Some(Err(reason)) => return Shot::Failed(reason),
                Some(Ok(picture)) if !self.upload(context, key, picture) => return Shot::Coming,
                Some(Ok(_)) => {}
            }
        }
        self.shelf(size).get(&key).map_or(Shot::Coming, Shot::Ready)
    }

    /// Paints the middle of a photo's thumbnail into a square, on a ground that is seen until it has come.
    pub fn paint_square(&mut self, ui: &Ui, view: &View<'_>, image: &ImageRow, square: Rect, radius: u8) {
        ui.painter().rect_filled(square, radius, view.palette.fill);
        if let Shot::Ready(texture) = self.get(ui.ctx(), view.workspace, image, PictureSize::Thumbnail) {
            let size = texture.size_vec2();
            let part = vec2(size.min_elem() / size.x.max(1.0), size.min_elem() / size.y.max(1.0));
            let middle = Rect::from_center_size(pos2(0.5, 0.5), part);
            egui::Image::from_texture(texture).uv(middle).corner_radius(radius).paint_at(ui, square);
        }
    }

    /// Has a picture decoded that will soon be shown.
    pub fn prefetch(&mut self, workspace: &Workspace, image: &ImageRow, size: PictureSize) {
        let Some(hash) = image.hash.filter(|_| image.state == ImageState::Ok) else { return };
        if self.shelf(size).get(&(hash, size)).is_none() {
            self.wanted_ahead.push(((hash, size), workspace.listing().path_of(image)));
        }
    }

    /// Asks for what was wanted since the last frame, and makes room.
    pub fn end_frame(&mut self, pictures: &mut Pictures) {
        for ((hash, size), path) in self.wanted.drain(..) {
            pictures.ask(hash, size, &path);
        }
        for ((hash, size), path) in self.wanted_ahead.drain(..) {
            pictures.prefetch(hash, size, &path);
        }
        pictures.end_frame();
        self.thumbnails.end_frame();
        self.photos.end_frame();
        self.num_uploaded_bytes = 0;
    }

    /// Forgets everything, for another catalogue.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// False where this frame has uploaded enough; the next one follows at once. The first one always goes, however
    /// large it is.
    fn upload(&mut self, context: &Context, key: PictureKey, picture: &Picture) -> bool {
        let num_bytes = picture.width() as usize * picture.height() as usize * PIXEL_BYTES;
        if self.num_uploaded_bytes > 0 && self.num_uploaded_bytes + num_bytes > MAX_UPLOAD_BYTES {
            context.request_repaint();
            return false;
        }
        self.num_uploaded_bytes += num_bytes;
        let max_side = context.input(|input| input.max_texture_side);
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let colours = if width.max(height) > max_side {
            // Only old graphics cards take less than what pictures are made for.
            color_image(&imaging::fit_within(picture, max_side as u32))
        } else {
            color_image(picture)
        };
        let texture = context.load_texture(key.0.to_string(), colours, TextureOptions::LINEAR);
        self.shelf(key.1).insert(key, texture, num_bytes);
        true
    }

    fn shelf(&mut self, size: PictureSize) -> &mut Shelf<TextureHandle> {
        if size == PictureSize::Thumbnail { &mut self.thumbnails } else { &mut self.photos }
    }
}

fn color_image(picture: &RgbImage) -> ColorImage {
    ColorImage::from_rgb([picture.width() as usize, picture.height() as usize], picture.as_raw())
}
