//! Sections of GitLab's job log.

use super::Part;

pub(super) fn fold(part: &Part<'_>) -> String {
    let name = format!("kiln_{}", part.number);
    let (from, to) = (part.from.as_secs(), part.to.as_secs());
    format!(
        "\u{1b}[0Ksection_start:{from}:{name}[collapsed=true]\r\u{1b}[0K{}\n{}\u{1b}[0Ksection_end:{to}:{name}\r\u{1b}[0K\n",
        part.title, part.lines
    )
}
