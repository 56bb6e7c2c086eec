//! `platforms "linux/amd64" "linux/arm64"`, and `platforms "all" "+linux/386" "-linux/s390x"`.

use crate::manifest::names;
use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostic, Diagnostics, Shown, Spanned};

/// `platforms "all" "linux/amd64" "linux/arm64"` at the top of a manifest.
#[derive(Debug)]
pub struct PlatformSet {
    /// The name of the set.
    pub name: Spanned<String>,
    /// Its platforms.
    pub platforms: Vec<Spanned<String>>,
}

/// Whether a text adds a platform to those before it or takes one away.
pub fn is_change(text: &str) -> bool {
    text.starts_with(['+', '-'])
}

/// The platforms of a block.
pub(super) fn platforms(node: &Node, out: &mut Diagnostics) -> Vec<Spanned<String>> {
    let mut reader = Reader::new(node, out);
    let first = reader.arg("a platform", "platforms \"linux/amd64\" \"linux/arm64\"");
    let platforms: Vec<Spanned<String>> = first.into_iter().chain(reader.args()).collect();
    reader.done();
    names::once(&platforms, "platform", out);
    let changes = platforms.iter().position(|one| is_change(one));
    let (listed, changes) = platforms.split_at(changes.unwrap_or(platforms.len()));
    let (changes, late): (Vec<_>, Vec<_>) = changes.iter().partition(|one| is_change(one));
    if let Some(late) = late.first() {
        let shown = late.value.shown();
        let help = format!("write the platforms first and then what changes, or `+{shown}`");
        let message = "a platform follows a change of platforms";
        let fault = Diagnostic::error("manifest::platforms", message);
        out.push(fault.at(late.span, "here").help(help));
    }
    listed.iter().chain(changes).cloned().collect()
}

impl PlatformSet {
    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let example = "platforms \"all\" \"linux/amd64\" \"linux/arm64\"";
        let mut reader = Reader::new(node, out);
        let name = reader.name(example);
        let first = name.is_some().then(|| reader.arg("a platform", example));
        let platforms: Vec<Spanned<String>> =
            first.flatten().into_iter().chain(reader.args()).collect();
        reader.done();
        let name = name?;
        names::once(&platforms, "platform", out);
        if let Some(change) = platforms.iter().find(|one| is_change(one)) {
            out.push(
                Diagnostic::error("manifest::platforms", "a set of platforms only lists them")
                    .at(change.span, "a change")
                    .help("write the platforms of the set; `+` and `-` are for images and `when`"),
            );
        }
        if name.value.contains('/') {
            out.push(
                Diagnostic::error("manifest::name", "at the top of a manifest, `platforms` begins with a name")
                    .at(name.span, "this is a platform")
                    .help("give the set a name, `platforms \"all\" \"linux/amd64\"`, and use it in an image: `platforms \"all\"`"),
            );
            return None;
        }
        Some(Self {
            name: names::name(name, "set of platforms", out),
            platforms,
        })
    }
}
