//! Old catalogues that are opened by a program that is killed meanwhile: while it copies them, and while it brings them
//! up to date.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;

use super::aim::{Life, changes, quiet};
use super::{CALLS, Tally};
use crate::support::{Desk, Dice};
use crate::traced::{Fault, NEVER, kill_at, run_with};
use crate::{is_all, is_sound};

/// Photos in it, so that the copy before the migration takes its time.
const PHOTOS: usize = 20_000;

/// A catalogue of an older schema with many photos, and a journal of what was said of them.
struct Old {
    desk: Desk,
    schema: usize,
    journal: Vec<(i64, i64, bool)>,
}

/// Kills it at random moments of the copy that is made first.
pub fn copy(tally: &mut Tally) {
    let mut dice = Dice(8_888_888);
    let newest = scripts().len();
    let old = Old::of(1);
    let life = Life::of(old.open(), old.is_copying());
    while tally.is_short() {
        let old = Old::of(tally.attempts / 2 % (newest - 1) + 1);
        // The same one twice: what the first left behind is there for the second.
        for _ in 0..2 {
            let Some(hit) = tally.strike(old.open(), life, old.is_copying(), &mut dice) else { break };
            let found = old.look_at(tally);
            let phase = if found != old.schema {
                "the migration, or after it"
            } else if !old.backups().is_empty() {
                "copied"
            } else if old.desk.at("work.hangtag-data/backups/new.part").exists() {
                "copying"
            } else {
                "before the copy"
            };
            tally.hit(hit.share, phase, hit.is_at_work && found == old.schema);
        }
        old.go_on(newest, tally);
    }
}

/// Kills it at each of the calls by which the new schema gets to the disk, some dozen, one after the other.
pub fn migrate(tally: &mut Tally) {
    let newest = scripts().len();
    for (schema, call) in (1..newest).flat_map(|schema| CALLS.map(|call| (schema, call))) {
        let alone = Old::of(schema);
        let files = alone.files();
        let paths: Vec<_> = files.iter().map(PathBuf::as_path).collect();
        let fault = Fault { calls: call, error: "EIO", from: NEVER, paths: &paths };
        let num_calls = run_with(&alone.desk, &fault, &alone.open()).num_calls;
        assert!(num_calls > 0, "it makes no {call}");
        for number in (1..=num_calls).step_by(if is_all() { 1 } else { 8 }) {
            let old = Old::of(schema);
            let files = old.files();
            let paths: Vec<_> = files.iter().map(PathBuf::as_path).collect();
            // The same one twice, earlier the second time: what the first left behind is there for it.
            for number in [number, number.div_ceil(2)] {
                tally.attempts += 1;
                if kill_at(&old.desk, call, number, &paths, &old.open()).is_some() {
                    let found = old.look_at(tally);
                    let phase =
                        if found < newest { format!("writing schema {}", found + 1) } else { "up to date".into() };
                    tally.hit(number as f64 / num_calls as f64, &phase, found < newest);
                }
            }
            old.go_on(newest, tally);
        }
    }
}

impl Old {
    fn of(schema: usize) -> Self {
        let desk = Desk::new();
        let database = Connection::open(desk.catalogue()).unwrap();
        database.pragma_update(None, "journal_mode", "WAL").unwrap();
        database.execute_batch(&fs::read_to_string(&scripts()[schema - 1]).unwrap()).unwrap();
        let more = format!(
            "BEGIN;
             WITH RECURSIVE numbers(n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM numbers WHERE n < {})
             INSERT INTO images (id, hash, width, height, last_path)
                 SELECT n, CAST(printf('%032d', n) AS BLOB), 640, 480, printf('many/%d.jpg', n) FROM numbers;
             INSERT INTO files (root_id, path, size, mtime_ns, image_id)
                 SELECT (SELECT MIN(id) FROM roots), last_path, 1000, id, id FROM images WHERE id >= 1000;
             INSERT INTO labels (image_id, tag_id, is_yes, source, at_ms)
                 SELECT id, (SELECT MIN(id) FROM tags), 1, 'person', 1770000000000 FROM images WHERE id >= 1000;
             COMMIT;",
            999 + PHOTOS
        );
        database.execute_batch(&more).unwrap();
        drop(database);
        let journal = labels(&desk.catalogue());
        Self { desk, schema, journal }
    }

    /// Opens it for writing, which brings it up to date.
    fn open(&self) -> Command {
        self.desk.command(&[&"labels", &"--catalogue", &self.desk.catalogue(), &"--out", &self.desk.at("labels.csv")])
    }

    /// The file, and the log that pages are written to first.
    fn files(&self) -> [PathBuf; 2] {
        ["work.hangtag", "work.hangtag-wal"].map(|name| self.desk.at(name))
    }

    /// Tells whether the copy is begun, and the new schema not yet written: its pages go into the log.
    fn is_copying(&self) -> impl Fn() -> bool {
        let has_begun = changes(self.desk.at("work.hangtag-data/backups"));
        let [_, log] = self.files();
        move || has_begun() && fs::metadata(&log).map_or(0, |log| log.len()) == 0
    }

    /// Looks at what a kill left, and gives the schema that it stands at.
    fn look_at(&self, tally: &mut Tally) -> usize {
        // A copy is looked at: SQLite mends what it opens, and that is left to the program.
        let aside = tempfile::tempdir().unwrap();
        for file in self.files().iter().filter(|file| file.exists()) {
            fs::copy(file, aside.path().join(file.file_name().unwrap())).unwrap();
        }
        let found = aside.path().join("work.hangtag");
        tally.damaged += usize::from(!is_sound(&found));
        let said = labels(&found);
        tally.lost += self.journal.iter().filter(|label| said.binary_search(label).is_err()).count();
        tally.kept += self.journal.len();
        tally.half += self.backups().iter().filter(|copy| !self.is_whole(copy)).count();
        schema_of(&found)
    }

    /// Opens it once more, which nobody interrupts.
    fn go_on(&self, newest: usize, tally: &mut Tally) {
        let is_open = quiet(self.open()).wait().unwrap().success();
        let is_safe = self.backups().iter().any(|copy| self.is_whole(copy) && schema_of(copy) == self.schema);
        let catalogue = self.desk.catalogue();
        let is_new = schema_of(&catalogue) == newest && labels(&catalogue) == self.journal && is_sound(&catalogue);
        tally.stuck += usize::from(!(is_open && is_safe && is_new));
    }

    /// The copies that have their final name.
    fn backups(&self) -> Vec<PathBuf> {
        hangtag::catalogue::backups(&self.desk.catalogue()).into_iter().map(|backup| backup.path).collect()
    }

    fn is_whole(&self, copy: &Path) -> bool {
        is_sound(copy) && labels(copy) == self.journal
    }
}

/// The schema that this program writes, and all older ones, as `tests/flows/schemas` has them.
fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flows/schemas");
    (1..).map(|number| folder.join(format!("{number}.sql"))).take_while(|path| path.exists()).collect()
}

/// What was said, read without the program.
fn labels(catalogue: &Path) -> Vec<(i64, i64, bool)> {
    let database = Connection::open(catalogue).unwrap();
    let sql = "SELECT image_id, tag_id, is_yes FROM labels ORDER BY image_id, tag_id, is_yes";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

fn schema_of(catalogue: &Path) -> usize {
    let database = Connection::open(catalogue).unwrap();
    database.pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0)).unwrap() as usize
}
