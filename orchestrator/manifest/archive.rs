//! Files from outside the image: `archive`, `fetch`, `file`.

use crate::manifest::names;
use crate::name::Digest;
use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostic, Diagnostics, Span, Spanned};

/// An archive that is fetched and unpacked.
#[derive(Debug, Clone)]
pub struct Archive<T = Spanned<String>> {
    /// Where it is declared.
    pub span: Span,
    /// The URL, with placeholders.
    pub url: T,
    /// The folder in the image.
    pub into: T,
    /// `sha256:…`
    pub digest: Option<T>,
    /// The number of leading path components to remove, as for `tar --strip-components`.
    pub strip: Option<T>,
    /// The paths in the archive to unpack; all if empty.
    pub only: Vec<T>,
    /// The owner of the files, instead of root.
    pub owner: Option<T>,
}

/// One file that is fetched.
#[derive(Debug, Clone)]
pub struct Fetch<T = Spanned<String>> {
    /// Where it is declared.
    pub span: Span,
    /// The URL, with placeholders.
    pub url: T,
    /// The path in the image.
    pub into: T,
    /// `sha256:…`
    pub digest: Option<T>,
    /// The file mode, in octal.
    pub mode: Option<T>,
    /// The owner, instead of root.
    pub owner: Option<T>,
}

/// A file of the workspace that is copied in.
#[derive(Debug, Clone)]
pub struct FileCopy<T = Spanned<String>> {
    /// Where it is declared.
    pub span: Span,
    /// The path in the workspace.
    pub path: T,
    /// The path in the image.
    pub into: T,
    /// The file mode, in octal.
    pub mode: Option<T>,
    /// The owner, instead of root.
    pub owner: Option<T>,
}

impl Archive {
    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let example =
            "archive \"https://go.dev/dl/go{version}.linux-{arch}.tar.gz\" into=\"/usr/local\"";
        let mut reader = Reader::new(node, out);
        let only = reader.list("only");
        let url = reader.arg("a URL", example);
        let digest = reader.prop("digest");
        let (strip, owner) = (reader.numeral("strip"), reader.numeral("owner"));
        let into = reader.required("into", example);
        reader.done();
        check_digest(digest.as_ref(), out);
        let (url, into) = (
            names::filled(url?, "archive", out),
            names::filled(into?, "into", out),
        );
        Some(Self {
            span: node.span,
            url,
            into,
            digest,
            strip,
            only,
            owner,
        })
    }
}

impl Fetch {
    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let example = "fetch \"https://dl.k8s.io/release/v{version}/bin/linux/{arch}/kubectl\" into=\"/usr/local/bin/kubectl\" mode=\"0755\"";
        let mut reader = Reader::new(node, out);
        let url = reader.arg("a URL", example);
        let digest = reader.prop("digest");
        let (mode, owner) = (reader.prop("mode"), reader.numeral("owner"));
        let into = reader.required("into", example);
        reader.done();
        check_digest(digest.as_ref(), out);
        let (url, into) = (
            names::filled(url?, "fetch", out),
            names::filled(into?, "into", out),
        );
        Some(Self {
            span: node.span,
            url,
            into,
            digest,
            mode,
            owner,
        })
    }
}

/// Checks a digest that has no placeholders.
fn check_digest(digest: Option<&Spanned<String>>, out: &mut Diagnostics) {
    if let Some(digest) = digest.filter(|digest| !digest.value.contains('{'))
        && let Err(error) = digest.value.parse::<Digest>()
    {
        out.push(
            Diagnostic::error("manifest::digest", error.to_string())
                .at(digest.span, "not a digest")
                .help("without `digest`, `kiln lock` records the digest of the file that it finds"),
        );
    }
}

impl FileCopy {
    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let example = "file \"files/motd\" into=\"/etc/motd\"";
        let mut reader = Reader::new(node, out);
        let path = reader.arg("a path in the workspace", example);
        let (mode, owner) = (reader.prop("mode"), reader.numeral("owner"));
        let into = reader.required("into", example);
        reader.done();
        Some(Self {
            span: node.span,
            path: names::path(path?, "file", out),
            into: names::filled(into?, "into", out),
            mode,
            owner,
        })
    }
}

impl<T> Archive<T> {
    pub(super) fn map<U>(&self, text: &mut impl FnMut(&T) -> U) -> Archive<U> {
        Archive {
            span: self.span,
            url: text(&self.url),
            into: text(&self.into),
            digest: self.digest.as_ref().map(&mut *text),
            strip: self.strip.as_ref().map(&mut *text),
            only: self.only.iter().map(&mut *text).collect(),
            owner: self.owner.as_ref().map(&mut *text),
        }
    }
}

impl<T> Fetch<T> {
    pub(super) fn map<U>(&self, text: &mut impl FnMut(&T) -> U) -> Fetch<U> {
        Fetch {
            span: self.span,
            url: text(&self.url),
            into: text(&self.into),
            digest: self.digest.as_ref().map(&mut *text),
            mode: self.mode.as_ref().map(&mut *text),
            owner: self.owner.as_ref().map(&mut *text),
        }
    }
}

impl<T> FileCopy<T> {
    pub(super) fn map<U>(&self, text: &mut impl FnMut(&T) -> U) -> FileCopy<U> {
        FileCopy {
            span: self.span,
            path: text(&self.path),
            into: text(&self.into),
            mode: self.mode.as_ref().map(&mut *text),
            owner: self.owner.as_ref().map(&mut *text),
        }
    }
}
