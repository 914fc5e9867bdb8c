-- A small catalogue of schema 3 as it was released: photos, tags, labels, a step to undo.
PRAGMA application_id = 1215586663;
PRAGMA user_version = 3;
CREATE TABLE roots (
    id   INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE
);
CREATE TABLE images (
    id          INTEGER PRIMARY KEY,
    hash        BLOB UNIQUE CHECK (hash IS NULL OR length(hash) = 32),
    width       INTEGER NOT NULL DEFAULT 0,
    height      INTEGER NOT NULL DEFAULT 0,
    orientation INTEGER NOT NULL DEFAULT 1,
    fault       TEXT,
    replaces    INTEGER REFERENCES images (id) ON DELETE SET NULL,
    last_path   TEXT NOT NULL DEFAULT ''
);
CREATE TABLE files (
    id         INTEGER PRIMARY KEY,
    root_id    INTEGER NOT NULL REFERENCES roots (id) ON DELETE CASCADE,
    path       TEXT NOT NULL,
    size       INTEGER NOT NULL,
    mtime_ns   INTEGER NOT NULL,
    image_id   INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
    is_present INTEGER NOT NULL DEFAULT 1,
    UNIQUE (root_id, path)
);
CREATE INDEX files_by_image ON files (image_id);
CREATE TABLE tag_groups (
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    kind     TEXT NOT NULL CHECK (kind IN ('one of', 'any of')),
    position INTEGER NOT NULL
);
CREATE TABLE tags (
    id       INTEGER PRIMARY KEY,
    group_id INTEGER NOT NULL REFERENCES tag_groups (id),
    name     TEXT NOT NULL,
    position INTEGER NOT NULL, colour INTEGER, key TEXT, description TEXT NOT NULL DEFAULT '', is_retired INTEGER NOT NULL DEFAULT 0,
    UNIQUE (group_id, name)
);
CREATE TABLE versions (
    number     INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL, backbone TEXT NOT NULL DEFAULT '', record TEXT NOT NULL DEFAULT '', head BLOB
);
CREATE TABLE labels (
    image_id    INTEGER NOT NULL REFERENCES images (id),
    tag_id      INTEGER NOT NULL REFERENCES tags (id),
    is_yes      INTEGER NOT NULL,
    source      TEXT NOT NULL,
    at_ms       INTEGER NOT NULL,
    probability REAL,
    version     INTEGER REFERENCES versions (number),
    PRIMARY KEY (image_id, tag_id)
) WITHOUT ROWID;
CREATE INDEX labels_by_tag ON labels (tag_id);
CREATE TABLE history (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms     INTEGER NOT NULL,
    words     TEXT NOT NULL,
    changes   TEXT NOT NULL,
    is_undone INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
CREATE TABLE saved_filters (
    id    INTEGER PRIMARY KEY,
    name  TEXT NOT NULL UNIQUE,
    query TEXT NOT NULL
);
CREATE TABLE activations (
    id      INTEGER PRIMARY KEY,
    at_ms   INTEGER NOT NULL,
    model   TEXT NOT NULL,
    version INTEGER REFERENCES versions (number)
);
CREATE TABLE runs (
    number     INTEGER PRIMARY KEY,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    state      TEXT NOT NULL,
    settings   TEXT NOT NULL,
    outcome    TEXT,
    folder     TEXT NOT NULL,
    version    INTEGER REFERENCES versions (number)
);
CREATE TABLE splits (
    image_id INTEGER PRIMARY KEY REFERENCES images (id) ON DELETE CASCADE,
    side     TEXT NOT NULL
);INSERT INTO roots VALUES (1, '/photos');
INSERT INTO images (id, hash, width, height, last_path) VALUES (1, X'a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1', 640, 480, 'dress.jpg');
INSERT INTO images (id, hash, width, height, last_path) VALUES (2, X'a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2', 640, 480, '帽子.jpg');
INSERT INTO files VALUES (1, 1, 'dress.jpg', 1000, 1767225600000000000, 1, 1);
INSERT INTO files VALUES (2, 1, '帽子.jpg', 2000, 1767225600000000000, 2, 1);
INSERT INTO tag_groups VALUES (1, 'category', 'one of', 1);
INSERT INTO tags VALUES (1, 1, 'dress', 1, NULL, 'd', 'worn in one piece', 0);
INSERT INTO tags VALUES (2, 1, '帽子', 2, 3, NULL, '', 0);
INSERT INTO versions VALUES (1, 'spring', 1767225600000, 'backbones/0123456789abcdef',
    '{"spec":{"name":"small","version":1,"architecture":{"block":"basic","stem":8,"width":1,"layers":[1,1,1,1],"stride_in":"conv2","num_classes":0},"features":["layer4"],"preprocess":{"resize":256,"crop":224,"interpolation":"bilinear","mean":[0.485,0.456,0.406],"std":[0.229,0.224,0.225]},"classes":[],"licence":""},"features":"0123456789abcdef01234567","groups":[{"group":1,"name":"category","kind":"one of","tags":[[1,"dress"],[2,"帽子"]],"choice":{"c":100.0,"temperature":1.5,"held_out_accuracy":0.9},"num_photos":2,"measured":{"on":"cross-validation","metrics":{"images":2,"skipped":0,"accuracy":1.0,"macro_f1":1.0,"expected_calibration_error":0.1,"per_tag":[{"tag":"dress","precision":1.0,"recall":1.0,"support":1},{"tag":"帽子","precision":1.0,"recall":1.0,"support":1}]}}}],"run":1}',
    X'88000000000000007b2267726f757020312e776569676874223a7b226474797065223a22463332222c227368617065223a5b322c385d2c22646174615f6f666673657473223a5b302c36345d7d2c2267726f757020312e62696173223a7b226474797065223a22463332222c227368617065223a5b325d2c22646174615f6f666673657473223a5b36342c37325d7d7d0000003f000000bf0000003f000000bf0000003f000000bf0000003f000000bf0000003f000000bf0000003f000000bf0000003f000000bf0000003f000000bf0000803e000080be');
INSERT INTO versions VALUES (2, 'version 2', 1767225650000, 'starter', '', NULL);
INSERT INTO labels VALUES (1, 1, 1, 'person', 1767225600000, NULL, NULL);
INSERT INTO labels VALUES (2, 2, 1, 'proposal', 1767225700000, 0.75, 2);
INSERT INTO history (at_ms, words, changes) VALUES (1767225700000, '{"deed":"accept","tag":"帽子","photos":1}',
    '[{"Label":{"image":2,"tag":2,"before":null,"after":{"is_yes":true,"source":"proposal","at":1767225700000,"probability":0.75,"version":2}}}]');
INSERT INTO saved_filters VALUES (1, 'hats', 'tag:帽子');
INSERT INTO activations VALUES (1, 1767225600000, 'starter', NULL);
INSERT INTO activations VALUES (2, 1767225660000, 'starter', 2);
INSERT INTO activations VALUES (3, 1767225690000, 'starter', NULL);
INSERT INTO runs VALUES (1, 1767225500000, 1767225600000, 'done', '{"epochs":3}', '{"accuracy":0.9}', 'runs/1', 1);
INSERT INTO splits VALUES (1, 'train');
INSERT INTO splits VALUES (2, 'validation');
INSERT INTO settings VALUES ('model', 'starter');
