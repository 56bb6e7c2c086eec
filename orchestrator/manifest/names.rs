//! Rules for names and paths, and for declarations that may appear once.

use crate::text::kdl::{Node, Reader, duplicate, twice};
use crate::text::{Diagnostic, Diagnostics, Shown, Span, Spanned};

/// The longest name of a declaration, in characters.
const LONGEST: usize = 100;

/// Names that an axis cannot have: `from` and placeholders use these words for something else.
pub(super) const RESERVED_FOR_AXES: [&str; 10] = [
    "image", "base", "var", "now", "sha", "branch", "tag", "describe", "revision", "probe",
];

/// Checks the name of an image, base, tool set or variable: it becomes part of paths and repositories.
pub(super) fn name(name: Spanned<String>, what: &str, out: &mut Diagnostics) -> Spanned<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let starts = name.value.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !starts
        || !name.value.chars().all(fits)
        || name.value.len() > LONGEST
        || name.value.contains("..")
    {
        out.push(
            Diagnostic::error("manifest::name", format!("`{}` cannot be the name of {}", name.value.shown(), article(what)))
                .at(name.span, "not a name")
                .help(format!("use letters, digits, `.`, `_` and `-`, a letter or digit first, {LONGEST} characters at most"))
                .maybe_help(single_quoted(&name.value))
                .maybe_help(with_path(&name.value, what)),
        );
    }
    name
}

/// For an image that is to be published below a path: its name is not its repository.
fn with_path(name: &str, what: &str) -> Option<String> {
    let last = name.rsplit('/').next().filter(|last| *last != name)?;
    let is_image = what == "image" && !last.is_empty();
    is_image.then(|| {
        format!(
            "to publish below a path, name it `{}` and say `publish \"REGISTRY/{}\"` in it",
            last.shown(),
            name.shown()
        )
    })
}

/// Checks the name of an axis or parameter: it is used in placeholders, where `.` and `:` have a meaning.
pub(super) fn word(
    name: Spanned<String>,
    what: &str,
    reserved: &[&str],
    out: &mut Diagnostics,
) -> Spanned<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let starts = name.value.starts_with(|c: char| c.is_ascii_alphabetic());
    let fault = |message: String, help: String| {
        Diagnostic::error("manifest::name", message)
            .at(name.span, "not a name here")
            .help(help)
    };
    if !starts || !name.value.chars().all(fits) || name.value.len() > LONGEST {
        let help = format!(
            "use letters, digits, `_` and `-`, a letter first, {LONGEST} characters at most"
        );
        out.push(fault(
            format!(
                "`{}` cannot be the name of {}",
                name.value.shown(),
                article(what)
            ),
            help,
        ));
    } else if reserved.contains(&name.value.as_str()) {
        out.push(fault(
            format!("`{}` is a reserved name", name.value),
            format!("give the {what} another name"),
        ));
    }
    name
}

/// The help for text in single quotes, which are part of the text in KDL.
pub fn single_quoted(text: &str) -> Option<String> {
    let inside = text.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(format!("use double quotes: `\"{}\"`", inside.quoted()))
}

fn article(what: &str) -> String {
    format!(
        "{} {what}",
        if what.starts_with(['a', 'e', 'i', 'o', 'u']) {
            "an"
        } else {
            "a"
        }
    )
}

/// Checks that a text is not empty.
pub(super) fn filled(text: Spanned<String>, what: &str, out: &mut Diagnostics) -> Spanned<String> {
    if text.value.trim().is_empty() {
        out.push(
            Diagnostic::error("manifest::empty", format!("`{what}` is empty"))
                .at(text.span, "no text")
                .help("write something, or remove the node"),
        );
    }
    text
}

/// Checks that a path is inside the workspace, as far as possible before its placeholders are filled in.
pub(super) fn path(path: Spanned<String>, what: &str, out: &mut Diagnostics) -> Spanned<String> {
    let path = filled(path, what, out);
    if let Some(fault) = outside(&path.value) {
        out.push(
            Diagnostic::error("manifest::outside", format!("{fault}: `{}`", path.value.shown()))
                .at(path.span, "not inside the workspace")
                .help("write a path relative to the folder of `kiln.kdl` that stays inside it, with `/` between its parts"),
        );
    }
    path
}

/// Why a relative path leaves the workspace, if it does.
pub fn outside(path: &str) -> Option<&'static str> {
    let drive = path.as_bytes().get(1) == Some(&b':');
    if path.starts_with('/') || drive {
        return Some("the path is absolute");
    }
    if path.contains('\\') {
        return Some("the path contains a backslash");
    }
    if path.chars().any(char::is_control) {
        return Some("the path contains a control character");
    }
    path.split('/')
        .any(|part| part == "..")
        .then_some("the path contains `..`")
}

/// Reports every item of a list that appears again.
pub(super) fn once(list: &[Spanned<String>], what: &str, out: &mut Diagnostics) {
    let mut seen = std::collections::HashMap::with_capacity(list.len());
    for item in list {
        if let Some(first) = seen.get(item.value.as_str()) {
            out.push(duplicate(
                &format!("{what} `{}` appears twice", item.value.shown()),
                *first,
                item.span,
            ));
        } else {
            seen.insert(item.value.as_str(), item.span);
        }
    }
}

/// Adds the pairs of a node such as `set build="1654"`: at least one, and each name once.
pub(super) fn pairs(
    all: &mut Vec<(Spanned<String>, Spanned<String>)>,
    node: &Node,
    example: &str,
    out: &mut Diagnostics,
) {
    let mut reader = Reader::new(node, out);
    let pairs = reader.pairs();
    if pairs.is_empty() {
        no_pairs(&mut reader, example);
    }
    for (name, value) in pairs {
        match all.iter().find(|(other, _)| *other == name) {
            Some((first, _)) => {
                let fault = twice(&name, first.span);
                reader.out().push(fault);
            }
            None => all.push((name, value)),
        }
    }
    reader.done();
}

/// Reports a node such as `env` without pairs: perhaps a pair is in quotes as a whole, `env "FOO=bar"`.
pub(super) fn no_pairs(reader: &mut Reader, example: &str) {
    if reader.has_bad_pair() {
        return;
    }
    let node = example.split(' ').next().unwrap_or_default();
    let written = reader.maybe_arg();
    let pair = written.as_ref().and_then(|text| text.split_once('='));
    let meant = pair.map(|(name, value)| format!("{node} {name}=\"{}\"", value.quoted()));
    reader.missing("a name and a value", meant.as_deref().unwrap_or(example));
}

/// Keeps a declaration if its name is new; otherwise reports both places.
pub(super) fn declare<T>(
    all: &mut Vec<T>,
    found: Option<T>,
    key: impl Fn(&T) -> &Spanned<String>,
    what: &str,
    out: &mut Diagnostics,
) {
    let Some(found) = found else { return };
    let place = |item: &T| -> Span { key(item).span };
    match all.iter().find(|other| key(other) == key(&found)) {
        Some(first) => out.push(duplicate(
            &format!("{what} `{}` is declared twice", key(&found).value.shown()),
            place(first),
            place(&found),
        )),
        None => all.push(found),
    }
}

/// Checks that a pattern is a regular expression of bounded size.
pub(super) fn regex(pattern: &Spanned<String>, what: &str, out: &mut Diagnostics) {
    let Err(error) = regex::RegexBuilder::new(&pattern.value)
        .size_limit(1 << 20)
        .build()
    else {
        return;
    };
    let reason = error.to_string();
    let reason = reason
        .lines()
        .last()
        .unwrap_or_default()
        .trim_start_matches("error: ");
    out.push(
        Diagnostic::error(
            "manifest::pattern",
            format!("`{what}` is not a regular expression: {reason}"),
        )
        .at(pattern.span, "cannot be read")
        .help("`#\"…\"#` around a pattern keeps its backslashes"),
    );
}
