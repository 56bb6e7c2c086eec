//! A paragraph with the defaults of the first one.

use super::fields::{Field, Paragraph};
use crate::text::Spanned;
use std::collections::HashSet;

/// One image of the file, as its paragraph and the first one describe it.
#[derive(Clone, Copy)]
pub(super) struct Entry<'a, 'p> {
    /// Its own paragraph.
    pub own: &'a Paragraph<'p>,
    /// The paragraph with the defaults.
    pub common: &'a Paragraph<'p>,
}

impl<'p> Entry<'_, 'p> {
    /// The field of the paragraph, or else of the first one.
    pub fn field(&self, name: &str) -> Option<Field<'p>> {
        let field = self.own.get(name).or_else(|| self.common.get(name));
        field.cloned()
    }

    /// The commit that the image is built from, with those of its architectures.
    pub fn commit(&self) -> String {
        let repository = self.field("GitRepo").map(|field| field.text().value);
        let commits = self.commits().join(" ");
        format!("{} {commits}", repository.unwrap_or_default())
    }

    /// Whether the file names a commit of the image.
    pub fn has_commit(&self) -> bool {
        !self.commits().is_empty()
    }

    fn commits(&self) -> Vec<String> {
        let of = |paragraph: &Paragraph| -> Vec<String> {
            let fields = paragraph.iter().filter(|field| {
                let name = field.name.to_ascii_lowercase();
                name == "gitcommit" || name.ends_with("-gitcommit")
            });
            fields
                .map(|field| format!("{} {}", field.name.to_ascii_lowercase(), *field.text()))
                .collect()
        };
        let own = of(self.own);
        if own.is_empty() { of(self.common) } else { own }
    }

    /// The different commits of its architectures, if they have their own.
    pub fn architecture_commits(&self) -> HashSet<String> {
        let architectures = self.field("Architectures");
        let names = architectures.iter().flat_map(|field| field.items());
        let commit = |name: Spanned<String>| self.field(&format!("{}-GitCommit", *name));
        let commits = names.filter_map(commit);
        commits.map(|field| field.text().value).collect()
    }
}
