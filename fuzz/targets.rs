//! What a stranger's bytes go through, as functions that must neither panic, nor hang, nor ask for memory without bounds.
//!
//! Each is run by libFuzzer (`fuzz/run`) and by plain mutation in `tests/faults/hostile.rs`.

use std::cell::RefCell;
use std::io::{Cursor, Read, Write};
use std::net::TcpListener;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use hangtag::catalogue::{
    self, Catalogue, FileRow, Group, GroupId, GroupKind, ImageId, ImageRow, ImageState, Label, Labels, Listing, Tag,
    TagId, Timestamp, Vocabulary,
};
use hangtag::export::labels::{self, DataSet, LabelFormat, Product, Report};
use hangtag::imaging;
use hangtag::progress::Progress;
use hangtag::vision::hub::{HubSettings, fetch};
use hangtag::vision::{Backbone, DeviceChoice, ModelSource, registry};
use hangtag::workspace::{self, Query};
use rusqlite::Connection;
use tempfile::TempDir;

/// A way in for bytes of a stranger.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
    /// Bytes that are right, to begin with.
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
pub fn image(bytes: &[u8]) {
    let header = imaging::header(bytes);
    if let Ok(photo) = imaging::decode(bytes) {
        let header = header.expect("what can be decoded has a header");
        assert_eq!((photo.width(), photo.height()), (header.width, header.height));
    }
    if let Ok(small) = imaging::decode_within(bytes, 64) {
        assert!(small.width() <= 64 && small.height() <= 64);
    }
}

fn image_seeds() -> Vec<Vec<u8>> {
    use image::ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
    let picture = image::RgbImage::from_fn(9, 7, |x, y| image::Rgb([x as u8 * 20, y as u8 * 30, 90]));
    let encoded = |format| {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).expect("a small picture can be encoded");
        bytes.into_inner()
    };
    [Jpeg, Png, Gif, Bmp, Tiff, WebP].map(encoded).to_vec()
}

/// A JPEG with these bytes as its EXIF block.
pub fn exif(bytes: &[u8]) {
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
}

fn exif_seeds() -> Vec<Vec<u8>> {
    // One directory with one entry, the orientation (0x0112), in both orders of bytes.
    let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0".to_vec();
    vec![little, big]
}

/// A model's folder: up to the first zero its description, after it its weights.
pub fn model(bytes: &[u8]) {
    let middle = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    write("spec.json", &bytes[..middle]);
    let weights = write("weights.safetensors", bytes.get(middle + 1..).unwrap_or_default());
    let folder = weights.parent().expect("it lies in a folder");
    // Bytes that a mutation made cannot be a whole network; what counts is that they are refused.
    let _ = ModelSource::parse(&folder.to_string_lossy()).and_then(|source| Backbone::open(&source, DeviceChoice::Cpu));
}

fn model_seeds() -> Vec<Vec<u8>> {
    let mut bytes = include_bytes!("../models/starter/spec.json").to_vec();
    let header = br#"{"conv1.weight":{"dtype":"F16","shape":[1,1,2,2],"data_offsets":[0,8]}}"#;
    bytes.push(0);
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.extend(header);
    bytes.extend([0; 8]);
    vec![bytes]
}

/// Labels of a stranger's making: no row may speak of a photo that is not in the catalogue.
pub fn csv(bytes: &[u8]) {
    let listing = listing();
    let (statements, _) = catalogue::csv_statements(bytes, &listing);
    for statement in statements {
        assert!(listing.images.iter().any(|image| image.id == statement.image));
    }
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
pub fn shop(bytes: &[u8]) {
    let into = write("shop.csv", bytes);
    let [once, twice] = ["once.csv", "twice.csv"].map(at);
    for format in [LabelFormat::Shopify as fn(Option<PathBuf>) -> LabelFormat, LabelFormat::WooCommerce] {
        if export(&format(Some(into.clone())), &once).is_none() {
            continue;
        }
        assert_eq!(read(&into), bytes, "the shop's own file is left alone");
        // Another encoding has to be guessed, and more text can make it another guess.
        if std::str::from_utf8(bytes).is_ok() {
            assert!(export(&format(Some(once.clone())), &twice).is_some(), "what was written is no product export");
            assert_eq!(read(&once), read(&twice));
        }
    }
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
pub fn sidecar(bytes: &[u8]) {
    let folder = at("sidecars");
    std::fs::create_dir_all(&folder).expect("the folder in memory can be written");
    let path = write("sidecars/SKU-7_1.xmp", bytes);
    let merged = || export(&LabelFormat::Xmp, &folder).expect("the folder in memory can be written");
    let is_merged = merged().faults.is_empty();
    let after = read(&path);
    assert!(is_merged || after == bytes, "what is not understood is left alone");
    assert_eq!(merged().faults.is_empty(), is_merged, "what was written is no sidecar");
    assert_eq!(read(&path), after);
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
pub fn catalogue(bytes: &[u8]) {
    look_through(&write_catalogue(bytes));
}

/// A damaged catalogue, mended: what comes of it is whole, and can be looked through.
pub fn repair(bytes: &[u8]) {
    let path = write_catalogue(bytes);
    if catalogue::repair(&path).is_ok() {
        let faults = catalogue::check(&path).expect("what was mended is a catalogue");
        assert!(faults.is_empty(), "{faults:?}");
        look_through(&path);
    }
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

fn look_through(path: &Path) {
    if let Ok(mut catalogue) = Catalogue::open(path) {
        if let Ok(listing) = catalogue.listing() {
            stays_below(&listing);
        }
        let _ = catalogue.vocabulary();
        let _ = catalogue.labels();
        let _ = catalogue.undo();
    }
}

/// No file has a place outside of its root, whatever its path says.
fn stays_below(listing: &Listing) {
    for file in listing.images.iter().flat_map(|image| &image.files) {
        let Some(place) = listing.place(file) else { continue };
        let within = place.strip_prefix(&listing.roots[file.root]).expect("it lies below its root");
        assert!(within.components().all(|part| matches!(part, Component::Normal(_))), "{}", place.display());
    }
}

/// In pages of 512 bytes, so that a whole catalogue is short enough for libFuzzer.
fn catalogue_seeds() -> Vec<Vec<u8>> {
    drop(new_catalogue());
    let path = at("made.hangtag");
    let made = Connection::open(&path).expect("it was just made");
    made.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM;").expect("it can be rewritten");
    drop(made);
    vec![read(&path)]
}

/// A line that a person types, with completion at every place.
pub fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let vocabulary = &data_set().vocabulary;
    let _ = Query::parse(&text, vocabulary);
    for cursor in 0..=text.len().min(40) {
        let _ = workspace::complete(&text, cursor, vocabulary);
    }
}

fn query_seeds() -> Vec<Vec<u8>> {
    [
        "tag:dress AND NOT tag:red",
        "group:colour=? OR score:<0.6",
        "(has:no-labels is:unsure) by:rule",
        "width:>1000 date:2026-03",
        "\"a b\" -杯子*",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

/// What a hub answers, on the wire: to the first request with what comes before the first zero, to the second with the
/// rest.
pub fn hub(bytes: &[u8]) {
    static ANSWER: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    static ENDPOINT: OnceLock<String> = OnceLock::new();
    let endpoint = ENDPOINT.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                let mut stream = stream;
                let _ = stream.read(&mut [0; 4096]);
                let answer = ANSWER.lock().map(|answer| answer.clone()).unwrap_or_default();
                let middle = answer.iter().position(|byte| *byte == 0).unwrap_or(answer.len());
                let part =
                    if number % 2 == 0 { &answer[..middle] } else { answer.get(middle + 1..).unwrap_or_default() };
                let _ = stream.write_all(part);
            }
        });
        format!("http://{address}")
    });
    if let Ok(mut answer) = ANSWER.lock() {
        *answer = bytes.to_vec();
    }
    // Only then an answer is followed to its end.
    let listed = registry::find("resnet18").expect("it is in the registry");
    let entry = registry::RegistryEntry { sha256: None, ..listed.clone() };
    let cache_dir = at("hub");
    let _ = std::fs::remove_dir_all(&cache_dir);
    let settings = HubSettings { endpoint: endpoint.clone(), cache_dir, token: None, is_offline: false };
    // An answer may tell the right hash of its own bytes. Then what lies in the cache has it, as is looked up again here.
    if let Ok(Some(path)) = fetch(&entry, &settings, &Progress::default()) {
        let again = fetch(&entry, &HubSettings { is_offline: true, ..settings }, &Progress::default());
        assert!(matches!(again, Ok(Some(whole)) if whole == path), "what was fetched is not whole");
    }
}

fn hub_seeds() -> Vec<Vec<u8>> {
    let hash = "0".repeat(64);
    let first = format!(
        "HTTP/1.1 200 OK\r\nx-repo-commit: {}\r\nx-linked-etag: \"{hash}\"\r\nx-linked-size: 5\r\ncontent-length: 0\r\n\r\n",
        "1".repeat(40)
    );
    let second = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
    vec![format!("{first}\0{second}").into_bytes()]
}
