//! `secret "npm" env="NPM_TOKEN"`, `secret "npmrc" file="private/npmrc"`: a value that builds may mount.

use crate::manifest::block::Child;
use crate::manifest::names;
use crate::text::kdl::Reader;
use crate::text::{Diagnostic, Diagnostics, Spanned};
use indexmap::IndexMap;

/// A secret that the Dockerfiles of an image, or the steps of a tool set, may mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretDecl<T = Spanned<String>> {
    /// The id in `--mount=type=secret,id=…`.
    pub id: Spanned<String>,
    /// Where its value comes from.
    pub from: SecretFrom<T>,
    /// The path at which the steps of a tool set find it; `/run/secrets/<id>` without one.
    pub target: Option<T>,
}

/// Where the value of a secret comes from. `T` is a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretFrom<T> {
    /// An environment variable, by name.
    Env(T),
    /// A file of the workspace, by path.
    File(T),
}

/// How it is written.
pub(super) const EXAMPLE: &str = "secret \"npm\" env=\"NPM_TOKEN\"";

/// The longest id, in bytes.
const LONGEST: usize = 100;

/// Adds the secret of a node in an image.
pub(super) fn read(all: &mut IndexMap<String, SecretDecl>, child: &mut Child<'_>) {
    let (mut reader, mut names) = child.reader();
    let found = decl(&mut reader);
    if let Some(found) = found {
        let id = found.id.clone();
        names.add(all, id, found, &mut reader);
    }
    reader.done();
}

/// Adds the secret of a node in a tool set, which may say where its steps find the value.
pub(super) fn read_for_steps(all: &mut IndexMap<String, SecretDecl>, child: &mut Child<'_>) {
    let (mut reader, mut names) = child.reader();
    let target = reader.prop("target");
    if let Some(found) = decl(&mut reader) {
        let id = found.id.clone();
        names.add(all, id, SecretDecl { target, ..found }, &mut reader);
    }
    reader.done();
}

fn decl(reader: &mut Reader) -> Option<SecretDecl> {
    let (env, file) = (reader.prop("env"), reader.prop("file"));
    let id = reader.arg("an id", EXAMPLE)?;
    let id = id_of(id, "a secret", reader.out())?;
    let from = match (env, file) {
        (Some(env), None) => SecretFrom::Env(names::filled(env, "env", reader.out())),
        (None, Some(file)) => SecretFrom::File(names::path(file, "file", reader.out())),
        (None, None) => {
            reader.missing("`env` or `file`", EXAMPLE);
            return None;
        }
        (Some(_), Some(file)) => {
            let message = format!("secret `{}` has two sources", id.value);
            let fault = Diagnostic::error("manifest::secret", message).at(file.span, "the second");
            reader.out().push(fault.help("keep `env` or `file`"));
            return None;
        }
    };
    Some(SecretDecl {
        id,
        from,
        target: None,
    })
}

/// Checks the id of a secret or agent: it becomes a part of a flag, between commas.
pub(super) fn id_of(
    id: Spanned<String>,
    what: &str,
    out: &mut Diagnostics,
) -> Option<Spanned<String>> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-/@:+".contains(c);
    let starts = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/');
    if id.starts_with(starts) && id.chars().all(fits) && id.len() <= LONGEST {
        return Some(id);
    }
    let message = format!("`{}` cannot be the id of {what}", id.escape_debug());
    let fault = Diagnostic::error("manifest::secret", message).at(id.span, "not an id");
    out.push(fault.help(format!(
        "use letters, digits, `.`, `_`, `-`, `/`, `@`, `:` and `+`, a letter or digit first, {LONGEST} characters at most"
    )));
    None
}

impl<T> SecretDecl<T> {
    /// The same with other texts; `None` if one of them has a fault.
    pub fn carry<'s, U>(
        &'s self,
        text: &mut impl FnMut(&'s T) -> Option<U>,
    ) -> Option<SecretDecl<U>> {
        let target = match &self.target {
            Some(target) => Some(text(target)?),
            None => None,
        };
        let from = match &self.from {
            SecretFrom::Env(name) => SecretFrom::Env(text(name)?),
            SecretFrom::File(path) => SecretFrom::File(text(path)?),
        };
        let id = self.id.clone();
        Some(SecretDecl { id, from, target })
    }

    /// The same with other texts.
    pub(super) fn map<U>(&self, text: &mut impl FnMut(&T) -> U) -> SecretDecl<U> {
        SecretDecl {
            id: self.id.clone(),
            from: match &self.from {
                SecretFrom::Env(name) => SecretFrom::Env(text(name)),
                SecretFrom::File(path) => SecretFrom::File(text(path)),
            },
            target: self.target.as_ref().map(text),
        }
    }
}
