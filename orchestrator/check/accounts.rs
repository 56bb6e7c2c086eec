//! `/etc/passwd` and `/etc/group`: which number a name has in an image.

use crate::request::{Found, Look};

/// Where users have their numbers.
pub(super) const PASSWD: &str = "/etc/passwd";
/// Where groups have theirs.
pub(super) const GROUP: &str = "/etc/group";

/// The question for one of the two files.
pub(super) fn look(path: &str) -> Look {
    Look {
        path: path.to_owned(),
        follow: true,
        content: true,
    }
}

/// The number of a user or group: itself where it is one, else what the file says.
pub(super) fn number(name: &str, file: Option<&Found>) -> Option<u64> {
    if let Ok(number) = name.parse() {
        return Some(number);
    }
    let text = String::from_utf8_lossy(file?.content.as_deref()?);
    text.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name))
            .then(|| fields.nth(1)?.parse().ok())
            .flatten()
    })
}
