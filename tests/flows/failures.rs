//! What the log says of failures: what did not work and why, nothing of what photos show.

use std::path::Path;

use hangtag::catalogue::CatalogueError;
use hangtag::export::ExportError;
use hangtag::failure::{Cause, Doing, Failure};

#[test]
fn the_log_says_what_failed_and_not_what_photos_show() {
    let unreadable = "a step cannot be read (invalid type: string \"floral \\\"red\\\"\", expected a number)";
    let of_catalogue = |error: CatalogueError| Failure::new(Doing::Saving, &error).caused_by(error.cause());
    let off = "a probability differs by 2.0e-3, more than 1e-4 (photo floral/1.jpg, tag red)";
    let differs = Failure::new(Doing::Saving, &ExportError::Differs(off.into()));
    for (failure, reason) in [
        (of_catalogue(CatalogueError::TakenName("floral".into())), "the name is taken"),
        (of_catalogue(CatalogueError::Refused(unreadable.into())), "invalid type: string …, expected a number"),
        (differs.caused_by(Some(Cause::Differs(off.into()))), "does not give the app's answers"),
    ] {
        let failure = failure.at(Path::new("/shop/a.hangtag"));
        assert!(failure.to_string().contains("floral"));
        let line = failure.for_log().to_string();
        assert!(line.contains("saving this did not work") && line.contains(reason), "{line}");
        assert!(line.contains("/shop/a.hangtag") && !line.contains("floral") && !line.contains("red"), "{line}");
    }
}
