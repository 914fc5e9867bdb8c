//! The two requests for a file: what the hub says of it, and its bytes, from where they broke off.

use std::fs::{self, File};
use std::future::Future;
use std::io::Write;
use std::net::IpAddr;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderMap, LOCATION, RANGE};
use reqwest::{Client, Method, Response, StatusCode, Url, redirect};

use super::store::is_hex;
use super::{HubError, HubSettings, Wanted};
use crate::progress::Progress;
use crate::vision::registry::RegistryEntry;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long a server may send nothing before the download counts as broken off.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a cancelled download may go on waiting for a silent server or another download.
pub(super) const CANCEL_LATENCY: Duration = Duration::from_millis(100);
const MAX_REDIRECTS: usize = 10;
const REPO_COMMIT: &str = "x-repo-commit";

/// What the hub says of a file before any of it is sent.
pub(super) struct Announcement {
    /// 40 hexadecimal digits, so it is safe as the name of a folder.
    pub(super) commit: String,
    /// 64 hexadecimal digits, so it is safe as the name of a file.
    pub(super) sha256: String,
    pub(super) size_bytes: u64,
}

#[derive(PartialEq, Eq)]
pub(super) enum Transfer {
    Whole,
    Cancelled,
}

/// The requests for one file.
pub(super) struct Hub<'a> {
    /// Follows no redirect by itself, see [`Hub::answer`].
    client: Client,
    url: Url,
    settings: &'a HubSettings,
    entry: &'a RegistryEntry,
    wanted: &'a Arc<Wanted>,
}

impl<'a> Hub<'a> {
    pub(super) fn new(
        entry: &'a RegistryEntry,
        settings: &'a HubSettings,
        wanted: &'a Arc<Wanted>,
    ) -> Result<Self, HubError> {
        let unusable =
            |because: &str| HubError::Endpoint { endpoint: settings.endpoint.clone(), because: because.to_owned() };
        let mut url = Url::parse(&settings.endpoint).map_err(|error| unusable(&error.to_string()))?;
        if !is_private(&url) {
            return Err(unusable(match url.scheme() {
                "http" => "what is sent over http, your token included, can be read and changed on the way",
                _ => "it is neither https nor http",
            }));
        }
        let is_loopback = is_loopback(&url);
        url.path_segments_mut()
            .map_err(|()| unusable("it has no path"))?
            .pop_if_empty()
            .extend(entry.repo.split('/'))
            .extend(["resolve", &entry.revision])
            .extend(entry.file.split('/'));
        let builder = Client::builder()
            .user_agent(concat!("hangtag/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(SILENCE_TIMEOUT)
            .redirect(redirect::Policy::none());
        // A proxy is for the outside and would look for this address on its own machine.
        let builder = if is_loopback { builder.no_proxy() } else { builder };
        let client = builder.build().map_err(|error| HubError::Client(root_cause(&error)))?;
        Ok(Self { client, url, settings, entry, wanted })
    }

    pub(super) fn wanted(&self) -> Arc<Wanted> {
        Arc::clone(self.wanted)
    }

    fn not_a_hub(&self, because: &str) -> HubError {
        HubError::NotAHub { wanted: self.wanted(), because: because.to_owned() }
    }

    fn refusal(&self, status: StatusCode) -> HubError {
        let wanted = self.wanted();
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => HubError::NoAccess { wanted, status },
            StatusCode::NOT_FOUND => HubError::NotFound { wanted, revision: self.entry.revision.clone() },
            _ => HubError::Refused { wanted, status },
        }
    }

    /// The answer for the file, or the redirect that `is_enough`. The redirects are followed here, since reqwest 0.13.5
    /// sends the token along when a server that it was redirected to redirects once more.
    async fn answer(
        &self,
        method: Method,
        first_byte: u64,
        is_enough: fn(&HeaderMap) -> bool,
    ) -> Result<Response, HubError> {
        let mut url = self.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            // Compressed, lengths and ranges would mean something else.
            let mut request = self.client.request(method.clone(), url.clone()).header(ACCEPT_ENCODING, "identity");
            if first_byte > 0 {
                request = request.header(RANGE, format!("bytes={first_byte}-"));
            }
            if let Some(token) = &self.settings.token
                && url.origin() == self.url.origin()
            {
                request = request.bearer_auth(token);
            }
            let response = request
                .send()
                .await
                .map_err(|error| HubError::NoConnection { wanted: self.wanted(), because: root_cause(&error) })?;
            if !response.status().is_redirection() || is_enough(response.headers()) {
                return Ok(response);
            }
            let location = header(response.headers(), LOCATION.as_str());
            url = redirected(&url, location).map_err(|because| self.not_a_hub(because))?;
        }
        Err(self.not_a_hub("it redirects in a circle"))
    }

    pub(super) async fn announcement(&self) -> Result<Announcement, HubError> {
        // What the hub says of a file is on the redirect to the CDN. A redirect without it is another: of a renamed
        // repository, or of a mirror that sends on to the hub.
        let response = self.answer(Method::HEAD, 0, |headers| headers.contains_key(REPO_COMMIT)).await?;
        let (status, headers) = (response.status(), response.headers());
        if !status.is_success() && !status.is_redirection() {
            return Err(self.refusal(status));
        }
        let commit = header(headers, REPO_COMMIT).filter(|commit| is_hex(commit, 40));
        let etag = header(headers, "x-linked-etag").or_else(|| header(headers, ETAG.as_str())).unwrap_or_default();
        let sha256 = Some(etag.trim_start_matches("W/").trim_matches('"')).filter(|text| is_hex(text, 64));
        // Of a redirect, Content-Length is the length of the redirect.
        let length = header(headers, CONTENT_LENGTH.as_str()).filter(|_| status.is_success());
        let size_bytes = header(headers, "x-linked-size").or(length).and_then(|text| text.parse::<u64>().ok());
        Ok(Announcement {
            commit: commit.ok_or_else(|| self.not_a_hub("X-Repo-Commit names no commit"))?.to_owned(),
            sha256: sha256
                .ok_or_else(|| self.not_a_hub("neither X-Linked-Etag nor ETag is a sha256"))?
                .to_ascii_lowercase(),
            size_bytes: size_bytes
                .filter(|bytes| *bytes > 0)
                .ok_or_else(|| self.not_a_hub("neither X-Linked-Size nor Content-Length is a size"))?,
        })
    }

    /// Completes `part` to `size_bytes`, from where it ends if the server can, else from the start.
    pub(super) async fn transfer(
        &self,
        part: &Path,
        size_bytes: u64,
        progress: &Progress,
    ) -> Result<Transfer, HubError> {
        let mut kept_bytes = match fs::metadata(part) {
            Ok(metadata) if metadata.len() <= size_bytes => metadata.len(),
            // None yet, or longer than the file, so not a part of it.
            _ => 0,
        };
        if kept_bytes == size_bytes {
            progress.add(size_bytes);
            return Ok(Transfer::Whole);
        }
        let mut response = loop {
            let Some(answer) = unless_cancelled(progress, self.answer(Method::GET, kept_bytes, |_| false)).await else {
                return Ok(Transfer::Cancelled);
            };
            let response = answer?;
            match response.status() {
                StatusCode::PARTIAL_CONTENT if range_start(response.headers()) == Some(kept_bytes) => break response,
                StatusCode::OK => {
                    kept_bytes = 0;
                    break response;
                }
                // Another range than was asked for, or none at all: once more, for the whole.
                StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if kept_bytes > 0 => kept_bytes = 0,
                status => return Err(self.refusal(status)),
            }
        };

        let mut options = File::options();
        let options = if kept_bytes > 0 { options.append(true) } else { options.write(true).truncate(true) };
        let mut file = options.create(true).open(part).map_err(HubError::at(part))?;
        progress.add(kept_bytes);
        let interrupted = |kept_bytes: u64, because: String| HubError::Interrupted {
            wanted: self.wanted(),
            kept_bytes,
            total_bytes: size_bytes,
            because,
        };
        loop {
            let Some(chunk) = unless_cancelled(progress, response.chunk()).await else {
                return Ok(Transfer::Cancelled);
            };
            let chunk = chunk.map_err(|error| interrupted(kept_bytes, root_cause(&error)))?;
            let Some(chunk) = chunk else { break };
            kept_bytes += chunk.len() as u64;
            if kept_bytes > size_bytes {
                fs::remove_file(part).map_err(HubError::at(part))?;
                return Err(self.not_a_hub("it sends more than it announced"));
            }
            file.write_all(&chunk).map_err(HubError::at(part))?;
            progress.add(chunk.len() as u64);
        }
        if kept_bytes < size_bytes {
            return Err(interrupted(kept_bytes, "the server sent no more".to_owned()));
        }
        // Once it has its final name, nothing asks again whether all of it reached the disk.
        file.sync_all().map_err(HubError::at(part))?;
        Ok(Transfer::Whole)
    }
}

/// What `future` gives, or `None` once the task is cancelled: also while a server is silent.
pub(super) async fn unless_cancelled<F: Future>(progress: &Progress, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    while !progress.is_cancelled() {
        if let Ok(output) = tokio::time::timeout(CANCEL_LATENCY, future.as_mut()).await {
            return Some(output);
        }
    }
    None
}

/// Whether nobody on the way can read or change what is sent there: it is encrypted, or does not leave this computer.
fn is_private(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}

fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    })
}

/// Where the server that was asked at `asked` sends its client on to, or why nobody goes there.
fn redirected(asked: &Url, location: Option<&str>) -> Result<Url, &'static str> {
    let next = location.and_then(|location| asked.join(location).ok()).ok_or("it redirects to nowhere")?;
    // What was asked for over https must not be told to whoever listens on the way, or to another program here.
    let is_kept_private = if asked.scheme() == "https" { next.scheme() == "https" } else { is_private(&next) };
    if is_kept_private { Ok(next) } else { Err("it redirects to an address without https") }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// Where the bytes of a partial answer begin: 5 for `bytes 5-9/10`.
fn range_start(headers: &HeaderMap) -> Option<u64> {
    header(headers, CONTENT_RANGE.as_str())?.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

/// The innermost reason, as in "Connection refused": what is around it repeats the address.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn only_this_computer_is_asked_without_https() {
        for private in ["https://huggingface.co", "http://127.0.0.1:8080", "http://[::1]:9/hub", "http://localhost"] {
            assert!(is_private(&url(private)), "{private}");
        }
        for public in ["http://huggingface.co", "http://10.0.0.7", "http://localhost.example.org", "ftp://127.0.0.1"] {
            assert!(!is_private(&url(public)), "{public}");
        }
    }

    #[test]
    fn a_redirect_is_followed_where_it_stays_private() {
        let (outside, here) = ("https://hub.example/a/b", "http://127.0.0.1:80/a/b");
        for (asked, location, next) in [
            (outside, "https://cdn.example/c", "https://cdn.example/c"),
            (outside, "/c", "https://hub.example/c"),
            (outside, "c", "https://hub.example/a/c"),
            (outside, "//cdn.example/c", "https://cdn.example/c"),
            (here, "/c", "http://127.0.0.1/c"),
            (here, "http://localhost:81/c", "http://localhost:81/c"),
            (here, "https://hub.example/c", "https://hub.example/c"),
        ] {
            assert_eq!(redirected(&url(asked), Some(location)), Ok(url(next)), "{asked} to {location}");
        }
        for (asked, location) in [
            (outside, "http://hub.example/a/b"),
            (outside, "http://127.0.0.1/a"),
            (outside, "ftp://hub.example/a"),
            (outside, "file:///etc/passwd"),
            (here, "http://hub.example/a/b"),
        ] {
            let refused = redirected(&url(asked), Some(location)).unwrap_err();
            assert!(refused.contains("without https"), "{asked} to {location}: {refused}");
        }
        for nowhere in [None, Some("https://"), Some("http://[::1")] {
            assert_eq!(redirected(&url(outside), nowhere), Err("it redirects to nowhere"), "{nowhere:?}");
        }
    }
}
