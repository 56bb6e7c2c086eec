//! `axis "name" kind="version" rungs="full minor" { value "1.26.5" …; }`

use crate::manifest::block::{self, Row};
use crate::manifest::names;
pub use crate::tag::Rung;
use crate::text::kdl::{Node, Reader, duplicate};
use crate::text::{Diagnostic, Diagnostics, Mend, Shown, Span, Spanned};
use jiff::civil::Date;

/// One dimension of an image's matrix.
#[derive(Debug, Clone)]
pub struct AxisDecl {
    /// Where it is declared.
    pub span: Span,
    /// The axis's name.
    pub name: Spanned<String>,
    /// The type of its values.
    pub kind: AxisKind,
    /// The rungs of a version axis; only `full` if not specified.
    pub rungs: Vec<Spanned<Rung>>,
    /// The range of versions of which one owns `none` and `latest`; all versions if not specified.
    pub latest: Option<Spanned<String>>,
    /// The axis at the top of the manifest whose values it has.
    pub shared: Option<Spanned<String>>,
    /// The values in file order.
    pub values: Vec<Value>,
}

/// The type of the values of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AxisKind {
    /// Words without an order.
    #[default]
    Word,
    /// Versions, which have an order and rungs.
    Version,
}

/// One value of an axis.
#[derive(Debug, Clone)]
pub struct Value {
    /// Where it is declared.
    pub span: Span,
    /// The value's name.
    pub name: Spanned<String>,
    /// Its token in tags instead of its name; may be empty.
    pub token: Option<Spanned<String>>,
    /// Whether it also has the empty token.
    pub default: Option<Span>,
    /// Whether it may share tags with variants on other platforms.
    pub shared: Option<Span>,
    /// The last day on which it is built, in UTC.
    pub until: Option<Spanned<Date>>,
    /// Further tokens of this value.
    pub aliases: Vec<Spanned<String>>,
    /// Its data: `set build="1654"`.
    pub data: Vec<(Spanned<String>, Spanned<String>)>,
}

/// The words for rungs in a manifest.
pub(super) const RUNGS: [(&str, Rung); 5] = [
    ("full", Rung::Full),
    ("minor", Rung::Minor),
    ("major", Rung::Major),
    ("none", Rung::None),
    ("latest", Rung::Latest),
];

const KINDS: [(&str, AxisKind); 2] = [("word", AxisKind::Word), ("version", AxisKind::Version)];

impl AxisDecl {
    /// An axis of an image.
    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut axis = Self::read(node, true, out)?;
        axis.name = names::word(axis.name, "axis", &names::RESERVED_FOR_AXES, out);
        if let Some(name) = &axis.shared
            && (!axis.values.is_empty() || axis.kind != AxisKind::Word)
        {
            let message = "an axis with `use` has the values and the kind of the shared one";
            out.push(
                Diagnostic::error("manifest::shared-axis", message)
                    .at(name.span, "used here")
                    .help("move the values to the shared axis, or remove `use`; `rungs` and `latest` may differ"),
            );
        }
        Some(axis)
    }

    /// An axis at the top of the manifest, which images use by name.
    pub(super) fn parse_shared(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut axis = Self::read(node, false, out)?;
        axis.name = names::name(axis.name, "axis", out);
        Some(axis)
    }

    fn read(node: &Node, may_use: bool, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let name = reader.arg("a name", "axis \"version\" { value \"1.0\" }");
        let shared = may_use.then(|| reader.prop("use")).flatten();
        let has_kind = reader.raw("kind").is_some();
        // A word that cannot be read is hardly the one that needs not be written.
        let meant = if has_kind {
            AxisKind::Version
        } else {
            AxisKind::Word
        };
        let kind = reader.word("kind", &KINDS).unwrap_or(meant);
        let rungs = rungs(&mut reader).unwrap_or_default();
        let latest = reader.prop("latest");
        let values = reader.children(&["value"]);
        reader.done();
        let mut axis = Self {
            span: node.span,
            name: name?,
            shared,
            kind,
            rungs,
            latest: latest.map(|range| names::filled(range, "latest", out)),
            values: Vec::new(),
        };
        let values: Vec<Value> = values
            .into_iter()
            .filter_map(|node| Value::parse(node, out))
            .collect();
        for value in values {
            match axis.values.iter().find(|other| other.name == value.name) {
                Some(first) => out.push(duplicate(
                    &format!(
                        "value `{}` appears twice in axis `{}`",
                        value.name.value, axis.name.value
                    ),
                    first.name.span,
                    value.name.span,
                )),
                None => axis.values.push(value),
            }
        }
        Some(axis)
    }
}

/// `rungs="full minor"`: words separated by spaces, each once.
pub(super) fn rungs(reader: &mut Reader) -> Option<Vec<Spanned<Rung>>> {
    let written = reader.list("rungs");
    let given = !written.is_empty();
    let mut rungs: Vec<Spanned<Rung>> = Vec::new();
    for word in written.iter().flat_map(words) {
        if let Some(fault) = with_commas(&word) {
            reader.out().push(fault);
            continue;
        }
        let Some(rung) = reader.one_of(&word, "rung", &RUNGS) else {
            continue;
        };
        match rungs.iter().find(|other| other.value == rung) {
            Some(first) => {
                let fault = duplicate(
                    &format!("rung `{}` is given twice", word.value),
                    first.span,
                    word.span,
                );
                reader.out().push(fault);
            }
            None => rungs.push(Spanned::new(rung, word.span)),
        }
    }
    given.then_some(rungs)
}

/// The fault of rungs that are separated by commas.
fn with_commas(word: &Spanned<String>) -> Option<Diagnostic> {
    let all: Vec<&str> = word.split(',').filter(|one| !one.is_empty()).collect();
    let is_rung = |one: &&str| RUNGS.iter().any(|(known, _)| known == one);
    if !word.contains(',') || !all.iter().all(is_rung) {
        return None;
    }
    let meant = all.join(" ");
    let fault = Diagnostic::error("manifest::unknown-word", "rungs are separated by blanks")
        .at(word.span, "these have a comma")
        .help(format!("write `rungs=\"{meant}\"`"));
    Some(fault.read_as(Some(Mend::Word(word.span, meant))))
}

/// The words of a text, each with its own place if the text has no escapes.
fn words(text: &Spanned<String>) -> Vec<Spanned<String>> {
    let Span { source, start, end } = text.span;
    let quotes = (end - start).saturating_sub(text.value.len() as u32) / 2;
    let plain = (end - start) as usize == text.value.len() + 2 * quotes as usize && quotes <= 1;
    let at = |word: &str| {
        let offset = word.as_ptr() as usize - text.value.as_ptr() as usize;
        let start = start + quotes + offset as u32;
        Span {
            source,
            start,
            end: start + word.len() as u32,
        }
    };
    text.value
        .split_whitespace()
        .map(|word| Spanned::new(word.to_owned(), if plain { at(word) } else { text.span }))
        .collect()
}

impl Value {
    fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let (default, shared) = (reader.flag("default"), reader.flag("shared"));
        let name = reader.name("value \"1.0\"");
        reader.one_each("value \"1.0\"; value \"1.1\"");
        let token = reader.prop("token");
        let until = reader.prop("until");
        let nodes = reader.kinds(&block::words(&ROWS));
        reader.done();
        let mut added = Added::default();
        block::read(&mut added, &[&ROWS], &nodes, out);
        let Added { aliases, data } = added;
        names::once(&aliases, "alias", out);
        let name = names::filled(name?, "value", out);
        if let (Some(alias), None) = (aliases.iter().find(|alias| **alias == name), &token) {
            let message = format!("alias `{}` is the name of its value", alias.shown());
            out.push(duplicate(&message, name.span, alias.span));
        }
        Some(Self {
            span: node.span,
            name,
            token,
            default,
            shared,
            until: until.and_then(|text| date(text, out)),
            aliases,
            data,
        })
    }
}

/// `until="2026-12-31"`
fn date(text: Spanned<String>, out: &mut Diagnostics) -> Option<Spanned<Date>> {
    let is_date = text.len() == "2026-12-31".len();
    let parsed = text.parse::<Date>().ok().filter(|_| is_date);
    if parsed.is_none() {
        let message = format!("`{}` is not a date", text.shown());
        let fault = Diagnostic::error("manifest::date", message).at(text.span, "here");
        out.push(fault.help("write the year, the month and the day: `until=\"2026-12-31\"`"));
    }
    parsed.map(|date| Spanned::new(date, text.span))
}

/// The nodes of an axis and of its values.
pub(super) fn nodes() -> Vec<&'static str> {
    [vec!["value"], block::words(&ROWS)].concat()
}

/// What the block of a value adds to it.
#[derive(Default)]
struct Added {
    aliases: Vec<Spanned<String>>,
    data: Vec<(Spanned<String>, Spanned<String>)>,
}

static ROWS: [Row<Added>; 2] = [
    Row("alias", |added, child| {
        let mut reader = Reader::new(child.node, child.out);
        let first = reader.arg("a text", "alias \"lts\"");
        added.aliases.extend(first.into_iter().chain(reader.args()));
        reader.done();
    }),
    Row("set", |added, child| {
        names::pairs(&mut added.data, child.node, "set build=\"1654\"", child.out);
    }),
];
