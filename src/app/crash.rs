//! What a mistake in the window leaves behind: a report beside the log, of which the next start tells.

use std::backtrace::Backtrace;
use std::fs;
use std::panic;
use std::path::{Path, PathBuf};
use std::thread;

use jiff::Timestamp;

use crate::failure::without_quotations;

/// How a report ends that nobody was told of yet, and one that somebody was.
const NEW: &str = "new";
const TOLD: &str = "txt";

/// Reports that are kept: the newest.
const MAX_REPORTS: usize = 10;

/// From now on a panic of this thread, which is the window's, writes a report into the folder of the log. Those of other
/// threads are caught where they happen and told as failures: they only leave a line in the log.
///
/// The words of a panic may quote a person's: a string that is cut within a character is named in full. The log has the
/// place alone, the report the words without what they quote.
pub fn watch(logs: &Path) {
    let (logs, window) = (logs.to_owned(), thread::current().id());
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        tracing::error!("a mistake in Hangtag at {place}");
        if thread::current().id() == window {
            // There is nobody to tell that this did not work either.
            let _ = write(&logs, &without_quotations(&panic.to_string()));
        }
        before(panic);
    }));
}

fn write(logs: &Path, panic: &str) -> std::io::Result<()> {
    let now = Timestamp::now();
    let text = format!(
        "Hangtag {} on {} {}, {now}\n\n{panic}\n\n{}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        Backtrace::force_capture(),
    );
    fs::create_dir_all(logs)?;
    // Before the new one, which a clock that was set back would make the oldest.
    for old in reports(logs).iter().rev().skip(MAX_REPORTS - 1) {
        // One that stays only takes room.
        let _ = fs::remove_file(old);
    }
    fs::write(logs.join(format!("crash-{}.{NEW}", now.strftime("%Y-%m-%d-%H-%M-%S"))), text)
}

/// All reports in the folder of the log, oldest first: their names are their times.
fn reports(logs: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(logs).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_report = |path: &PathBuf| {
        let is_named_so = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("crash-"));
        is_named_so && path.extension().is_some_and(|ending| ending == NEW || ending == TOLD)
    };
    let mut reports: Vec<PathBuf> = files.filter(is_report).collect();
    reports.sort();
    reports
}

/// The newest report that nobody was told of yet. Asked again, there is none.
pub fn untold(logs: &Path) -> Option<PathBuf> {
    let mut reports = reports(logs);
    reports.retain(|path| path.extension().is_some_and(|ending| ending == NEW));
    let newest = reports.last()?.with_extension(TOLD);
    for report in reports {
        if let Err(error) = fs::rename(&report, report.with_extension(TOLD)) {
            tracing::debug!("a report will be told of again: {error}");
        }
    }
    Some(newest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_window_leaves_a_report_that_is_told_of_once() {
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path().join("logs");
        watch(&logs);
        // The thread of this test stands for the window's, one of a pool for a job's.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert!(pool.install(|| panic::catch_unwind(|| panic!("the job"))).is_err());
        assert_eq!(untold(&logs), None, "what a job does wrong is told as its failure");
        let log = folder.path().join("log");
        let subscriber = tracing_subscriber::fmt().with_writer(fs::File::create(&log).unwrap()).finish();
        let window = tracing::subscriber::with_default(subscriber, || {
            panic::catch_unwind(|| panic!("byte index 1 is not a char boundary; it is inside 'é' of `é floral`"))
        });
        assert!(window.is_err());
        let report = untold(&logs).expect("there is a report");
        let text = fs::read_to_string(&report).unwrap();
        assert!(text.contains("byte index 1 is not") && text.contains(env!("CARGO_PKG_VERSION")), "{text}");
        let log = fs::read_to_string(log).unwrap();
        assert!(log.contains("crash.rs"), "{log}");
        assert!(!text.contains("floral") && !log.contains("floral"), "{text}{log}");
        assert_eq!(untold(&logs), None);
    }

    #[test]
    fn the_newest_ten_reports_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let logs = folder.path();
        let day = |day: u32| logs.join(format!("crash-2001-01-{day:02}-10-00-00.{}", if day < 6 { TOLD } else { NEW }));
        let log = logs.join("hangtag.2001-01-01.log");
        (1..=12).map(day).chain([log.clone()]).for_each(|file| fs::write(file, "").unwrap());
        write(logs, "the window").unwrap();
        let (kept, before): (_, Vec<PathBuf>) = (reports(logs), (4..=12).map(day).collect());
        assert_eq!((kept.len(), &kept[..9]), (10, &before[..]));
        assert!(fs::read_to_string(&kept[9]).unwrap().contains("the window"));
        assert!(log.exists(), "the log has days of its own");
    }
}
