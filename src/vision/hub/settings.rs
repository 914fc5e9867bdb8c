//! Which hub is asked, which cache is used and as whom, as the environment says for every tool of the hub.

use std::fmt;
use std::fs;
use std::path::PathBuf;

pub(super) const DEFAULT_ENDPOINT: &str = "https://huggingface.co";

/// Which hub, which cache, and as whom.
#[derive(Clone)]
pub struct HubSettings {
    /// The hub or a mirror of it, as in `https://huggingface.co`.
    pub endpoint: String,
    /// The folder that holds `models--owner--name`.
    pub cache_dir: PathBuf,
    pub token: Option<String>,
    /// Only the cache is asked.
    pub is_offline: bool,
}

impl HubSettings {
    /// What the environment says, as for every tool of the hub: `HF_ENDPOINT`, `HF_HOME`, `HF_HUB_CACHE`, `HF_TOKEN`
    /// (or the file that `hf auth login` wrote) and `HF_HUB_OFFLINE`.
    #[must_use]
    pub fn from_env() -> Self {
        let home = hub_home();
        let cache = variable("HF_HUB_CACHE").or_else(|| variable("HUGGINGFACE_HUB_CACHE"));
        let token = match variable("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
            Some(_) => None,
            None => variable("HF_TOKEN").or_else(|| {
                let path = variable("HF_TOKEN_PATH").map_or_else(|| home.join("token"), PathBuf::from);
                fs::read_to_string(path).ok().map(|token| token.trim().to_owned()).filter(|token| !token.is_empty())
            }),
        };
        Self {
            endpoint: variable("HF_ENDPOINT").unwrap_or_else(|| DEFAULT_ENDPOINT.to_owned()),
            cache_dir: cache.map_or_else(|| home.join("hub"), PathBuf::from),
            token,
            is_offline: variable("HF_HUB_OFFLINE").is_some_and(|value| is_yes(&value)),
        }
    }
}

impl fmt::Debug for HubSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The token stays out of logs.
        let Self { endpoint, cache_dir, token, is_offline } = self;
        write!(f, "HubSettings({endpoint}, {}, token: {}, offline: {is_offline})", cache_dir.display(), token.is_some())
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn is_yes(value: &str) -> bool {
    ["1", "on", "yes", "true"].contains(&value.to_ascii_lowercase().as_str())
}

/// The folder of all tools of the hub.
fn hub_home() -> PathBuf {
    if let Some(home) = variable("HF_HOME") {
        return home.into();
    }
    // A relative one is ignored, as the specification of these folders asks.
    let cache = variable("XDG_CACHE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let cache = cache.or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
    cache.unwrap_or_else(std::env::temp_dir).join("huggingface")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offline_is_said_in_the_words_of_the_other_tools() {
        assert!(["1", "ON", "yes", "True"].into_iter().all(is_yes));
        assert!(!["0", "off", "no", "false"].into_iter().any(is_yes));
    }
}
