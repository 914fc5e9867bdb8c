//! What goes wrong on a person's desk: unplugged disks, odd photos, odd names, no room, two windows on one folder.

use std::fs;
use std::path::Path;

use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable;
use hangtag::app::{App, Language};
use hangtag::workspace::Workspace;
use image::{Rgb, RgbImage};
use tempfile::TempDir;

use crate::support::{Window, copy_demo};

fn has_looked_at(count: usize) -> impl Fn(&App) -> bool {
    move |app| app.workspace().is_some_and(|open| open.is_idle() && open.listing().images.len() == count)
}

#[test]
fn an_unplugged_disk_leaves_everything_known_and_work_goes_on() {
    let mut window = Window::with_demo(&["balls", "bottles"], 4);
    for (photo, tag) in [("ball-01.jpg", "ball"), ("ball-02.jpg", "ball"), ("bottle-01.jpg", "bottle")] {
        window.click(photo);
        window.set_tag(tag);
    }
    window.click("bottle-02.jpg");
    window.set_tag("bottle");
    let (disk, drawer) = (window.folder.path().join("photos"), window.folder.path().join("drawer"));
    fs::rename(&disk, &drawer).unwrap();
    window.press(Key::F5);
    window.wait("the photos to be missed", |app| {
        app.workspace().is_some_and(|open| open.is_idle() && open.standings().counts().missing == 8)
    });
    assert!(window.has("Missing 8"));
    assert_eq!(window.tags_of("ball-01.jpg"), ["ball"], "labels are kept");
    window.click("ball-01.jpg");
    assert!(window.has_text("Its labels are kept"), "the photo says what happened");
    assert!(window.has_text("ball-01.jpg, ball, the file is gone"));
    // A photo can be labelled from memory, and what is said is saved.
    window.click("ball-03.jpg");
    window.press(Key::T);
    window.harness.get_by_label("Tag name").type_text("ball");
    window.harness.step();
    window.press(Key::Enter);
    assert_eq!(window.tags_of("ball-03.jpg"), ["ball"]);

    fs::rename(&drawer, &disk).unwrap();
    window.press(Key::F5);
    window.wait("the photos to return", |app| {
        app.workspace().is_some_and(|open| open.is_idle() && open.standings().counts().missing == 0)
    });
    assert!(!window.has_text("Missing") && window.has_text("bottle-03.jpg, bottle proposed at"), "all is as it was");
    assert_eq!(window.tags_of("ball-03.jpg"), ["ball"]);
}

#[test]
fn a_name_of_300_characters_is_refused_before_it_is_saved() {
    let mut window = Window::with_demo(&["mugs"], 2);
    window.click("mug-01.jpg");
    window.press(Key::T);
    window.type_into("Tag name", &"long".repeat(75));
    assert!(window.has_text("at most 100 characters"));
    window.press(Key::Enter);
    assert!(window.workspace().vocabulary().tags.is_empty());
    window.press(Key::Escape);
    // What comes with a line break becomes one line, and everything else stays as it is.
    for name in ["two\nlines", "👗 robe 🧵", "فستان أحمر", "שמלה", "红色连衣裙", "e\u{301}te\u{301} \u{202e}txt"]
    {
        window.click("mug-01.jpg");
        window.press(Key::Escape);
        window.click("mug-02.jpg");
        window.set_tag(name);
        assert_eq!(window.tags_of("mug-02.jpg"), [name.replace('\n', " ")]);
        window.press(Key::F);
        window.press(Key::Escape);
    }
}

#[test]
fn photos_of_odd_shapes_are_shown_and_tagged() {
    let folder = TempDir::new().unwrap();
    let photos = folder.path().join("photos");
    fs::create_dir_all(&photos).unwrap();
    for (name, width, height) in [("dot.png", 1, 1), ("tall.png", 1, 20_000), ("wide.jpg", 20_000, 1)] {
        RgbImage::from_fn(width, height, |x, y| Rgb([(x % 251) as u8, (y % 241) as u8, 90]))
            .save(photos.join(name))
            .unwrap();
    }
    let mut window = Window::open(folder, Some(photos));
    window.wait("the photos", has_looked_at(3));
    for name in ["dot.png", "tall.png", "wide.jpg"] {
        window.click(name);
        window.set_tag("odd");
        window.click(name);
        window.press(Key::F);
        assert!(window.has(&format!("Photo {name}")));
        window.press(Key::Z);
        window.harness.render().expect("it is drawn");
        window.press(Key::Escape);
        assert_eq!(window.tags_of(name), ["odd"]);
    }
    assert_eq!(window.workspace().standings().counts().broken, 0);
}

#[test]
fn a_window_shrunk_to_nothing_comes_back() {
    let mut window = Window::with_demo(&["bowls"], 6);
    window.click("bowl-02.jpg");
    for size in [vec2(0.0, 0.0), vec2(1.0, 1.0), vec2(3000.0, 1.0), vec2(1.0, 2000.0)] {
        window.harness.set_size(size);
        window.settle();
        for key in [Key::F, Key::Z, Key::Escape, Key::G, Key::ArrowDown, Key::End, Key::F1, Key::Escape] {
            window.press(key);
        }
        window.press_with(Modifiers::COMMAND, Key::Comma);
        window.press(Key::Escape);
    }
    window.harness.set_size(vec2(1440.0, 960.0));
    window.settle();
    assert!(window.has("bowl-01.jpg") && window.has("All 6"));
}

#[test]
fn a_second_window_on_the_same_folder_reads_and_says_why() {
    for (language, told, refused) in [
        (Language::English, "open for reading only: Hangtag (process", "the catalogue is open for reading only"),
        (Language::SimplifiedChinese, "此目录以只读方式打开：Hangtag (process", "此目录以只读方式打开。"),
    ] {
        let mut first = Window::with_demo(&["lamps"], 2);
        first.click("lamp-01.jpg");
        first.set_tag("lamp");
        let photos = first.folder.path().join("photos");
        let own = TempDir::new().unwrap();
        // The second window has settings of its own, but opens the very same catalogue.
        let catalogue = first.workspace().path().expect("it is on disk").to_owned();
        let mut second = Window::open_in(language, own, Some(catalogue));
        second.wait("the catalogue", |app| app.workspace().is_some_and(Workspace::is_idle));
        assert!(second.has_text(told), "{}", language.name());
        assert_eq!(second.tags_of("lamp-01.jpg"), ["lamp"]);
        second.click("lamp-02.jpg");
        second.press(Key::Num1);
        assert!(second.tags_of("lamp-02.jpg").is_empty() && second.has_text(refused), "{}", language.name());
        // The first one is not disturbed.
        hangtag::app::speak(Language::English);
        first.click("lamp-02.jpg");
        first.set_tag("lamp");
        assert_eq!(first.tags_of("lamp-02.jpg"), ["lamp"]);
        assert!(photos.exists());
    }
}

#[test]
fn two_catalogues_of_one_folder_know_nothing_of_each_other() {
    let mut first = Window::with_demo(&["vases"], 3);
    first.click("vase-01.jpg");
    first.set_tag("vase");
    let photos = first.folder.path().join("photos");
    let mut second = Window::open(TempDir::new().unwrap(), Some(photos));
    second.wait("the photos", has_looked_at(3));
    second.click("vase-01.jpg");
    second.set_tag("jug");
    assert_eq!(
        (first.tags_of("vase-01.jpg"), second.tags_of("vase-01.jpg")),
        (vec!["vase".into()], vec!["jug".into()])
    );
    assert!(second.workspace().read_only_reason().is_none(), "both may be changed");
}

#[test]
fn what_is_wrong_is_said_in_chinese_as_well() {
    let folder = TempDir::new().unwrap();
    let photos = folder.path().join("photos");
    copy_demo(&photos, &["bowls"], 1);
    fs::write(photos.join("empty.jpg"), "").unwrap();
    fs::write(photos.join("notes.jpg"), "shopping list").unwrap();
    let whole = fs::read(photos.join("bowls/bowl-01.jpg")).unwrap();
    fs::write(photos.join("half.jpg"), &whole[..whole.len() / 2]).unwrap();
    let mut window = Window::open_in(Language::SimplifiedChinese, folder, Some(photos));
    window.wait("the photos", has_looked_at(4));
    assert!(window.has_text("empty.jpg，文件是空的") && window.has_text("half.jpg，文件不完整"));
    window.click("损坏 3");
    window.click("half.jpg");
    assert!(window.has_text("请从相机或原处重新复制该文件") && window.has("打开所在文件夹"), "what to do");
    window.press(Key::J);
    assert!(window.has_text("内容不是已知的图片格式"), "the jobs say it too");

    let folder = TempDir::new().unwrap();
    let path = folder.path().join("notes.hangtag");
    fs::write(&path, "shopping: milk, bread").unwrap();
    let mut window = Window::open_in(Language::SimplifiedChinese, folder, Some(path.clone()));
    let started = std::time::Instant::now();
    while !window.has_text("这不是 Hangtag 目录") {
        assert!(started.elapsed().as_secs() < 60, "no message");
        window.harness.step();
    }
    assert!(window.has_text(&format!("（{}）", Path::new(&path).display())), "with the file");
}
