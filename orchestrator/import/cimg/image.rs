//! The image that a manifest makes: its variants as cimg's scripts publish them, on axes of versions, parents and
//! variants.

use super::read::{Manifest, Release};
use crate::import::image_name;
use crate::import::published::{
    Axis, Grid, Image, Name, Origin, Parent, Text, Value, Variant, When,
};
use crate::import::write::literal;
use crate::name::{Platform, Version};
use crate::text::Spanned;
use indexmap::{IndexMap, IndexSet};

/// The variant without a suffix.
const PLAIN: &str = "plain";

/// The variant that browsers are based on.
const NODE: &str = "node";

/// The image with its axes.
pub(super) fn image(manifest: &Manifest) -> Image {
    let mut axes = vec![versions(manifest)];
    axes.extend(parents(manifest));
    axes.extend(variants(manifest));
    let (mut cells, mut all) = (Vec::new(), Vec::new());
    for (version, release) in manifest.versions.iter().enumerate() {
        for parent in 0..manifest.parents.len().max(1) {
            for variant in 0..=manifest.variants.len() {
                let cell = Cell {
                    manifest,
                    release,
                    parent: manifest.parents.get(parent).map(|parent| parent.as_str()),
                    variant: variant
                        .checked_sub(1)
                        .map(|at| manifest.variants[at].as_str()),
                    plain: all.len() - variant,
                };
                all.push(cell.variant());
                let places = [
                    ("version", version),
                    ("parent", parent),
                    ("variant", variant),
                ];
                let place = |axis: &Axis| places.iter().find(|(name, _)| *name == axis.name);
                cells.push(axes.iter().filter_map(place).map(|(_, at)| *at).collect());
            }
        }
    }
    let placeholder = |axis: &Axis| format!("{{{}}}", axis.name);
    let tag = axes.iter().map(placeholder).collect::<Vec<_>>().join("-");
    Image {
        name: manifest.repository.clone(),
        span: manifest.span,
        comment: None,
        variants: all,
        grid: Some(Grid::new(axes, cells, [tag].into())),
    }
}

/// The parent from outside, if its tags are given: its name and its reference.
pub(super) fn base(manifest: &Manifest) -> Option<(String, String)> {
    let parent = manifest.parent.as_ref()?;
    let by_axis = (!manifest.parents.is_empty()).then(|| String::from("{parent}"));
    let fixed = manifest.base_version.as_ref().map(|tag| literal(tag));
    let reference = outside(manifest, &literal(parent), &fixed.or(by_axis)?);
    Some((image_name(parent), reference))
}

/// The parent with a tag.
fn outside(manifest: &Manifest, parent: &str, tag: &str) -> String {
    format!("{}/{parent}:{tag}", manifest.home)
}

/// Whether browsers are based on node.
pub(super) fn on_node(manifest: &Manifest) -> bool {
    manifest
        .variants
        .iter()
        .any(|variant| variant.as_str() == NODE)
}

fn versions(manifest: &Manifest) -> Axis {
    let value = |release: &Release| {
        // A pre-release owns no rung, but cimg's scripts publish `X.Y` for it all the same.
        let version = release.version.parse::<Version>();
        let stable = version.is_ok_and(|version| !version.is_prerelease());
        let short = (release.leads && !stable).then(|| release.short.clone());
        let param = release.param.as_deref().map(literal);
        Value {
            name: release.version.value.clone(),
            aliases: short.into_iter().chain(release.alias.clone()).collect(),
            data: param
                .into_iter()
                .map(|param| data("param", param))
                .collect(),
            ..Value::default()
        }
    };
    Axis {
        rungs: Some(String::from("full minor")),
        ..Axis::new("version", manifest.versions.iter().map(value).collect())
    }
}

fn parents(manifest: &Manifest) -> Option<Axis> {
    let value = |parent: &Spanned<String>| Value {
        name: parent.value.clone(),
        token: Some(format!("{}-{}", manifest.slug, parent.value)),
        default: manifest.default_parent.as_ref() == Some(parent),
        ..Value::default()
    };
    let values: Vec<Value> = manifest.parents.iter().map(value).collect();
    (!values.is_empty()).then(|| Axis::new("parent", values))
}

fn variants(manifest: &Manifest) -> Option<Axis> {
    let plain = Value {
        name: String::from(PLAIN),
        token: Some(String::new()),
        data: vec![data("folder", String::new())],
        ..Value::default()
    };
    let value = |variant: &Spanned<String>| Value {
        name: variant.value.clone(),
        data: vec![data("folder", format!("{}/", variant.value))],
        ..Value::default()
    };
    let values = std::iter::once(plain).chain(manifest.variants.iter().map(value));
    (!manifest.variants.is_empty()).then(|| Axis::new("variant", values.collect()))
}

fn data(key: &str, text: String) -> (String, String) {
    (key.to_owned(), text)
}

/// One image of a manifest.
struct Cell<'a> {
    manifest: &'a Manifest,
    release: &'a Release,
    parent: Option<&'a str>,
    variant: Option<&'a str>,
    /// The place of the plain variant beside it.
    plain: usize,
}

impl Cell<'_> {
    fn variant(&self) -> Variant {
        let dockerfile = Text {
            real: format!("{}/Dockerfile", self.folder()),
            pattern: self.dockerfile(),
        };
        Variant {
            span: self.release.version.span,
            names: self.names(),
            platforms: self.manifest.arm64.then(|| self.platforms()),
            listed: None,
            folder: self.folder(),
            dockerfile,
            context: Some(Text::literal(".")),
            target: None,
            contexts: IndexMap::new(),
            options: IndexMap::new(),
            secrets: IndexMap::new(),
            agents: Default::default(),
            args: IndexMap::new(),
            some_args: Default::default(),
            from: self.from(),
            origin: self.origin(),
            data: [("param", self.release.param.clone())].into(),
        }
    }

    /// With its full version and `X.Y`; on the default parent also without the parent.
    fn names(&self) -> Vec<Name> {
        let release = self.release;
        let short = release.leads.then_some(release.short.as_str());
        let versions = [release.version.as_str()]
            .into_iter()
            .chain(short)
            .chain(release.alias.as_deref());
        let parent = self
            .parent
            .map(|parent| format!("-{}-{parent}", self.manifest.slug));
        let default = self
            .manifest
            .default_parent
            .as_ref()
            .map(|parent| parent.as_str());
        let bare = (self.parent.is_none() || self.parent == default).then(String::new);
        let end = self
            .variant
            .map(|variant| format!("-{variant}"))
            .unwrap_or_default();
        let middles = parent.into_iter().chain(bare);
        let tags = middles.flat_map(|middle| {
            let tag = |version| format!("{version}{middle}{end}");
            versions.clone().map(tag).collect::<Vec<_>>()
        });
        let tags: IndexSet<String> = tags.collect();
        let name = |tag: String| Name {
            span: release.version.span,
            repository: Text::literal(format!(
                "{}/{}",
                self.manifest.home, self.manifest.repository
            )),
            tag: Text::literal(tag),
            shared: false,
            when: When::default(),
        };
        tags.into_iter().map(name).collect()
    }

    fn platforms(&self) -> Vec<Platform> {
        let arm64 = Platform::reported("linux", "arm64", None);
        let browsers = self
            .variant
            .is_some_and(|variant| variant.contains("browsers"));
        let all = [Platform::linux_amd64(), arm64];
        all.into_iter().take(if browsers { 1 } else { 2 }).collect()
    }

    fn folder(&self) -> String {
        let parts = [Some(self.release.short.as_str()), self.parent, self.variant];
        parts.into_iter().flatten().collect::<Vec<_>>().join("/")
    }

    /// The path of the Dockerfile as a pattern.
    fn dockerfile(&self) -> String {
        let parent = self.parent.map_or("", |_| "{parent}/");
        let variant = match self.manifest.variants.is_empty() {
            true => "",
            false => "{variant.folder}",
        };
        format!("{{version.minor}}/{parent}{variant}Dockerfile")
    }

    fn from(&self) -> Option<Parent> {
        let Some(below) = self.below() else {
            return base(self.manifest).map(|(name, _)| Parent::Base(name));
        };
        let repository = self.manifest.repository.clone();
        Some(Parent::Image(repository, Some(below.to_owned())))
    }

    /// The variant that it is based on, if it is not the plain one.
    fn below(&self) -> Option<&'static str> {
        let below = match self.variant? {
            "browsers" if on_node(self.manifest) => NODE,
            _ => PLAIN,
        };
        Some(below)
    }

    fn origin(&self) -> Option<Origin> {
        let Some(below) = self.below() else {
            let parent = self.manifest.parent.as_ref()?;
            let tag = self.manifest.base_version.as_deref();
            let tag = tag.map(String::as_str).or(self.parent)?;
            return Some(Origin::Outside(outside(self.manifest, parent, tag)));
        };
        let mut variants = self.manifest.variants.iter();
        let place = variants.position(|variant| variant.as_str() == below);
        Some(Origin::Own(self.plain + place.map_or(0, |at| at + 1)))
    }
}
