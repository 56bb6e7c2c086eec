//! `contexts "helpers" "./helpers"`, `contexts "base" image="app" variant="plain"`: what a name in a Dockerfile stands for.

use crate::dockerfile::context_name;
use crate::manifest::block::{Child, Names};
use crate::manifest::{BasedOn, names};
use crate::name::is_address;
use crate::text::kdl::Reader;
use crate::text::{Diagnostic, Shown, Spanned};
use indexmap::IndexMap;

/// A named context: what FROM, `COPY --from` and mounts of a Dockerfile mean by a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextDecl<T = Spanned<String>, F = Spanned<BasedOn>> {
    /// The name, as it is written.
    pub name: Spanned<String>,
    /// What it stands for.
    pub source: NamedSource<T, F>,
}

/// What a named context stands for. `T` is a text, `F` what an image may be based on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedSource<T, F> {
    /// One word: a folder, the name of an image or base of the manifest, or a reference.
    Word(T),
    /// `base="debian"` or `image="app" variant="plain"`, as in `from`.
    Of(F),
}

/// What a context may be written as elsewhere, and how it is written here.
const ELSEWHERE: [(&str, Elsewhere); 4] = [
    ("docker-image://", Elsewhere::Image),
    ("target:", Elsewhere::Target),
    ("oci-layout://", Elsewhere::Layout),
    ("local:", Elsewhere::Folder),
];

#[derive(Clone, Copy)]
enum Elsewhere {
    Image,
    Target,
    Address,
    Layout,
    Folder,
}

const EXAMPLE: &str = "contexts \"helpers\" \"./helpers\"";

/// Reads a node, and adds it under the name in the form in which names are compared.
pub(super) fn read(all: &mut IndexMap<String, ContextDecl>, child: &mut Child<'_>) {
    let node = child.node.span;
    let (mut reader, mut names) = child.reader();
    let name = reader.arg("a name of the Dockerfile", EXAMPLE);
    let source = name.as_ref().and_then(|_| source(&mut reader, node));
    if let (Some(name), Some(source)) = (name, source) {
        add(all, ContextDecl { name, source }, &mut reader, &mut names);
    }
    reader.done();
}

fn add(
    all: &mut IndexMap<String, ContextDecl>,
    decl: ContextDecl,
    reader: &mut Reader,
    names: &mut Names<'_>,
) {
    match context_name(&decl.name) {
        Ok(key) => {
            let key = Spanned::new(key, decl.name.span);
            names.add(all, key, decl, reader);
        }
        Err(why) => {
            let shown = decl.name.shown();
            let message = format!("`{shown}` cannot be the name of a context: {why}");
            let fault = Diagnostic::error("manifest::context", message);
            reader.out().push(
                fault
                    .at(decl.name.span, "not a name")
                    .help("a context is called like a stage or an image: `helpers`, `alpine:3.20`"),
            );
        }
    }
}

fn source(
    reader: &mut Reader,
    node: crate::text::Span,
) -> Option<NamedSource<Spanned<String>, Spanned<BasedOn>>> {
    let (base, image) = (reader.prop("base"), reader.prop("image"));
    let cells = match image {
        Some(_) => reader.pairs(),
        None => Vec::new(),
    };
    match (reader.maybe_arg(), base, image) {
        (Some(word), None, None) => self::word(word, reader).map(NamedSource::Word),
        (None, Some(base), None) => Some(NamedSource::Of(Spanned::new(BasedOn::Base(base), node))),
        (None, None, Some(image)) => {
            let image = BasedOn::Image { image, cells };
            Some(NamedSource::Of(Spanned::new(image, node)))
        }
        (None, None, None) => {
            reader.missing("a folder or an image", EXAMPLE);
            None
        }
        (_, base, image) => {
            let extra = image.or(base).map_or(node, |extra| extra.span);
            let message = "`contexts` gives one name more than one meaning";
            let fault = Diagnostic::error("manifest::context", message).at(extra, "one too many");
            reader
                .out()
                .push(fault.help("keep the folder or reference, `base` or `image`"));
            None
        }
    }
}

/// A folder or an image, without what only other tools understand.
fn word(word: Spanned<String>, reader: &mut Reader) -> Option<Spanned<String>> {
    let word = names::filled(word, "contexts", reader.out());
    let mut known = ELSEWHERE.into_iter();
    let known = known.find(|(start, _)| word.starts_with(start));
    let address = is_address(&word).then_some(("", Elsewhere::Address));
    let Some((start, kind)) = known.or(address) else {
        return Some(word);
    };
    let (shown, rest) = (word.shown(), word[start.len()..].shown());
    let (message, help) = match kind {
        Elsewhere::Image => (
            format!("`{shown}` is written without `{start}`"),
            format!("write `\"{rest}\"`"),
        ),
        Elsewhere::Target => (
            format!("`{shown}` is a target of a bake file"),
            format!("write `image=\"{rest}\"` for an image of this manifest"),
        ),
        Elsewhere::Folder => (
            format!("`{shown}` is written without `{start}`"),
            format!("write `\"./{rest}\"`"),
        ),
        Elsewhere::Address => (
            format!("`{shown}` is an address, and a context is a folder of the workspace or an image"),
            "copy the files into the workspace, for example as a git submodule, or use ADD in the Dockerfile".into(),
        ),
        Elsewhere::Layout => (
            format!("`{shown}` is an OCI layout, and a context is a folder of the workspace or an image"),
            "push the image to a registry, and name it there".into(),
        ),
    };
    let fault = Diagnostic::error("manifest::context", message).at(word.span, "here");
    reader.out().push(fault.help(help));
    None
}
