//! Draws what egui has tessellated into an image, so that screens can be compared without a graphics card.

use std::collections::HashMap;

use egui::epaint::textures::TextureFilter;
use egui::{Color32, ColorImage, Context, FullOutput, ImageData, Mesh, Pos2, Rect, TextureId, TexturesDelta, pos2};
use egui_kittest::TestRenderer;
use image::{Rgba, RgbaImage};

/// Textures as a graphics card would hold them, and the triangles drawn from them one pixel after another: colours are
/// blended as egui's shaders do, premultiplied and in gamma space.
#[derive(Default)]
pub struct Rasteriser {
    textures: HashMap<TextureId, (ColorImage, TextureFilter)>,
}

impl TestRenderer for Rasteriser {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        for (id, parts) in delta.set.drain() {
            for part in parts {
                let ImageData::Color(image) = part.image;
                match part.pos {
                    None => _ = self.textures.insert(id, ((*image).clone(), part.options.magnification)),
                    Some([left, top]) => {
                        let Some((whole, _)) = self.textures.get_mut(&id) else { continue };
                        let [width, height] = image.size;
                        for row in 0..height {
                            let to = (top + row) * whole.size[0] + left;
                            whole.pixels[to..to + width].copy_from_slice(&image.pixels[row * width..(row + 1) * width]);
                        }
                    }
                }
            }
        }
        delta.free.drain().for_each(|id| _ = self.textures.remove(&id));
    }

    fn render(&mut self, context: &Context, output: &FullOutput) -> Result<RgbaImage, String> {
        let scale = output.pixels_per_point;
        let size = context.content_rect().size() * scale;
        let mut canvas = Canvas::new(size.x.round() as usize, size.y.round() as usize);
        for primitive in context.tessellate(output.shapes.clone(), scale) {
            let egui::epaint::Primitive::Mesh(mesh) = primitive.primitive else { continue };
            let Some((texture, filter)) = self.textures.get(&mesh.texture_id) else { continue };
            canvas.mesh(&mesh, texture, *filter, primitive.clip_rect * scale, scale);
        }
        Ok(canvas.image())
    }
}

struct Canvas {
    width: usize,
    height: usize,
    /// Premultiplied, from 0 to 255.
    pixels: Vec<[f32; 4]>,
}

impl Canvas {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![[0.0, 0.0, 0.0, 255.0]; width * height] }
    }

    fn mesh(&mut self, mesh: &Mesh, texture: &ColorImage, filter: TextureFilter, clip: Rect, scale: f32) {
        for corners in mesh.indices.chunks_exact(3) {
            let corners = [0, 1, 2].map(|corner| mesh.vertices[corners[corner] as usize]);
            let at = corners.map(|corner| (corner.pos.to_vec2() * scale).to_pos2());
            let doubled_area = cross(at[0], at[1], at[2]);
            if doubled_area == 0.0 || !doubled_area.is_finite() {
                continue;
            }
            let bounds = Rect::from_points(&at).intersect(clip);
            let (rows, columns) = (inside(bounds.y_range(), self.height), inside(bounds.x_range(), self.width));
            for row in rows {
                for column in columns.clone() {
                    let pixel = pos2(column as f32 + 0.5, row as f32 + 0.5);
                    let Some(weights) = weights(at, doubled_area, pixel) else { continue };
                    let mix =
                        |of: &dyn Fn(usize) -> f32| (0..3).map(|corner| weights[corner] * of(corner)).sum::<f32>();
                    let uv = pos2(mix(&|corner| corners[corner].uv.x), mix(&|corner| corners[corner].uv.y));
                    let texel = sample(texture, filter, uv);
                    let source: [f32; 4] = std::array::from_fn(|channel| {
                        mix(&|corner| f32::from(corners[corner].color.to_array()[channel])) * texel[channel] / 255.0
                    });
                    let below = &mut self.pixels[row * self.width + column];
                    for (below, source_channel) in below.iter_mut().zip(source) {
                        *below = source_channel + *below * (1.0 - source[3] / 255.0);
                    }
                }
            }
        }
    }

    fn image(&self) -> RgbaImage {
        RgbaImage::from_fn(self.width as u32, self.height as u32, |x, y| {
            let pixel = self.pixels[y as usize * self.width + x as usize];
            Rgba(pixel.map(|channel| channel.round().clamp(0.0, 255.0) as u8))
        })
    }
}

/// Twice the signed area of a triangle.
fn cross(a: Pos2, b: Pos2, c: Pos2) -> f32 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

/// The pixels whose centres may lie within a range.
fn inside(range: egui::Rangef, end: usize) -> std::ops::Range<usize> {
    let first = (range.min - 0.5).ceil().max(0.0) as usize;
    let last = ((range.max - 0.5).ceil().max(0.0) as usize).min(end);
    first.min(last)..last
}

/// How near a pixel is to each corner; none outside. Of two triangles with an edge in common one has the pixels on it.
fn weights(at: [Pos2; 3], doubled_area: f32, pixel: Pos2) -> Option<[f32; 3]> {
    let mut weights = [0.0; 3];
    for corner in 0..3 {
        let (from, to) = (at[(corner + 1) % 3], at[(corner + 2) % 3]);
        let weight = cross(from, to, pixel) / doubled_area;
        let edge = if doubled_area > 0.0 { to - from } else { from - to };
        let has_edge = edge.y < 0.0 || (edge.y == 0.0 && edge.x > 0.0);
        if weight < 0.0 || (weight == 0.0 && !has_edge) {
            return None;
        }
        weights[corner] = weight;
    }
    Some(weights)
}

fn sample(texture: &ColorImage, filter: TextureFilter, uv: Pos2) -> [f32; 4] {
    let [width, height] = texture.size;
    let texel = |x: f32, y: f32| -> Color32 {
        let (x, y) = (x.clamp(0.0, width as f32 - 1.0) as usize, y.clamp(0.0, height as f32 - 1.0) as usize);
        texture.pixels[y * width + x]
    };
    let (x, y) = (uv.x * width as f32, uv.y * height as f32);
    if filter == TextureFilter::Nearest {
        return texel(x.floor(), y.floor()).to_array().map(f32::from);
    }
    let (left, top) = ((x - 0.5).floor(), (y - 0.5).floor());
    let (right_share, bottom_share) = (x - 0.5 - left, y - 0.5 - top);
    let mut mixed = [0.0; 4];
    for (dx, x_share) in [(0.0, 1.0 - right_share), (1.0, right_share)] {
        for (dy, y_share) in [(0.0, 1.0 - bottom_share), (1.0, bottom_share)] {
            let color = texel(left + dx, top + dy).to_array();
            for (mixed, channel) in mixed.iter_mut().zip(color) {
                *mixed += x_share * y_share * f32::from(channel);
            }
        }
    }
    mixed
}
