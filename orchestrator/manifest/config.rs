//! The configuration that containers of an image start with: `user`, `workdir`, `entrypoint`, `cmd`, `expose`, `volume`,
//! `stopsignal`, `label`.

use crate::manifest::names;
use crate::manifest::workspace::child_text;
use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostics, Span, Spanned};

/// The part of an image's configuration that one block declares.
#[derive(Debug, Clone, Default)]
pub struct ConfigDecl {
    /// The user of containers.
    pub user: Option<Spanned<UserDecl>>,
    /// The working directory.
    pub workdir: Option<Spanned<Spanned<String>>>,
    /// Without words, it removes the entry point of the parent.
    pub entrypoint: Option<Spanned<Vec<Spanned<String>>>>,
    /// The default command.
    pub cmd: Option<Spanned<Vec<Spanned<String>>>>,
    /// The signal that stops a container.
    pub stopsignal: Option<Spanned<Spanned<String>>>,
    /// `8080`, `53/udp`
    pub expose: Vec<Spanned<String>>,
    /// Mount points.
    pub volumes: Vec<Spanned<String>>,
    /// Labels: name and value.
    pub labels: Vec<(Spanned<String>, Spanned<String>)>,
}

/// `user "circleci" uid=3434`
#[derive(Debug, Clone)]
pub struct UserDecl {
    /// Where it is declared.
    pub span: Span,
    /// The user's name.
    pub name: Spanned<String>,
    /// The user id.
    pub uid: Option<Spanned<String>>,
    /// The group id.
    pub gid: Option<Spanned<String>>,
    /// The home folder.
    pub home: Option<Spanned<String>>,
    /// The login shell.
    pub shell: Option<Spanned<String>>,
    /// Whether the base already has this user.
    pub existing: bool,
}

impl ConfigDecl {
    /// The nodes of the configuration.
    pub(super) const NODES: [&'static str; 8] = [
        "user",
        "workdir",
        "entrypoint",
        "cmd",
        "expose",
        "volume",
        "stopsignal",
        "label",
    ];

    /// The number of items in the lists that add up over blocks.
    pub fn len(&self) -> usize {
        self.expose.len() + self.volumes.len() + self.labels.len()
    }

    /// Whether these lists are empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn node(&mut self, kind: &str, node: &Node, out: &mut Diagnostics) {
        let at = node.span;
        match kind {
            "user" => {
                if let Some(user) = UserDecl::parse(node, out) {
                    names::set_once(&mut self.user, Spanned::new(user, at), kind, out);
                }
            }
            "workdir" => {
                if let Some(path) = child_text(
                    node,
                    "a path in the image",
                    "workdir \"/home/circleci/project\"",
                    out,
                ) {
                    names::set_once(&mut self.workdir, Spanned::new(path, at), kind, out);
                }
            }
            "stopsignal" => {
                if let Some(signal) = child_text(node, "a signal", "stopsignal \"SIGINT\"", out) {
                    names::set_once(&mut self.stopsignal, Spanned::new(signal, at), kind, out);
                }
            }
            "entrypoint" => names::set_once(
                &mut self.entrypoint,
                Spanned::new(words(node, out), at),
                kind,
                out,
            ),
            "cmd" => names::set_once(&mut self.cmd, Spanned::new(words(node, out), at), kind, out),
            "expose" => self.expose.extend(some(node, "a port", "expose 8080", out)),
            "volume" => self.volumes.extend(some(
                node,
                "a path in the image",
                "volume \"/var/lib/data\"",
                out,
            )),
            _ => self.label(node, out),
        }
    }

    /// `label "org.opencontainers.image.licenses" "MIT"`, or `label org.opencontainers.image.licenses="MIT"`
    fn label(&mut self, node: &Node, out: &mut Diagnostics) {
        let example = "label org.opencontainers.image.licenses=\"MIT\"";
        let mut reader = Reader::new(node, out);
        match (reader.maybe_arg(), reader.maybe_arg()) {
            (Some(name), Some(value)) => {
                names::add_pair(&mut self.labels, name, value, &mut reader)
            }
            (Some(_), None) => reader.missing("a value after the name of the label", example),
            (None, _) => names::add_pairs(&mut self.labels, &mut reader, example),
        }
        reader.done();
    }
}

fn words(node: &Node, out: &mut Diagnostics) -> Vec<Spanned<String>> {
    let mut reader = Reader::new(node, out);
    let words = reader.numerals();
    reader.done();
    words
}

fn some(node: &Node, what: &str, example: &str, out: &mut Diagnostics) -> Vec<Spanned<String>> {
    let all = words(node, out);
    if all.is_empty() {
        Reader::new(node, out).missing(what, example);
    }
    names::once(&all, what, out);
    all
}

impl UserDecl {
    fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let existing = reader.flag("existing").is_some();
        let name = reader.arg("a name", "user \"circleci\" uid=3434");
        let (uid, gid) = (reader.numeral("uid"), reader.numeral("gid"));
        let (home, shell) = (reader.prop("home"), reader.prop("shell"));
        reader.done();
        Some(Self {
            span: node.span,
            name: names::filled(name?, "user", out),
            uid,
            gid,
            home,
            shell,
            existing,
        })
    }
}
