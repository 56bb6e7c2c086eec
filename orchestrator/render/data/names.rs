//! The names that a template can use; docs/templates.md explains them.

use super::axes::{Axis, Cells, Platforms, Short};
use super::config::Labels;
use super::fill::Installed;
use indexmap::IndexMap;
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// Everything that the template of one variant can name.
#[derive(Debug, Serialize)]
pub(in crate::render) struct TemplateData<'a> {
    /// Axes and the data of their values. Every other field of this struct hides one of the same name.
    #[serde(flatten)]
    pub short: Short<'a>,
    pub image: &'a str,
    pub name: &'a str,
    pub axis: Axis<'a>,
    pub cells: Cells<'a>,
    pub args: &'a IndexMap<String, String>,
    pub env: &'a IndexMap<String, String>,
    pub platforms: Platforms<'a>,
    pub toolsets: Toolsets<'a>,
    pub stages: Stages<'a>,
    pub family: &'static str,
    pub manager: &'static str,
    pub syntax: &'static str,
    pub account: Account<'a>,
    pub user: UserData,
    pub labels: Labels<'a>,
    pub config: ConfigData<'a>,
    /// The parent's public name, in the short form for a FROM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Arc<str>>,
}

/// The tool sets that the variant installs itself; variants with the same ones share them.
#[derive(Debug)]
pub(in crate::render) struct Toolsets<'a>(pub Arc<Installed<'a>>);

impl Serialize for Toolsets<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.toolsets.serialize(to)
    }
}

/// Their download stages.
#[derive(Debug)]
pub(in crate::render) struct Stages<'a>(pub Arc<Installed<'a>>);

impl Serialize for Stages<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.stages.serialize(to)
    }
}

/// A tool set that the variant installs itself.
#[derive(Debug, Serialize)]
pub(in crate::render) struct ToolsetData<'a> {
    pub name: &'a str,
    /// Whether it comes with kiln.
    pub library: bool,
    pub params: &'a IndexMap<String, String>,
    pub family: &'static str,
    pub manager: &'static str,
    /// The id of the cache for apt's downloads; empty if mounts are not supported.
    pub mount: String,
    /// The build argument that makes the following run again; empty without `refresh`.
    pub refresh: String,
    pub packages: Vec<String>,
    pub fetched: Vec<Copied>,
    pub files: Vec<CopiedFile>,
    pub env: Vec<Variable>,
    /// What the step that installs the packages mounts: `type=secret,id=npm,required=true`.
    pub package_mounts: Vec<String>,
    pub runs: Vec<String>,
    /// What each of `runs` mounts.
    pub run_mounts: Vec<Vec<String>>,
    /// For each of `runs`, whether it follows another RUN.
    pub again: Vec<bool>,
    /// Whether one of `runs` uses `${TARGETARCH}`.
    pub uses_arch: bool,
    pub places: Places,
}

/// The places of the manifest behind a tool set, for `{{at …}}`.
#[derive(Debug, Default, Serialize)]
pub(in crate::render) struct Places {
    pub refresh: usize,
    pub packages: usize,
    pub runs: Vec<usize>,
}

/// A COPY out of a download stage.
#[derive(Debug, Clone, Serialize)]
pub(in crate::render) struct Copied {
    pub stage: String,
    pub from: String,
    pub into: String,
    /// Empty if it is not set.
    pub owner: String,
    pub link: bool,
    pub place: usize,
}

/// A COPY of a file of the workspace.
#[derive(Debug, Serialize)]
pub(in crate::render) struct CopiedFile {
    pub path: String,
    pub into: String,
    /// Empty if it is not set.
    pub owner: String,
    /// The mode, if COPY sets it.
    pub chmod: String,
    /// The mode, if a step after the COPY sets it.
    pub chmod_after: String,
    pub link: bool,
    pub place: usize,
}

#[derive(Debug, Serialize)]
pub(in crate::render) struct Variable {
    pub name: String,
    pub value: String,
    pub place: usize,
}

/// A stage that downloads, or that chooses one of them by the target platform.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(in crate::render) enum Stage<'a> {
    Download(Box<Download<'a>>),
    Choice { choose: String, stage: String },
}

#[derive(Debug, Serialize)]
pub(in crate::render) struct Download<'a> {
    pub toolset: &'a str,
    /// Empty if one stage is for all platforms.
    pub platform: String,
    pub base: String,
    /// The user of the base, if that is not root.
    pub restore: String,
    pub family: &'static str,
    pub manager: &'static str,
    pub mount: String,
    /// The packages that unpack it.
    pub packages: Vec<&'static str>,
    /// Nothing: downloads need no secret.
    pub package_mounts: [&'static str; 0],
    pub url: String,
    /// The path of the downloaded file in the stage.
    pub fetched: &'static str,
    /// Hex digits; empty if no checksum is known.
    pub digest: String,
    /// `tar`, `zip` or `file`.
    pub kind: &'static str,
    /// The options for tar.
    pub tar: &'static str,
    pub strip: String,
    pub only: Vec<String>,
    pub mode: String,
    pub places: Places,
    #[serde(flatten)]
    pub copy: Copied,
}

/// The user to create.
#[derive(Debug, Default, Serialize)]
pub(in crate::render) struct Account<'a> {
    pub create: bool,
    #[serde(flatten)]
    pub made: Option<NewAccount<'a>>,
}

#[derive(Debug, Serialize)]
pub(in crate::render) struct NewAccount<'a> {
    pub name: &'a str,
    pub uid: &'a str,
    pub gid: &'a str,
    pub home: String,
    pub shell: &'a str,
}

#[derive(Debug, Serialize)]
pub(in crate::render) struct UserData {
    /// The user of the image at the end; empty if it is not set.
    pub run: String,
    /// The user of its parent; empty for root.
    pub above: String,
    /// Whether the Dockerfile does something that the parent's user is not allowed to do.
    pub root: bool,
}

#[derive(Debug, Serialize)]
pub(in crate::render) struct Label {
    pub name: String,
    pub value: String,
}

#[derive(Debug, Serialize)]
pub(in crate::render) struct ConfigData<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workdir: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopsignal: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cmd: Option<Vec<&'a str>>,
    pub expose: Vec<&'a str>,
    pub volumes: Vec<&'a str>,
}
