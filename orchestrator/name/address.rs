//! Addresses of things to download, where a text may also be a path or the name of an image.

/// How addresses begin that builders download from: <https://docs.docker.com/reference/dockerfile/#add>.
const STARTS: [&str; 5] = ["http://", "https://", "git://", "ssh://", "git@"];

/// Whether a text is the address of something to download, and neither a path nor the name of an image.
pub fn is_address(text: &str) -> bool {
    STARTS.iter().any(|start| text.starts_with(start))
}
