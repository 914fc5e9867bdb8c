//! Fine-tuning through the command: a catalogue's labels become a version, and what is cut off goes on.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use hangtag::catalogue::{GroupKind, RunState};
use hangtag::vision::ModelSource;
use hangtag::vision::cpu::Level;
use hangtag::workspace::{
    Answer, CacheKind, JobState, JobTask, LabelsFrom, Opening, Stop, TrainSettings, Workspace, evaluate_on,
};
use serde_json::{Value, json};

use crate::export::exports_say_what_version_1_says;
use crate::support::{
    Desk, Run, contents, images_below, keys, lay_demo, read_json, run_python, script, settle, tag_named, taught_desk,
    text, well_taught_desk,
};

/// Longer than a killed training takes to its first checkpoint.
const PATIENCE: Duration = Duration::from_mins(4);

/// `hangtag train` on the desk's catalogue, judged by its other photos.
pub fn train(desk: &Desk, more: &[&dyn AsRef<OsStr>]) -> Command {
    let (catalogue, others) = (desk.catalogue(), desk.at("others"));
    let mut arguments: Vec<&dyn AsRef<OsStr>> = vec![
        &"train",
        &"--catalogue",
        &catalogue,
        &"--json",
        &"--validation",
        &others,
        &"--labels-from",
        &"last-folder",
    ];
    arguments.extend(more);
    desk.command(&arguments)
}

fn lines(run: &Run) -> Vec<Value> {
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn run_folder(desk: &Desk) -> PathBuf {
    desk.at("work.hangtag-data/runs/1")
}

/// All that a run's checkpoint holds, its header and its numbers, but for how long the run took.
fn checkpoint(desk: &Desk) -> (Value, Vec<u8>) {
    let bytes = fs::read(run_folder(desk).join("checkpoint.safetensors")).unwrap();
    let (length, rest) = bytes.split_first_chunk::<8>().unwrap();
    let (header, numbers) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let mut header: Value = serde_json::from_slice(header).unwrap();
    let state = &mut header["__metadata__"]["hangtag training"];
    *state = serde_json::from_str(text(state)).unwrap();
    assert!(state["seconds"].take().as_f64().is_some_and(|seconds| seconds > 0.0));
    (header, numbers.to_vec())
}

/// The only backbone beside a catalogue: its name is the hash of its weights.
fn backbone(desk: &Desk) -> String {
    let mut names = fs::read_dir(desk.at("work.hangtag-data/backbones")).unwrap();
    let name = names.next().unwrap().unwrap().file_name().into_string().unwrap();
    assert!(names.next().is_none(), "one run makes one backbone");
    name
}

#[test]
fn a_catalogue_is_learnt_and_becomes_a_version() {
    let desk = taught_desk();
    let photos = contents(&desk.photos());
    let run = Run::from(train(&desk, &[&"--epochs", &"2", &"--activate", &"always"]).output().unwrap()).expect(0);
    let lines = lines(&run);
    assert_eq!(lines.len(), 3, "{}", run.stdout);
    let epoch = [
        "accuracy",
        "epoch",
        "images_per_second",
        "macro_f1",
        "peak_rss_mb",
        "seconds",
        "total_seconds",
        "train_loss",
        "validation_loss",
    ];
    assert!(lines[..2].iter().all(|line| keys(line) == epoch), "{}", run.stdout);
    assert_eq!((lines[0]["epoch"].as_i64(), lines[1]["epoch"].as_i64()), (Some(1), Some(2)));
    let last = &lines[2];
    assert_eq!((last["version"].as_i64(), last["activated"].as_bool()), (Some(1), Some(true)));
    let best = &lines[last["epoch"].as_u64().unwrap() as usize - 1];
    assert!(epoch.iter().all(|key| best[key] == last[key]), "the last line repeats the best epoch's");
    assert!(lines[1]["train_loss"].as_f64() < Some(0.8), "it begins at the fitted head: {}", run.stdout);

    // What is in use now stands on the trained backbone, and answers.
    let versions = desk.run(&[&"versions", &"--catalogue", &desk.catalogue(), &"list", &"--json"]).expect(0);
    assert!(versions.stdout.contains(&backbone(&desk)), "{}", versions.stdout);
    let (catalogue, others) = (desk.catalogue(), desk.at("others"));
    let evaluated = desk
        .run(&[&"evaluate", &"--catalogue", &catalogue, &"--on", &others, &"--labels-from", &"last-folder", &"--json"])
        .expect(0)
        .json();
    assert_eq!((evaluated["images"].as_u64(), evaluated["accuracy"].as_f64()), (Some(4), Some(1.0)), "{evaluated}");

    // What it took for what of the photos that it was judged by, which are not in the catalogue.
    let mut workspace = desk.open_looking();
    settle(&mut workspace);
    let group = workspace.vocabulary().groups[0].id;
    let found = workspace.confusions_of(&workspace.versions()[0], group).expect("the run kept its answers");
    assert_eq!((found.num_photos, found.num_outside), (4, 4));
    assert_eq!((found.count(0, 0), found.count(1, 1), found.images(0, 0).len()), (2, 2, 0));

    // All that is labelled was learnt from: it cannot tell how sure or how good the live head is, and what was chosen by
    // those others stays.
    let labelled: BTreeSet<_> = workspace.listing().images.iter().filter_map(|image| image.hash).collect();
    assert_eq!((labelled.len(), &workspace.model().unwrap().seen), (8, &labelled));
    let record = &workspace.versions()[0].record.groups[0];
    assert_eq!(workspace.heads().of(group).unwrap().choice, record.choice);

    // What proposes now is the live head, as good on those others as it was found to be before.
    let opening = Opening { model: Some(workspace.model_source().clone()), ..Opening::quiet(None, desk.places()) };
    let mut judges = Workspace::open(opening).unwrap();
    judges.start_import(&others);
    settle(&mut judges);
    let head = workspace.heads().of(group).unwrap();
    let metrics = evaluate_on(&judges, head, workspace.vocabulary(), &LabelsFrom::LastFolder).unwrap();
    let outcome = read_json(&run_folder(&desk).join("outcome.json"));
    let found_before = [&outcome["refitted"]["accuracy"], &outcome["refitted"]["macro_f1"]].map(Value::as_f64);
    assert_eq!(found_before, [Some(metrics.accuracy), Some(metrics.macro_f1)], "{outcome}");
    drop(workspace);
    let apply = desk.run(&[&"apply", &"--catalogue", &catalogue, &"--precision", &"0.5", &"--json"]).expect(1);
    let promised = apply.json()["groups"][0].clone();
    assert_eq!(promised["labels"], 0);
    assert!(text(&promised["refused"]).contains("the model was not trained on"), "{promised}");

    let folder = run_folder(&desk);
    for name in ["plan.json", "machine.json", "epochs.jsonl", "checkpoint.safetensors", "outcome.json"] {
        assert!(folder.join(name).is_file(), "{name}");
    }
    let machine = read_json(&folder.join("machine.json"));
    let is_bf16 = Level::from_env().unwrap().multiplies_bf16();
    assert_eq!(machine["precision"].as_str(), Some(if is_bf16 { "bf16" } else { "f32" }));
    let runs = desk.run(&[&"runs", &"--catalogue", &desk.catalogue(), &"--json"]).expect(0).json();
    assert_eq!((text(&runs[0]["state"]), &runs[0]["machine"]), ("done", &machine));
    assert_eq!(contents(&desk.photos()), photos, "photos are only read");
    exports_say_what_version_1_says(&desk);
}

#[test]
fn the_head_alone_can_be_trained_and_the_same_seed_gives_the_same_model() {
    let desk = taught_desk();
    let head = Run::from(train(&desk, &[&"--unfreeze", &"head", &"--epochs", &"2"]).output().unwrap()).expect(0);
    assert_eq!(lines(&head).len(), 3);
    assert!(!desk.at("work.hangtag-data/backbones").exists(), "the backbone is as it was");
    let trained = |seed: &str| {
        let desk = taught_desk();
        let run = train(&desk, &[&"--epochs", &"2", &"--seed", &seed, &"--activate", &"never"]).output().unwrap();
        let run = Run::from(run).expect(0);
        assert_eq!(lines(&run)[2]["activated"].as_bool(), Some(false));
        backbone(&desk)
    };
    let first = trained("7");
    assert_eq!(first, trained("7"));
    assert_ne!(first, trained("8"));
}

#[test]
fn a_model_that_is_no_better_than_the_one_in_use_is_kept_and_not_used() {
    let desk = taught_desk();
    let head = [&"--unfreeze" as &dyn AsRef<OsStr>, &"head", &"--epochs", &"1"];
    Run::from(train(&desk, &[&head[..], &[&"--activate", &"always"]].concat()).output().unwrap()).expect(0);
    let run = Run::from(train(&desk, &head).output().unwrap()).expect(0);
    let last = lines(&run).pop().unwrap();
    assert_eq!((last["version"].as_i64(), last["activated"].as_bool()), (Some(2), Some(false)), "{last}");
    let outcome = read_json(&desk.at("work.hangtag-data/runs/2/outcome.json"));
    let in_use = &outcome["in_use"];
    assert_eq!((in_use["version"].as_i64(), in_use["accuracy"].as_f64()), (Some(1), Some(1.0)), "{outcome}");
    assert!(in_use["macro_f1"].as_f64() >= outcome["macro_f1"].as_f64(), "{outcome}");
    let workspace = desk.open();
    assert_eq!((workspace.versions().len(), workspace.version_in_use()), (2, Some(1)));
    let measured = workspace.versions()[1].record.groups[0].measured.as_ref().unwrap();
    assert!(measured.metrics.calibration_error_before.is_some());
}

#[test]
#[ignore = "needs Python with TensorBoard; run by .ci/run"]
fn tensorboard_reads_what_a_run_leaves() {
    let desk = taught_desk();
    let mut workspace = desk.open();
    let parts = workspace.add_group("parts", GroupKind::AnyOf).unwrap();
    workspace.add_tag(Some(parts), "handle").unwrap();
    let handle = tag_named(&workspace, "parts", "handle");
    for (kind, answer) in [("mugs/", Answer::Yes), ("bowls/", Answer::No)] {
        let images = images_below(workspace.listing(), kind);
        workspace.answer(&images, handle, answer).unwrap();
    }
    drop(workspace);
    // Of the second bowl nothing is said but that it has no handle.
    let truth = "path,group,tag,value\n\
                 bowls/bowl-05.jpg,category,bowls,yes\nbowls/bowl-06.jpg,parts,handle,no\n\
                 mugs/mug-05.jpg,category,mugs,yes\nmugs/mug-05.jpg,parts,handle,yes\n\
                 mugs/mug-06.jpg,category,mugs,yes\n";
    fs::write(desk.at("truth.csv"), truth).unwrap();
    let mut command = desk.command(&[&"train", &"--catalogue", &desk.catalogue(), &"--json", &"--epochs", &"3"]);
    command.arg("--validation").arg(desk.at("others")).args(["--labels-from", "truth.csv"]);
    let run = Run::from(command.output().unwrap()).expect(0);
    let read = run_python(&[&script("read_events.py"), &run_folder(&desk)]).expect(0).json();
    let epochs = lines(&run);
    for (tag, key) in [
        ("loss/train", "train_loss"),
        ("loss/validation", "validation_loss"),
        ("accuracy/validation", "accuracy"),
        ("macro F1/validation", "macro_f1"),
    ] {
        for (epoch, point) in read["scalars"][tag].as_array().unwrap().iter().enumerate() {
            assert_eq!(point[0].as_u64(), Some(epoch as u64 + 1), "{tag}");
            let (shown, printed) = (point[1].as_f64().unwrap(), epochs[epoch][key].as_f64().unwrap());
            assert!((shown - printed).abs() < 1e-6, "{tag}: {shown} is shown, {printed} was printed");
        }
        assert_eq!(read["scalars"][tag].as_array().unwrap().len(), 3);
    }
    for (tag, least) in [("rate/head", 1e-9), ("rate/body", 1e-9), ("gradient norm", 1e-9), ("images per second", 0.1)]
    {
        let points = read["scalars"][tag].as_array().unwrap();
        assert!(points.len() == 3 && points.iter().all(|point| point[1].as_f64() >= Some(least)), "{tag}: {points:?}");
    }
    assert_eq!(read["scalars"]["skipped steps"][2][1].as_f64(), Some(0.0), "in f32 nothing leaves its range");
    assert_eq!(read["histograms"]["layer4.0.conv1.weight"].as_f64(), Some(512.0 * 256.0));
    assert!(read["images"]["confusion/category"][0].as_u64() >= Some(256));
    let legend = read["texts"]["tags of confusion/category"].as_str().unwrap();
    assert!(legend.contains("| bowls | 1 |") && legend.contains("| mugs | 2 |"), "{legend}");
    let nodes: Vec<&str> = read["graph"].as_array().unwrap().iter().map(|node| node[0].as_str().unwrap()).collect();
    let inputs = read["graph"].as_array().unwrap().iter().flat_map(|node| node[2].as_array().unwrap());
    assert!(inputs.map(|input| input.as_str().unwrap()).all(|input| nodes.contains(&input)), "every input is a node");
    assert!(nodes.contains(&"layer4/2/conv3") && nodes.contains(&"heads/0_category"), "{nodes:?}");
    // Two runs are compared, by all settings and by how good they were last.
    let columns: BTreeSet<&str> = read["columns"].as_array().unwrap().iter().map(text).collect();
    assert_eq!(read["sessions"].as_array().unwrap().len(), 2);
    for session in read["sessions"].as_array().unwrap() {
        let settings = &session["settings"];
        assert_eq!((settings["epochs"].as_f64(), settings["unfreeze"].as_str()), (Some(3.0), Some("layer4")));
        assert_eq!(keys(settings).into_iter().collect::<BTreeSet<_>>(), columns);
        for (tag, value) in session["metrics"].as_object().unwrap() {
            assert_eq!(value, &read["scalars"][tag][2][1], "{tag}");
        }
        assert_eq!(keys(&session["metrics"]).len(), 3);
    }
    let projector = &read["projector"];
    assert_eq!((projector["runs"].as_u64(), projector["numbers"].as_u64()), (Some(2), Some(4 * 1536)));
    assert_eq!(projector["sprite"][0], projector["sprite"][1]);
    assert_eq!(projector["labels"], json!(["bowls", "–", "mugs, handle", "mugs"]));
}

/// Kills a training once it has written down so many epochs, and a little later.
fn kill_after(mut child: std::process::Child, folder: &Path, num_epochs: usize, pause: Duration) {
    let started = Instant::now();
    let num_lines = || fs::read_to_string(folder.join("epochs.jsonl")).map_or(0, |text| text.lines().count());
    while num_lines() < num_epochs && child.try_wait().unwrap().is_none() && started.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(pause);
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success(), "it was over before it could be killed");
}

#[test]
fn a_killed_training_goes_on_to_the_same_bits() {
    goes_on_to_the_same_bits(&[&"--epochs", &"6"]);
}

#[test]
fn the_whole_network_is_trained_and_goes_on_to_the_same_bits_when_killed() {
    let desk = goes_on_to_the_same_bits(&[&"--epochs", &"4", &"--unfreeze", &"all", &"--activate", &"always"]);
    let activations = contents(&desk.cache()).into_keys().filter(|path| path.ends_with(".activations"));
    assert_eq!(activations.count(), 0, "nothing is cached");
    // What the stages said while they were trained is what the network says that was made of them.
    let outcome = fs::read(run_folder(&desk).join("outcome.json")).unwrap();
    let outcome: Value = serde_json::from_slice(&outcome).unwrap();
    assert_eq!(outcome["accuracy"], outcome["best"]["accuracy"], "{outcome}");
    let model = desk.at("work.hangtag-data/backbones").join(backbone(&desk));
    let (weights, _) = ModelSource::parse(model.to_str().unwrap()).unwrap().folded().unwrap();
    let (published, _) = ModelSource::Starter.folded().unwrap();
    assert_ne!(weights.stem.weight, published.stem.weight);
    assert_ne!(weights.stages[0][0].convs[0].weight, published.stages[0][0].convs[0].weight);
}

/// Kills a training twice, and gives the desk where it went on to what an uninterrupted one gives.
fn goes_on_to_the_same_bits(settings: &[&dyn AsRef<OsStr>]) -> Desk {
    let whole = taught_desk();
    let expected = Run::from(train(&whole, settings).output().unwrap()).expect(0);
    let desk = taught_desk();
    let folder = run_folder(&desk);
    let start = |mut command: Command| command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    kill_after(start(train(&desk, settings)), &folder, 0, Duration::from_millis(700));
    let resume: [&dyn AsRef<OsStr>; 6] = [&"train", &"--catalogue", &desk.catalogue(), &"--json", &"--resume", &"1"];
    if folder.join("plan.json").exists() {
        kill_after(start(desk.command(&resume)), &folder, 2, Duration::from_millis(20));
    } else {
        // It was killed before the run began.
        kill_after(start(train(&desk, settings)), &folder, 2, Duration::from_millis(20));
    }
    let run = desk.run(&resume).expect(0);
    let (ours, theirs) = (lines(&run), lines(&expected));
    assert!(ours.len() < theirs.len(), "what was done is not done again");
    let bits = |line: &Value| [&line["epoch"], &line["train_loss"], &line["validation_loss"]].map(ToString::to_string);
    assert_eq!(ours.last().map(bits), theirs.last().map(bits));
    assert_eq!(backbone(&desk), backbone(&whole));
    assert!(checkpoint(&desk) == checkpoint(&whole), "all that was trained is the same, bit for bit");
    desk.run(&resume).expect(1).complains_of(&["run 1 is done"]);
    // The time before it was killed counts.
    let epochs = fs::read_to_string(folder.join("epochs.jsonl")).unwrap();
    let epochs: Vec<Value> = epochs.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for pair in epochs.windows(2) {
        let [before, after, took] = [&pair[0]["total_seconds"], &pair[1]["total_seconds"], &pair[1]["seconds"]]
            .map(|seconds| seconds.as_f64().unwrap());
        assert!(after > before + 0.99 * took, "{pair:?}");
    }
    desk
}

#[test]
fn what_cannot_be_trained_is_refused_with_a_way_out() {
    let desk = taught_desk();
    Run::from(train(&desk, &[&"--unfreeze", &"layer2"]).output().unwrap()).expect(2).complains_of(&["layer3 or all"]);
    let f16 = train(&desk, &[&"--device", &"cpu", &"--precision", &"f16"]).output().unwrap();
    Run::from(f16).expect(1).complains_of(&["f16", "begin a run in auto or f32"]);
    Run::from(train(&desk, &[&"--precision", &"f8"]).output().unwrap()).expect(2).complains_of(&["bf16"]);
    if cfg!(not(feature = "cuda")) {
        Run::from(train(&desk, &[&"--device", &"cuda"]).output().unwrap()).expect(1).complains_of(&["choose `cpu`"]);
    }
    Run::from(train(&desk, &[&"--epochs", &"0"]).output().unwrap()).expect(1).complains_of(&["epochs"]);
    Run::from(train(&desk, &[&"--group", &"colour"]).output().unwrap()).expect(1).complains_of(&["colour"]);
    let resume = desk.run(&[&"train", &"--catalogue", &desk.catalogue(), &"--resume", &"5"]).expect(1);
    resume.complains_of(&["no run 5"]);
    let empty = Desk::new();
    lay_demo(&empty.photos(), "mugs", 2);
    empty.run(&[&"import", &empty.photos(), &"--catalogue", &empty.catalogue()]).expect(0);
    empty.run(&[&"train", &"--catalogue", &empty.catalogue()]).expect(1).complains_of(&["too few labels"]);
    assert!(empty.open().runs().unwrap().is_empty(), "what cannot begin is no run");
}

/// A workspace in which a training of very many epochs has made its first two.
fn in_training() -> (Desk, Workspace) {
    let desk = well_taught_desk();
    let mut workspace = desk.open_looking();
    settle(&mut workspace);
    let mut settings = TrainSettings::default();
    settings.recipe.epochs = 500;
    settings.recipe.patience = 500;
    workspace.start_training(settings, None).unwrap();
    let started = Instant::now();
    while workspace.training().is_none_or(|training| training.epochs.len() < 2) {
        assert!(started.elapsed() < PATIENCE, "there were no epochs");
        thread::sleep(Duration::from_millis(20));
        workspace.poll();
    }
    (desk, workspace)
}

#[test]
fn the_cache_of_activations_stays_within_its_budget_whatever_other_catalogues_left_there() {
    const BUDGET: u64 = 3_000_000;
    let desk = Desk::new();
    let trained_on = |name: &str, kinds: [&str; 2]| {
        let (folder, catalogue) = (desk.at(name), desk.at(&format!("{name}.hangtag")));
        for kind in kinds {
            lay_demo(&folder, kind, 6);
        }
        desk.run(&[&"import", &folder, &"--catalogue", &catalogue, &"--labels-from", &"last-folder"]).expect(0);
        let mut workspace = Workspace::open(Opening::quiet(Some(&catalogue), desk.places())).unwrap();
        settle(&mut workspace);
        let mut settings = TrainSettings { cache_bytes: BUDGET, ..TrainSettings::default() };
        settings.recipe.epochs = 1;
        workspace.start_training(settings, None).unwrap();
        settle(&mut workspace);
        assert_eq!(workspace.versions().len(), 1);
        let files = fs::read_dir(desk.places().activations()).unwrap().map(|entry| entry.unwrap().metadata().unwrap());
        files.map(|file| file.len()).sum::<u64>()
    };
    let first = trained_on("first", ["mugs", "bowls"]);
    assert!(first > BUDGET / 2, "another catalogue's do not fit beside these: {first}");
    let second = trained_on("second", ["lamps", "chairs"]);
    assert!((BUDGET / 2..=BUDGET).contains(&second), "{second}");
    // Where there is no room for one view of each photo, that is said before anything is computed.
    let first = desk.at("first.hangtag");
    let mut workspace = Workspace::open(Opening::quiet(Some(&first), desk.places())).unwrap();
    settle(&mut workspace);
    let settings = TrainSettings { cache_bytes: BUDGET / 20, ..TrainSettings::default() };
    let refused = workspace.start_training(settings, None).unwrap_err().to_string();
    assert!(refused.contains("the budget of the cache") && refused.contains("--cache-gb"), "{refused}");
    assert_eq!(workspace.runs().unwrap().len(), 1, "what cannot begin is no run");
    // All of it can be cleared, and of the other caches nothing goes with it.
    desk.places().clear(CacheKind::Activations).unwrap();
    assert!(!desk.places().activations().exists() && desk.places().features().is_dir());
}

#[test]
fn a_cancelled_training_keeps_the_best_so_far() {
    let (desk, mut workspace) = in_training();
    assert!(workspace.start_training(TrainSettings::default(), None).is_err(), "one at a time");
    // The photos go missing meanwhile: the training does not need them any more, but nothing can be measured by them.
    fs::remove_dir_all(desk.photos()).unwrap();
    let id = workspace.jobs().iter().find(|job| job.task == JobTask::Train).map(|job| job.id).unwrap();
    workspace.cancel(id);
    settle(&mut workspace);
    let state = workspace.jobs().iter().find(|job| job.id == id).map(|job| job.state.clone());
    assert_eq!(state, Some(JobState::Cancelled));
    let outcome = workspace.training().and_then(|training| training.outcome.clone()).expect("there were epochs");
    assert!(outcome.best.epoch >= 1 && workspace.versions().len() == 1, "{outcome:?}");
    assert!(workspace.versions()[0].record.groups.iter().all(|group| group.measured.is_none()));
    assert_eq!((outcome.accuracy, outcome.live_accuracy), (0.0, 0.0), "all are compared on the same photos");
    let runs = workspace.runs().unwrap();
    assert_eq!((runs[0].state, runs[0].version), (RunState::Cancelled, Some(1)));
}

#[test]
fn a_training_stopped_before_it_is_under_way_again_keeps_the_best_of_the_first_time() {
    let (_desk, mut workspace) = in_training();
    workspace.stop_training(Stop::Pause);
    settle(&mut workspace);
    assert_eq!(workspace.runs().unwrap()[0].state, RunState::Paused);
    assert!(workspace.versions().is_empty());
    workspace.resume_training(1).unwrap();
    workspace.stop_training(Stop::KeepBest);
    settle(&mut workspace);
    let outcome = workspace.training().and_then(|training| training.outcome.clone()).expect("there were epochs");
    assert!(outcome.best.epoch >= 1 && workspace.versions().len() == 1, "{outcome:?}");
}

#[cfg(unix)]
#[test]
fn a_training_that_ctrl_c_stops_is_paused_and_goes_on() {
    let desk = taught_desk();
    // Unless it is stopped, it ends when it does not get better any more.
    let mut command = train(&desk, &[&"--epochs", &"40"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let started = Instant::now();
    while fs::read(run_folder(&desk).join("epochs.jsonl")).unwrap_or_default().is_empty() {
        assert!(started.elapsed() < PATIENCE, "there was no epoch");
        thread::sleep(Duration::from_millis(5));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    Run::from(child.wait_with_output().unwrap()).expect(130).complains_of(&["hangtag train --resume 1"]);
    let listed = desk.run(&[&"runs", &"--catalogue", &desk.catalogue(), &"--json"]).expect(0).json();
    assert_eq!((text(&listed[0]["state"]), &listed[0]["version"]), ("paused", &Value::Null));
    assert!(desk.open().versions().is_empty(), "nothing became of it yet");
    desk.run(&[&"train", &"--catalogue", &desk.catalogue(), &"--resume", &"1"]).expect(0);
    let workspace = desk.open();
    assert_eq!((workspace.runs().unwrap()[0].state, workspace.versions().len()), (RunState::Done, 1));
}

#[test]
fn a_training_whose_lines_nobody_reads_any_more_is_paused() {
    let desk = taught_desk();
    let mut command = train(&desk, &[&"--epochs", &"40"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    Run::from(child.wait_with_output().unwrap()).expect(130).complains_of(&["hangtag train --resume 1"]);
}

#[test]
fn a_run_is_listed_once_it_can_be_gone_on_with_and_becomes_one_version() {
    let desk = taught_desk();
    let (catalogue, runs) = (desk.catalogue(), desk.at("work.hangtag-data/runs"));
    fs::create_dir_all(runs.parent().unwrap()).unwrap();
    fs::write(&runs, "a file where the folder belongs").unwrap();
    let settings: [&dyn AsRef<OsStr>; 4] = [&"--unfreeze", &"head", &"--epochs", &"2"];
    Run::from(train(&desk, &settings).output().unwrap()).expect(1).complains_of(&["work.hangtag-data"]);
    assert!(desk.open().runs().unwrap().is_empty(), "a run without its plan could never go on");
    fs::remove_file(&runs).unwrap();

    // A catalogue that was put back to before its first run has forgotten it; the next run is another, with its own folder.
    let before = desk.at("before.hangtag");
    fs::copy(&catalogue, &before).unwrap();
    Run::from(train(&desk, &settings).output().unwrap()).expect(0);
    fs::rename(&before, &catalogue).unwrap();
    let run = Run::from(train(&desk, &settings).output().unwrap()).expect(0);
    let epochs = |number: &str| fs::read_to_string(runs.join(number).join("epochs.jsonl")).unwrap().lines().count();
    assert_eq!((epochs("1"), epochs("2"), lines(&run).len()), (2, 2, 3));

    // Killed when its version was there already: what it comes to is the same version.
    let database = rusqlite::Connection::open(&catalogue).unwrap();
    database.execute("UPDATE runs SET state = 'running', version = NULL", []).unwrap();
    drop(database);
    // It goes on in the precision that its record names, whatever is best here; no processor trains in this one.
    let machine = runs.join("2/machine.json");
    let recorded = fs::read_to_string(&machine).unwrap();
    fs::write(&machine, recorded.replace(r#""precision": "f32""#, r#""precision": "f16""#)).unwrap();
    let resume: [&dyn AsRef<OsStr>; 5] = [&"train", &"--catalogue", &catalogue, &"--resume", &"2"];
    desk.run(&resume).expect(1).complains_of(&["f16", "begin a run in auto or f32"]);
    fs::write(&machine, recorded).unwrap();
    desk.run(&resume).expect(0);
    let workspace = desk.open();
    assert_eq!((workspace.versions().len(), workspace.runs().unwrap()[0].version), (1, Some(1)));
}
