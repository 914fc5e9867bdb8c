//! The window measured without a display: the real application over many photos, frame by frame.

use std::path::Path;
use std::time::{Duration, Instant};

use egui::{Context, Event, Modifiers, MouseWheelSource, MouseWheelUnit, RawInput, Rect, TouchPhase, pos2, vec2};
use serde::Serialize;

use super::App;
use super::action::{Action, GroupChoice};
use super::opening::demo_photos;
use crate::failure::Failure;
use crate::workspace::{Filter, Opening, Order, Places, Workspace, cpu, peak_rss_mb};

/// Size of the window, in points.
const SIZE: [f32; 2] = [1600.0, 1000.0];

/// Frames of scrolling, as at 60 Hz: a third each slowly, quickly, and back.
const NUM_SCROLL_FRAMES: usize = 360;
const FRAME: Duration = Duration::from_millis(16);

const TAGS: [&str; 12] =
    ["dress", "shirt", "shoes", "t-shirt", "pants", "hat", "longsleeve", "outwear", "shorts", "skirt", "bag", "scarf"];

/// One photo of this many is labelled beforehand.
const LABELLED: usize = 20;

/// What is typed into the query line, letter by letter.
const QUERY: &str = "tag:dress AND NOT tag:hat score:<0.6";

/// What was measured.
#[derive(Debug, Serialize)]
struct WindowFigures {
    rows: usize,
    frames: usize,
    frame_ms_p50: f64,
    frame_ms_p99: f64,
    frame_ms_max: f64,
    /// Opening the catalogue until the first frame is drawn.
    open_ms: f64,
    filter_ms: f64,
    /// Sorting all photos by certainty.
    order_ms: f64,
    /// Selecting all photos and setting a tag on them.
    select_all_ms: f64,
    undo_ms: f64,
    rss_mb: Option<f64>,
    thumbnails_per_second: f64,
    cpu: String,
}

/// A window without a display.
struct Stage {
    context: Context,
    app: App,
    frames_ms: Vec<f64>,
    time: f64,
}

/// Measures a window over so many photos, which are laid out in `folder`; the caller removes it.
///
/// # Errors
/// Where the folder cannot be written.
pub fn measure_window(rows: usize, folder: &Path) -> Result<serde_json::Value, Failure> {
    let photos = folder.join("photos");
    lay_out(&photos, rows).map_err(|error| Failure::new("laying out photos", &error).at(&photos))?;
    let places = Places::below(&folder.join("own"));
    let path = folder.join("bench.hangtag");
    let opening = || Opening { looks_at_photos: false, ..Opening::quiet(Some(&path), places.clone()) };
    fill(&mut Workspace::open(opening())?, &photos)?;

    let context = Context::default();
    let mut app = App::new(&context, places.clone(), None);
    let started = Instant::now();
    app.show(Workspace::open(opening())?);
    let mut stage = Stage { context, app, frames_ms: Vec::new(), time: 0.0 };
    stage.frame(Vec::new());
    let open_ms = ms(started);
    stage.app.pretend();
    stage.frame(Vec::new());
    stage.frames_ms.clear();

    let thumbnails_per_second = stage.scroll();
    let order_ms = stage.timed(Action::OrderBy(Order::LeastCertain));
    let filter_ms = stage.timed(Action::Show(Filter::ToReview));
    for end in 1..=QUERY.len() {
        stage.timed(Action::Search(QUERY[..end].to_owned()));
    }
    stage.timed(Action::Search(String::new()));
    stage.timed(Action::Show(Filter::All));
    // What one person waits for once in a while is no frame of scrolling or typing.
    let frames = std::mem::take(&mut stage.frames_ms);
    let select_all_ms = stage.timed(Action::SelectAll) + stage.set_on_all("bag");
    let undo_ms = stage.timed(Action::Undo);
    let figures = WindowFigures {
        rows,
        frames: frames.len(),
        frame_ms_p50: percentile(&frames, 0.5),
        frame_ms_p99: percentile(&frames, 0.99),
        frame_ms_max: percentile(&frames, 1.0),
        open_ms,
        filter_ms,
        order_ms,
        select_all_ms,
        undo_ms,
        rss_mb: peak_rss_mb(),
        thumbnails_per_second,
        cpu: cpu(),
    };
    serde_json::to_value(&figures).map_err(|error| Failure::new("writing down the figures", &error))
}

impl Stage {
    /// One frame: what happened, what is drawn, and the triangles of it.
    fn frame(&mut self, events: Vec<Event>) {
        self.time += FRAME.as_secs_f64();
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(pos2(0.0, 0.0), SIZE.into())),
            time: Some(self.time),
            events,
            ..RawInput::default()
        };
        let Self { context, app, frames_ms, .. } = self;
        let started = Instant::now();
        let mut is_first = true;
        let mut output = context.run_ui(input, |ui| {
            if std::mem::take(&mut is_first) {
                app.advance(ui.ctx());
            }
            app.draw(ui);
        });
        // There is no graphics card to hand pictures to.
        output.textures_delta.clear();
        let triangles = context.tessellate(output.shapes, output.pixels_per_point);
        std::hint::black_box(triangles);
        let took = ms(started);
        frames_ms.push(took);
        // The rest of the frame belongs to the threads that make thumbnails.
        std::thread::sleep(FRAME.saturating_sub(started.elapsed()));
    }

    /// Has something done and times it until the photos that are then shown have been drawn.
    fn timed(&mut self, action: Action) -> f64 {
        self.app.ask(action);
        let started = Instant::now();
        self.frame(Vec::new());
        while self.app.is_changing() {
            self.frame(Vec::new());
        }
        // The last frame ends with waiting for the next one.
        let last = self.frames_ms.last().copied().unwrap_or(0.0);
        let took = ms(started) - (FRAME.as_secs_f64() * 1e3 - last).max(0.0);
        self.frame(Vec::new());
        took
    }

    fn num_thumbnails(&self) -> usize {
        self.app.workspace().map_or(0, |workspace| workspace.pictures().num_made())
    }

    fn set_on_all(&mut self, tag: &str) -> f64 {
        let images = self.app.workspace().map(|w| w.listing().images.iter().map(|image| image.id).collect());
        let images = images.unwrap_or_default();
        self.timed(Action::AnswerByName { images, group: GroupChoice::First, name: tag.to_owned() })
    }

    /// Scrolls, and gives how many thumbnails came a second.
    fn scroll(&mut self) -> f64 {
        let started = Instant::now();
        let before = self.num_thumbnails();
        self.frame(vec![Event::PointerMoved(pos2(SIZE[0] / 2.0, SIZE[1] / 2.0))]);
        for number in 0..NUM_SCROLL_FRAMES {
            let speed = match number * 3 / NUM_SCROLL_FRAMES {
                0 => -40.0,
                1 => -900.0,
                _ => 300.0,
            };
            self.frame(vec![Event::MouseWheel {
                unit: MouseWheelUnit::Point,
                delta: vec2(0.0, speed),
                phase: TouchPhase::Move,
                source: MouseWheelSource::Wheel,
                modifiers: Modifiers::NONE,
            }]);
        }
        (self.num_thumbnails() - before) as f64 / started.elapsed().as_secs_f64()
    }
}

/// The photos of the demo over and over, each with a number behind its end that makes its content its own.
fn lay_out(folder: &Path, rows: usize) -> std::io::Result<()> {
    let photos = demo_photos();
    for number in 0..rows {
        let inside = folder.join(format!("shelf {:03}", number / 1000));
        if number % 1000 == 0 {
            std::fs::create_dir_all(&inside)?;
        }
        let Some(photo) = photos.get(number % photos.len().max(1)) else { break };
        let mut bytes = photo.to_vec();
        bytes.extend_from_slice(&(number as u64).to_le_bytes());
        std::fs::write(inside.join(format!("photo {number:06}.jpg")), bytes)?;
    }
    Ok(())
}

fn fill(workspace: &mut Workspace, photos: &Path) -> Result<(), Failure> {
    workspace.start_import(photos);
    workspace.wait(&mut |_| true);
    for (index, tag) in TAGS.iter().enumerate() {
        let step = LABELLED * TAGS.len();
        let images = workspace.listing().images.iter().skip(index * LABELLED).step_by(step).map(|image| image.id);
        let images: Vec<_> = images.collect();
        workspace.answer_by_name(&images, None, tag)?;
    }
    Ok(())
}

fn ms(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e3
}

fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).round() as usize).copied().unwrap_or(0.0)
}
