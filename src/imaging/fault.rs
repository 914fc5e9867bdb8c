//! Why a photo cannot be used, told apart again from the sentence that was kept with it.

use super::ImagingError;

impl ImagingError {
    /// The error of which this is the English sentence, for whoever has other words for it.
    #[must_use]
    pub fn of_sentence(sentence: &str) -> Option<Self> {
        let whole = [Self::Empty, Self::UnknownFormat, Self::CutShort];
        if let Some(known) = whole.into_iter().find(|known| known.to_string() == sentence) {
            return Some(known);
        }
        if let Some(detail) = sentence.strip_prefix("it is damaged or cut short: ") {
            return Some(Self::Damaged(detail.to_owned()));
        }
        if let Some(detail) = sentence.strip_prefix("it cannot be read: ") {
            return Some(Self::Read(std::io::Error::other(detail.to_owned())));
        }
        let (width, rest) = sentence.strip_prefix("it is ")?.split_once(" × ")?;
        let (height, _) = rest.split_once(" pixels")?;
        Some(Self::TooLarge { width: width.parse().ok()?, height: height.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_is_told_from_its_sentence() {
        for error in [
            ImagingError::Empty,
            ImagingError::UnknownFormat,
            ImagingError::TooLarge { width: 70_000, height: 3 },
            ImagingError::CutShort,
            ImagingError::Damaged("the end is missing".into()),
            ImagingError::Read(std::io::Error::other("the disk is gone")),
        ] {
            let sentence = error.to_string();
            let told = ImagingError::of_sentence(&sentence).unwrap_or_else(|| panic!("{sentence}"));
            assert_eq!(told.to_string(), sentence);
            assert_eq!(std::mem::discriminant(&told), std::mem::discriminant(&error), "{sentence}");
        }
        assert!(ImagingError::of_sentence("it sank with the ship").is_none());
    }
}
