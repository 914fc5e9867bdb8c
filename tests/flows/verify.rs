//! What `verify.py` says of an export, and what it notes beside it.

use std::fs;

use serde_json::Value;

use crate::exports::export;
use crate::support::{Run, python, read_json, run_python, taught_desk, text};

#[test]
#[ignore = "needs Python with the runtimes of tests/flows/requirements-export.txt; run by .ci/run"]
fn verify_says_no_where_it_must() {
    let desk = taught_desk();
    let without = desk.at("without");
    fs::create_dir(&without).unwrap();
    fs::write(without.join("onnxruntime.py"), "raise ImportError(name='onnxruntime')").unwrap();
    // One is judged by its probabilities, the other by its decisions.
    for precision in ["f32", "int8"] {
        let out = desk.at(precision);
        export(&desk, "onnx", &out, &[&"--precision", &precision]).expect(0);
        let (verify, note) = (out.join("verify.py"), out.join("verified.json"));
        run_python(&[&verify]).expect(0);
        assert!(note.is_file());
        // Without the runtime nothing was verified.
        let run: Run = python().arg(&verify).env("PYTHONPATH", &without).output().unwrap().into();
        run.expect(2).complains_of(&["onnxruntime is not installed"]);
        assert!(note.is_file(), "that says nothing of the model");
        // One photo with its two answers in each other's place is found.
        let expected = out.join("parity/expected.npy");
        let mut bytes = fs::read(&expected).unwrap();
        let last = bytes.len() - 8;
        bytes[last..].rotate_left(4);
        fs::write(&expected, bytes).unwrap();
        let run = run_python(&[&verify]);
        assert!(run.stdout.contains("BEYOND THE BOUND"), "{}", run.stdout);
        run.expect(1);
        assert!(!note.exists(), "it is verified no more");
    }
}

#[test]
#[ignore = "needs Python with the runtimes of tests/flows/requirements-export.txt; run by .ci/run"]
fn a_note_tells_of_what_ran_and_of_the_model_alone() {
    let desk = taught_desk();
    let out = desk.at("out");
    export(&desk, "savedmodel", &out, &[]).expect(0);
    let folder = out.join("1");
    let (verify, note, parity) =
        (folder.join("verify.py"), folder.join("verified.json"), folder.join("parity/parity.json"));
    // TensorFlow decodes a photo otherwise than the app does, which is no difference of the model.
    let said = run_python(&[&verify, &"--json"]).expect(0).json();
    let results = said["results"].as_array().unwrap();
    let (of_photos, of_inputs): (Vec<&Value>, Vec<&Value>) =
        results.iter().partition(|result| text(&result["what"]).ends_with("photos as files"));
    let most = |results: &[&Value]| {
        results.iter().map(|result| result["largest_difference"].as_f64().unwrap()).fold(0.0, f64::max)
    };
    assert!(most(&of_photos) > most(&of_inputs), "{said}");
    let noted = read_json(&note);
    assert_eq!(noted["largest_difference"].as_f64(), Some(most(&of_inputs)), "{said}");
    assert_eq!(noted["ran"].as_array().map(Vec::len), Some(results.len()));
    // Where no photo is there for TensorFlow to decode, nothing is said of `bytes`.
    let mut photos = read_json(&parity);
    for photo in photos["photos"].as_array_mut().unwrap() {
        photo["plain"] = false.into();
    }
    fs::write(&parity, photos.to_string()).unwrap();
    run_python(&[&verify]).expect(0).complains_of(&["bytes: no plain JPEG or PNG among the photos, not verified"]);
    let ran = read_json(&note)["ran"].take();
    let ran: Vec<&str> = ran.as_array().unwrap().iter().map(text).collect();
    assert!(ran.contains(&"float") && !ran.iter().any(|what| what.starts_with("bytes")), "{ran:?}");
}
