//! What a stranger's bytes go through, as functions that must neither panic, nor hang, nor ask for memory without bounds.
//!
//! Each is run by libFuzzer (`fuzz/run`) and by plain mutation in `tests/faults/hostile.rs`.

mod filled;

use std::cell::RefCell;
use std::io::{Cursor, Read, Write};
use std::net::TcpListener;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use hangtag::catalogue::{
    self, Catalogue, FileRow, Group, GroupId, GroupKind, ImageId, ImageRow, ImageState, Label, Labels, Listing, Tag,
    TagId, Timestamp, VersionRow, Vocabulary,
};
use hangtag::export::labels::{self, DataSet, LabelFormat, Product, Report};
use hangtag::imaging;
use hangtag::learn::unpack;
use hangtag::progress::Progress;
use hangtag::vision::hub::{HubSettings, fetch};
use hangtag::vision::{Backbone, DeviceChoice, ModelSource, registry};
use hangtag::workspace::{self, DataFolder, Query, VersionRecord};
use rusqlite::Connection;
use tempfile::TempDir;

/// A way in for bytes of a stranger.
pub struct Target {
    pub name: &'static str,
    /// Whether the bytes were right to the end.
    pub run: fn(&[u8]) -> bool,
    /// Bytes that are, to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

pub const TARGETS: [Target; 10] = [
    Target { name: "image", run: image, seeds: image_seeds },
    Target { name: "exif", run: exif, seeds: exif_seeds },
    Target { name: "model", run: model, seeds: model_seeds },
    Target { name: "csv", run: csv, seeds: csv_seeds },
    Target { name: "shop", run: shop, seeds: shop_seeds },
    Target { name: "sidecar", run: sidecar, seeds: sidecar_seeds },
    Target { name: "catalogue", run: catalogue, seeds: catalogue_seeds },
    Target { name: "repair", run: repair, seeds: catalogue_seeds },
    Target { name: "query", run: query, seeds: query_seeds },
    Target { name: "hub", run: hub, seeds: hub_seeds },
];

thread_local! {
    /// A folder in memory, so that files cost next to nothing.
    static FOLDER: RefCell<TempDir> = RefCell::new(
        tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("there is a folder for temporary files"),
    );
}

fn at(name: &str) -> PathBuf {
    FOLDER.with_borrow(|folder| folder.path().join(name))
}

fn write(name: &str, bytes: &[u8]) -> PathBuf {
    let path = at(name);
    std::fs::write(&path, bytes).expect("the folder in memory can be written");
    path
}

/// Any photo: its header, the photo itself, and reduced to a thumbnail.
pub fn image(bytes: &[u8]) -> bool {
    let header = imaging::header(bytes);
    let photo = imaging::decode(bytes);
    if let Ok(photo) = &photo {
        let header = header.expect("what can be decoded has a header");
        assert_eq!((photo.width(), photo.height()), (header.width, header.height));
    }
    if let Ok(small) = imaging::decode_within(bytes, 64) {
        assert!(small.width() <= 64 && small.height() <= 64);
    }
    photo.is_ok()
}

fn picture() -> image::RgbImage {
    image::RgbImage::from_fn(9, 7, |x, y| image::Rgb([x as u8 * 20, y as u8 * 30, 90]))
}

fn image_seeds() -> Vec<Vec<u8>> {
    use image::ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
    let encoded = |format| {
        let mut bytes = Cursor::new(Vec::new());
        picture().write_to(&mut bytes, format).expect("a small picture can be encoded");
        bytes.into_inner()
    };
    [Jpeg, Png, Gif, Bmp, Tiff, WebP].map(encoded).to_vec()
}

/// A JPEG with these bytes as its EXIF block, which may turn it.
pub fn exif(bytes: &[u8]) -> bool {
    static PHOTO: OnceLock<Vec<u8>> = OnceLock::new();
    let photo = PHOTO.get_or_init(|| image_seeds().swap_remove(0));
    let block = &bytes[..bytes.len().min(60_000)];
    let mut turned = photo[..2].to_vec();
    turned.extend([0xFF, 0xE1]);
    turned.extend((block.len() as u16 + 8).to_be_bytes());
    turned.extend(b"Exif\0\0");
    turned.extend(block);
    turned.extend(&photo[2..]);
    let header = imaging::header(&turned).expect("a damaged EXIF block leaves the photo a photo");
    assert!([(9, 7), (7, 9)].contains(&(header.width, header.height)));
    header.width == 7
}

fn exif_seeds() -> Vec<Vec<u8>> {
    // One directory with one entry, the orientation (0x0112), in both orders of bytes.
    let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0".to_vec();
    vec![little, big]
}

/// How large a spec may have photos made here: with the largest that it may name, one takes seconds.
const MAX_SIDE: u32 = 64;

/// A model's folder: up to the first zero its description, after it its weights. It says something of a photo.
pub fn model(bytes: &[u8]) -> bool {
    let middle = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    write("spec.json", &bytes[..middle]);
    let weights = write("weights.safetensors", bytes.get(middle + 1..).unwrap_or_default());
    let folder = weights.parent().expect("it lies in a folder");
    let source = ModelSource::parse(&folder.to_string_lossy());
    let Ok(backbone) = source.and_then(|source| Backbone::open(&source, DeviceChoice::Cpu)) else { return false };
    let preprocess = &backbone.spec().preprocess;
    if preprocess.resize > MAX_SIDE {
        return false;
    }
    let Ok(features) = backbone.features(&[preprocess.crop(&picture())]) else { return false };
    backbone.words().is_some_and(|words| !words.logits(&features[0]).is_empty())
}

/// The smallest network there can be: one channel to begin with, one block a stage.
const SPEC: &str = r#"{"name":"tiny","classes":["dress","hat"],
"architecture":{"block":"basic","stem":1,"width":1,"layers":[1,1,1,1],"num_classes":2},
"preprocess":{"resize":32,"crop":32,"interpolation":"bilinear","mean":[0.5,0.5,0.5],"std":[0.5,0.5,0.5]}}"#;

fn model_seeds() -> Vec<Vec<u8>> {
    let mut tensors = vec![("fc.weight".to_owned(), vec![2, 8]), ("fc.bias".to_owned(), vec![2])];
    let mut add = |conv: &str, norm: &str, shape: [usize; 4]| {
        tensors.push((format!("{conv}.weight"), shape.to_vec()));
        let of_norm = ["weight", "bias", "running_mean", "running_var"];
        tensors.extend(of_norm.map(|part| (format!("{norm}.{part}"), vec![shape[0]])));
    };
    add("conv1", "bn1", [1, 3, 7, 7]);
    for (stage, [input, out]) in [[1, 1], [1, 2], [2, 4], [4, 8]].into_iter().enumerate() {
        let name = |part: &str| format!("layer{}.0.{part}", stage + 1);
        add(&name("conv1"), &name("bn1"), [out, input, 3, 3]);
        add(&name("conv2"), &name("bn2"), [out, out, 3, 3]);
        if stage > 0 {
            add(&name("downsample.0"), &name("downsample.1"), [out, input, 1, 1]);
        }
    }
    let (mut described, mut end) = (Vec::new(), 0);
    for (name, shape) in &tensors {
        let begin = end;
        end += 2 * shape.iter().product::<usize>();
        described.push(format!(r#""{name}":{{"dtype":"F16","shape":{shape:?},"data_offsets":[{begin},{end}]}}"#));
    }
    let header = format!("{{{}}}", described.join(","));
    // Every number is 0.5.
    let numbers = b"\0\x38".repeat(end / 2);
    vec![[SPEC.as_bytes(), b"\0", &(header.len() as u64).to_le_bytes(), header.as_bytes(), &numbers].concat()]
}

/// Labels of a stranger's making: no row may speak of a photo that is not in the catalogue.
pub fn csv(bytes: &[u8]) -> bool {
    let listing = listing();
    let (statements, _) = catalogue::csv_statements(bytes, &listing);
    for statement in &statements {
        assert!(listing.images.iter().any(|image| image.id == statement.image));
    }
    !statements.is_empty()
}

fn csv_seeds() -> Vec<Vec<u8>> {
    [
        "path,group,tag,value,source,time\n1.png,category,mug,yes,person,2026-03-01T10:00:00Z\n3.png,pattern,dots,no,,\n",
        "path,group,tag\n\"1.png\",\"a, b\",\"c \"\"d\"\"\"\n../../../etc/passwd,category,mug\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

/// A catalogue with two photos, made once.
fn listing() -> Listing {
    static LISTING: OnceLock<Listing> = OnceLock::new();
    LISTING.get_or_init(|| new_catalogue().listing().expect("a new catalogue can be read")).clone()
}

fn new_catalogue() -> Catalogue {
    let photos = at("photos");
    std::fs::create_dir_all(&photos).expect("the folder in memory can be written");
    for (number, seed) in [1, 3].iter().zip(image_seeds()) {
        std::fs::write(photos.join(format!("{number}.png")), seed).expect("the folder in memory can be written");
    }
    let mut made = Catalogue::open(&at("made.hangtag")).expect("a new catalogue can be made");
    catalogue::import(&mut made, &photos, &Progress::default(), &mut || ()).expect("two photos can be imported");
    made
}

/// A product export of a shop, into which tags are merged; what comes of it says all that already.
pub fn shop(bytes: &[u8]) -> bool {
    let mut is_merged = false;
    let into = write("shop.csv", bytes);
    let [once, twice] = ["once.csv", "twice.csv"].map(at);
    for format in [LabelFormat::Shopify as fn(Option<PathBuf>) -> LabelFormat, LabelFormat::WooCommerce] {
        if export(&format(Some(into.clone())), &once).is_none() {
            continue;
        }
        is_merged = true;
        assert_eq!(read(&into), bytes, "the shop's own file is left alone");
        // Another encoding has to be guessed, and more text can make it another guess.
        if std::str::from_utf8(bytes).is_ok() {
            assert!(export(&format(Some(once.clone())), &twice).is_some(), "what was written is no product export");
            assert_eq!(read(&once), read(&twice));
        }
    }
    is_merged
}

fn shop_seeds() -> Vec<Vec<u8>> {
    [
        "Handle,Title,Type,Tags,Variant SKU,Image Src\nred,\"A \"\"fine\"\" dress,\nlong\",Hat,\"new, Striped\",SKU-7,\n\
         red,,,,SKU-7-M,\nbowler,Bowler,,,,https://shop.example/hat_5f2b6c1e-0f2a-4c1d-9c55-0a1b2c3d4e5f.png?v=2\n",
        "ID;SKU;Name;Categories;Tags;Images;Parent\r\n11;;Red;Clothing > Hat;old\\, good, striped;;\r\n\
         12;SKU-7;Red - M;;;;id:11\r\n13;HAT;Bowler;;'-50%;https://shop.example/hat-scaled.png;\r\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

/// A sidecar that another program wrote, into which keywords are merged; what comes of it says all that already.
pub fn sidecar(bytes: &[u8]) -> bool {
    let folder = at("sidecars");
    std::fs::create_dir_all(&folder).expect("the folder in memory can be written");
    let path = write("sidecars/SKU-7_1.xmp", bytes);
    let merged = || export(&LabelFormat::Xmp, &folder).expect("the folder in memory can be written");
    let is_merged = merged().faults.is_empty();
    let after = read(&path);
    assert!(is_merged || after == bytes, "what is not understood is left alone");
    assert_eq!(merged().faults.is_empty(), is_merged, "what was written is no sidecar");
    assert_eq!(read(&path), after);
    is_merged
}

fn sidecar_seeds() -> Vec<Vec<u8>> {
    let around = |inner: &str| {
        format!(
            "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><r:RDF xmlns:r=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
             {inner}</r:RDF></x:xmpmeta>"
        )
        .into_bytes()
    };
    let list = "<d:subject xmlns:d=\"http://purl.org/dc/elements/1.1/\"><r:Bag><r:li>sun &amp; sea</r:li>\
                <r:li>Hat</r:li></r:Bag></d:subject>";
    vec![
        around(&format!("<r:Description r:about=\"\">{list}</r:Description>")),
        around(&format!("\n<r:Description r:about=\"\"/>\n<r:Description>\n{list}\n{list}\n</r:Description>\n")),
        [b"\xEF\xBB\xBF<?xpacket begin=\"\" id=\"W5\"?>".to_vec(), around("<r:Description/>")].concat(),
    ]
}

/// Writes what is known of two photos into a place; nothing where that is refused.
fn export(format: &LabelFormat, out: &Path) -> Option<Report> {
    labels::export(data_set(), format, out, &Progress::default()).ok().flatten()
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("what was just written can be read")
}

/// Two photos, with tags that fit and tags that do not, some of them hard to write in a list.
fn data_set() -> &'static DataSet {
    static DATA: OnceLock<DataSet> = OnceLock::new();
    DATA.get_or_init(|| {
        let photo = |id, name: &str| ImageRow {
            id: ImageId(id),
            hash: None,
            width: 1,
            height: 1,
            state: ImageState::Ok,
            replaces: None,
            files: vec![FileRow { root: 0, path: name.into(), modified: Timestamp(0) }],
        };
        let listing =
            Listing { roots: vec!["/photos".into()], images: vec![photo(1, "SKU-7_1.jpg"), photo(2, "hat.jpg")] };
        let group = |id, name: &str, kind| Group { id: GroupId(id), name: name.into(), kind, position: id };
        let tag = |id, group, name: &str| Tag::new(TagId(id), GroupId(group), name.into(), id);
        let vocabulary = Vocabulary {
            groups: vec![group(1, "category", GroupKind::OneOf), group(2, "a/b|c", GroupKind::AnyOf)],
            tags: vec![tag(1, 1, "dress"), tag(2, 1, "hat"), tag(3, 2, "dots, <small>"), tag(4, 2, "striped")],
        };
        let mut labels = Labels::default();
        for (image, tag, is_yes) in [(1, 1, true), (1, 3, true), (1, 4, false), (2, 2, true)] {
            labels.set(ImageId(image), TagId(tag), Some(Label::by_person(is_yes)));
        }
        let product = |name: &str, photo| Product { name: name.into(), photos: vec![photo] };
        DataSet::new(Arc::new(listing), vocabulary, labels, vec![product("SKU-7", 0), product("hat", 1)])
    })
}

/// A catalogue file of a stranger: opened, read whole, and taken back to where it was.
pub fn catalogue(bytes: &[u8]) -> bool {
    look_through(&write_catalogue(bytes))
}

/// A damaged catalogue, mended: what comes of it is whole, and can be looked through.
pub fn repair(bytes: &[u8]) -> bool {
    let path = write_catalogue(bytes);
    if catalogue::repair(&path).is_err() {
        return false;
    }
    let faults = catalogue::check(&path).expect("what was mended is a catalogue");
    assert!(faults.is_empty(), "{faults:?}");
    look_through(&path)
}

/// The file, without what the one before left beside it.
fn write_catalogue(bytes: &[u8]) -> PathBuf {
    let path = write("strange.hangtag", bytes);
    for ending in ["-wal", "-shm", "-journal", "-ready"] {
        let _ = std::fs::remove_file(at(&format!("strange.hangtag{ending}")));
    }
    let _ = std::fs::remove_dir_all(catalogue::data_folder(&path));
    path
}

/// Reads all that there is; whether there was something of everything.
fn look_through(path: &Path) -> bool {
    let Ok(mut catalogue) = Catalogue::open(path) else { return false };
    let listing = catalogue.listing().unwrap_or_default();
    for file in listing.images.iter().flat_map(|image| &image.files) {
        if let Some(place) = listing.place(file) {
            assert_below(&listing.roots[file.root], &place);
        }
    }
    let data = DataFolder::of(path);
    let runs = catalogue.runs().unwrap_or_default();
    for folder in runs.iter().filter_map(|run| data.join(&run.folder).ok()) {
        assert_below(data.path(), &folder);
    }
    let versions = catalogue.versions().unwrap_or_default();
    let num_usable = versions.iter().filter(|version| has_heads(&catalogue, version)).count();
    let vocabulary = catalogue.vocabulary().unwrap_or_default();
    let filters = catalogue.saved_filters().unwrap_or_default();
    let queries = filters.iter().filter_map(|filter| Query::parse(&filter.query, &vocabulary).ok());
    // All of them, whatever the first ones say.
    let was_there = [
        !listing.images.is_empty(),
        !runs.is_empty(),
        num_usable > 0,
        !vocabulary.tags.is_empty(),
        queries.count() > 0,
        catalogue.labels().is_ok_and(|labels| !labels.is_empty()),
        catalogue.splits().is_ok_and(|sides| !sides.is_empty()),
        matches!(catalogue.in_use(), Ok(Some(_))),
        matches!(catalogue.in_use_before(), Ok(Some(_))),
        matches!(catalogue.wanted_version(), Ok(Some(_))),
        matches!(catalogue.next_in_history(), Ok((Some(_), Some(_)))),
        matches!(catalogue.redo(), Ok(Some(_))),
        matches!(catalogue.undo(), Ok(Some(_))),
        matches!(catalogue.undo(), Ok(Some(_))),
    ];
    !was_there.contains(&false)
}

/// No place leads out of its folder, whatever the catalogue calls it.
fn assert_below(folder: &Path, place: &Path) {
    let within = place.strip_prefix(folder).expect("it lies below its folder");
    assert!(within.components().all(|part| matches!(part, Component::Normal(_))), "{}", place.display());
}

/// Whether a version's backbone is named, its record can be read, and it has the heads of which that speaks.
fn has_heads(catalogue: &Catalogue, version: &VersionRow) -> bool {
    let is_named = DataFolder::of(catalogue.path()).resolve(&version.backbone).is_ok();
    let Ok(record) = serde_json::from_str::<VersionRecord>(&version.record) else { return false };
    let Ok(Some(packed)) = catalogue.version_head(version.number) else { return false };
    let heads = record.groups.iter().filter(|group| {
        let (name, is_one_of) = (format!("group {}", group.group.0), group.kind == GroupKind::OneOf);
        let head = unpack(&packed, &name, is_one_of, group.choice.temperature);
        head.is_ok_and(|head| head.dim() == record.spec.feature_dim() && head.num_classes() == group.tags.len())
    });
    heads.count() > 0 && is_named
}

/// Something of everything, in pages of 512 bytes, so that it is short enough for libFuzzer.
fn catalogue_seeds() -> Vec<Vec<u8>> {
    static FILLED: OnceLock<Vec<u8>> = OnceLock::new();
    let filled = FILLED.get_or_init(|| {
        filled::fill(&mut new_catalogue(), SPEC).expect("a new catalogue can be filled");
        let path = at("made.hangtag");
        let made = Connection::open(&path).expect("it was just made");
        // Pages keep their size while there is a log.
        made.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM; PRAGMA journal_mode = WAL;")
            .expect("it can be rewritten");
        drop(made);
        read(&path)
    });
    vec![filled.clone()]
}

/// A line that a person types, with completion at every place.
pub fn query(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let vocabulary = &data_set().vocabulary;
    for cursor in 0..=text.len().min(40) {
        let _ = workspace::complete(&text, cursor, vocabulary);
    }
    Query::parse(&text, vocabulary).is_ok()
}

fn query_seeds() -> Vec<Vec<u8>> {
    [
        "tag:dress AND NOT tag:striped",
        "group:category=? OR score:<0.6",
        "(has:no-labels is:unsure) by:rule",
        "width:>1000 date:2026-03",
        "\"a b\" -杯子*",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

/// What a hub answers, on the wire: to each request what stands up to the next zero, and from the beginning again.
pub fn hub(bytes: &[u8]) -> bool {
    /// The answers, and how many were given.
    static ANSWERS: Mutex<(Vec<u8>, usize)> = Mutex::new((Vec::new(), 0));
    static ENDPOINT: OnceLock<String> = OnceLock::new();
    let endpoint = ENDPOINT.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                // A connection that was given up, perhaps of the input before, asks for nothing.
                if !stream.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {
                    continue;
                }
                let Ok(mut answers) = ANSWERS.lock() else { return };
                let (all, number) = &mut *answers;
                let next = all.split(|byte| *byte == 0).cycle().nth(*number).unwrap_or_default();
                let _ = stream.write_all(next);
                *number += 1;
            }
        });
        format!("http://{address}")
    });
    if let Ok(mut answers) = ANSWERS.lock() {
        *answers = (bytes.to_vec(), 0);
    }
    // Only then an answer is followed to its end.
    let listed = registry::find("resnet18").expect("it is in the registry");
    let entry = registry::RegistryEntry { sha256: None, ..listed.clone() };
    let cache_dir = at("hub");
    let _ = std::fs::remove_dir_all(&cache_dir);
    let settings = HubSettings { endpoint: endpoint.clone(), cache_dir, token: None, is_offline: false };
    // An answer may tell the right hash of its own bytes. Then what lies in the cache has it, as is looked up again here.
    let Ok(Some(path)) = fetch(&entry, &settings, &Progress::default()) else { return false };
    let again = fetch(&entry, &HubSettings { is_offline: true, ..settings }, &Progress::default());
    assert!(matches!(again, Ok(Some(whole)) if whole == path), "what was fetched is not whole");
    true
}

fn hub_seeds() -> Vec<Vec<u8>> {
    // Each has a connection of its own: what is asked on the one before, while that is closed, may get lost.
    let answer = |status: &str, rest: &str| format!("HTTP/1.1 {status}\r\nconnection: close\r\n{rest}");
    let commit = "1".repeat(40);
    // Of "hello".
    let sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let headers = format!("x-repo-commit: {commit}\r\nx-linked-etag: \"{sha256}\"\r\nx-linked-size: 5\r\n");
    let announced = answer("200 OK", &format!("{headers}content-length: 0\r\n\r\n"));
    let sent = answer("200 OK", "content-length: 5\r\n\r\nhello");
    let moved = answer("307 Temporary Redirect", "location: /moved\r\ncontent-length: 0\r\n\r\n");
    [[&announced, &sent].as_slice(), &[&moved, &announced, &moved, &sent]]
        .map(|answers| answers.iter().map(|answer| answer.as_bytes()).collect::<Vec<_>>().join(&0u8))
        .to_vec()
}
