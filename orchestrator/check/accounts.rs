//! `/etc/passwd` and `/etc/group`: the numbers of users and groups in an image.

use crate::request::{Found, Look};

/// The file with the numbers of users.
pub(super) const PASSWD: &str = "/etc/passwd";
/// The file with the numbers of groups.
pub(super) const GROUP: &str = "/etc/group";

/// The request to read one of the two files.
pub(super) fn look(path: &str) -> Look {
    Look {
        path: path.to_owned(),
        follow: true,
        content: true,
    }
}

/// The number of a user or group: the name itself if it is a number, else the number in the file.
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
