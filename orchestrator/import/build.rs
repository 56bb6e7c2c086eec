//! One image in the form in which what a file describes and what a manifest makes are compared.

use super::path::dot;
use super::published;
use super::secret::Secret;
use crate::dockerfile::context_name;
use crate::manifest::{ContextDecl, NamedSource, SecretDecl, SecretFrom};
use crate::matrix::{Body, Parent, Variant, shm_size, ulimit};
use crate::name::{Platform, Reference, Tag, is_address};
use crate::request::{BuildOptions, Ulimit};
use crate::text::Spanned;
use std::collections::{BTreeMap, BTreeSet};

/// What is compared of one image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Build {
    /// In full: `docker.io/library/go:latest`.
    pub references: BTreeSet<String>,
    pub platforms: BTreeSet<Platform>,
    /// The path of the Dockerfile, or of the template.
    pub dockerfile: String,
    /// The folder that is sent: the Dockerfile's if none is named, `.` for the workspace itself.
    pub context: String,
    pub target: Option<String>,
    pub args: BTreeMap<String, String>,
    /// Those that are one word, by name; images as people write them.
    pub contexts: BTreeMap<String, String>,
    /// Where the values of secrets come from, by id.
    pub secrets: BTreeMap<String, String>,
    /// Agents of ssh, by id.
    pub agents: BTreeSet<String>,
    /// What RUN steps get, by the word of the manifest.
    pub options: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Build {
    /// What a file describes.
    pub fn wanted(variant: &published::Variant) -> Self {
        let none = || vec![Platform::linux_amd64()];
        let (args, contexts) = (variant.args.iter(), variant.contexts.iter());
        Self {
            references: variant.names.iter().map(published::Name::full).collect(),
            platforms: variant
                .platforms
                .clone()
                .unwrap_or_else(none)
                .into_iter()
                .collect(),
            dockerfile: variant.dockerfile.real.clone(),
            context: sent(
                &variant.dockerfile.real,
                variant.context.as_ref().map(|context| &*context.real),
            ),
            target: variant.target.as_ref().map(|target| target.real.clone()),
            args: args
                .map(|(name, text)| (name.clone(), text.real.clone()))
                .collect(),
            contexts: contexts
                .map(|(name, text)| (name.clone(), compared(&text.real)))
                .collect(),
            secrets: variant.secrets.iter().map(wanted_secret).collect(),
            agents: variant.agents.iter().cloned().collect(),
            options: options(
                variant
                    .options
                    .iter()
                    .map(|(name, texts)| (*name, texts.clone())),
            ),
        }
    }

    /// What a manifest makes.
    pub fn got(variant: &Variant) -> Self {
        let (Body::Template(path) | Body::Dockerfile(path)) = &variant.body;
        let references = variant.references();
        let (args, agents) = (variant.args.iter(), variant.agents.iter());
        Self {
            references: references
                .map(|(reference, _)| reference.to_string())
                .collect(),
            platforms: variant.platforms.iter().cloned().collect(),
            dockerfile: path.value.clone(),
            context: sent(
                &path.value,
                variant.context.as_ref().map(|context| &*context.value),
            ),
            target: variant.build.target.clone(),
            args: args
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            contexts: variant.contexts.iter().filter_map(context).collect(),
            secrets: variant.secrets.iter().map(secret).collect(),
            agents: agents.map(|agent| agent.id.value.clone()).collect(),
            options: built_with(&variant.build),
        }
    }
}

/// The folder that is sent to the builder.
fn sent(dockerfile: &str, context: Option<&str>) -> String {
    let own = dockerfile.rsplit_once('/').map_or("", |(folder, _)| folder);
    let folder = context.unwrap_or(own);
    let folder = folder.strip_prefix("./").unwrap_or(folder);
    dot(folder.trim_end_matches('/')).to_owned()
}

/// A property, what the file says, and what the manifest says.
pub(super) type Difference = (String, Option<String>, Option<String>);

impl Build {
    /// What differs from what a manifest makes, besides the references. An image that is rendered from a template has no
    /// Dockerfile and no arguments that could be compared.
    pub fn differences(&self, made: &Build, is_template: bool) -> Vec<Difference> {
        let platforms = |build: &Build| Some(words(&build.platforms));
        let platforms = ("the list of platforms", platforms(self), platforms(made));
        let file = |build: &Build| Some(build.dockerfile.clone());
        let written = [
            ("the Dockerfile", file(self), file(made)),
            (
                "the context",
                Some(self.context.clone()),
                Some(made.context.clone()),
            ),
            ("`target`", self.target.clone(), made.target.clone()),
        ];
        let mut all: Vec<Difference> = [platforms]
            .into_iter()
            .chain(written.into_iter().filter(|_| !is_template))
            .map(|(what, own, other)| (what.to_owned(), own, other))
            .collect();
        if !is_template {
            all.extend(by_name("the argument", &self.args, &made.args));
            let named = |build: &Build| {
                let mut contexts = build.contexts.clone();
                contexts.retain(|name, source| !is_itself(name, source));
                contexts
            };
            all.extend(by_name("the named context", &named(self), &named(made)));
            all.extend(by_name("the secret", &self.secrets, &made.secrets));
            all.push((
                String::from("`ssh`"),
                several(&self.agents),
                several(&made.agents),
            ));
            let options = |build: &Build| {
                build
                    .options
                    .iter()
                    .map(|(name, texts)| ((*name).to_owned(), words(texts)))
                    .collect()
            };
            all.extend(by_name("the setting", &options(self), &options(made)));
        }
        all.retain(|(_, own, other)| own != other);
        all
    }
}

/// Whether a context is an image by its own name, which changes nothing.
fn is_itself(name: &str, source: &str) -> bool {
    let (name, source) = (context_name(name), context_name(source));
    name.is_ok_and(|name| source.is_ok_and(|source| source == name))
}

fn by_name(
    what: &str,
    own: &BTreeMap<String, String>,
    other: &BTreeMap<String, String>,
) -> Vec<Difference> {
    let names: BTreeSet<&String> = own.keys().chain(other.keys()).collect();
    let one = |name: &String| {
        (
            format!("{what} `{name}`"),
            own.get(name).cloned(),
            other.get(name).cloned(),
        )
    };
    names.into_iter().map(one).collect()
}

fn words<T: ToString>(all: &BTreeSet<T>) -> String {
    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
    all.join(", ")
}

/// The words, if there are any.
fn several(all: &BTreeSet<String>) -> Option<String> {
    (!all.is_empty()).then(|| words(all))
}

/// Where the value of a secret of the file comes from.
fn wanted_secret((id, secret): (&String, &Secret)) -> (String, String) {
    let from = match secret {
        Secret::Env(name) => format!("env={name}"),
        Secret::File(path) => format!("file={path}"),
    };
    (id.clone(), from)
}

/// The same of a secret of the manifest.
fn secret(one: &SecretDecl) -> (String, String) {
    let from = match &one.from {
        SecretFrom::Env(name) => format!("env={}", name.value),
        SecretFrom::File(path) => format!("file={}", path.value),
    };
    (one.id.value.clone(), from)
}

/// A named context that is one word; an image of the manifest is none.
fn context(one: &ContextDecl<Spanned<String>, Parent>) -> Option<(String, String)> {
    match &one.source {
        NamedSource::Word(word) => Some((one.name.value.clone(), compared(word))),
        NamedSource::Of(_) => None,
    }
}

/// A context as it is compared: an image as people write it, `go:1` for `docker.io/library/go:1`, and any other source
/// as it is.
fn compared(source: &str) -> String {
    let is_image = !source.starts_with('.') && !is_address(source);
    let image = is_image.then(|| source.parse::<Reference>().ok()).flatten();
    let Some(mut image) = image else {
        return source.to_owned();
    };
    if image.digest.is_none() {
        image.tag.get_or_insert_with(Tag::latest);
    }
    image.familiar()
}

/// What RUN steps get, with each size and limit in one spelling.
fn options(
    all: impl Iterator<Item = (&'static str, Vec<String>)>,
) -> BTreeMap<&'static str, BTreeSet<String>> {
    let one = |name: &str, text: String| match name {
        "shm-size" => shm_size(&text).map_or(text, in_bytes),
        "ulimit" => ulimit(&text).map_or(text, |limit| limited(&limit)),
        _ => text,
    };
    let all = all
        .filter(|(name, texts)| *name != "network" || texts.iter().any(|text| text != "default"));
    all.map(|(name, texts)| {
        let texts = texts.into_iter().map(|text| one(name, text));
        (name, texts.collect())
    })
    .collect()
}

/// A size as people write it: `1g`.
fn in_bytes(bytes: u64) -> String {
    let units = [(30, "g"), (20, "m"), (10, "k")];
    let unit = units
        .iter()
        .find(|(bits, _)| bytes.is_multiple_of(1 << bits));
    unit.map_or(bytes.to_string(), |(bits, unit)| {
        format!("{}{unit}", bytes >> bits)
    })
}

/// `nofile=1024:2048`
fn limited(limit: &Ulimit) -> String {
    format!("{}={}:{}", limit.name, limit.soft, limit.hard)
}

fn built_with(build: &BuildOptions) -> BTreeMap<&'static str, BTreeSet<String>> {
    let all = [
        ("network", build.network.iter().cloned().collect()),
        (
            "shm-size",
            build.shm_size.iter().copied().map(in_bytes).collect(),
        ),
        ("extra-host", build.extra_hosts.clone()),
        ("ulimit", build.ulimits.iter().map(limited).collect()),
    ];
    let given = all
        .into_iter()
        .filter(|(_, texts): &(_, Vec<String>)| !texts.is_empty());
    options(given)
}
