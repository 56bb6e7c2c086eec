//! `tag "{version}-{variant}" rungs="full" per="cell" fixed=#true on="branch:main"`

use crate::manifest::Rung;
use crate::manifest::{axis, names};
use crate::text::kdl::{Node, Reader, duplicate};
use crate::text::{Diagnostic, Diagnostics, Shown, Span, Spanned, suggest};

/// A rule for tags: a pattern and its conditions.
#[derive(Debug, Clone)]
pub struct TagRule {
    /// Where it is declared.
    pub span: Span,
    /// The text of the tag, with placeholders.
    pub pattern: Spanned<String>,
    /// Limits the rungs of its axes.
    pub rungs: Option<Vec<Spanned<Rung>>>,
    /// The variants among which a moving rung belongs to the highest value: all of the image, if nothing is written.
    pub per: Option<Per>,
    /// Whether its tags are fixed: written once.
    pub fixed: bool,
    /// When it may be written; empty means the default branch.
    pub on: Vec<Condition>,
}

/// The set of variants in which a moving rung belongs to the highest value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Per {
    /// All values of the axis in the image; if it is written, kiln does not warn of a rung that the highest value lacks.
    #[default]
    Image,
    /// The variants with the same other tokens.
    Cell,
}

/// `branch:main`, `tag:v*`, `schedule`, `release`, `pull-request`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The run is for a branch with this name.
    Branch(Spanned<String>),
    /// The run is for a git tag with this name.
    Tag(Spanned<String>),
    /// A schedule started the run.
    Schedule(Span),
    /// The run is for a release.
    Release(Span),
    /// The run checks a pull request.
    PullRequest(Span),
}

impl Per {
    /// The word for it.
    pub fn word(self) -> &'static str {
        let named = PER.iter().find(|(_, per)| *per == self);
        named.map_or("", |(word, _)| word)
    }
}

const PER: [(&str, Per); 2] = [("image", Per::Image), ("cell", Per::Cell)];

impl TagRule {
    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let fixed = reader.flag("fixed").is_some();
        let on = Condition::list(&mut reader);
        let rungs = axis::rungs(&mut reader);
        let per = reader.word("per", &PER);
        let pattern = reader.arg("a pattern", "tag \"{version}\"");
        reader.one_each("tag \"1.0\"; tag \"latest\"");
        reader.done();
        Some(Self {
            span: node.span,
            pattern: pattern?,
            rungs,
            per,
            fixed,
            on,
        })
    }
}

impl TagRule {
    /// Reports a rule that a block has twice. Two rules with one pattern may have different conditions.
    pub(super) fn once(all: &[Self], out: &mut Diagnostics) {
        for (at, rule) in all.iter().enumerate() {
            if let Some(first) = all[..at].iter().find(|first| first.is_same(rule)) {
                let message = format!("tag `{}` is declared twice", rule.pattern.shown());
                out.push(duplicate(&message, first.pattern.span, rule.pattern.span));
            }
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        self.pattern == other.pattern
            && self.rungs == other.rungs
            && self.per.unwrap_or_default() == other.per.unwrap_or_default()
            && self.fixed == other.fixed
            && self.on.len() == other.on.len()
            && self
                .on
                .iter()
                .zip(&other.on)
                .all(|(one, other)| one.is_same(other))
    }
}

impl Condition {
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Branch(one), Self::Branch(other)) | (Self::Tag(one), Self::Tag(other)) => {
                one == other
            }
            (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
        }
    }

    /// Where it is written.
    pub fn span(&self) -> Span {
        match self {
            Self::Branch(text) | Self::Tag(text) => text.span,
            Self::Schedule(span) | Self::Release(span) | Self::PullRequest(span) => *span,
        }
    }

    /// `on="branch:main" "tag:v*" "schedule" "release" "pull-request"`
    pub(super) fn list(reader: &mut Reader) -> Vec<Self> {
        let written = reader.list("on");
        names::once(&written, "condition", reader.out());
        written
            .into_iter()
            .filter_map(|text| Self::parse(text, reader.out()))
            .collect()
    }

    fn parse(text: Spanned<String>, out: &mut Diagnostics) -> Option<Self> {
        let span = text.span;
        match text.value.split_once(':') {
            None if text.value == "schedule" => Some(Self::Schedule(span)),
            None if text.value == "release" => Some(Self::Release(span)),
            None if text.value == "pull-request" => Some(Self::PullRequest(span)),
            Some((kind @ ("branch" | "tag"), name)) if !name.is_empty() => {
                let never = never(kind, name, span);
                never.into_iter().for_each(|fault| out.push(fault));
                let name = Spanned::new(name.to_owned(), span);
                Some(match kind {
                    "branch" => Self::Branch(name),
                    _ => Self::Tag(name),
                })
            }
            _ => {
                let near = suggest(&text.value, ["schedule", "release", "pull-request"]);
                out.push(
                    Diagnostic::error("manifest::unknown-word", format!("unknown condition: `{}`", text.value.shown()))
                        .at(span, "not a condition")
                        .help("conditions are `branch:NAME`, `tag:NAME`, `schedule`, `release` and `pull-request`; `*` matches any text")
                        .meant(span, near),
                );
                None
            }
        }
    }
}

/// The fault of a condition that holds in no run, since git has no such names, or no author gives them. `kind` is `branch` or `tag`.
fn never(kind: &str, name: &str, span: Span) -> Option<Diagnostic> {
    let (why, help) = misunderstood(kind, name).or_else(|| not_of_git(kind, name))?;
    let message = format!("`{kind}:{}` never holds: {why}", name.shown());
    let fault = Diagnostic::error("manifest::condition", message);
    Some(fault.at(span, "this condition").help(help))
}

/// A condition that is written as something else, with a way out: a pattern with places, a reference, an expression, a negation.
fn misunderstood(kind: &str, name: &str) -> Option<(String, String)> {
    let trimmed = name.trim();
    let (why, help) = if name.contains(['{', '}']) {
        (
            "a condition has no placeholders".into(),
            "write the names of the runs, `*` for any text: `on=\"tag:v*\"`; another value of a variable is a `when`".into(),
        )
    } else if trimmed != name && !trimmed.is_empty() {
        let why = format!("a git {kind} never contains a blank");
        (why, format!("write `{kind}:{}`", trimmed.shown()))
    } else if let Some(short) = name.strip_prefix("refs/") {
        let short = short.split_once('/').map_or(short, |(_, short)| short);
        let why = format!("a condition has the name of a {kind} without `refs/`");
        (why, format!("write `{kind}:{}`", short.shown()))
    } else if name.starts_with('/') || name.ends_with('/') {
        (
            format!("the name of a git {kind} does not begin or end with `/`"),
            "it is not a regular expression: `*` stands for any text, as in `tag:v*`".into(),
        )
    } else if name.starts_with('!') {
        (
            "a condition cannot be negated".into(),
            "name what is wanted; several conditions are alternatives: `on=\"branch:main\" \"branch:release-*\"`".into(),
        )
    } else {
        return None;
    };
    Some((why, help))
}

/// Whether a name breaks a rule of git, and the rule. `*` stands for any text.
type Rule = (fn(&str) -> bool, &'static str);

/// What `git check-ref-format --branch` refuses, besides single characters.
const RULES: [Rule; 7] = [
    (|name| name.contains(".."), "never contains `..`"),
    (|name| name.contains("//"), "never contains `//`"),
    (
        |name| name.split('/').any(|part| part.starts_with('.')),
        "has no part that begins with `.`",
    ),
    (
        |name| name.split('/').any(|part| part.ends_with(".lock")),
        "has no part that ends with `.lock`",
    ),
    (|name| name.ends_with('.'), "does not end with `.`"),
    (|name| name.starts_with('-'), "does not begin with `-`"),
    (|name| name == "@", "is never `@` alone"),
];

/// A name that git has for nothing, with a way out.
fn not_of_git(kind: &str, name: &str) -> Option<(String, String)> {
    let mut chars = name.chars();
    match chars.find(|c| "?[^\\:~ \t".contains(*c) || c.is_control()) {
        Some(' ' | '\t') => Some((
            format!("a git {kind} never contains a blank"),
            "`*` stands for any text, as in `tag:v*`".into(),
        )),
        Some(odd) => Some((
            format!("a git {kind} never contains `{}`", odd.shown()),
            "`*` stands for any text, and is the only sign with a meaning: `tag:v*`".into(),
        )),
        None => {
            let (_, rule) = RULES.iter().find(|(breaks, _)| breaks(name))?;
            let why = format!("the name of a git {kind} {rule}");
            Some((why, "`*` stands for any text, as in `tag:v*`".into()))
        }
    }
}
