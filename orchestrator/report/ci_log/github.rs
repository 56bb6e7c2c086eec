//! Workflow commands of GitHub Actions.

use super::Part;
use crate::text::{FROM_KILN, harmless};

/// How kiln writes commands to the log of GitHub Actions.
///
/// From `begin` to `end` the runner ignores all commands. Only a line with the token lets it read them again,
/// so kiln writes that line around each of its own. No build can write it: the token is random and never leaves the log.
#[derive(Debug, Clone)]
pub struct GitHub {
    token: String,
    /// The path of the workspace in the repository, empty or with a slash at its end.
    folder: String,
}

impl GitHub {
    /// `token` is a random word of letters and digits, `folder` the path from the root of the repository to the workspace.
    pub fn new(token: String, folder: &str) -> Self {
        let folder = match folder.trim_matches('/') {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        Self { token, folder }
    }

    pub(super) fn begin(&self) -> String {
        format!("::stop-commands::{}\n", self.token)
    }

    pub(super) fn end(&self) -> String {
        format!("::{}::\n", self.token)
    }

    fn command(&self, command: &str) -> String {
        format!("{}{command}\n{}", self.end(), self.begin())
    }

    pub(super) fn fold(&self, part: &Part<'_>) -> String {
        let start = self.command(&format!("::group::{}", data(part.title)));
        format!("{start}{}{}", part.lines, self.command("::endgroup::"))
    }

    pub(super) fn error(&self, place: Option<&str>, title: &str, text: &str) -> String {
        let at = place.and_then(split).map(|(path, line)| {
            let path = property(&format!("{}{path}", self.folder));
            format!("file={path},line={line},")
        });
        let (at, title) = (at.unwrap_or_default(), property(title));
        self.command(&format!("::error {at}title={title}::{}", data(text)))
    }
}

/// The path and the line of a place. What is rendered has where its line comes from behind it, such as
/// `DOCKERFILE:6 (kiln.kdl:17:21, kiln's templates/kiln/toolset.hbs:27)`: the last of these that does not come with kiln is what the
/// author wrote.
fn split(place: &str) -> Option<(&str, usize)> {
    let rendered = place.strip_suffix(')').and_then(|all| all.split_once(" ("));
    let Some((own, origins)) = rendered else {
        return written(place);
    };
    let mut origins = origins.rsplit(", ");
    origins.find_map(written).or_else(|| line_of(own))
}

/// The path and the line of a place in a file of the workspace.
fn written(place: &str) -> Option<(&str, usize)> {
    line_of(place).filter(|_| !place.starts_with(FROM_KILN))
}

/// The path and the line of `path:line` or `path:line:column`.
fn line_of(place: &str) -> Option<(&str, usize)> {
    let (before, last) = place.rsplit_once(':')?;
    let last: usize = last.parse().ok()?;
    let with_column = before.rsplit_once(':');
    let with_column = with_column.and_then(|(path, line)| Some((path, line.parse().ok()?)));
    Some(with_column.unwrap_or((before, last)))
}

fn data(text: &str) -> String {
    harmless(text)
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
