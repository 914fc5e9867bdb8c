//! A clock that is set back, and a computer with little memory.

use std::ffi::OsStr;
use std::process::Command;

use crate::support::{Desk, Run, lay_demo, lay_picture};
use crate::{is_all, is_sound};

/// The program, started by another one.
fn run_by(desk: &Desk, starter: &[&str], arguments: &[&dyn AsRef<OsStr>]) -> Run {
    let program = desk.command(arguments);
    let mut command = Command::new(starter[0]);
    command.args(&starter[1..]).arg(program.get_program()).args(program.get_args()).current_dir(desk.at(""));
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.output().unwrap_or_else(|error| panic!("{} is not installed: {error}", starter[0])).into()
}

#[test]
#[ignore = "needs faketime"]
fn with_the_clock_set_back_a_year_the_last_answer_counts() {
    let desk = Desk::new();
    lay_picture(&desk.photo("a.png"), 1);
    desk.import();
    let (catalogue, a_year_ago) = (desk.catalogue(), ["faketime", "-f", "-365d"]);
    desk.run(&[&"label", &"--catalogue", &catalogue, &"a.png", &"category=mug"]).expect(0);
    run_by(&desk, &a_year_ago, &[&"label", &"--catalogue", &catalogue, &"a.png", &"category=bowl"]).expect(0);
    lay_picture(&desk.photo("b.png"), 2);
    run_by(&desk, &a_year_ago, &[&"import", &desk.photos(), &"--catalogue", &catalogue]).expect(0);

    let labels = desk.run(&[&"labels", &"--catalogue", &catalogue]).expect(0).stdout;
    assert!(labels.contains("a.png,category,bowl,yes") && !labels.contains("mug,yes"), "{labels}");
    let mut workspace = desk.open();
    assert_eq!(workspace.listing().images.len(), 2);
    workspace.undo().unwrap();
    let labels = desk.run(&[&"labels", &"--catalogue", &catalogue]).expect(0).stdout;
    assert!(labels.contains("a.png,category,mug,yes"), "undo goes by what was done last, not by the clock: {labels}");
    assert!(is_sound(&catalogue));
}

#[test]
#[ignore = "limits the memory of a program that does real work"]
fn a_gigabyte_of_memory_is_enough() {
    const LIMIT: &str = "--as=1073741824";
    let desk = Desk::new();
    for kind in ["mugs", "bowls", "balls"] {
        lay_demo(&desk.photos(), kind, 8);
    }
    let (catalogue, photos) = (desk.catalogue(), desk.photos());
    let limited = |arguments: &[&dyn AsRef<OsStr>]| run_by(&desk, &["prlimit", LIMIT], arguments);
    limited(&[&"import", &photos, &"--catalogue", &catalogue, &"--labels-from", &"last-folder"]).expect(0);
    let run = limited(&[&"tag", &photos, &"--catalogue", &catalogue, &"--format", &"json"]).expect(0);
    assert_eq!(run.json()["images"].as_array().unwrap().len(), 24);
    // Its steps alone take more: that is said before anything is done, where the system would end the program later.
    limited(&[&"train", &"--catalogue", &catalogue, &"--unfreeze", &"all"])
        .expect(1)
        .complains_of(&["GB of memory are needed", "`--unfreeze head`"]);
    if is_all() {
        limited(&[&"train", &"--catalogue", &catalogue, &"--unfreeze", &"head", &"--activate", &"never"]).expect(0);
        for format in ["onnx", "bundle", "savedmodel", "tflite", "coreml", "tfrecord"] {
            limited(&[&"export", &"--catalogue", &catalogue, &"--format", &format, &"--out", &desk.at(format)])
                .expect(0);
        }
    }

    // 100 million pixels, as many as are taken, fit as well.
    image::RgbImage::new(9990, 9990).save(desk.photo("huge.png")).unwrap();
    limited(&[&"import", &photos, &"--catalogue", &catalogue]).expect(0);
    limited(&[&"tag", &photos, &"--catalogue", &catalogue]).expect(0);
    let labels = desk.run(&[&"labels", &"--catalogue", &catalogue]).expect(0).stdout;
    assert_eq!(labels.lines().count(), 25);
    assert!(is_sound(&catalogue));
}
