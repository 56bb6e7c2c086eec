//! The parts of a git remote's URL that are useful as names.

/// The host and path of a repository: `github.com`, `acme/images`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remote {
    /// In lower case, without port.
    pub host: String,
    /// The path's parts, without `.git`.
    pub path: Vec<String>,
}

/// Reads `https://host/a/b.git`, `ssh://git@host:22/a/b`, `git@host:a/b.git`; `None` for local paths and for URLs
/// without a repository. User names and passwords are ignored.
pub(super) fn read(address: &str) -> Option<Remote> {
    let (host, path) = match address.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest.split_once('/')?,
        // A colon before the first slash is scp syntax; otherwise it is part of a path.
        None => address
            .split_once(':')
            .filter(|(host, _)| !host.contains('/'))?,
    };
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
    let path = path
        .split(['?', '#'])
        .next()
        .unwrap_or(path)
        .trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let path: Vec<String> = path
        .split('/')
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect();
    (!host.is_empty() && !path.is_empty()).then_some(Remote { host, path })
}
