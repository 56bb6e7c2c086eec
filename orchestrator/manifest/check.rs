//! `check run="go version" contains="go{version}"`

use crate::manifest::names;
use crate::text::kdl::{Node, Reader, Value};
use crate::text::{Diagnostic, Diagnostics, Span, Spanned};

/// What a built image must prove.
#[derive(Debug, Clone)]
pub struct Check {
    pub span: Span,
    pub subject: Subject,
    /// Text that what is looked at must contain.
    pub contains: Vec<Spanned<String>>,
    /// A regular expression that it must match somewhere.
    pub matches: Option<Spanned<String>>,
    /// The exit code a command must have; 0 where nothing is said.
    pub exit: Option<Spanned<u8>>,
}

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// `run="go version"`: a command's output and exit code.
    Run(Spanned<String>),
    /// `file="/etc/os-release"`: a file in the image.
    File(Spanned<String>),
    /// `env="PATH"`: a variable of the image's configuration.
    Env(Spanned<String>),
    /// `user="circleci"`: the user of the image's configuration.
    User(Spanned<String>),
    /// `label="org.opencontainers.image.source"`: a label of the image's configuration.
    Label(Spanned<String>),
    /// `size="500MB"`: the most the image may have, uncompressed.
    Size(Spanned<String>),
}

type Kind = (&'static str, fn(Spanned<String>) -> Subject);

const KINDS: [Kind; 6] = [
    ("run", Subject::Run),
    ("file", Subject::File),
    ("env", Subject::Env),
    ("user", Subject::User),
    ("label", Subject::Label),
    ("size", Subject::Size),
];

impl Check {
    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let contains = reader.list("contains");
        let given = KINDS.iter().filter_map(|(name, kind)| Some((*name, kind(reader.prop(name)?))));
        let mut subjects: Vec<(&str, Subject)> = given.collect();
        let matches = reader.prop("matches");
        let exit = exit(&mut reader);
        if subjects.is_empty() {
            reader.missing("`run`, `file`, `env`, `user`, `label` or `size`", "check run=\"git --version\"");
        }
        for (name, extra) in subjects.drain(1.min(subjects.len())..) {
            let message = format!("a `check` looks at one thing; `{name}` is the second");
            reader
                .out()
                .push(Diagnostic::error("manifest::check", message).at(extra.text().span, "one too many").help("write a `check` for each"));
        }
        reader.done();
        let (_, subject) = subjects.pop()?;
        if let (Some(exit), false) = (&exit, matches!(subject, Subject::Run(_))) {
            out.push(
                Diagnostic::error("manifest::check", "only a command has an exit code")
                    .at(exit.span, "nothing is run here")
                    .help("remove it, or write `run=\"…\"`"),
            );
        }
        matches.iter().for_each(|pattern| names::regex(pattern, "matches", out));
        names::filled(subject.text().clone(), "check", out);
        Some(Self { span: node.span, subject, contains, matches, exit })
    }
}

impl Subject {
    /// The text that names it.
    pub fn text(&self) -> &Spanned<String> {
        match self {
            Subject::Run(text)
            | Subject::File(text)
            | Subject::Env(text)
            | Subject::User(text)
            | Subject::Label(text)
            | Subject::Size(text) => text,
        }
    }
}

fn exit(reader: &mut Reader) -> Option<Spanned<u8>> {
    let value = reader.raw("exit")?;
    let code = match &value.value {
        Value::Number(written) => written.parse().ok(),
        _ => None,
    };
    if code.is_none() {
        reader.wrong_type(value, "a number from 0 to 255", String::from("write `exit=1`"));
    }
    Some(Spanned::new(code?, value.span))
}
