//! What an export wrote and what it passed over, as values: the window has words for them in each of its languages.

use std::fmt;

/// What an export wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub written: Written,
    /// What whoever reads the files should know.
    pub notes: Vec<Note>,
    /// Photos and products that were passed over, and why.
    pub faults: Vec<Fault>,
}

/// What there is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    Lines {
        lines: usize,
        photos: usize,
    },
    Sidecars {
        written: usize,
        as_they_were: usize,
    },
    Folders {
        files: usize,
        photos: usize,
        folders: usize,
    },
    /// So many photos, with a `metadata.jsonl`.
    ImageFolder(usize),
    Shards {
        photos: usize,
        shards: usize,
    },
    /// So many rows of a table.
    Labels(usize),
    /// Of the products in the shop's own file.
    Merged {
        found: usize,
        products: usize,
        changed: usize,
    },
    /// So many that the shop makes new ones of: tagging those that it has takes a file of its own.
    Products(usize),
}

/// What whoever reads the files should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The column for the category is filled from the group of this name.
    Category { column: &'static str, group: String },
    /// No group fills the column for the category.
    NoCategoryGroup { column: &'static str },
    /// The shop's own file has no such column.
    NoCategoryColumn { column: &'static str },
    /// The encoding of the shop's own file, which had to be guessed.
    Encoding(&'static str),
    /// Tags with what stands for each in the file, since the shop parts tags at commas.
    Rewritten { shop: &'static str, tags: Vec<(String, String)> },
    /// Tags that the shop takes for a category within another.
    Levels { shop: &'static str, tags: Vec<String> },
}

/// What was passed over, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A photo, sidecar or product, as the person knows it.
    #[error("{what}: {reason}")]
    One { what: String, reason: Reason },
    /// So many photos.
    #[error("{0} labelled photos: their files are missing or broken")]
    Gone(usize),
}

/// Why one is passed over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// With what the disk says.
    #[error("it cannot be read ({0})")]
    Unreadable(String),
    #[error("it was changed since it was labelled; import its folder again")]
    Changed,
    #[error("its path leads out of the folder of photos; read the folder again")]
    Outside,
    #[error("it is not valid UTF-8")]
    NotUtf8,
    /// With what the reader says.
    #[error("it is no well-formed XML ({0})")]
    NotXml(String),
    #[error("it is cut short")]
    CutShort,
    #[error("it is no XMP: there is no rdf:RDF")]
    NotXmp,
    #[error("it holds no rdf:Description")]
    NoDescription,
    #[error("its keywords are written in a way that is not understood")]
    StrangeKeywords,
    #[error("the shop's file has no product of this SKU, handle or image name")]
    NoProduct,
    /// With their names.
    #[error("several products of the shop's file fit: {}", .0.join(", "))]
    SeveralProducts(Vec<String>),
    /// About the group of this name.
    #[error("its photos have different answers in `{0}`; that group is left as it was")]
    Conflict(String),
}

impl Report {
    /// Of an export that says nothing beside.
    pub(super) fn new(written: Written, faults: Vec<Fault>) -> Self {
        Self { written, notes: Vec::new(), faults }
    }
}

impl fmt::Display for Written {
    /// In English, for commands and logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lines { lines, photos } => write!(f, "{lines} lines, {photos} photos"),
            Self::Sidecars { written, as_they_were } => write!(f, "{written} sidecars, {as_they_were} as they were"),
            Self::Folders { files, photos, folders } => {
                write!(f, "{files} files of {photos} photos in {folders} folders")
            }
            Self::ImageFolder(photos) => write!(f, "{photos} photos with metadata.jsonl"),
            Self::Shards { photos, shards } => write!(f, "{photos} photos in {shards} shards"),
            Self::Labels(labels) => write!(f, "{labels} labels"),
            Self::Merged { found, products, changed } => {
                write!(f, "{found} of {products} products found, {changed} changed")
            }
            Self::Products(products) => write!(f, "{products} products"),
        }
    }
}

impl fmt::Display for Note {
    /// In English, for commands.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Category { column, group } => {
                write!(f, "{column} is filled from the group `{group}`, Tags from the others")
            }
            Self::NoCategoryGroup { column } => {
                write!(f, "{column} is left alone: no `one of` group is called `category` or `type`")
            }
            Self::NoCategoryColumn { column } => {
                write!(f, "The shop's file has no column {column}; only Tags is filled")
            }
            Self::Encoding(encoding) => {
                write!(f, "The shop's file was taken as {encoding}, and written like that again")
            }
            Self::Rewritten { shop, tags } => {
                let tags: Vec<String> =
                    tags.iter().map(|(tag, entry)| format!("`{tag}` is written as `{entry}`")).collect();
                write!(f, "{shop} parts tags at commas: {}", tags.join(", "))
            }
            Self::Levels { shop, tags } => {
                let tags = tags.join("`, `");
                write!(f, "{shop} parts categories into levels at `>`: `{tags}`; rename what is to be one category")
            }
        }
    }
}
