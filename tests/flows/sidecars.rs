//! XMP sidecars: beside the photos, merged into what others wrote, read back by exiftool.

use std::fs;
use std::path::Path;
use std::process::Command;

use hangtag::catalogue::GroupKind;
use serde_json::{Value, json};

use crate::exports::{desk_with, export, say};
use crate::support::{Desk, contents};

/// Beside a photo, with what somebody set in Lightroom.
const EDITED: &str = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7.0">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
   xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmp:Rating="4">
   <dc:subject><rdf:Bag><rdf:li>Summer &amp; sun</rdf:li><rdf:li>hat</rdf:li></rdf:Bag></dc:subject>
   <lr:hierarchicalSubject><rdf:Bag><rdf:li>season|Summer</rdf:li><rdf:li>category|hat</rdf:li></rdf:Bag></lr:hierarchicalSubject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"#;

/// Photos that are called in each of the ways that matter.
fn desk() -> Desk {
    let desk = desk_with(&["new.png", "edited.png", "digikam.png", "pair.png", "pair.bmp", "sub/深.png", "unseen.png"]);
    let mut workspace = desk.open();
    workspace.add_group("category", GroupKind::OneOf).unwrap();
    workspace.add_group("a/b|c", GroupKind::AnyOf).unwrap();
    for photo in ["new.png", "edited.png", "digikam.png", "pair.png"] {
        say(&mut workspace, photo, &["category=dress", "a/b|c=x|y/z"]);
    }
    say(&mut workspace, "pair.bmp", &["category=hat", "!a/b|c=x|y/z"]);
    say(&mut workspace, "sub/深.png", &["a/b|c=红色 ☕ <&\">"]);
    fs::write(desk.photo("edited.xmp"), EDITED).unwrap();
    fs::write(desk.photo("digikam.png.xmp"), EDITED.replace("<rdf:li>hat</rdf:li>", "<rdf:li>mine</rdf:li>")).unwrap();
    desk
}

fn names(folder: &Path) -> Vec<String> {
    let below = |path: &Path| path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
    contents(folder).keys().map(|path| below(path)).filter(|name| name.ends_with(".xmp")).collect()
}

#[test]
fn sidecars_lie_beside_the_photos_and_leave_them_alone() {
    let desk = desk();
    let photos = |desk: &Desk| {
        let mut all = contents(&desk.photos());
        all.retain(|path, _| path.extension().is_some_and(|ending| ending != "xmp"));
        all
    };
    let before = photos(&desk);
    let run = export(&desk, "xmp", &desk.photos(), &[]).expect(0);
    assert_eq!(run.stdout, "photos: 6 sidecars, 0 as they were\n");
    let expected = ["digikam.png.xmp", "edited.xmp", "new.xmp", "pair.bmp.xmp", "pair.png.xmp", "sub/深.xmp"];
    assert_eq!(names(&desk.photos()), expected);
    assert_eq!(photos(&desk), before);
    let edited = fs::read_to_string(desk.photo("edited.xmp")).unwrap();
    assert!(edited.contains(r#"xmp:Rating="4""#) && edited.contains("Summer &amp; sun"), "{edited}");
    assert!(!edited.contains("<rdf:li>hat</rdf:li>"), "what the answer rules out is gone: {edited}");

    // Again: nothing is another, and nothing is written.
    let all = contents(&desk.photos());
    let run = export(&desk, "xmp", &desk.photos(), &[]).expect(0);
    assert_eq!(run.stdout, "photos: 0 sidecars, 6 as they were\n");
    assert_eq!(contents(&desk.photos()), all);
}

#[test]
fn sidecars_in_another_folder_go_on_from_those_beside_the_photos() {
    let desk = desk();
    let before = contents(&desk.photos());
    let out = desk.at("sidecars");
    export(&desk, "xmp", &out, &[]).expect(0);
    assert_eq!(contents(&desk.photos()), before);
    let expected = ["digikam.png.xmp", "edited.xmp", "new.xmp", "pair.bmp.xmp", "pair.png.xmp", "sub/深.xmp"];
    assert_eq!(names(&out), expected);
    assert!(fs::read_to_string(out.join("edited.xmp")).unwrap().contains("Summer &amp; sun"));
}

#[test]
fn keywords_within_the_photo_are_gone_on_with() {
    let desk = Desk::new();
    // A JPEG with a packet of its own, in an APP1 segment after the start of the image.
    let mut plain = std::io::Cursor::new(Vec::new());
    crate::support::picture(1).write_to(&mut plain, image::ImageFormat::Jpeg).unwrap();
    let packet = [b"http://ns.adobe.com/xap/1.0/\0", EDITED.as_bytes()].concat();
    let mut photo = vec![0xFF, 0xD8, 0xFF, 0xE1];
    photo.extend(u16::try_from(packet.len() + 2).unwrap().to_be_bytes());
    photo.extend([&packet, &plain.get_ref()[2..]].concat());
    fs::write(desk.photo("a.jpg"), &photo).unwrap();
    desk.import();
    let mut workspace = desk.open();
    say(&mut workspace, "a.jpg", &["category=dress", "!category=hat"]);
    drop(workspace);
    export(&desk, "xmp", &desk.photos(), &[]).expect(0);
    assert_eq!(fs::read(desk.photo("a.jpg")).unwrap(), photo);
    let sidecar = fs::read_to_string(desk.photo("a.xmp")).unwrap();
    assert!(sidecar.contains("<rdf:li>Summer &amp; sun</rdf:li><rdf:li>dress</rdf:li>"), "{sidecar}");
    assert!(!sidecar.contains("Rating"), "only what would be hidden: {sidecar}");
}

#[test]
fn a_damaged_sidecar_stays_as_it_is_and_is_told() {
    let desk = desk();
    let damaged = &EDITED[..EDITED.len() / 2];
    fs::write(desk.photo("edited.xmp"), damaged).unwrap();
    export(&desk, "xmp", &desk.photos(), &[]).expect(3).complains_of(&["edited.xmp"]);
    assert_eq!(fs::read_to_string(desk.photo("edited.xmp")).unwrap(), damaged);
    assert!(desk.photo("new.xmp").exists(), "the others are written");
    export(&desk, "xmp", &desk.photo("new.png"), &[]).expect(1).complains_of(&["is a file"]);
}

#[test]
#[ignore = "needs exiftool; run by .ci/run"]
fn exiftool_reads_what_was_written() {
    let desk = desk();
    export(&desk, "xmp", &desk.photos(), &[]).expect(0);
    let read = |name: &str| -> Value {
        let mut command = Command::new("exiftool");
        command.args(["-json", "-struct", "-charset", "filename=utf8", "-XMP:all"]).arg(desk.photo(name));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut read: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(read[0]["Error"], Value::Null);
        assert_eq!(read[0]["Warning"], Value::Null);
        read[0].take()
    };
    let new = read("new.xmp");
    assert_eq!(new["Subject"], json!(["dress", "x|y/z"]));
    assert_eq!(new["HierarchicalSubject"], json!(["category|dress", "a/b/c|x/y/z"]));
    assert_eq!(new["TagsList"], json!(["category/dress", "a\\b|c/x|y\\z"]));
    let edited = read("edited.xmp");
    assert_eq!(edited["Subject"], json!(["Summer & sun", "dress", "x|y/z"]));
    assert_eq!(edited["HierarchicalSubject"], json!(["season|Summer", "category|dress", "a/b/c|x/y/z"]));
    assert_eq!(edited["Rating"], json!(4));
    assert_eq!(read("digikam.png.xmp")["Subject"], json!(["Summer & sun", "mine", "dress", "x|y/z"]));
    assert_eq!(read("pair.bmp.xmp")["Subject"], json!(["hat"]));
    assert_eq!(read("sub/深.xmp")["Subject"], json!(["红色 ☕ <&\">"]));
    // A photo that exiftool looks at together with its sidecar is found by its tags.
    let validated = Command::new("exiftool").args(["-validate", "-s3"]).arg(desk.photo("new.xmp")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&validated.stdout).trim(), "OK");
}
