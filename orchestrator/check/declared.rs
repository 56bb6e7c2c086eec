//! A `check` node of a manifest: read once, and completed once per variant if it has placeholders.

use super::options::{Given, Options, Phase};
use super::{Check, Kind, command, file, primary, serve, setting, size, structure, user};
use crate::text::kdl::{Entry, Node, Value};
use crate::text::{Diagnostics, Shown, Span, Spanned};

/// A check, perhaps with placeholders. `T` is a text with placeholders: as it is written, or looked up.
#[derive(Debug, Clone)]
pub struct Declared<T = Spanned<String>> {
    /// Where it is declared.
    pub span: Span,
    form: &'static Form,
    given: Given,
    open: Vec<T>,
    /// The places of `open`.
    places: Vec<Span>,
    /// The check itself, if it has no placeholders and no errors.
    known: Option<Check>,
}

/// The syntax of one kind of check.
#[derive(Debug)]
struct Form {
    /// The word or property that selects this kind.
    begin: &'static str,
    /// Its name in messages.
    name: &'static str,
    /// The properties that may follow.
    takes: &'static [&'static str],
    read: fn(&mut Options) -> Option<Kind>,
}

/// The order matters: `serve run="…"` is not a command, and `run="…" user="…"` does not check the user.
static FORMS: [Form; 10] = [
    Form {
        begin: "serve",
        name: "`serve`",
        takes: serve::TAKES,
        read: |o| serve::read(o).map(Kind::Serve),
    },
    Form {
        begin: primary::WORD,
        name: "`circleci-primary`",
        takes: &[],
        read: |_| Some(Kind::Primary),
    },
    Form {
        begin: "structure",
        name: "`structure`",
        takes: structure::TAKES,
        read: |o| structure::declared(o).map(Kind::Structure),
    },
    Form {
        begin: "run",
        name: "a command",
        takes: command::TAKES,
        read: a_command,
    },
    Form {
        begin: "argv",
        name: "a command",
        takes: command::TAKES,
        read: a_command,
    },
    Form {
        begin: "file",
        name: "a file",
        takes: file::TAKES,
        read: |o| file::read(o).map(Kind::File),
    },
    Form {
        begin: "env",
        name: "a variable",
        takes: setting::TAKES,
        read: |o| setting::read(o, "env").map(Kind::Env),
    },
    Form {
        begin: "label",
        name: "a label",
        takes: setting::TAKES,
        read: |o| setting::read(o, "label").map(Kind::Label),
    },
    Form {
        begin: "user",
        name: "the user",
        takes: &[],
        read: |o| user::read(o).map(Kind::User),
    },
    Form {
        begin: "size",
        name: "the size",
        takes: &[],
        read: |o| size::read(o).map(Kind::Size),
    },
];

fn a_command(options: &mut Options) -> Option<Kind> {
    command::read(options).map(|command| Kind::Command(Box::new(command)))
}

impl Declared {
    /// Reads a node, and reports everything that is wrong independently of its placeholders.
    pub fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        if node.faulty {
            return None;
        }
        let given = Given::read(node, out);
        if given.is_cut {
            return None;
        }
        let mut options = Options::new(node.span, given, Phase::Written, out);
        let Some(form) = form(&mut options) else {
            options.done("a check", &[]);
            return None;
        };
        second(&mut options, form);
        let given = options.given.clone();
        let kind = (form.read)(&mut options);
        options.done(form.name, form.takes);
        let open: Vec<Spanned<String>> = entries(node).filter_map(open).collect();
        let known = kind.filter(|_| open.is_empty());
        Some(Self {
            span: node.span,
            form,
            given,
            places: open.iter().map(|text| text.span).collect(),
            open,
            known: known.map(|kind| Check::new(node.span, kind)),
        })
    }
}

impl<T> Declared<T> {
    /// The texts that may contain placeholders, in file order.
    pub fn open(&self) -> &[T] {
        &self.open
    }

    /// The same check with other texts that may contain placeholders.
    pub fn map<U>(&self, text: impl FnMut(&T) -> U) -> Declared<U> {
        Declared {
            span: self.span,
            form: self.form,
            given: self.given.clone(),
            open: self.open.iter().map(text).collect(),
            places: self.places.clone(),
            known: self.known.clone(),
        }
    }

    /// The check, with the result of `fill` for each of [`Declared::open`], in order. `fill` reports why it
    /// returns `None`. Errors in the filled texts are reported here.
    pub fn fill(
        &self,
        fill: impl FnMut(&T) -> Option<String>,
        out: &mut Diagnostics,
    ) -> Option<Check> {
        if self.open.is_empty() {
            return self.known.clone();
        }
        let filled: Vec<String> = self.open.iter().map(fill).collect::<Option<_>>()?;
        let mut given = self.given.clone();
        for text in given.texts_mut() {
            if let Some(at) = self.places.iter().position(|place| *place == text.span) {
                text.value.clone_from(&filled[at]);
            }
        }
        let mut options = Options::new(self.span, given, Phase::Filled(&self.places), out);
        let kind = (self.form.read)(&mut options)?;
        Some(Check::new(self.span, kind))
    }
}

/// The entries of a node and of its children.
fn entries(node: &Node) -> impl Iterator<Item = &Entry> {
    node.entries.iter().chain(
        node.children
            .iter()
            .flatten()
            .flat_map(|child| &child.entries),
    )
}

/// The text of an entry, if it may contain placeholders.
fn open(entry: &Entry) -> Option<Spanned<String>> {
    match &entry.value.value {
        Value::Text(text) if text.contains(['{', '}']) => {
            Some(Spanned::new(text.clone(), entry.value.span))
        }
        _ => None,
    }
}

/// The form that the first known word selects, or else the first property. Without one, there is nothing to check.
fn form(options: &mut Options) -> Option<&'static Form> {
    let words = &mut options.given.words;
    let word = words
        .iter()
        .position(|word| FORMS.iter().any(|form| form.begin == word.value));
    let begin = word.map(|at| words.remove(at));
    if let Some(word) = begin.as_ref().filter(|word| !is_alone(word)) {
        let name = &word.value;
        let help = format!("write `check {name}=\"…\"`");
        options.fault(word.span, format!("`{name}` has no value"), help);
        return None;
    }
    let begin = begin.map(|word| word.value);
    let chosen = |form: &&Form| match &begin {
        Some(word) => word == form.begin,
        None => options.has(form.begin),
    };
    let form = FORMS.iter().find(chosen);
    if form.is_none()
        && let Some(at) = options.given.words.iter().position(is_command)
    {
        let command = options.given.words.remove(at);
        options.fault(
            command.span,
            "this `check` does not say what to check",
            format!(
                "a command is written `check run=\"{}\"`",
                command.value.shown()
            ),
        );
    } else if form.is_none() {
        let help = "begin it with `run`, `argv`, `file`, `env`, `label`, `user`, `size`, `structure`, `serve` or `circleci-primary`";
        options.fault(
            options.span,
            "this `check` does not say what to check",
            help,
        );
    }
    form
}

/// Whether a word selects a kind of check without a value.
fn is_alone(word: &Spanned<String>) -> bool {
    ["serve", primary::WORD].contains(&word.value.as_str())
}

/// Whether a word seems to be a command of its own.
fn is_command(word: &Spanned<String>) -> bool {
    word.value.trim().contains(' ')
}

/// Reports a second subject: a check has one.
fn second(options: &mut Options, form: &Form) {
    let others = FORMS
        .iter()
        .filter(|other| other.begin != form.begin && !form.takes.contains(&other.begin));
    for other in others
        .filter(|other| options.has(other.begin))
        .collect::<Vec<_>>()
    {
        let span = options
            .text(other.begin)
            .map(|text| text.span)
            .or_else(|| options.list(other.begin).first().map(|text| text.span));
        let message = format!(
            "a `check` checks one thing; `{}` is the second",
            other.begin
        );
        options.fault(
            span.unwrap_or(options.span),
            message,
            "write one `check` for each",
        );
    }
}
