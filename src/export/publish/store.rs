//! Object stores. They have no folders and move nothing, so files go to a name of their own first, and are copied to
//! their place within the store once all of them are there. Of two versions with one number that come at the same time,
//! the first to claim the place gets it.

use std::collections::HashMap;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use futures_util::TryStreamExt;
use object_store::path::Path as Key;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutPayload, WriteMultipart, parse_url_opts};
use url::Url;

use super::{MANIFEST, Manifest, PublishError, Published};
use crate::progress::Progress;

/// The manifest's name until all files are there. Written only where there is none, it claims the place for them.
const CLAIM: &str = "hangtag-manifest.json.part";

/// What goes in one request; larger files go in parts of this size.
const PART_BYTES: usize = 8 << 20;

/// Requests at once.
const PARTS_AT_ONCE: usize = 4;

/// How far an upload came, which decides what an error leaves behind.
enum Stage {
    /// Nothing was written.
    Looking,
    /// Files were put aside.
    Aside,
    /// The claim and some files may be at the version's place.
    InPlace,
}

struct Upload<'a> {
    store: Box<dyn ObjectStore>,
    folder: &'a Path,
    manifest: &'a Manifest,
    /// The version's place.
    place: Key,
    /// What uploads of this version put aside; servers look for numbers, and pass this by.
    all_aside: Key,
    /// Where the files of this upload go first.
    aside: Key,
    stage: Stage,
}

pub(super) fn upload(
    folder: &Path,
    manifest: &Manifest,
    version: i64,
    (url, settings): (&Url, &[(String, String)]),
    progress: &Progress,
) -> Result<Published, PublishError> {
    let settings = settings.iter().map(|(name, value)| (name.to_lowercase(), value.as_str()));
    // Of the two clients, Google's alone would do without TLS unasked.
    let with_tls = std::iter::once(("google_allow_http".to_owned(), "false"));
    let store = parse_url_opts(url, with_tls.chain(settings));
    let (store, prefix) = store.map_err(|source| PublishError::Store { to: url.to_string(), source })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| PublishError::Read { path: folder.to_owned(), source })?;
    let place = prefix.clone().join(version.to_string());
    let all_aside = prefix.join(format!(".hangtag-{version}"));
    let aside = all_aside.clone().join(own_name());
    let mut upload = Upload { store, folder, manifest, place, all_aside, aside, stage: Stage::Looking };
    runtime.block_on(async {
        let outcome = match upload.already().await {
            Ok(true) => Ok(Published::Already),
            Ok(false) => upload.run(progress).await,
            Err(trouble) => Err(trouble),
        };
        // What lies aside is of no use any more; once the version is there, neither is what uploads of it left that were
        // cut off. What cannot be removed is in nobody's way.
        let is_removed = match (&outcome, &upload.stage) {
            (Ok(Published::New | Published::Already), _) => upload.remove(&upload.all_aside).await,
            (_, Stage::Looking) => true,
            _ => upload.remove(&upload.aside).await,
        };
        let is_clean = is_removed && !matches!(upload.stage, Stage::InPlace);
        let to = url.to_string();
        outcome.map_err(|trouble| match trouble {
            Trouble::Store(source) if is_clean => PublishError::Store { to, source },
            Trouble::Store(source) => PublishError::Unfinished { to, source },
            Trouble::Disk(source) => PublishError::Read { path: folder.to_owned(), source },
            Trouble::Another => PublishError::Exists { version, to },
            Trouble::Claimed => PublishError::Claimed { version, to },
            Trouble::Changed(name) => PublishError::Changed { version, to, name },
            Trouble::Foreign(name) => PublishError::Foreign { version, to, name },
        })
    })
}

/// What no other upload has in its names. It is random: programs in containers share process numbers and clocks.
fn own_name() -> String {
    format!("{:016x}", RandomState::new().hash_one(0))
}

/// What can go wrong on the way.
enum Trouble {
    Store(object_store::Error),
    Disk(std::io::Error),
    /// Another version is there.
    Another,
    /// Another export has claimed the place.
    Claimed,
    /// This file of the version that is there is not as it was published.
    Changed(String),
    /// This file is there without being of the version.
    Foreign(String),
}

impl From<object_store::Error> for Trouble {
    fn from(error: object_store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error)
    }
}

impl Upload<'_> {
    /// Whether the version is there as a whole. One that was cut off is gone on with; anything else is in the way.
    async fn already(&self) -> Result<bool, Trouble> {
        // In this order: whoever else brings the files that are listed has a claim here by then, or the manifest.
        let there = self.there().await?;
        let claim = self.manifest_at(CLAIM).await?;
        let manifest = self.manifest_at(MANIFEST).await?;
        if manifest.is_some() && claim.is_some() {
            self.unclaim().await;
        }
        match (manifest, claim) {
            (Some(published), _) if !published.is_of_same_model(self.manifest) => Err(Trouble::Another),
            (Some(published), _) => {
                let sizes: HashMap<String, u64> =
                    self.there().await?.into_iter().map(|(name, object)| (name, object.size)).collect();
                let changed = published.files.iter().find(|(name, file)| sizes.get(*name) != Some(&file.size));
                changed.map_or(Ok(true), |(name, _)| Err(Trouble::Changed(name.clone())))
            }
            // It has files on their way that are not ours, even where the model is the same.
            (None, Some(claim)) if claim != *self.manifest => Err(Trouble::Claimed),
            (None, _) => {
                for (name, object) in there {
                    let of_version = self.manifest.files.get(&name).filter(|file| file.size == object.size);
                    let Some(file) = of_version else { return Err(Trouble::Foreign(name)) };
                    if self.hash_of(&object.location).await? != file.blake3 {
                        return Err(Trouble::Foreign(name));
                    }
                }
                Ok(false)
            }
        }
    }

    /// The manifest under one of its two names; none where there is none.
    async fn manifest_at(&self, name: &str) -> Result<Option<Manifest>, Trouble> {
        match self.store.get(&self.place.clone().join(name)).await {
            Ok(found) => Ok(Some(Manifest::read(&found.bytes().await?))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Claims the place for these files. Where somebody else was first, [`Upload::already`] says so; a store that was
    /// said not to know such writes is left to those who publish there.
    async fn claim(&self) -> object_store::Result<()> {
        let manifest = PutPayload::from(self.manifest.json());
        match self.store.put_opts(&self.place.clone().join(CLAIM), manifest, PutMode::Create.into()).await {
            Err(object_store::Error::AlreadyExists { .. } | object_store::Error::NotImplemented { .. }) => Ok(()),
            claimed => claimed.map(|_| ()),
        }
    }

    /// Takes the claim away: with the manifest there, the place is nobody's to claim.
    async fn unclaim(&self) {
        if let Err(error) = self.store.delete(&self.place.clone().join(CLAIM)).await {
            tracing::debug!("the claim at {} is still there: {error}", self.place);
        }
    }

    /// What lies at the version's place but the claim, by its name there.
    async fn there(&self) -> object_store::Result<Vec<(String, ObjectMeta)>> {
        let objects: Vec<ObjectMeta> = self.store.list(Some(&self.place)).try_collect().await?;
        let start = format!("{}/", self.place);
        let named = |object: ObjectMeta| Some((object.location.as_ref().strip_prefix(&start)?.to_owned(), object));
        Ok(objects.into_iter().filter_map(named).filter(|(name, _)| name != CLAIM).collect())
    }

    async fn hash_of(&self, key: &Key) -> object_store::Result<String> {
        let mut parts = self.store.get(key).await?.into_stream();
        let mut hasher = blake3::Hasher::new();
        while let Some(part) = parts.try_next().await? {
            hasher.update(&part);
        }
        Ok(hasher.finalize().to_string())
    }

    async fn run(&mut self, progress: &Progress) -> Result<Published, Trouble> {
        self.stage = Stage::Aside;
        for name in self.manifest.files.keys() {
            if !self.put(name, progress).await? {
                return Ok(Published::Cancelled);
            }
        }
        // Before the claim: a request may be carried out though its answer is lost.
        self.stage = Stage::InPlace;
        self.claim().await?;
        // That took a while, in which somebody else may have been there.
        if self.already().await? {
            return Ok(Published::Already);
        }
        for name in self.manifest.files.keys() {
            match self.store.copy(&below(&self.aside, name)?, &below(&self.place, name)?).await {
                // Whoever else brought the same version removes what was put aside for it.
                Err(object_store::Error::NotFound { .. }) if self.already().await? => return Ok(Published::Already),
                copied => copied?,
            }
        }
        let manifest = PutPayload::from(self.manifest.json());
        self.store.put(&self.place.clone().join(MANIFEST), manifest).await?;
        self.unclaim().await;
        Ok(Published::New)
    }

    /// Puts one file aside. False where it was cancelled.
    async fn put(&self, name: &str, progress: &Progress) -> Result<bool, Trouble> {
        let key = below(&self.aside, name)?;
        let mut file = File::open(self.folder.join(name))?;
        let mut part = Vec::new();
        let mut next = |part: &mut Vec<u8>| -> std::io::Result<usize> {
            part.clear();
            (&mut file).take(PART_BYTES as u64).read_to_end(part)
        };
        let count = next(&mut part)?;
        if count < PART_BYTES {
            self.store.put(&key, PutPayload::from(part)).await?;
            progress.add(count as u64);
            return Ok(!progress.is_cancelled());
        }
        let mut parts = WriteMultipart::new_with_chunk_size(self.store.put_multipart(&key).await?, PART_BYTES);
        let sent = async {
            loop {
                parts.wait_for_capacity(PARTS_AT_ONCE).await?;
                parts.write(&part);
                progress.add(part.len() as u64);
                if progress.is_cancelled() {
                    return Ok::<bool, Trouble>(false);
                }
                if next(&mut part)? == 0 {
                    return Ok(true);
                }
            }
        }
        .await;
        if matches!(sent, Ok(true)) {
            parts.finish().await?;
            return Ok(true);
        }
        // Stores keep the parts of an upload, in no listing, until it is finished or given up.
        let given_up = parts.abort().await;
        let sent = sent?;
        given_up?;
        Ok(sent)
    }

    /// Removes what was put aside there. False where some of it may be left.
    async fn remove(&self, aside: &Key) -> bool {
        let remove = async {
            let keys: Vec<Key> = self.store.list(Some(aside)).map_ok(|object| object.location).try_collect().await?;
            for key in keys {
                match self.store.delete(&key).await {
                    // Another upload of the version removes it as well.
                    Err(object_store::Error::NotFound { .. }) => (),
                    deleted => deleted?,
                }
            }
            Ok::<(), object_store::Error>(())
        };
        let trouble = match tokio::time::timeout(Duration::from_secs(30), remove).await {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => error.to_string(),
            Err(elapsed) => elapsed.to_string(),
        };
        tracing::warn!("what was put aside at {aside} is still there: {trouble}");
        false
    }
}

/// The key of a file below another, with the name as it is: joined part by part, a name that is not ASCII would be escaped.
fn below(key: &Key, name: &str) -> object_store::Result<Key> {
    Ok(Key::parse(format!("{key}/{name}"))?)
}
