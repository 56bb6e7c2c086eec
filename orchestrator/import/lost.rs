//! What a file builds or publishes and the manifest does not: a list in the comment on top of the manifest. What is added to
//! the file later is not in that list, so that `--check` does not take it for the same.

use super::note::Lost;
use crate::name::Reference;
use crate::text::{Diagnostic, Diagnostics};
use std::collections::BTreeSet;

/// The part of the comment, with a line for each.
pub(super) fn comment(all: &[Lost]) -> String {
    let lines: String = all.iter().map(|one| format!("\n  {}", one.what)).collect();
    match all.is_empty() {
        true => lines,
        false => format!("\nLeft out, and not compared:{lines}"),
    }
}

/// Those that a comment of these files names, or whose references are published by the manifest. The others are errors.
pub(super) fn known(
    all: &[Lost],
    texts: &[&str],
    published: impl Fn(&Reference) -> bool,
    out: &mut Diagnostics,
) -> BTreeSet<String> {
    let lines = texts.iter().flat_map(|text| text.lines());
    let comments = lines.filter_map(|line| line.trim_start().strip_prefix("//"));
    let comments: BTreeSet<&str> = comments.map(str::trim).collect();
    let is_made = |one: &Lost| {
        let mut references = one.references.iter().filter_map(|name| name.parse().ok());
        !one.references.is_empty() && references.all(|name| published(&name))
    };
    let (known, new): (Vec<&Lost>, Vec<&Lost>) = all
        .iter()
        .partition(|one| comments.contains(one.what.as_str()) || is_made(one));
    for one in new {
        let message = format!("not compared, since an import leaves it out: {}", one.what);
        let help = format!(
            "add it to the manifest by hand, and this line to its comments: `// {}`",
            one.what
        );
        out.push(
            Diagnostic::error("import::left-out", message)
                .at(one.span, "here")
                .help(help),
        );
    }
    known.into_iter().map(|one| one.what.clone()).collect()
}
