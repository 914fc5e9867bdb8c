//! On which side of the split each image is: drawn once and kept, so that what a model has seen stays known.

use std::collections::HashMap;

use rusqlite::params;

use super::images::ImageId;
use super::{Catalogue, Result};

/// A side of the split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SplitSide {
    /// To learn from.
    Train,
    /// To choose by: when to stop, how to calibrate.
    Validation,
    /// To measure by, and for nothing else.
    Test,
}

impl SplitSide {
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// As it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

impl Catalogue {
    /// The side of every image that has one.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn splits(&self) -> Result<HashMap<ImageId, SplitSide>> {
        let mut statement = self.connection.prepare_cached("SELECT image_id, side FROM splits")?;
        let mut rows = statement.query([])?;
        let mut sides = HashMap::new();
        while let Some(row) = rows.next()? {
            let stored: String = row.get(1)?;
            // A side that a later version invented is at least none to measure by.
            let side = SplitSide::ALL.into_iter().find(|side| side.as_str() == stored).unwrap_or(SplitSide::Train);
            sides.insert(ImageId(row.get(0)?), side);
        }
        Ok(sides)
    }

    /// Keeps the sides of these images, all or none.
    ///
    /// # Errors
    /// Where the catalogue cannot be written.
    pub fn keep_splits(&mut self, sides: &[(ImageId, SplitSide)]) -> Result<()> {
        let transaction = self.begin()?;
        {
            let mut keep =
                transaction.prepare_cached("INSERT OR REPLACE INTO splits (image_id, side) VALUES (?1, ?2)")?;
            for (image, side) in sides {
                keep.execute(params![image.0, side.as_str()])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }
}
