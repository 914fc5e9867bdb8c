//! Old catalogues that are opened by a program that is killed meanwhile.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;

use super::Tally;
use super::aim::{Life, changes, quiet};
use crate::is_sound;
use crate::support::{Desk, Dice};

/// Photos in it, so that the copy before the migration takes its time.
const PHOTOS: usize = 20_000;

const UP_TO_DATE: &str = "up to date";

/// The schema that this program writes, and all older ones, as `tests/flows/schemas` has them.
fn scripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flows/schemas");
    (1..).map(|number| folder.join(format!("{number}.sql"))).take_while(|path| path.exists()).collect()
}

pub fn run(tally: &mut Tally) {
    let mut dice = Dice(8_888_888);
    let scripts = scripts();
    let newest = scripts.len();
    let old = &scripts[..newest - 1];
    let desk = old_catalogue(&old[0]);
    let life = Life::of(open(&desk), is_migrating(&desk));
    while tally.is_short() {
        let schema = tally.attempts % old.len() + 1;
        let desk = old_catalogue(&old[schema - 1]);
        let journal = labels(&desk.catalogue());
        // The same one twice: what the first left behind is there for the second.
        for _ in 0..2 {
            let Some(hit) = tally.strike(open(&desk), life, is_migrating(&desk), &mut dice) else { break };
            let phase = phase(&desk, schema, newest);
            tally.hit(hit.share, phase, hit.is_at_work && phase != UP_TO_DATE);
            tally.damaged += usize::from(!is_sound(&desk.catalogue()));
            let found = labels(&desk.catalogue());
            tally.lost += journal.iter().filter(|label| found.binary_search(label).is_err()).count();
            tally.kept += journal.len();
            tally.half += backups(&desk).iter().filter(|copy| !is_whole(copy, &journal)).count();
        }
        let is_open = quiet(open(&desk)).wait().unwrap().success();
        let is_safe = backups(&desk).iter().any(|copy| is_whole(copy, &journal) && schema_of(copy) == schema);
        let is_new = schema_of(&desk.catalogue()) == newest && labels(&desk.catalogue()) == journal;
        tally.stuck += usize::from(!(is_open && is_safe && is_new));
    }
}

/// Tells whether the copy is begun, and the new schema not yet written: its pages go into the log.
fn is_migrating(desk: &Desk) -> impl Fn() -> bool {
    let is_copying = changes(desk.at("work.hangtag-data/backups"));
    move || is_copying() && fs::metadata(desk.at("work.hangtag-wal")).map_or(0, |log| log.len()) == 0
}

/// A catalogue of that script with many more photos, each with a label.
fn old_catalogue(script: &Path) -> Desk {
    let desk = Desk::new();
    let database = Connection::open(desk.catalogue()).unwrap();
    database.pragma_update(None, "journal_mode", "WAL").unwrap();
    database.execute_batch(&fs::read_to_string(script).unwrap()).unwrap();
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
    desk
}

/// Opens the catalogue for writing, which brings it up to date.
fn open(desk: &Desk) -> Command {
    desk.command(&[&"labels", &"--catalogue", &desk.catalogue(), &"--out", &desk.at("labels.csv")])
}

/// What was said, read without the program: a journal of its own.
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

/// The copies that have their final name.
fn backups(desk: &Desk) -> Vec<PathBuf> {
    hangtag::catalogue::backups(&desk.catalogue()).into_iter().map(|backup| backup.path).collect()
}

fn is_whole(copy: &Path, journal: &[(i64, i64, bool)]) -> bool {
    is_sound(copy) && labels(copy) == journal
}

fn phase(desk: &Desk, schema: usize, newest: usize) -> &'static str {
    let found = schema_of(&desk.catalogue());
    if found == newest {
        UP_TO_DATE
    } else if found > schema {
        "between two schemas"
    } else if !backups(desk).is_empty() {
        "copied"
    } else if desk.at("work.hangtag-data/backups/new.part").exists() {
        "copying"
    } else {
        "before the copy"
    }
}
