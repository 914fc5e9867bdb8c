//! The model card, `README.md`: what the model is, how good it is, and how it is used.

use std::fmt::Write;

use super::Format;
use super::judge::which_photos;
use super::model::{AboutGroup, Model};
use super::write::{Report, Verdict};

/// The card as Markdown (Mitchell et al., *Model Cards for Model Reporting*, 2019, as far as the app knows the answers).
pub fn card(model: &Model, report: &Report, files: &[String]) -> String {
    let (about, preprocess) = (&model.about, &model.spec.preprocess);
    let mut text = String::new();
    let mut line = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    line(&format!("# {}, version {}\n", one_line(&about.name), about.version));
    line(&format!(
        "Tags product photos. Made on {}, written by Hangtag {}.\n",
        about.created,
        env!("CARGO_PKG_VERSION")
    ));
    line("| | |\n| --- | --- |");
    line(&format!("| format | {} {}: {} |", report.format, report.precision, files.join(", ")));
    line(&format!("| backbone | {}, licence: {} |", one_line(&model.spec.name), licence(&model.spec.licence)));
    line(&format!(
        "| input | RGB, upright; transparent parts over white; short side to {} ({:?}, antialiased), middle {} × {} cut out; \
         divided by 255, less {:?}, divided by {:?} (`preprocess.json`; `prepare.py` does it) |",
        preprocess.resize, preprocess.interpolation, preprocess.crop, preprocess.crop, preprocess.mean, preprocess.std
    ));
    line(
        "| output | `probabilities` [batch, tags], calibrated, in the order of `labels.json`; of each `one of` group they sum to one |",
    );
    line(&format!("| checked | {} |\n", checked(report)));
    line("## Use\n");
    line(&format!("```python\n{}```\n", usage(report)));
    line(
        "`python verify.py` runs the model with the runtime that it is made for, on the photos in `parity/`, and holds every probability against the app's.\n",
    );
    line("## Groups\n");
    for group in &about.groups {
        line(&group_card(group));
    }
    line("## Limits\n");
    line(
        "It knows the photos of one catalogue. On photos of another kind its probabilities are not calibrated, and a tag that it was not taught it cannot give.",
    );
    text
}

fn group_card(group: &AboutGroup) -> String {
    let mut text = format!(
        "### {}\n\nTaught by {} labelled photos; temperature {:.3}.",
        one_line(&group.group),
        group.photos,
        group.temperature
    );
    match (group.accuracy, group.macro_f1, group.calibration_error) {
        (Some(accuracy), Some(macro_f1), Some(calibration)) => {
            let [accuracy, macro_f1, calibration] = [accuracy, macro_f1, calibration].map(|share| 100.0 * share);
            let _ = write!(
                text,
                " On photos held out it is right of {accuracy:.1} %, its macro F1 is {macro_f1:.1} %, and its probabilities are \
                 {calibration:.1} % off on average."
            );
        }
        _ => text.push_str(" Not measured on photos held out."),
    }
    text.push_str("\n\n| tag | photos | precision | recall |\n| --- | --- | --- | --- |\n");
    for tag in &group.per_tag {
        let percent =
            |share: Option<f64>| share.map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", 100.0 * share));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            cell(&tag.tag),
            tag.photos,
            percent(tag.precision),
            percent(tag.recall)
        );
    }
    text
}

fn checked(report: &Report) -> String {
    let mut text = match &report.verdict {
        Verdict::Agrees => "by the app".to_owned(),
        Verdict::Insisted(fault) => format!("**beyond its bounds**, kept on demand: {fault}"),
        Verdict::NotYetVerified => {
            "not yet verified, until `python verify.py` ran: what it found right lies in `verified.json`".to_owned()
        }
    };
    if let Some(judgement) = &report.judgement {
        let _ = write!(
            text,
            "; {} photos, largest difference of a probability {:.1e}; in the group {} the app's decision in {}, on {} {}",
            judgement.compared,
            judgement.largest_difference,
            cell(&judgement.worst_group),
            judgement.agreement,
            judgement.images,
            which_photos(judgement.is_held_out)
        );
        let _ = if judgement.accuracy.of > 0 {
            let which = which_photos(judgement.is_accuracy_held_out);
            write!(text, "; right of {}, the app of {}, on {which}", judgement.accuracy, judgement.accuracy_app)
        } else {
            write!(text, "; how often it is right is not known")
        };
    }
    text
}

/// The three lines that use the file.
pub fn usage(report: &Report) -> String {
    match report.format {
        Format::Bundle => {
            "import model\nclassifier = model.load(\".\")\nprint(classifier.tag(\"photo.jpg\"))\n".to_owned()
        }
        Format::Onnx => "import onnxruntime, verify\n\
             session = onnxruntime.InferenceSession(\"model-image.onnx\")\n\
             print(session.run(None, {\"images\": verify.prepare([\"photo.jpg\"])})[0])\n"
            .to_owned(),
        Format::SavedModel => "import tensorflow, verify\nmodel = tensorflow.saved_model.load(\".\")\n\
             photos = tensorflow.constant(verify.prepare([\"photo.jpg\"]))\n\
             print(model.signatures[\"serving_default\"](images=photos))\n"
            .to_owned(),
        Format::TfLite => "import verify\nfrom ai_edge_litert.interpreter import Interpreter\n\
             print(Interpreter(\"model.tflite\").get_signature_runner()(images=verify.prepare([\"photo.jpg\"])))\n"
            .to_owned(),
        Format::CoreMl => "import coremltools, verify\nfrom PIL import Image\n\
             photo = Image.fromarray(verify.prepare([\"photo.jpg\"])[0])\n\
             print(coremltools.models.MLModel(\"model.mlpackage\").predict({\"image\": photo}))\n"
            .to_owned(),
    }
}

fn licence(licence: &str) -> &str {
    if licence.is_empty() { "not stated" } else { licence }
}

/// Text as a cell of a table holds it.
fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
