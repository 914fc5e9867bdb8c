//! What the tests share: a desk to work at, pictures to lay on it, and the program itself.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime};

use hangtag::catalogue::{self, Catalogue, ImageId, ImageRow, ImportReport, Label, Labels, Listing, TagId, Vocabulary};
use hangtag::failure::Failure;
use hangtag::imaging::ContentHash;
use hangtag::progress::Progress;
use hangtag::vision::ModelSource;
use hangtag::vision::spec::Spec;
use hangtag::workspace::{JobState, Opening, Places, Workspace};
use image::{Rgb, RgbImage};
use serde_json::Value;
use tempfile::TempDir;

/// Longer than any job of these tests takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(4);

/// The Python that has what the tests need, without a graphics card and what TensorFlow likes to say.
pub fn python() -> Command {
    let mut command = Command::new(std::env::var("HANGTAG_PYTHON").unwrap_or_else(|_| "python3".to_owned()));
    command.env("TF_CPP_MIN_LOG_LEVEL", "3").env("CUDA_VISIBLE_DEVICES", "-1");
    command
}

/// Runs that Python to its end, mostly with a script and what it is told.
pub fn run_python(arguments: &[&dyn AsRef<OsStr>]) -> Run {
    python().args(arguments.iter().map(AsRef::as_ref)).output().unwrap().into()
}

/// A script of this folder.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flows").join(name)
}

/// A folder of its own for one test: photos, a catalogue, and the program's data and cache. All of it goes at the end.
pub struct Desk {
    _folder: TempDir,
    root: PathBuf,
}

/// What the program said, and how it ended.
#[derive(Debug)]
pub struct Run {
    /// None for a program that was killed.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Desk {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Catalogues record real paths, and the system's temporary folder may be a link.
        let root = dunce::canonicalize(folder.path()).unwrap();
        fs::create_dir(root.join("photos")).unwrap();
        Self { _folder: folder, root }
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub fn photos(&self) -> PathBuf {
        self.at("photos")
    }

    pub fn photo(&self, name: &str) -> PathBuf {
        self.photos().join(name)
    }

    /// Removes the catalogue with its log, and leaves its folder.
    pub fn remove_catalogue(&self) {
        for ending in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(self.at(&format!("work.hangtag{ending}")));
        }
    }

    pub fn catalogue(&self) -> PathBuf {
        self.at("work.hangtag")
    }

    /// The folders of the workspaces that these tests open themselves.
    pub fn places(&self) -> Places {
        Places::below(&self.at("places"))
    }

    /// Where the program started by [`Desk::run`] keeps what can be made again.
    pub fn cache(&self) -> PathBuf {
        self.at("home/cache")
    }

    /// The catalogue as a command opens it that only reads or writes labels.
    pub fn open(&self) -> Workspace {
        self.try_open().unwrap_or_else(|failure| panic!("{failure}"))
    }

    pub fn try_open(&self) -> Result<Workspace, Failure> {
        let quiet = Opening::quiet(Some(&self.catalogue()), self.places());
        Workspace::open(Opening { looks_at_photos: false, ..quiet })
    }

    /// The catalogue as the window opens it: photos are looked at, and heads are fitted.
    pub fn open_looking(&self) -> Workspace {
        Workspace::open(Opening::quiet(Some(&self.catalogue()), self.places()))
            .unwrap_or_else(|failure| panic!("{failure}"))
    }

    /// Brings the photos into the catalogue, or up to date.
    pub fn import(&self) -> ImportReport {
        self.import_folder(&self.photos())
    }

    pub fn import_folder(&self, folder: &Path) -> ImportReport {
        let mut catalogue = Catalogue::open(&self.catalogue()).unwrap();
        catalogue::import(&mut catalogue, folder, &Progress::default(), &mut || ()).unwrap()
    }

    pub fn listing(&self) -> Listing {
        Catalogue::open(&self.catalogue()).unwrap().listing().unwrap()
    }

    /// The program with these arguments and nothing of this user's settings.
    pub fn command(&self, arguments: &[&dyn AsRef<OsStr>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hangtag"));
        command.args(arguments.iter().map(AsRef::as_ref));
        command.current_dir(&self.root).stdin(Stdio::null());
        for (name, folder) in [("HOME", "home"), ("XDG_CACHE_HOME", "home/cache"), ("XDG_DATA_HOME", "home/data")] {
            command.env(name, self.at(folder));
        }
        command.env("HF_HOME", self.at("home/hub"));
        for name in [
            "RUST_LOG",
            "HANGTAG_DEVICE",
            "HF_HUB_CACHE",
            "HF_ENDPOINT",
            "HF_HUB_OFFLINE",
            "DISPLAY",
            "WAYLAND_DISPLAY",
            "WAYLAND_SOCKET",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&dyn AsRef<OsStr>]) -> Run {
        self.command(arguments).output().unwrap().into()
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
        Self { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Run {
    /// Fails with all that was said unless the program ended with this status, and without a panic.
    #[track_caller]
    pub fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self
    }

    /// Fails unless stderr holds each of these.
    #[track_caller]
    pub fn complains_of(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.stderr.contains(part), "{part:?} is missing in:\n{}", self.stderr);
        }
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in:\n{}", self.stdout))
    }
}

/// Waits until nothing runs and nothing is due; no job may have failed.
#[track_caller]
pub fn settle(workspace: &mut Workspace) {
    settle_within(workspace, PATIENCE);
}

/// As [`settle`], for more photos than the other tests have.
#[track_caller]
pub fn settle_within(workspace: &mut Workspace, patience: Duration) {
    let started = Instant::now();
    workspace.wait(&mut |_| started.elapsed() < patience);
    assert!(workspace.is_idle(), "the jobs do not come to an end");
    assert_eq!(workspace.model_failure(), None);
    for job in workspace.jobs() {
        assert!(!matches!(job.state, JobState::Failed(_)), "{}: {:?}", job.task, job.state);
    }
}

/// Keeps what is learnt once nothing runs as a version, and gives its number.
#[track_caller]
pub fn freeze(workspace: &mut Workspace, name: Option<&str>) -> i64 {
    settle(workspace);
    workspace.freeze(name).unwrap();
    settle(workspace);
    workspace.versions().last().expect("one was made").number
}

/// What the jobs that failed say.
pub fn failures_of(workspace: &Workspace) -> Vec<String> {
    let failure = |state: &JobState| match state {
        JobState::Failed(failure) => Some(failure.to_string()),
        _ => None,
    };
    workspace.jobs().iter().filter_map(|job| failure(&job.state)).collect()
}

/// The image that a file of the listing holds, by its path below the root.
#[track_caller]
pub fn image_at<'a>(listing: &'a Listing, path: &str) -> &'a ImageRow {
    let holds = |image: &&ImageRow| image.files.iter().any(|file| file.path == path);
    listing.images.iter().find(holds).unwrap_or_else(|| panic!("{path} is not in the listing"))
}

/// The images whose path begins so, in order of path.
pub fn images_below(listing: &Listing, prefix: &str) -> Vec<ImageId> {
    listing.images.iter().filter(|image| image.path().starts_with(prefix)).map(|image| image.id).collect()
}

/// Everything that was said, in an order of its own.
pub fn said(labels: &Labels) -> Vec<(ImageId, TagId, Label)> {
    let mut all: Vec<_> = labels.iter().map(|(image, tag, label)| (image, tag, label.clone())).collect();
    all.sort_by_key(|(image, tag, _)| (*image, *tag));
    all
}

/// What undo must bring back.
pub type State = (Vocabulary, Vec<(ImageId, TagId, Label)>);

pub fn state(workspace: &Workspace) -> State {
    (workspace.vocabulary().clone(), said(workspace.labels()))
}

/// Everything that was said, as a person would: path, `group=tag`, yes or no.
pub fn answers(workspace: &Workspace) -> Vec<(String, String, bool)> {
    let (listing, vocabulary) = (workspace.listing(), workspace.vocabulary());
    let mut all: Vec<_> = workspace
        .labels()
        .iter()
        .map(|(image, tag, label)| {
            let image = &listing.images[workspace.index_of(image).expect("a label is of an image of the listing")];
            (image.path().to_owned(), name_of(vocabulary, tag), label.is_yes)
        })
        .collect();
    all.sort();
    all
}

/// `group=tag`.
pub fn name_of(vocabulary: &Vocabulary, tag: TagId) -> String {
    let tag = vocabulary.tag(tag).expect("the tag is in the vocabulary");
    format!("{}={}", vocabulary.group(tag.group).expect("a tag is in a group").name, tag.name)
}

/// The tag of that name in the group of that name.
#[track_caller]
pub fn tag_named(workspace: &Workspace, group: &str, tag: &str) -> TagId {
    let vocabulary = workspace.vocabulary();
    let group = vocabulary.group_named(group).expect("there is such a group");
    vocabulary.tag_named(group.id, tag).expect("there is such a tag").id
}

/// Where the demo photos of this repository are, in folders by kind.
pub fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo")
}

/// Lays the first `count` demo photos of a kind, such as "mugs", into a folder of that name.
pub fn lay_demo(into: &Path, kind: &str, count: usize) {
    let mut names: Vec<_> = fs::read_dir(demo().join(kind)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert!(names.len() >= count, "there are only {} {kind}", names.len());
    fs::create_dir_all(into.join(kind)).unwrap();
    for name in names.into_iter().take(count) {
        fs::copy(demo().join(kind).join(&name), into.join(kind).join(&name)).unwrap();
    }
}

/// A catalogue that was taught the folder names of a few photos, and other photos of the same kinds beside it.
pub fn taught_desk() -> Desk {
    let desk = Desk::new();
    for kind in ["mugs", "bowls"] {
        lay_demo(&desk.photos(), kind, 6);
        fs::create_dir_all(desk.at("others").join(kind)).unwrap();
        for number in [5, 6] {
            let name = format!("{kind}/{}-0{number}.jpg", &kind[..kind.len() - 1]);
            fs::rename(desk.photo(&name), desk.at("others").join(&name)).unwrap();
        }
    }
    desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue(), &"--labels-from", &"last-folder"])
        .expect(0);
    desk
}

/// The same with three more photos of each kind, those beside it among them: enough that some can be held out.
pub fn well_taught_desk() -> Desk {
    let desk = taught_desk();
    for kind in ["mugs", "bowls"] {
        lay_demo(&desk.photos(), kind, 9);
    }
    desk.run(&[&"import", &desk.photos(), &"--catalogue", &desk.catalogue(), &"--labels-from", &"last-folder"])
        .expect(0);
    desk
}

/// A small picture unlike that of any other number.
pub fn picture(number: u32) -> RgbImage {
    let [.., a, b, c] = number.to_be_bytes();
    RgbImage::from_fn(12, 8, |x, y| if x < 6 { Rgb([a, b, c]) } else { Rgb([x as u8 * 20, y as u8 * 30, c]) })
}

/// Saves the picture of that number, with the folders above it.
pub fn lay_picture(path: &Path, number: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    picture(number).save(path).unwrap();
}

/// Lays a pipe into which nobody writes.
#[cfg(unix)]
pub fn lay_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Lays that many one-pixel bitmaps into a folder, each with a content of its own: quick to make and to import.
pub fn lay_tiny(folder: &Path, count: u32) {
    fs::create_dir_all(folder).unwrap();
    for number in 0..count {
        let mut bitmap = b"BM".to_vec();
        for field in [58_u32, 0, 54, 40, 1, 1] {
            bitmap.extend_from_slice(&field.to_le_bytes());
        }
        // One plane of 24 bits, no compression, and one pixel padded to four bytes.
        bitmap.extend_from_slice(&[1, 0, 24, 0]);
        bitmap.extend_from_slice(&[0; 24]);
        bitmap.extend_from_slice(&number.to_le_bytes());
        fs::write(folder.join(format!("{number:05}.bmp")), bitmap).unwrap();
    }
}

/// The built-in weights as a backbone of the catalogue's own, of the name `own` and otherwise specified, as if a run had
/// trained it on some photos.
pub fn starter_as(workspace: &Workspace, seen: &BTreeSet<ContentHash>, change: impl FnOnce(&mut Spec)) -> ModelSource {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/starter");
    let mut spec = Spec::parse(&fs::read_to_string(folder.join("spec.json")).unwrap()).unwrap();
    spec.name = "own".into();
    change(&mut spec);
    let weights = fs::read(folder.join("weights.safetensors")).unwrap();
    workspace.data_folder().keep_backbone(&weights, &spec, None, seen).unwrap()
}

/// The same for pictures of 32 pixels, a sixth of the size: photos are looked at sooner, in any build.
pub fn small_starter(workspace: &Workspace, seen: &BTreeSet<ContentHash>) -> ModelSource {
    starter_as(workspace, seen, |spec| (spec.preprocess.resize, spec.preprocess.crop) = (37, 32))
}

/// Gives a file a date in the future: some file systems count too coarsely to tell two writes of one test apart.
pub fn make_newer(path: &Path) {
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() + Duration::from_mins(1)).unwrap();
}

/// Every file below a folder with its bytes: what "nothing was changed" means.
pub fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(contents(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            all.insert(path, bytes);
        }
    }
    all
}

/// What a file of JSON says.
#[track_caller]
pub fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// The names of an object's fields, sorted.
pub fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().expect("it is an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

pub fn text(value: &Value) -> &str {
    value.as_str().expect("it is a text")
}

/// A generator of numbers (Steele et al., 2014), the same ones in every run.
pub struct Dice(pub u64);

impl Dice {
    /// A number below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((x ^ (x >> 31)) % sides as u64) as usize
    }
}
