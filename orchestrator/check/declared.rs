//! A `check` node of a manifest, before and after its placeholders are filled in.

use super::options::{Options, Phase};
use super::{Check, Kind, command, file, primary, serve, setting, size, structure, user};
use crate::text::kdl::{Entry, Node, Value};
use crate::text::{Diagnostics, Span, Spanned};

/// A check whose placeholders are not filled in.
#[derive(Debug, Clone)]
pub struct Declared {
    /// Where it is declared.
    pub span: Span,
    node: Node,
    open: Vec<Spanned<String>>,
}

/// The syntax of one kind of check.
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
const FORMS: [Form; 10] = [
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
        read(node, Phase::Written, out);
        let text = |value: &Spanned<Value>| match &value.value {
            Value::Text(text) if text.contains(['{', '}']) => {
                Some(Spanned::new(text.clone(), value.span))
            }
            _ => None,
        };
        let open = entries(node)
            .filter_map(|entry| text(&entry.value))
            .collect();
        Some(Self {
            span: node.span,
            node: node.clone(),
            open,
        })
    }

    /// The texts that may contain placeholders, in file order.
    pub fn open(&self) -> &[Spanned<String>] {
        &self.open
    }

    /// The same, to fill in what does not depend on the variant. The spans must not change.
    pub fn open_mut(&mut self) -> &mut [Spanned<String>] {
        &mut self.open
    }

    /// The check, with the result of `fill` for each of [`Declared::open`], in order. `fill` reports why it
    /// returns `None`. Errors in the filled texts are reported here.
    pub fn fill(
        &self,
        mut fill: impl FnMut(&Spanned<String>) -> Option<String>,
        out: &mut Diagnostics,
    ) -> Option<Check> {
        let mut node = self.node.clone();
        let mut open = self.open.iter().peekable();
        let all = node.entries.iter_mut().chain(
            node.children
                .iter_mut()
                .flatten()
                .flat_map(|child| &mut child.entries),
        );
        for entry in all {
            if let Some(text) = open.next_if(|text| text.span == entry.value.span) {
                entry.value.value = Value::Text(fill(text)?);
            }
        }
        let places: Vec<Span> = self.open.iter().map(|text| text.span).collect();
        read(&node, Phase::Filled(&places), out).map(|kind| Check::new(self.span, kind))
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

fn read(node: &Node, phase: Phase, out: &mut Diagnostics) -> Option<Kind> {
    let mut options = Options::read(node, phase, out);
    let word = options
        .words
        .iter()
        .position(|word| FORMS.iter().any(|form| form.begin == word.value));
    let begin = word.map(|at| options.words.remove(at).value);
    let chosen = |form: &&Form| {
        begin.as_deref() == Some(form.begin) || (begin.is_none() && options.has(form.begin))
    };
    let Some(form) = FORMS.iter().find(chosen) else {
        let help = "begin it with `run`, `argv`, `file`, `env`, `label`, `user`, `size`, `structure`, `serve` or `circleci-primary`";
        options.fault(node.span, "this `check` does not say what to check", help);
        options.done("a check", &[]);
        return None;
    };
    second(&mut options, form);
    let kind = (form.read)(&mut options);
    options.done(form.name, form.takes);
    kind
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
