//! Reads a manifest: its variables, with the values that a shell would end up with.

use super::shell::{self, Assignment, Shell};
use crate::import::note::Notes;
use crate::import::{Input, image_name};
use crate::name::{Repository, Tag, Version};
use crate::text::{Diagnostic, Diagnostics, Shown, Span, Spanned};

/// The most images that are imported.
const MOST: usize = 10_000;

/// The contents of a manifest that matter for images.
#[derive(Debug)]
pub(super) struct Manifest {
    pub span: Span,
    /// Where the image and its parent are published, with the registry: `docker.io/cimg`, `ghcr.io/acme`.
    pub home: String,
    pub repository: String,
    pub parent: Option<Spanned<String>>,
    pub variants: Vec<Spanned<String>>,
    pub parents: Vec<Spanned<String>>,
    pub default_parent: Option<Spanned<String>>,
    pub slug: String,
    /// The tag of the parent, where `parentTags` are versions of something else.
    pub base_version: Option<Spanned<String>>,
    pub arm64: bool,
    pub versions: Vec<Release>,
}

/// A version, its alias and its parameter.
#[derive(Debug)]
pub(super) struct Release {
    pub version: Spanned<String>,
    /// `X.Y`
    pub short: String,
    /// Whether it owns `X.Y`: it is the highest version of its series.
    pub leads: bool,
    pub alias: Option<String>,
    pub param: Option<String>,
}

/// The variables that are read; others of cimg's scripts do not affect images.
const KNOWN: [&str; 10] = [
    "namespace",
    "repository",
    "parent",
    "variants",
    "parentTags",
    "defaultParentTag",
    "parentSlug",
    "base_version",
    "arm64",
    "GEN_CHECK",
];

/// Reads a manifest; `None` after an error, which is in `out`.
pub(super) fn read(input: Input<'_>, notes: &mut Notes, out: &mut Diagnostics) -> Option<Manifest> {
    let shell = shell::read(input);
    note_ignored(&shell, notes);
    let end = input.span(input.text.len(), input.text.len());
    let mut values = Values { shell: &shell, out };
    let (repository, versions) = (values.one("repository"), values.list("GEN_CHECK"));
    let namespace = values.one("namespace");
    let (parent, default_parent, slug) = (
        values.one("parent"),
        values.one("defaultParentTag"),
        values.one("parentSlug"),
    );
    let (variants, parents) = (values.tags("variants"), values.tags("parentTags"));
    let base_version = values.tags("base_version").into_iter().next();
    let arm64 = values.one("arm64").is_some_and(|arm64| !arm64.is_empty());
    let repository = valid_repository(repository, end, values.out)?;
    let home = home(namespace.as_ref(), &repository, values.out)?;
    if versions.is_empty() {
        values
            .out
            .push(missing("GEN_CHECK", "GEN_CHECK=(1.12.5 1.11.4)", end).help(
            "append the line of the file GEN-CHECK: `cat manifest GEN-CHECK | kiln import cimg -`",
        ));
        return None;
    }
    let default_parent = valid_default(default_parent, &parents, notes);
    let images = versions
        .len()
        .saturating_mul(parents.len().max(1))
        .saturating_mul(variants.len() + 1);
    if images > MOST {
        values.out.push(too_many(images, repository.span));
        return None;
    }
    Some(Manifest {
        span: repository.span,
        home,
        repository: repository.value,
        parent,
        versions: releases(&versions, !parents.is_empty(), notes, values.out),
        variants,
        parents,
        default_parent,
        base_version,
        slug: slug.map(|slug| slug.value).unwrap_or_default(),
        arm64,
    })
}

/// Adds notes for the lines and variables that do not affect images.
fn note_ignored(shell: &Shell, notes: &mut Notes) {
    for other in &shell.others {
        notes.note(
            "import::left-out",
            String::from("a line that is not an assignment is not imported"),
            "the file is not executed",
            *other,
        );
    }
    for unknown in shell
        .assignments
        .iter()
        .filter(|one| !KNOWN.contains(&one.name.as_str()))
    {
        notes.left_out(
            &unknown.name,
            "it does not affect images",
            unknown.name.span,
        );
    }
}

fn valid_repository(
    repository: Option<Spanned<String>>,
    end: Span,
    out: &mut Diagnostics,
) -> Option<Spanned<String>> {
    let Some(repository) = repository else {
        out.push(missing("repository", "repository=go", end));
        return None;
    };
    if image_name(&repository) == repository.value && repository.parse::<Repository>().is_ok() {
        return Some(repository);
    }
    let message = format!("`{}` is not the name of a repository", repository.shown());
    out.push(
        Diagnostic::error("import::repository", message)
            .at(repository.span, "here")
            .help("use lower-case letters and digits, such as `repository=go`"),
    );
    None
}

/// Where the image is published: cimg's scripts tag it as `$namespace/$repository`, so a namespace may begin with a registry.
fn home(
    namespace: Option<&Spanned<String>>,
    repository: &str,
    out: &mut Diagnostics,
) -> Option<String> {
    let text = namespace.map_or("cimg", |namespace| namespace.as_str());
    let whole = format!("{text}/{repository}").parse::<Repository>();
    let why = match whole.map(|whole| whole.to_string()) {
        Ok(whole) => {
            return Some(
                whole
                    .strip_suffix(repository)?
                    .trim_end_matches('/')
                    .to_owned(),
            );
        }
        Err(why) => why,
    };
    let fault = Diagnostic::error("import::repository", why.to_string())
        .help("such as `namespace=cimg` or `namespace=ghcr.io/you`");
    out.push(match namespace {
        Some(namespace) => fault.at(namespace.span, "here"),
        None => fault,
    });
    None
}

/// The default parent if it is one of the parents.
fn valid_default(
    default: Option<Spanned<String>>,
    parents: &[Spanned<String>],
    notes: &mut Notes,
) -> Option<Spanned<String>> {
    let default = default?;
    if parents.contains(&default) {
        return Some(default);
    }
    if !default.is_empty() {
        notes.left_out(
            "defaultParentTag",
            "it is not one of `parentTags`, so no image gets tags without the parent",
            default.span,
        );
    }
    None
}

fn too_many(images: usize, repository: Span) -> Diagnostic {
    let message = format!("the file describes {images} images, and at most {MOST} can be imported");
    Diagnostic::error("import::too-many", message)
        .at(repository, "in this repository")
        .help("import fewer versions at a time")
}

fn missing(name: &str, example: &str, end: Span) -> Diagnostic {
    let fault = Diagnostic::error("import::missing", format!("the file does not set `{name}`"));
    fault
        .at(end, "the file ends here")
        .help(format!("such as `{example}`"))
}

/// The variables of a file, with the values that a shell would end up with.
struct Values<'a> {
    shell: &'a Shell,
    out: &'a mut Diagnostics,
}

impl Values<'_> {
    fn last(&mut self, name: &str) -> Option<&Assignment> {
        let found = self
            .shell
            .assignments
            .iter()
            .rev()
            .find(|one| one.name.as_str() == name)?;
        if found.computed {
            let fault = Diagnostic::error(
                "import::computed",
                format!("only a shell can evaluate `{name}`"),
            );
            self.out.push(
                fault
                    .at(found.name.span, "contains `$` or a backquote")
                    .help("write the value itself"),
            );
            return None;
        }
        Some(found)
    }

    /// A single value; an empty one counts as missing.
    fn one(&mut self, name: &str) -> Option<Spanned<String>> {
        self.last(name)?
            .words
            .first()
            .filter(|word| !word.is_empty())
            .cloned()
    }

    /// Every value.
    fn list(&mut self, name: &str) -> Vec<Spanned<String>> {
        self.last(name)
            .map(|found| {
                found
                    .words
                    .iter()
                    .filter(|word| !word.is_empty())
                    .cloned()
                    .collect()
            })
            .unwrap_or_default()
    }

    /// Values that become parts of tags, each once.
    fn tags(&mut self, name: &str) -> Vec<Spanned<String>> {
        let mut kept: Vec<Spanned<String>> = Vec::new();
        for word in self.list(name) {
            match word.parse::<Tag>() {
                Err(why) => self.out.push(
                    Diagnostic::error("import::tag", why.to_string())
                        .at(word.span, "here")
                        .help("it must be valid as part of a tag"),
                ),
                Ok(_) if kept.contains(&word) => {}
                Ok(_) => kept.push(word),
            }
        }
        kept
    }
}

/// Reads `v1.2.3=alias#parameter`.
fn releases(
    words: &[Spanned<String>],
    on_parents: bool,
    notes: &mut Notes,
    out: &mut Diagnostics,
) -> Vec<Release> {
    let mut all: Vec<Release> = Vec::new();
    for word in words {
        let fault = |why: String| {
            Diagnostic::error("import::version", why)
                .at(word.span, "here")
                .help("such as `1.12.5`, `v1.12.5=lts` or `1.12.5#1654`")
        };
        let Some(release) = release(word) else {
            out.push(fault(format!(
                "`{}` is not a version with at least two numbers",
                word.shown()
            )));
            continue;
        };
        if all.iter().any(|known| *known.version == *release.version) {
            continue;
        }
        let is_tag = |alias: &String| alias.parse::<Tag>().is_ok();
        if let Some(bad) = release.alias.as_ref().filter(|alias| !is_tag(alias)) {
            let why = format!(
                "`{}` cannot be an alias: it is not a valid tag",
                bad.shown()
            );
            let help = "the version keeps its other tags; no registry has a tag of this name";
            notes.note("import::tag", why, help, word.span);
        }
        let release = Release {
            alias: release.alias.filter(is_tag),
            ..release
        };
        if on_parents && release.alias.is_some() {
            notes.left_out(
                "an alias of a version",
                "with `parentTags`, cimg's script does not publish aliases",
                word.span,
            );
        }
        all.push(Release {
            alias: release.alias.filter(|_| !on_parents),
            ..release
        });
    }
    mark_leaders(&mut all);
    all
}

/// Splits a word; `None` if it is not a version. Its alias is not checked yet.
fn release(word: &Spanned<String>) -> Option<Release> {
    let (rest, param) = split(word, '#');
    let (text, alias) = split(rest, '=');
    // cimg's script removes everything up to the first `v`.
    let text = text.split_once('v').map_or(text, |(_, version)| version);
    let version = text.parse::<Version>().ok()?;
    text.parse::<Tag>().ok()?;
    Some(Release {
        version: Spanned::new(text.to_owned(), word.span),
        short: version.series(2)?.to_owned(),
        leads: false,
        alias,
        param,
    })
}

/// The text before a separator, and the one after it if there is one.
fn split(text: &str, separator: char) -> (&str, Option<String>) {
    text.split_once(separator)
        .map_or((text, None), |(before, after)| {
            (before, Some(after.to_owned()))
        })
}

fn mark_leaders(all: &mut [Release]) {
    for at in 0..all.len() {
        all[at].leads = (0..all.len()).all(|other| {
            other == at || all[other].short != all[at].short || older(&all[other], &all[at])
        });
    }
}

fn older(one: &Release, other: &Release) -> bool {
    one.version.parse::<Version>().ok() < other.version.parse::<Version>().ok()
}
