//! Weights from the hub: the real download against a small server on this machine that speaks the hub's routes.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hangtag::progress::Progress;
use hangtag::vision::{hub, registry};
use hub::{HubError, HubSettings};
use registry::RegistryEntry;
use sha2::{Digest, Sha256};

use crate::support::run_python;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const NUM_BYTES: usize = 300_000;
/// Where a download of these tests is stopped.
const MIDWAY: usize = 120_000;

/// How the server behaves; by default as the hub does, with the file on another address.
#[derive(Clone, Default)]
struct Manners {
    /// Answers with the file at once, as some mirrors do, not with a redirect to where it is.
    is_direct: bool,
    /// Sends a client that asks for the old name of the repository on to the new one.
    renamed_to: Option<&'static str>,
    /// Knows nothing itself and sends every client on to the hub at that address, as some mirrors do.
    sends_on_to: Option<String>,
    /// Closes the connection after that many bytes of an answer.
    drop_after: Option<usize>,
    /// Sends nothing more after that many bytes of an answer, and holds the connection.
    silent_after: Option<usize>,
    ignores_range: bool,
    sends_wrong_bytes: bool,
    announces_bytes: Option<usize>,
    status: Option<&'static str>,
}

#[derive(Clone, Debug)]
struct Request {
    method: String,
    path: String,
    range: Option<String>,
    authorization: Option<String>,
}

/// A hub of one file, for as long as the value lives.
struct Server {
    address: String,
    manners: Arc<Mutex<Manners>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { address, manners: Arc::new(Mutex::new(manners)), requests: Arc::default() };
        let (manners, requests) = (Arc::clone(&server.manners), Arc::clone(&server.requests));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (manners, requests) = (manners.lock().unwrap().clone(), Arc::clone(&requests));
                // A client that hangs up is part of these tests.
                thread::spawn(move || answer(&stream, &manners, &requests).unwrap_or_default());
            }
        });
        server
    }

    fn behave(&self, manners: Manners) {
        *self.manners.lock().unwrap() = manners;
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The ranges of the requests for the file itself.
    fn ranges(&self) -> Vec<Option<String>> {
        self.requests().into_iter().filter(|r| r.method == "GET" && r.path == "/cdn/file").map(|r| r.range).collect()
    }
}

fn answer(mut stream: &TcpStream, manners: &Manners, requests: &Mutex<Vec<Request>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut request = Request { method, path, range: None, authorization: None };
    for line in lines {
        let line = line?;
        match line.split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("range") => request.range = Some(value.to_owned()),
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                request.authorization = Some(value.to_owned());
            }
            _ => {}
        }
        if line.is_empty() {
            break;
        }
    }
    requests.lock().unwrap().push(request.clone());

    let repo = manners.renamed_to.unwrap_or("timm/resnet50.a1_in1k");
    let resolve = format!("/{repo}/resolve/main/model.safetensors");
    let num_bytes = manners.announces_bytes.unwrap_or(NUM_BYTES);
    let announcement = format!(
        "X-Repo-Commit: {COMMIT}\r\nX-Linked-Etag: \"{}\"\r\nX-Linked-Size: {num_bytes}\r\n",
        sha256(&weights())
    );
    if let Some(status) = manners.status {
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    } else if let Some(hub) = &manners.sends_on_to {
        let head = "HTTP/1.1 308 Permanent Redirect\r\nContent-Length: 0\r\nConnection: close\r\n";
        write!(stream, "{head}Location: {hub}{}\r\n\r\n", request.path)
    } else if request.path == resolve && !manners.is_direct {
        // The length of the page that a redirect comes with is not the file's.
        write!(
            stream,
            "HTTP/1.1 302 Found\r\n{announcement}ETag: \"no-sha256\"\r\nLocation: http://{}/cdn/file\r\n\
             Content-Length: 0\r\nConnection: close\r\n\r\n",
            stream.local_addr()?
        )
    } else if request.path == resolve {
        send_file(stream, &request, &announcement, manners)
    } else if request.path == "/cdn/file" {
        send_file(stream, &request, "", manners)
    } else if manners.renamed_to.is_some() {
        let head = "HTTP/1.1 307 Temporary Redirect\r\nContent-Length: 0\r\nConnection: close\r\n";
        write!(stream, "{head}Location: {resolve}\r\n\r\n")
    } else {
        write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    }
}

fn send_file(mut stream: &TcpStream, request: &Request, announcement: &str, manners: &Manners) -> std::io::Result<()> {
    let mut body = weights();
    if manners.sends_wrong_bytes {
        body[NUM_BYTES - 1] ^= 1;
    }
    let start = request
        .range
        .as_deref()
        .filter(|_| !manners.ignores_range)
        .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    let body = &body[start.unwrap_or(0)..];
    let status = match start {
        Some(start) => format!("206 Partial Content\r\nContent-Range: bytes {start}-{}/{NUM_BYTES}", NUM_BYTES - 1),
        None => "200 OK".to_owned(),
    };
    let num_bytes = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{announcement}Content-Length: {num_bytes}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    if request.method == "HEAD" {
        return Ok(());
    }
    let num_sent = manners.drop_after.or(manners.silent_after).unwrap_or(num_bytes).min(num_bytes);
    stream.write_all(&body[..num_sent])?;
    if manners.silent_after.is_some() {
        // Until the client hangs up.
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
    }
    stream.shutdown(Shutdown::Write)
}

/// Bytes that are the same in every run and differ all along, so that a part in the wrong place shows.
fn weights() -> Vec<u8> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(NUM_BYTES).collect()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

fn entry() -> RegistryEntry {
    let listed = registry::find("resnet50").expect("resnet50 is in the registry");
    RegistryEntry { size_bytes: NUM_BYTES as u64, sha256: None, ..listed.clone() }
}

fn settings(endpoint: &str, cache_dir: &Path) -> HubSettings {
    HubSettings { endpoint: endpoint.to_owned(), cache_dir: cache_dir.to_owned(), token: None, is_offline: false }
}

/// A server, an empty cache and the settings that join them.
fn hub_with(manners: Manners) -> (Server, tempfile::TempDir, HubSettings) {
    let (server, cache) = (Server::start(manners), tempfile::tempdir().unwrap());
    let settings = settings(&server.address, cache.path());
    (server, cache, settings)
}

fn blob_in(cache: &Path) -> PathBuf {
    cache.join("models--timm--resnet50.a1_in1k").join("blobs").join(sha256(&weights()))
}

fn part_in(cache: &Path) -> PathBuf {
    blob_in(cache).with_added_extension("incomplete")
}

fn leave_part(cache: &Path, bytes: &[u8]) {
    fs::create_dir_all(part_in(cache).parent().unwrap()).unwrap();
    fs::write(part_in(cache), bytes).unwrap();
}

fn fetch(settings: &HubSettings) -> Result<Option<PathBuf>, HubError> {
    hub::fetch(&entry(), settings, &Progress::default())
}

fn assert_fetched(settings: &HubSettings) {
    let path = fetch(settings).unwrap().expect("nobody cancelled");
    assert!(fs::read(path).unwrap() == weights(), "the file is not the one on the hub");
}

#[test]
fn a_download_lands_in_the_shared_cache_and_counts_its_bytes() {
    for is_direct in [false, true] {
        let (server, cache, settings) = hub_with(Manners { is_direct, ..Manners::default() });
        assert_eq!(hub::cached(&entry(), &settings), None);
        let progress = Progress::default();
        let path = hub::fetch(&entry(), &settings, &progress).unwrap().expect("nobody cancelled");

        let folder = cache.path().join("models--timm--resnet50.a1_in1k");
        assert_eq!(path, folder.join("snapshots").join(COMMIT).join("model.safetensors"));
        assert_eq!(fs::read(&path).unwrap(), weights());
        assert_eq!(fs::read_to_string(folder.join("refs/main")).unwrap(), COMMIT);
        assert_eq!(fs::canonicalize(&path).unwrap(), fs::canonicalize(blob_in(cache.path())).unwrap());
        assert!(!part_in(cache.path()).exists());
        let snapshot = progress.snapshot();
        assert_eq!((snapshot.done, snapshot.total), (NUM_BYTES as u64, NUM_BYTES as u64));
        assert_eq!(hub::cached(&entry(), &settings), Some(path));

        // Once it is there, nobody is asked again.
        let num_requests = server.requests().len();
        assert_fetched(&settings);
        assert_eq!(server.requests().len(), num_requests);
    }
}

#[test]
#[ignore = "needs Python with huggingface_hub; run by .ci/run"]
fn the_hubs_own_tool_finds_what_was_downloaded() {
    let (_server, cache, settings) = hub_with(Manners::default());
    let path = fetch(&settings).unwrap().expect("nobody cancelled");
    let script = "import sys, huggingface_hub\n\
        print(huggingface_hub.hf_hub_download(*sys.argv[1:3], cache_dir=sys.argv[3], local_files_only=True))";
    let said = run_python(&[&"-c", &script, &"timm/resnet50.a1_in1k", &"model.safetensors", &cache.path()]).expect(0);
    assert_eq!(Path::new(said.stdout.trim()), path);
}

#[test]
fn a_download_that_broke_off_is_continued_where_it_stopped() {
    for is_direct in [false, true] {
        let (server, cache, settings) = hub_with(Manners { is_direct, drop_after: Some(MIDWAY), ..Manners::default() });
        let error = fetch(&settings).unwrap_err();
        assert!(matches!(error, HubError::Interrupted { .. }), "{error}");
        assert!(error.to_string().contains("hangtag models get resnet50"), "{error}");
        assert_eq!(fs::metadata(part_in(cache.path())).unwrap().len(), MIDWAY as u64);

        server.behave(Manners { is_direct, ..Manners::default() });
        assert_fetched(&settings);
        let ranges: Vec<_> = server.requests().into_iter().filter_map(|request| request.range).collect();
        assert!(ranges.iter().all(|range| *range == format!("bytes={MIDWAY}-")), "{ranges:?}");
        assert!(!ranges.is_empty());
    }
}

#[test]
fn a_cancelled_download_keeps_its_part_even_while_the_server_is_silent() {
    let (server, cache, settings) = hub_with(Manners { silent_after: Some(MIDWAY), ..Manners::default() });
    let progress = Progress::default();
    let worker = thread::spawn({
        let (settings, progress) = (settings.clone(), progress.clone());
        move || hub::fetch(&entry(), &settings, &progress)
    });
    let started = Instant::now();
    while progress.snapshot().done < MIDWAY as u64 {
        assert!(started.elapsed() < Duration::from_secs(20), "the download does not go on");
        thread::sleep(Duration::from_millis(5));
    }
    progress.cancel();
    assert!(matches!(worker.join().unwrap(), Ok(None)));
    assert_eq!(fs::metadata(part_in(cache.path())).unwrap().len(), MIDWAY as u64);
    assert_eq!(hub::cached(&entry(), &settings), None);

    server.behave(Manners::default());
    let progress = Progress::default();
    hub::fetch(&entry(), &settings, &progress).unwrap().expect("nobody cancelled");
    assert_eq!(server.ranges(), [None, Some(format!("bytes={MIDWAY}-"))]);
    assert_eq!(progress.snapshot().done, NUM_BYTES as u64);
}

#[test]
fn a_server_that_ignores_the_range_is_taken_from_the_start() {
    let (server, cache, settings) = hub_with(Manners { ignores_range: true, ..Manners::default() });
    leave_part(cache.path(), &weights()[..MIDWAY]);
    let progress = Progress::default();
    hub::fetch(&entry(), &settings, &progress).unwrap().expect("nobody cancelled");
    assert_eq!(fs::read(blob_in(cache.path())).unwrap(), weights());
    assert_eq!(server.ranges(), [Some(format!("bytes={MIDWAY}-"))]);
    assert_eq!(progress.snapshot().done, NUM_BYTES as u64);
}

#[test]
fn a_part_that_is_longer_than_the_file_is_thrown_away() {
    let (server, cache, settings) = hub_with(Manners::default());
    leave_part(cache.path(), &vec![7; NUM_BYTES + 1]);
    assert_fetched(&settings);
    assert_eq!(server.ranges(), [None]);
}

#[test]
fn wrong_bytes_are_refused_and_removed() {
    let (server, cache, settings) = hub_with(Manners { sends_wrong_bytes: true, ..Manners::default() });
    let error = fetch(&settings).unwrap_err();
    assert!(matches!(error, HubError::WrongChecksum { .. }), "{error}");
    assert!(error.to_string().contains("hangtag models get resnet50"), "{error}");
    assert!(!part_in(cache.path()).exists() && !blob_in(cache.path()).exists());
    assert_eq!(hub::cached(&entry(), &settings), None);

    // The whole is checked, not only what came last.
    server.behave(Manners::default());
    leave_part(cache.path(), &vec![0; MIDWAY]);
    assert!(matches!(fetch(&settings), Err(HubError::WrongChecksum { .. })));
    assert_fetched(&settings);
}

#[test]
fn a_file_that_went_bad_in_the_cache_is_found_and_replaced() {
    let (_server, cache, settings) = hub_with(Manners::default());
    assert_fetched(&settings);
    fs::write(blob_in(cache.path()), b"not the weights").unwrap();
    let offline = HubSettings { is_offline: true, ..settings.clone() };
    assert!(matches!(fetch(&offline), Err(HubError::WrongChecksum { .. })));
    assert_fetched(&settings);
}

#[test]
fn a_copy_where_there_are_no_links_is_held_to_the_blob_beside_it() {
    let (_server, _cache, settings) = hub_with(Manners::default());
    let path = fetch(&settings).unwrap().expect("nobody cancelled");
    let offline = HubSettings { is_offline: true, ..settings.clone() };
    fs::remove_file(&path).unwrap();
    fs::write(&path, weights()).unwrap();
    assert_fetched(&offline);
    fs::write(&path, b"not the weights").unwrap();
    assert!(matches!(fetch(&offline), Err(HubError::WrongChecksum { .. })));
    assert!(!hub::is_right(b"not the weights", &path, &entry()) && hub::is_right(&weights(), &path, &entry()));
    assert_fetched(&settings);
}

#[test]
fn another_file_than_the_registry_knows_is_neither_downloaded_nor_taken_from_the_cache() {
    let (server, _cache, settings) = hub_with(Manners::default());
    let fetch_pinned = |settings: &HubSettings, sha256: String| {
        hub::fetch(&RegistryEntry { sha256: Some(sha256), ..entry() }, settings, &Progress::default())
    };
    let error = fetch_pinned(&settings, "0".repeat(64)).unwrap_err();
    assert!(matches!(error, HubError::OtherFile { .. }) && error.to_string().contains("HF_ENDPOINT"), "{error}");
    assert_eq!(server.ranges(), []);
    assert!(fetch_pinned(&settings, sha256(&weights())).unwrap().is_some());
    let offline = HubSettings { is_offline: true, ..settings };
    assert!(matches!(fetch_pinned(&offline, "0".repeat(64)), Err(HubError::WrongChecksum { .. })));
}

#[test]
fn offline_the_cache_answers_and_no_connection_is_opened() {
    let (server, _cache, online) = hub_with(Manners::default());
    let offline = HubSettings { is_offline: true, ..online.clone() };
    let error = fetch(&offline).unwrap_err();
    assert!(matches!(error, HubError::Offline { .. }), "{error}");
    assert!(error.to_string().contains("HF_HUB_OFFLINE"), "{error}");
    assert_eq!(server.requests().len(), 0);

    assert_fetched(&online);
    let num_requests = server.requests().len();
    assert_fetched(&offline);
    assert!(hub::cached(&entry(), &offline).is_some());
    assert_eq!(server.requests().len(), num_requests);
}

#[test]
fn without_a_network_the_message_names_the_ways_out() {
    let cache = tempfile::tempdir().unwrap();
    // A port that was free a moment ago: nobody listens there.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = fetch(&settings(&format!("http://127.0.0.1:{port}"), cache.path())).unwrap_err();
    assert!(matches!(error, HubError::NoConnection { .. }), "{error}");
    let message = error.to_string();
    for part in [
        "no connection to 127.0.0.1",
        "timm/resnet50.a1_in1k",
        "`hangtag models get resnet50`",
        "HF_ENDPOINT",
        "models--timm--resnet50.a1_in1k",
        &cache.path().display().to_string(),
    ] {
        assert!(message.contains(part), "{part:?} is missing in {message:?}");
    }
}

#[test]
fn a_mirror_may_live_under_a_path_and_a_repository_may_have_moved() {
    let (server, _cache, settings) = hub_with(Manners { renamed_to: Some("timm/new-name"), ..Manners::default() });
    let settings = HubSettings { endpoint: format!("{}/mirror/", server.address), ..settings };
    assert_fetched(&settings);
    assert_eq!(server.requests()[0].path, "/mirror/timm/resnet50.a1_in1k/resolve/main/model.safetensors");
}

#[test]
fn the_token_goes_to_the_endpoint_only() {
    let hub = Server::start(Manners::default());
    let (mirror, _cache, settings) = hub_with(Manners { sends_on_to: Some(hub.address.clone()), ..Manners::default() });
    let settings = HubSettings { token: Some("secret".to_owned()), ..settings };
    assert_fetched(&settings);
    assert!(mirror.requests().iter().all(|request| request.authorization.as_deref() == Some("Bearer secret")));
    let strangers = hub.requests();
    assert!(!strangers.is_empty());
    assert!(strangers.iter().all(|request| request.authorization.is_none()), "{strangers:?}");
    assert!(!format!("{settings:?}").contains("secret"));
}

#[test]
fn two_downloads_of_one_file_do_not_write_into_one_another() {
    let (server, _cache, settings) = hub_with(Manners::default());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert_fetched(&settings));
        }
    });
    assert_eq!(server.ranges(), [None], "the second waits and takes what the first got");
}

#[test]
fn what_the_hub_refuses_is_said_plainly() {
    let (server, cache, settings) = hub_with(Manners::default());
    for (status, words) in [
        ("401 Unauthorized", "HF_TOKEN"),
        ("404 Not Found", "does not have model.safetensors of timm/resnet50.a1_in1k at revision main"),
        ("503 Service Unavailable", "Try again later"),
        // What the login page of a hotel's network looks like.
        ("200 OK", "does not answer as the hub does"),
    ] {
        server.behave(Manners { status: Some(status), ..Manners::default() });
        let message = fetch(&settings).unwrap_err().to_string();
        assert!(message.contains(words), "{words:?} is missing in {message:?}");
    }
    server.behave(Manners { announces_bytes: Some(NUM_BYTES * 3), ..Manners::default() });
    assert!(matches!(fetch(&settings), Err(HubError::TooLarge { .. })));
    assert_eq!(server.ranges(), []);
    // A file that is longer than announced is not taken to its end.
    server.behave(Manners { announces_bytes: Some(MIDWAY), ..Manners::default() });
    assert!(matches!(fetch(&settings), Err(HubError::NotAHub { .. })));
    assert!(!part_in(cache.path()).exists());
    for (endpoint, words) in [("ftp://example.org", "neither https nor http"), ("http://example.org", "can be read")] {
        let error = fetch(&HubSettings { endpoint: endpoint.to_owned(), ..settings.clone() }).unwrap_err();
        assert!(matches!(error, HubError::Endpoint { .. }), "{error}");
        let message = error.to_string();
        assert!(message.contains(words) && message.contains("Set HF_ENDPOINT to an https address"), "{message}");
    }
}

#[test]
fn who_sends_on_without_https_or_in_a_circle_is_left() {
    let (server, _cache, settings) = hub_with(Manners::default());
    let sends_on_to = |hub: &str| {
        server.behave(Manners { sends_on_to: Some(hub.to_owned()), ..Manners::default() });
        fetch(&settings).unwrap_err().to_string()
    };
    let message = sends_on_to("http://example.org");
    assert!(message.contains("redirects to an address without https"), "{message}");
    assert_eq!(server.requests().len(), 1);
    let message = sends_on_to(&server.address);
    assert!(message.contains("redirects in a circle"), "{message}");
    // The request itself and ten redirects.
    assert_eq!(server.requests().len(), 1 + 11);
}

#[test]
fn a_cache_that_cannot_be_made_is_named() {
    let (_server, cache, settings) = hub_with(Manners::default());
    let cache_dir = cache.path().join("a file");
    fs::write(&cache_dir, b"").unwrap();
    let error = fetch(&HubSettings { cache_dir, ..settings }).unwrap_err();
    assert!(error.to_string().contains("a file"), "{error}");
}
