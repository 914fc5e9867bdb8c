//! What lines ask for, and what a person is told of those that make no sense.

use super::super::quoted;
use super::*;

const CATEGORY: GroupId = GroupId(1);
const DRESS: TagId = TagId(1);
const RED: TagId = TagId(3);

#[track_caller]
fn check(photo: &Photo, wanted: &[&str], unwanted: &[&str]) {
    let wrong: Vec<&&str> = wanted.iter().filter(|line| !asks_for(line, photo)).collect();
    assert!(wrong.is_empty(), "should ask for {photo:?}: {wrong:?}");
    let wrong: Vec<&&str> = unwanted.iter().filter(|line| asks_for(line, photo)).collect();
    assert!(wrong.is_empty(), "should not ask for {photo:?}: {wrong:?}");
}

#[test]
fn words_are_looked_for_in_the_path() {
    let wanted = [
        "",
        "summer img_0",
        "\"summer DRESSES\"",
        "*_0001.jpg",
        "name:img_000?.jpg",
        "name:0001",
        "folder:dresses",
        "folder:photos/*",
        "winter OR summer",
        "NOT winter",
        "summer -winter",
        "Folder:\"Summer d\"dresses OR summer",
    ];
    let unwanted = ["winter", "summer*", "name:summer", "folder:img", "folder:dresses*", "summer winter", "-summer"];
    check(&Photo::default(), &wanted, &unwanted);
    check(&Photo { path: "ÉTÉ.jpg".into(), ..Photo::default() }, &["été", "folder:*"], &["folder:été", "ete"]);
}

#[test]
fn a_tag_is_known_proposed_or_open() {
    let yes = Photo { labels: vec![(DRESS, true)], decided: vec![CATEGORY], ..Photo::default() };
    check(
        &yes,
        &[
            "tag:dress",
            "tag:DRESS=yes",
            "tag:category/dress",
            "group:category=dress",
            "group:category=any",
            "tag:red=?",
        ],
        &[
            "tag:dress=no",
            "tag:dress=proposed",
            "tag:dress=?",
            "tag:hat=?",
            "tag:hat=no",
            "tag:hat",
            "group:category=?",
        ],
    );
    let no = Photo { labels: vec![(DRESS, false)], proposed: vec![DRESS], ..Photo::default() };
    check(
        &no,
        &["tag:dress=no", "NOT tag:dress", "group:category=?", "tag:hat=?"],
        &["tag:dress", "tag:dress=yes", "tag:dress=proposed", "tag:dress=?"],
    );
    let proposed = Photo { proposed: vec![RED], ..Photo::default() };
    check(
        &proposed,
        &["tag:red", "tag:colour/red", "tag:red=proposed", "group:colour=?", "tag:trim/red=?", "has:proposal"],
        &["tag:trim/red", "tag:colour/red=yes", "tag:colour/red=?", "group:colour=red", "group:colour=any"],
    );
    let odd = Photo { labels: vec![(TagId(5), true), (TagId(7), true), (TagId(8), true)], ..Photo::default() };
    check(
        &odd,
        &["tag:\"long sleeve\"", "tag:trim/\"long sleeve\"=yes", "group:colour=\"any\"", r#"tag:"a/b=\"c\\"=yes"#],
        &["group:colour=any", "tag:连衣裙"],
    );
}

#[test]
fn everything_else_that_can_be_asked() {
    let photo = Photo {
        labels: vec![(DRESS, true)],
        score: Some(0.55),
        is_unsure: true,
        is_duplicate: true,
        by: vec![LabelSource::Rule],
        size: Some((1200, 800)),
        modified: Some("2026-03-15T12:00:00Z".parse().unwrap()),
        ..Photo::default()
    };
    let wanted = [
        "score:<0.6",
        "score:0.4..0.6",
        "has:labels",
        "is:to-review",
        "is:unsure",
        "is:duplicate",
        "by:rule",
        "width:>1000",
        "height:800",
        "date:2026-03",
        "date:>=2026-01-01",
    ];
    let unwanted = [
        "score:>=0.9",
        "has:no-labels",
        "has:proposal",
        "is:reviewed",
        "is:broken",
        "is:missing",
        "by:person",
        "by:import",
        "by:proposal",
        "width:<1000",
        "date:2026-04..",
    ];
    check(&photo, &wanted, &unwanted);
    let reviewed = Photo { place: Place::Reviewed, is_unsure: true, ..Photo::default() };
    check(
        &reviewed,
        &["is:reviewed", "has:no-labels"],
        &["is:unsure", "is:to-review", "score:>=0", "width:>=0", "date:>1000"],
    );
}

#[test]
fn errors_name_the_word_and_what_was_meant() {
    let told = |line: &'static str| {
        let error = Query::parse(line, &vocabulary()).unwrap_err();
        (&line[error.span.clone()], error.to_string())
    };
    for (line, word, told_of_it) in [
        ("a tga:dress", "tga", "`tga:` cannot be asked for; quote it to look for it; did you mean tag?"),
        ("tag:drses AND x", "drses", "no tag is called `drses`; did you mean dress?"),
        ("tag:colour/rd=yes", "rd", "no tag of colour is called `rd`; did you mean red?"),
        ("tag:\"long sleve\"", "\"long sleve\"", "no tag is called `long sleve`; did you mean long sleeve?"),
        ("-tag:color/red", "color", "no tag group is called `color`; did you mean colour?"),
        ("tag:dress=maybe", "maybe", "`maybe` is none of yes, no, proposed, ?"),
        ("tag:dress=", "tag:dress=", "something is missing in `tag:`"),
        ("tag:/red", "tag:/red", "something is missing in `tag:`"),
        ("tag:\"\"", "tag:\"\"", "something is missing in `tag:`"),
        ("x \"\"", "\"\"", "nothing stands between the quotes"),
        ("group:colour=blue", "blue", "no tag of colour is called `blue`"),
        (
            "group:COLOUR",
            "group:COLOUR",
            "say what colour should be: colour=? while it is open, colour=any once it is decided, or a tag",
        ),
        ("has:no-lables", "no-lables", "`no-lables` is none of labels, no-labels, proposal; did you mean no-labels?"),
        ("width:wide", "wide", "`wide` is no whole number"),
        ("score:<60", "<60", "`60` is no score; scores go from 0 to 1"),
        ("date:2026-13 a", "2026-13", "`2026-13` is no date; write 2026, 2026-03 or 2026-03-31"),
        ("score:0.6..0.4", "0.6..0.4", "nothing lies between these two; the smaller one comes first"),
        ("(a", "(", "the parenthesis is not closed; add a ) at its end"),
    ] {
        assert_eq!(told(line), (word, told_of_it.to_owned()), "{line}");
    }
}

#[test]
fn every_name_can_be_asked_for() {
    for tag in vocabulary().tags {
        let line = format!("tag:{}=yes", quoted(&tag.name));
        check(&Photo { labels: vec![(tag.id, true)], ..Photo::default() }, &[&line], &[]);
    }
    assert_eq!(quoted("dress"), "dress");
    assert_eq!(quoted("连衣裙"), "连衣裙");
    for name in ["long sleeve", "", "-5", "NOT", "a=b", "*"] {
        assert_eq!(quoted(name), format!("\"{name}\""));
    }
}
