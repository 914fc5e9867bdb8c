//! The text of a sidecar: keywords changed in place, every other byte kept (XMP Specification Part 1, ISO 16684-1).

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::escape::{escape, unescape};
use quick_xml::events::Event;
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;

use crate::export::labels::Reason;
use crate::export::labels::keywords::Keywords;

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

/// A property that holds keywords.
pub(super) struct Property {
    prefix: &'static str,
    namespace: &'static str,
    name: &'static str,
    container: &'static str,
}

/// The keywords for everybody, as Lightroom sorts them, and as digiKam does.
pub(super) const KEYWORDS: [Property; 3] = [
    Property { prefix: "dc", namespace: "http://purl.org/dc/elements/1.1/", name: "subject", container: "Bag" },
    Property {
        prefix: "lr",
        namespace: "http://ns.adobe.com/lightroom/1.0/",
        name: "hierarchicalSubject",
        container: "Bag",
    },
    Property { prefix: "digiKam", namespace: "http://www.digikam.org/ns/1.0/", name: "TagsList", container: "Seq" },
];

/// A sidecar that says nothing yet.
pub(super) const EMPTY: &str = "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>
<x:xmpmeta xmlns:x=\"adobe:ns:meta/\" x:xmptk=\"Hangtag\">
 <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">
  <rdf:Description rdf:about=\"\">
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end=\"w\"?>
";

/// Where a property stands in a sidecar, and what it says.
#[derive(Default)]
struct Found {
    spans: Vec<Range<usize>>,
    items: Vec<String>,
}

/// Where a property that is not there can go.
enum Opening {
    /// Into an element with content, at this byte.
    At(usize),
    /// Into an element of this name without content, which ends at this byte.
    Closed(usize, String),
}

/// What a sidecar holds as far as we are concerned.
#[derive(Default)]
struct Sidecar {
    found: [Found; KEYWORDS.len()],
    opening: Option<Opening>,
}

/// A sidecar with nothing but the keywords of another packet. Programs that read both take a list from the sidecar as the
/// whole list, so a new sidecar must not say less than the photo itself.
pub(super) fn with_keywords_of(packet: &str) -> Option<String> {
    let found = Sidecar::read(packet).ok()?.found;
    let keywords = found.map(|found| Keywords { add: found.items, ..Keywords::default() });
    merged(EMPTY, &keywords).ok().flatten()
}

/// The sidecar with these keywords; none where it has them already.
///
/// # Errors
/// For a text that is no sidecar or whose keywords are written in a way that is not understood.
pub(super) fn merged(text: &str, keywords: &[Keywords; KEYWORDS.len()]) -> Result<Option<String>, Reason> {
    // The reader passes over a byte order mark without counting its bytes.
    let (whole_text, text) = (text, text.trim_start_matches('\u{feff}'));
    let mark = &whole_text[..whole_text.len() - text.len()];
    let sidecar = Sidecar::read(text)?;
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let mut missing = String::new();
    for ((property, found), keywords) in KEYWORDS.iter().zip(&sidecar.found).zip(keywords) {
        let items = keywords.merge(&found.items, whole);
        if found.items == items && found.spans.len() <= 1 {
            continue;
        }
        match found.spans.split_first() {
            None => missing.extend(["\n   ", property.written(&items).as_str()]),
            Some((first, others)) => {
                let text = if items.is_empty() { String::new() } else { property.written(&items) };
                edits.push((first.clone(), text));
                edits.extend(others.iter().map(|span| (span.clone(), String::new())));
            }
        }
    }
    if !missing.is_empty() {
        match sidecar.opening.ok_or(Reason::NoDescription)? {
            Opening::At(byte) => edits.push((byte..byte, missing)),
            Opening::Closed(end, name) => edits.push((end - 2..end, format!(">{missing}\n  </{name}>"))),
        }
    }
    if edits.is_empty() {
        return Ok(None);
    }
    // What is put in goes before what is replaced right behind it.
    edits.sort_by_key(|(span, _)| (span.start, span.end));
    let (mut after, mut at) = (mark.to_owned(), 0);
    for (span, with) in edits {
        after.push_str(&text[at..span.start]);
        after.push_str(&with);
        at = span.end;
    }
    after.push_str(&text[at..]);
    Ok(Some(after))
}

/// Keywords are known by all of their text.
fn whole(keyword: &str) -> &str {
    keyword
}

impl Property {
    /// The element with these items. It names its namespaces itself, since the document may call them something else.
    fn written(&self, items: &[String]) -> String {
        let Self { prefix, namespace, name, container } = self;
        let item = |item: &String| ["<rdf:li>", &*escape(item.as_str()), "</rdf:li>"].concat();
        let items: String = items.iter().map(item).collect();
        format!(
            "<{prefix}:{name} xmlns:{prefix}=\"{namespace}\" xmlns:rdf=\"{RDF}\">\
             <rdf:{container}>{items}</rdf:{container}></{prefix}:{name}>"
        )
    }
}

impl Sidecar {
    fn read(text: &str) -> Result<Self, Reason> {
        let broken = |error: quick_xml::Error| Reason::NotXml(error.to_string());
        let mut reader = NsReader::from_str(text);
        let mut sidecar = Self::default();
        // Of each open element, whether it is rdf:RDF, or an rdf:Description within it.
        let mut open: Vec<(bool, bool)> = Vec::new();
        let mut has_rdf = false;
        loop {
            let start = reader.buffer_position() as usize;
            let event = reader.read_event().map_err(broken)?;
            let (is_in_rdf, is_in_description) = open.last().copied().unwrap_or_default();
            match event {
                Event::Start(element) | Event::Empty(element) => {
                    let is_empty = text[..reader.buffer_position() as usize].ends_with("/>");
                    let (namespace, local) = reader.resolver().resolve_element(element.name());
                    let local = local.as_ref();
                    let is = |uri: &str| namespace == ResolveResult::Bound(Namespace(uri.as_bytes()));
                    let is_rdf = is(RDF) && local == b"RDF";
                    let is_description = is_in_rdf && is(RDF) && local == b"Description";
                    let property = KEYWORDS
                        .iter()
                        .position(|known| is_in_description && is(known.namespace) && local == known.name.as_bytes());
                    has_rdf |= is_rdf;
                    if let Some(property) = property {
                        if !is_empty {
                            let content = reader.read_text(element.name()).map_err(broken)?;
                            let content = String::from_utf8_lossy(&content).into_owned();
                            sidecar.found[property].items.extend(items(&content)?);
                        }
                        sidecar.found[property].spans.push(start..reader.buffer_position() as usize);
                        continue;
                    }
                    let end = reader.buffer_position() as usize;
                    if is_description && sidecar.opening.is_none() {
                        let name = String::from_utf8_lossy(element.name().as_ref()).into_owned();
                        sidecar.opening = Some(if is_empty { Opening::Closed(end, name) } else { Opening::At(end) });
                    }
                    if !is_empty {
                        open.push((is_rdf, is_description));
                    }
                }
                Event::End(_) => {
                    open.pop();
                }
                Event::Eof => break,
                _ => {}
            }
        }
        if !open.is_empty() {
            return Err(Reason::CutShort);
        }
        if !has_rdf {
            return Err(Reason::NotXmp);
        }
        Ok(sidecar)
    }
}

/// The items of a bag or a sequence.
fn items(content: &str) -> Result<Vec<String>, Reason> {
    const STRANGE: Reason = Reason::StrangeKeywords;
    let mut reader = Reader::from_str(content);
    let mut items = Vec::new();
    loop {
        match reader.read_event().map_err(|_| STRANGE)? {
            Event::Start(element) if element.local_name().as_ref() == b"li" => {
                let text = reader.read_text(element.name()).map_err(|_| STRANGE)?;
                let text = std::str::from_utf8(&text).map_err(|_| STRANGE)?;
                if text.contains('<') {
                    return Err(STRANGE);
                }
                items.push(unescape(text).map_err(|_| STRANGE)?.into_owned());
            }
            Event::Text(text) if !text.iter().all(u8::is_ascii_whitespace) => return Err(STRANGE),
            Event::CData(_) | Event::GeneralRef(_) => return Err(STRANGE),
            Event::Eof => return Ok(items),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keywords(add: [&[&str]; 3], drop: [&[&str]; 3]) -> [Keywords; 3] {
        let owned = |list: &[&str]| list.iter().map(|&item| item.to_owned()).collect();
        std::array::from_fn(|index| Keywords { add: owned(add[index]), drop: owned(drop[index]) })
    }

    fn read(text: &str) -> [Vec<String>; 3] {
        Sidecar::read(text).unwrap().found.map(|found| found.items)
    }

    /// As Lightroom writes one: attributes, several descriptions, other namespaces' prefixes.
    const LIGHTROOM: &str = r#"<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <r:Description r:about="" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" crs:Exposure2012="+0.35"/>
  <r:Description r:about="" xmlns:d="http://purl.org/dc/elements/1.1/">
   <d:subject>
    <r:Bag>
     <r:li>summer &amp; sun</r:li>
     <r:li>Hat</r:li>
    </r:Bag>
   </d:subject>
  </r:Description>
 </r:RDF>
</x:xmpmeta>"#;

    #[test]
    fn a_new_sidecar_says_it_all_and_a_second_merge_changes_nothing() {
        let wanted = keywords([&["a<b & \"c\"", "红色 ☕"], &["g|a<b & \"c\""], &["g/a"]], [&[], &[], &[]]);
        let text = merged(EMPTY, &wanted).unwrap().unwrap();
        assert_eq!(read(&text), wanted.each_ref().map(|keywords| keywords.add.clone()));
        assert_eq!(merged(&text, &wanted).unwrap(), None);
    }

    #[test]
    fn what_others_wrote_stays_to_the_byte() {
        let wanted = keywords([&["dress"], &["category|dress"], &["category/dress"]], [&["hat"], &[], &[]]);
        let text = merged(LIGHTROOM, &wanted).unwrap().unwrap();
        assert_eq!(
            read(&text),
            [
                vec!["summer & sun".to_owned(), "dress".into()],
                vec!["category|dress".into()],
                vec!["category/dress".into()]
            ]
        );
        let (before, after) = LIGHTROOM.split_once("<d:subject>").unwrap();
        let (_, after) = after.split_once("</d:subject>").unwrap();
        assert!(text.ends_with(after) && text.starts_with(&before[..before.find("/>").unwrap()]), "{text}");
        assert!(text.contains(r#"crs:Exposure2012="+0.35">"#), "{text}");
    }

    #[test]
    fn a_sidecar_without_white_space_or_with_a_byte_order_mark_stays_well_formed() {
        let wanted = keywords([&["dress"], &["category|dress"], &["category/dress"]], [&[], &[], &[]]);
        // One description, whose first property follows it at once.
        let compact: String = LIGHTROOM.lines().filter(|line| !line.contains("crs:")).map(str::trim).collect();
        for before in [compact.clone(), format!("\u{feff}{LIGHTROOM}"), format!("\u{feff}{compact}")] {
            let after = merged(&before, &wanted).unwrap().unwrap();
            assert_eq!(after.starts_with('\u{feff}'), before.starts_with('\u{feff}'));
            assert_eq!(read(&after)[0], ["summer & sun", "Hat", "dress"]);
            assert_eq!(merged(&after, &wanted).unwrap(), None, "{after}");
        }
    }

    #[test]
    fn what_is_no_sidecar_is_refused() {
        let wanted = keywords([&["a"], &[], &[]], [&[], &[], &[]]);
        for text in
            ["", "no xml", "<a/>", "<x:xmpmeta", &LIGHTROOM[..LIGHTROOM.len() - 20], &LIGHTROOM.replace("&amp;", "&")]
        {
            assert!(merged(text, &wanted).is_err(), "{text}");
        }
        let nested = LIGHTROOM.replace("Hat", "<b>Hat</b>");
        assert!(merged(&nested, &wanted).is_err());
    }
}
