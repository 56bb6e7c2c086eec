//! CircleCI's `manifest` of a cimg repository: shell variables that its scripts read.
//!
//! ```text
//! namespace=cimg
//! repository=clojure
//! parent=openjdk
//! variants=(node browsers)
//! parentTags=(8.0 17.0)
//! defaultParentTag=17.0
//! parentSlug=openjdk
//! GEN_CHECK=(1.12.5#1654)
//! ```
//!
//! `GEN_CHECK` is in a file `GEN-CHECK` of its own there, and holds the versions: `v1.2.3=alias#parameter`.
//! Each version has a folder `X.Y`, in it one for each of `parentTags`, in it one for each of
//! `variants`. Every image has its full version and `X.Y` as tags; those on `defaultParentTag` have
//! them without the parent, too. With `arm64=1`, all but browsers are built for arm64 as well.

use super::entry::{self, Entry};
use super::note::Notes;
use super::proof::{self, Published};
use super::shell::{self, Assignment, Shell};
use super::write::{Node, document, literal};
use super::{Import, Input, image_name};
use crate::name::{Platform, Tag, Version};
use crate::text::{Diagnostic, Diagnostics, Span, Spanned};

/// What a manifest says, as far as images come of it.
#[derive(Debug)]
struct Manifest {
    span: Span,
    namespace: String,
    repository: String,
    parent: Option<Spanned<String>>,
    variants: Vec<Spanned<String>>,
    parents: Vec<Spanned<String>>,
    default_parent: Option<Spanned<String>>,
    slug: String,
    arm64: bool,
    versions: Vec<Release>,
}

/// A version, its alias and its parameter.
#[derive(Debug)]
struct Release {
    version: Spanned<String>,
    /// `X.Y`
    short: String,
    /// Whether `X.Y` is its own: it is the highest of its series.
    leads: bool,
    alias: Option<String>,
    param: Option<String>,
}

/// Imports a `manifest`.
pub fn import(input: Input<'_>, out: &mut Diagnostics) -> Option<Import> {
    let mut notes = Notes::default();
    let before = out.errors();
    let manifest = read(input, &mut notes, out).filter(|_| out.errors() == before)?;
    let entries = entries(&manifest);
    proof::owners(&entries, out);
    if out.errors() > before {
        return None;
    }
    let repository = format!("docker.io/{}/{}", manifest.namespace, manifest.repository);
    let wanted: Vec<Published> = entries.iter().map(|entry| entry.published(&repository)).collect();
    let nodes = [workspace(&manifest), base(&manifest), Some(image(&manifest))];
    let text = document(&title(&manifest), &nodes.into_iter().flatten().collect::<Vec<_>>());
    if proof::prove(&text, &wanted).is_ok() {
        parent_notes(&manifest, &mut notes);
        out.extend(notes.finish(input.text));
        return Some(Import { manifest: text, files: Vec::new() });
    }
    let nodes = [workspace(&manifest), Some(entry::written(&manifest.repository, &entries))];
    let text = document(&title(&manifest), &nodes.into_iter().flatten().collect::<Vec<_>>());
    if let Err(faults) = proof::prove(&text, &wanted) {
        out.push(proof::refused(&faults, manifest.span));
        return None;
    }
    let why = String::from("the tags are written out one by one: no axes were found that give exactly these");
    notes.note("import::plain", why, "docs/tags.md shows what axes, rungs and aliases can say", manifest.span);
    out.extend(notes.finish(input.text));
    Some(Import { manifest: text, files: Vec::new() })
}

fn title(manifest: &Manifest) -> String {
    format!("Imported from the manifest of {}/{}.", manifest.namespace, manifest.repository)
}

/// Says what is decided here of parents that the file does not name.
fn parent_notes(manifest: &Manifest, notes: &mut Notes) {
    if let (Some(parent), true) = (&manifest.parent, manifest.parents.is_empty()) {
        let what = format!("which tag of `{}` is the parent is not said", parent.as_str());
        notes.assumed(what, "the Dockerfiles' own FROM counts; or say `base \"…\" from=\"…\"` and `from base=\"…\"`", parent.span);
    }
    if let (Some(variant), true) = (manifest.variants.iter().find(|variant| variant.as_str() == "browsers"), on_node(manifest)) {
        let help = "change its `from` where your template says otherwise";
        notes.assumed("`browsers` is taken to stand on `node`, as cimg's own template has it", help, variant.span);
    }
}

/// Whether browsers stand on node.
fn on_node(manifest: &Manifest) -> bool {
    manifest.variants.iter().any(|variant| variant.as_str() == "node")
}

/// Variables that are read, and what is said of others that cimg's scripts know.
const KNOWN: [&str; 9] =
    ["namespace", "repository", "parent", "variants", "parentTags", "defaultParentTag", "parentSlug", "arm64", "GEN_CHECK"];

fn read(input: Input<'_>, notes: &mut Notes, out: &mut Diagnostics) -> Option<Manifest> {
    let shell = shell::read(input);
    for other in &shell.others {
        notes.note("import::left-out", String::from("a line that is no assignment is not carried over"), "no part of the file is run", *other);
    }
    for unknown in shell.assignments.iter().filter(|one| !KNOWN.contains(&one.name.as_str())) {
        notes.left_out(&unknown.name, "no image comes of it", unknown.name.span);
    }
    let end = input.span(input.text.len(), input.text.len());
    let mut values = Values { shell: &shell, out };
    let (repository, versions) = (values.one("repository"), values.list("GEN_CHECK"));
    let namespace = values.one("namespace").map_or_else(|| String::from("cimg"), |name| name.value);
    let (parent, default_parent, slug) = (values.one("parent"), values.one("defaultParentTag"), values.one("parentSlug"));
    let (variants, parents) = (values.tags("variants"), values.tags("parentTags"));
    let arm64 = values.one("arm64").is_some_and(|arm64| !arm64.is_empty());
    let Some(repository) = repository else {
        values.out.push(missing("repository", "repository=go", end));
        return None;
    };
    if image_name(&repository) != repository.value || format!("docker.io/{namespace}/{}", *repository).parse::<crate::name::Repository>().is_err() {
        let fault = Diagnostic::error("import::repository", format!("`{namespace}/{}` is no repository", repository.escape_debug()));
        values.out.push(fault.at(repository.span, "here").help("lower-case letters and digits, such as `repository=go`"));
        return None;
    }
    if versions.is_empty() {
        values.out.push(missing("GEN_CHECK", "GEN_CHECK=(1.12.5 1.11.4)", end).help("put the line of the file GEN-CHECK behind it: `cat manifest GEN-CHECK | kiln import cimg -`"));
        return None;
    }
    if let Some(default) = default_parent.as_ref().filter(|default| !default.is_empty() && !parents.contains(default)) {
        notes.left_out("defaultParentTag", "it is none of `parentTags`, so that no image has bare tags by it", default.span);
    }
    let span = repository.span;
    let default_parent = default_parent.filter(|default| parents.contains(default));
    let slug = slug.map(|slug| slug.value).unwrap_or_default();
    let repository = repository.value;
    let versions = releases(&versions, !parents.is_empty(), notes, values.out);
    Some(Manifest { span, namespace, repository, parent, variants, parents, default_parent, slug, arm64, versions })
}

fn missing(name: &str, example: &str, end: Span) -> Diagnostic {
    let fault = Diagnostic::error("import::missing", format!("the file does not say `{name}`"));
    fault.at(end, "the file ends here").help(format!("such as `{example}`"))
}

/// The variables of a file, as a shell has them in the end.
struct Values<'a> {
    shell: &'a Shell,
    out: &'a mut Diagnostics,
}

impl Values<'_> {
    fn last(&mut self, name: &str) -> Option<&Assignment> {
        let found = self.shell.assignments.iter().rev().find(|one| one.name.as_str() == name)?;
        if found.computed {
            let fault = Diagnostic::error("import::computed", format!("what `{name}` comes to is known to a shell alone"));
            self.out.push(fault.at(found.name.span, "this has `$` or a backquote in it").help("write the value itself"));
            return None;
        }
        Some(found)
    }

    /// A single value; empty ones are none.
    fn one(&mut self, name: &str) -> Option<Spanned<String>> {
        self.last(name)?.words.first().filter(|word| !word.is_empty()).cloned()
    }

    /// Every value.
    fn list(&mut self, name: &str) -> Vec<Spanned<String>> {
        self.last(name).map(|found| found.words.iter().filter(|word| !word.is_empty()).cloned().collect()).unwrap_or_default()
    }

    /// Values that become parts of tags, each once.
    fn tags(&mut self, name: &str) -> Vec<Spanned<String>> {
        let mut kept: Vec<Spanned<String>> = Vec::new();
        for word in self.list(name) {
            match word.parse::<Tag>() {
                Err(why) => self.out.push(Diagnostic::error("import::tag", why.to_string()).at(word.span, "here").help("it becomes a part of tags")),
                Ok(_) if kept.contains(&word) => {}
                Ok(_) => kept.push(word),
            }
        }
        kept
    }
}

/// Reads `v1.2.3=alias#parameter`.
fn releases(words: &[Spanned<String>], on_parents: bool, notes: &mut Notes, out: &mut Diagnostics) -> Vec<Release> {
    let mut all: Vec<Release> = Vec::new();
    for word in words {
        let (rest, param) = word.split_once('#').map_or((word.as_str(), None), |(rest, param)| (rest, Some(param.to_owned())));
        let (text, alias) = rest.split_once('=').map_or((rest, None), |(text, alias)| (text, Some(alias.to_owned())));
        // cimg's script takes all up to the first `v` away.
        let text = text.split_once('v').map_or(text, |(_, version)| version);
        let fault = |why: String| Diagnostic::error("import::version", why).at(word.span, "here").help("such as `1.12.5`, `v1.12.5=lts` or `1.12.5#1654`");
        let parsed = text.parse::<Version>().ok().and_then(|version| Some((version.series(2)?.to_owned(), text.parse::<Tag>().ok()?)));
        let Some((short, _)) = parsed else {
            out.push(fault(format!("`{}` is no version with two numbers at least", word.escape_debug())));
            continue;
        };
        if all.iter().any(|known| known.version.as_str() == text) {
            continue;
        }
        if let Some(bad) = alias.as_ref().filter(|alias| alias.parse::<Tag>().is_err()) {
            out.push(fault(format!("`{}` is no alias: no tag can have it", bad.escape_debug())));
            continue;
        }
        if on_parents && alias.is_some() {
            notes.left_out("an alias of a version", "with `parentTags`, cimg's script publishes none", word.span);
        }
        let alias = alias.filter(|_| !on_parents);
        all.push(Release { version: Spanned::new(text.to_owned(), word.span), short, leads: false, alias, param });
    }
    for at in 0..all.len() {
        all[at].leads = (0..all.len()).all(|other| other == at || all[other].short != all[at].short || older(&all[other], &all[at]));
    }
    all
}

fn older(one: &Release, other: &Release) -> bool {
    one.version.parse::<Version>().ok() < other.version.parse::<Version>().ok()
}

/// Every image with its tags, as cimg's scripts publish them.
fn entries(manifest: &Manifest) -> Vec<Entry> {
    let mut all = Vec::new();
    let none = [Spanned::new(String::new(), manifest.span)];
    let parents = if manifest.parents.is_empty() { &none[..] } else { &manifest.parents };
    let plain = [Spanned::new(String::new(), manifest.span)];
    for release in &manifest.versions {
        for parent in parents {
            for variant in plain.iter().chain(&manifest.variants) {
                all.push(entry_of(manifest, release, parent, variant));
            }
        }
    }
    all
}

fn entry_of(manifest: &Manifest, release: &Release, parent: &str, variant: &str) -> Entry {
    let mut versions = vec![release.version.as_str()];
    versions.extend(release.leads.then_some(release.short.as_str()));
    versions.extend(release.alias.as_deref());
    let mut middles = vec![if parent.is_empty() { String::new() } else { format!("-{}-{parent}", manifest.slug) }];
    if !parent.is_empty() && manifest.default_parent.as_ref().is_some_and(|default| default.as_str() == parent) {
        middles.push(String::new());
    }
    let end = if variant.is_empty() { String::new() } else { format!("-{variant}") };
    let mut tags: Vec<Spanned<String>> = Vec::new();
    for tag in middles.iter().flat_map(|middle| versions.iter().map(|version| format!("{version}{middle}{end}")).collect::<Vec<_>>()) {
        let tag = Spanned::new(tag, release.version.span);
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    let parts = [release.short.as_str(), parent, variant];
    let directory = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    let platforms = platforms_of(manifest, variant);
    let (file, context) = (String::from("Dockerfile"), Some(String::from(".")));
    Entry { span: release.version.span, tags, shared: Vec::new(), platforms, directory, file, context }
}

fn platforms_of(manifest: &Manifest, variant: &str) -> Vec<Platform> {
    let mut platforms = vec![Platform::linux_amd64()];
    if manifest.arm64 && !variant.contains("browsers") {
        platforms.push(Platform { architecture: String::from("arm64"), ..Platform::linux_amd64() });
    }
    platforms
}

fn workspace(manifest: &Manifest) -> Option<Node> {
    let publish = Node::new("publish").arg(&format!("docker.io/{}/{{image}}", manifest.namespace));
    Some(Node::new("workspace").arg(&image_name(&manifest.namespace)).open().spaced().child(publish))
}

/// The parent from outside, where its tags are said.
fn base(manifest: &Manifest) -> Option<Node> {
    let parent = manifest.parent.as_ref().filter(|_| !manifest.parents.is_empty())?;
    let from = format!("docker.io/{}/{}:{{parent}}", manifest.namespace, literal(parent));
    Some(Node::new("base").arg(&image_name(parent)).prop("from", &from).spaced())
}

fn image(manifest: &Manifest) -> Node {
    let has_variants = !manifest.variants.is_empty();
    let mut image = Node::new("image").arg(&manifest.repository).open().spaced().child(versions(manifest));
    let (mut pattern, mut folder) = (String::from("{version}"), String::from("{version.minor}"));
    if !manifest.parents.is_empty() {
        image = image.child(parents(manifest));
        pattern.push_str("-{parent}");
        folder.push_str("/{parent}");
    }
    if has_variants {
        let plain = Node::new("value").arg("plain").prop("token", "").child(Node::new("set").prop("folder", ""));
        let value = |variant: &Spanned<String>| Node::new("value").arg(variant).child(Node::new("set").prop("folder", &format!("{}/", variant.value)));
        image = image.child(Node::new("axis").arg("variant").open().child(plain).children(manifest.variants.iter().map(value)));
        pattern.push_str("-{variant}");
    }
    let file = if has_variants { format!("{folder}/{{variant.folder}}Dockerfile") } else { format!("{folder}/Dockerfile") };
    image = image.child(Node::new("dockerfile").arg(&file).spaced()).child(Node::new("context").arg("."));
    if manifest.arm64 {
        image = image.child(entry::platforms(&platforms_of(manifest, "")));
    }
    let from_base = base(manifest).map(|_| Node::new("from").prop("base", &image_name(manifest.parent.as_deref().map_or("", String::as_str))));
    image = match has_variants {
        true => image.children(whens(manifest, from_base)),
        false => image.children(from_base),
    };
    image.child(Node::new("tag").arg(&pattern).spaced())
}

fn versions(manifest: &Manifest) -> Node {
    let value = |release: &Release| {
        let mut node = Node::new("value").arg(&release.version);
        // No rung belongs to a pre-release; cimg's scripts give it `X.Y` all the same.
        let stable = release.version.parse::<Version>().is_ok_and(|version| !version.is_prerelease());
        let short = (release.leads && !stable).then_some(release.short.as_str());
        let aliases: Vec<&str> = short.into_iter().chain(release.alias.as_deref()).collect();
        if !aliases.is_empty() {
            node = node.child(Node::new("alias").args(aliases));
        }
        node.children(release.param.as_ref().map(|param| Node::new("set").prop("param", &literal(param))))
    };
    let axis = Node::new("axis").arg("version").prop("kind", "version").prop("rungs", "full minor").open();
    axis.children(manifest.versions.iter().map(value))
}

fn parents(manifest: &Manifest) -> Node {
    let value = |parent: &Spanned<String>| {
        let node = Node::new("value").arg(parent).prop("token", &format!("{}-{}", manifest.slug, parent.value));
        if manifest.default_parent.as_ref() == Some(parent) { node.flag("default") } else { node }
    };
    Node::new("axis").arg("parent").open().children(manifest.parents.iter().map(value))
}

/// What each variant stands on.
fn whens(manifest: &Manifest, from_base: Option<Node>) -> Vec<Node> {
    let when = |variant: &str| Node::new("when").prop("variant", variant);
    let plain = from_base.map(|from| when("plain").child(from));
    let one = |variant: &Spanned<String>| {
        let below = if variant.as_str() == "browsers" && on_node(manifest) { "node" } else { "plain" };
        let node = when(variant).child(Node::new("from").prop("image", &manifest.repository).prop("variant", below));
        if manifest.arm64 && variant.contains("browsers") { node.child(entry::platforms(&platforms_of(manifest, variant))) } else { node }
    };
    let mut nodes: Vec<Node> = plain.into_iter().chain(manifest.variants.iter().map(one)).collect();
    if let Some(first) = nodes.first_mut() {
        *first = first.clone().spaced();
    }
    nodes
}
