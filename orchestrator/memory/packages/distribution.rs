//! The distribution of an image, as `os-release` names it.

use crate::request::ReadFile;
use serde::{Deserialize, Serialize};

/// The file, and where it usually is a link to.
pub(super) const FILE: &str = "/etc/os-release";
pub(super) const LINKED: &str = "/usr/lib/os-release";

/// A distribution with its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// `debian`
    pub id: String,
    /// `13`; a rolling distribution has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// Reads the file, or what it is a link to.
pub(super) fn read(files: &[ReadFile]) -> Option<Release> {
    let mut found = [FILE, LINKED].into_iter().filter_map(|path| {
        let file = files.iter().find(|file| file.path == path)?;
        parse(&String::from_utf8_lossy(&file.bytes))
    });
    found.next()
}

fn parse(text: &str) -> Option<Release> {
    let field = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once('='));
        let (_, value) = lines.find(|(key, _)| key.trim() == name)?;
        let value = value.trim().trim_matches(['"', '\'']);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        (!value.is_empty() && value.len() < 64 && value.chars().all(is_plain))
            .then(|| value.to_owned())
    };
    Some(Release {
        id: field("ID")?,
        version: field("VERSION_ID"),
    })
}
