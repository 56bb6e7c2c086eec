//! Whether the files under `.circleci/images`, which people review, are what a build uses.
//!
//! A build never reads these files: it uses what it renders. Only the files of the variants that are built are compared.

use super::Workspace;
use super::generate::{GenerateError, wanted};
use super::generated::{FOLDER, Record};
use crate::matrix::VariantId;
use crate::render::Recipe;
use rayon::prelude::*;
use std::collections::{BTreeSet, HashSet};
use std::path::Path;

/// The most files that an error lists.
const MOST_LISTED: usize = 20;

/// The generated files that differ from what a build uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// By path, sorted.
    files: Vec<(String, Kind)>,
    /// Whether the workspace has any generated files.
    generated: bool,
}

/// How a file differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Missing,
    Differs,
    /// It is beside the Dockerfile of a variant that no longer uses it.
    Unused,
}

impl Workspace {
    /// Compares the files on disk with what is built for these variants of the fleet.
    ///
    /// # Errors
    /// Two variants write the same file, or something cannot be read.
    pub fn drift(
        &self,
        recipes: &[Recipe],
        built: &BTreeSet<VariantId>,
    ) -> Result<Drift, GenerateError> {
        let is_built = |recipe: &&Recipe| built.contains(&recipe.variant);
        let wanted = wanted(recipes.iter().filter(is_built))?;
        let record = self.record()?;
        let none = Record::default();
        let unused = unused(record.as_ref().unwrap_or(&none), recipes, built);
        let paths: Vec<_> = wanted.keys().map(String::as_str).chain(unused).collect();
        let found: Vec<_> = paths
            .into_par_iter()
            .map(|path| Ok((path, self.present(path)?)))
            .collect::<Result<_, GenerateError>>()?;
        let generated = record.is_some() || found.iter().any(|(_, present)| present.is_some());
        let differing = found.into_iter().filter_map(|(path, present)| {
            let kind = match (wanted.get(path), present) {
                (Some(_), None) => Kind::Missing,
                (Some(wanted), Some(present)) if !present.is(wanted) => Kind::Differs,
                (None, Some(_)) => Kind::Unused,
                _ => return None,
            };
            Some((path.to_owned(), kind))
        });
        let mut files: Vec<_> = differing.collect();
        files.sort();
        Ok(Drift { files, generated })
    }
}

/// Files that kiln wrote beside the Dockerfiles of these variants, and that no variant uses any more.
fn unused<'a>(record: &'a Record, recipes: &[Recipe], built: &BTreeSet<VariantId>) -> Vec<&'a str> {
    let generated = || recipes.iter().filter(|recipe| recipe.generated);
    let folders: HashSet<&Path> = generated()
        .filter(|recipe| built.contains(&recipe.variant))
        .filter_map(|recipe| Path::new(&*recipe.path).parent())
        .collect();
    let used: HashSet<String> = generated().flat_map(files).collect();
    let is_beside = |path: &str| {
        let mut above = Path::new(path).ancestors().skip(1);
        above.any(|folder| folders.contains(folder))
    };
    let listed = record.0.keys().map(String::as_str);
    listed
        .filter(|path| is_beside(path) && !used.contains(*path))
        .collect()
}

/// The paths of the files that are generated for a recipe.
fn files(recipe: &Recipe) -> impl Iterator<Item = String> {
    let folder = recipe
        .path
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder);
    let beside = recipe.beside.iter();
    let beside = beside.map(move |(path, _)| format!("{folder}/{path}"));
    std::iter::once(recipe.path.to_string()).chain(beside)
}

impl Drift {
    /// One line for a build that goes on. A workspace that has no generated files is not warned: its users review the
    /// manifest and the templates.
    pub fn warning(&self) -> Option<String> {
        let (first, _) = self.files.first().filter(|_| self.generated)?;
        let (what, these) = match self.files.len() {
            1 => (format!("{first} differs from what is built"), "it"),
            count => {
                let what = format!("{count} files under {FOLDER} differ from what is built");
                (format!("{what}, first {first}"), "them")
            }
        };
        Some(format!(
            "{what}; `kiln generate` updates {these}, and `kiln build --locked` refuses such a build"
        ))
    }

    /// The error for a build that must use what was reviewed.
    pub fn refusal(&self) -> Option<String> {
        if self.files.is_empty() {
            return None;
        }
        if !self.generated {
            return Some(format!(
                "--locked: {FOLDER} has no files to compare with what would be built\n  run `kiln generate`, review the files and commit them"
            ));
        }
        let listed = self.files.iter().take(MOST_LISTED);
        let listed: String = listed
            .map(|(path, kind)| format!("\n  {:<7}  {path}", kind.word()))
            .collect();
        let more = match self.files.len().saturating_sub(MOST_LISTED) {
            0 => String::new(),
            more => format!("\n  and {more} more; `kiln generate --check` shows all differences"),
        };
        Some(format!(
            "--locked: files under {FOLDER} differ from what would be built{listed}{more}\n  run `kiln generate`, review the changes and commit them"
        ))
    }
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Differs => "differs",
            Self::Unused => "unused",
        }
    }
}
