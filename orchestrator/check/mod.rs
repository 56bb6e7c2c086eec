//! Checks: what is verified in a built image before it is published.
//!
//! ```text
//! check node -> Declared -> fill (per variant) -> Check -> task(image) -> the engine -> judge(answer) -> Verdict
//! ```
//!
//! A [`Check`] is a value. [`Check::task`] returns what to run or inspect in containers of the image, and
//! [`Check::judge`] returns the verdict on the result; both are pure functions and accept any input. The
//! configuration of the image (environment, user, labels, size) is known without a container.
//!
//! There is one file per kind: [`command`], [`file`](mod@file), [`setting`] (environment and labels), [`user`], [`size`],
//! [`primary`] (`circleci-primary`), [`serve`], and [`structure`] for files in the format of
//! container-structure-test. Those become checks of the other kinds, and of [`config`], which only they use.

mod accounts;
pub mod command;
pub mod config;
mod declared;
mod expect;
pub mod file;
mod options;
pub mod primary;
pub mod serve;
pub mod setting;
pub mod size;
pub mod structure;
mod units;
pub mod user;
mod verdict;

pub use declared::Declared;
pub use expect::Expect;
pub use units::{duration, show_size};
pub use verdict::Verdict;

use crate::name::{Digest, Platform};
use crate::request::{ContainerAnswer, ContainerTask, ImageInfo};
use crate::text::Span;
use serde::{Deserialize, Serialize};

/// One check of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Where it is declared; not saved, since a saved plan has `place`.
    #[serde(skip)]
    pub span: Span,
    /// The same place as text, once the sources are known: `kiln.kdl:12:5`.
    pub place: Option<String>,
    /// A short description on one line: `run go version`.
    pub title: String,
    /// The only platform that it applies to, if its text depends on the platform.
    pub on: Option<Platform>,
    /// What is checked.
    pub kind: Kind,
}

/// The kinds of checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A command's exit code and output.
    Command(Box<command::Command>),
    /// A file, folder or link.
    File(file::File),
    /// An environment variable.
    Env(setting::Setting),
    /// A label.
    Label(setting::Setting),
    /// The default user.
    User(user::User),
    /// The image's size.
    Size(size::Size),
    /// A part of the image's configuration.
    Config(config::Config),
    /// That the image can be the primary container of a CI job.
    Primary,
    /// A service that must become ready.
    Serve(serve::Serve),
    /// A file of checks that has not been read yet; [`structure::read`] reads its checks.
    Structure(structure::Structure),
}

impl Check {
    /// A check with a title that describes its kind.
    pub fn new(span: Span, kind: Kind) -> Self {
        Self {
            span,
            place: None,
            title: one_line(&kind.title()),
            on: None,
            kind,
        }
    }

    /// Whether it applies to images of this platform.
    pub fn is_for(&self, platform: &Platform) -> bool {
        self.on.as_ref().is_none_or(|on| on == platform)
    }

    /// Whether it runs programs of the image.
    pub fn runs_programs(&self) -> bool {
        matches!(self.kind, Kind::Command(_) | Kind::Primary | Kind::Serve(_))
    }

    /// The task for containers of this image; `None` if the configuration of the image is enough.
    pub fn task(&self, image: &ImageInfo) -> Option<ContainerTask> {
        match &self.kind {
            Kind::Command(command) => Some(ContainerTask::Run(command.request(&image.config))),
            Kind::File(file) => Some(ContainerTask::Look(file.looks())),
            Kind::User(user) => user.looks(&image.config).map(ContainerTask::Look),
            Kind::Primary => Some(ContainerTask::Run(primary::request())),
            Kind::Serve(serve) => Some(ContainerTask::Serve(serve.request(&image.config))),
            Kind::Env(_)
            | Kind::Label(_)
            | Kind::Size(_)
            | Kind::Config(_)
            | Kind::Structure(_) => None,
        }
    }

    /// The verdict on an image, from its configuration and the result of [`Check::task`].
    pub fn judge(&self, image: &ImageInfo, answer: Option<&ContainerAnswer>) -> Verdict {
        match (&self.kind, answer) {
            (Kind::Command(command), Some(ContainerAnswer::Ran(ran))) => command.judge(ran),
            (Kind::File(file), Some(ContainerAnswer::Looked(found))) => file.judge(found),
            (Kind::User(user), Some(ContainerAnswer::Looked(found))) => {
                user.judge(&image.config, found)
            }
            (Kind::User(user), None) => user.judge(&image.config, &[]),
            (Kind::Primary, Some(ContainerAnswer::Ran(ran))) => primary::judge(ran),
            (Kind::Serve(serve), Some(ContainerAnswer::Served(served))) => serve.judge(served),
            (Kind::Env(setting), _) => setting.judge("variable", image.config.env(&setting.name)),
            (Kind::Label(setting), _) => setting.judge(
                "label",
                image.config.labels.get(&setting.name).map(String::as_str),
            ),
            (Kind::Size(size), _) => size.judge(image.size),
            (Kind::Config(config), _) => config.judge(&image.config),
            (Kind::Structure(file), _) => Verdict::fail(format!("{} was not read", file.path)),
            _ => Verdict::fail("the engine returned no result for it"),
        }
    }
}

impl Kind {
    fn title(&self) -> String {
        match self {
            Kind::Command(command) => command.title(),
            Kind::File(file) => file.title(),
            Kind::Env(setting) => setting.title("env"),
            Kind::Label(setting) => setting.title("label"),
            Kind::User(user) => format!("user {user}"),
            Kind::Size(size) => format!("size {size}"),
            Kind::Config(config) => config.title(),
            Kind::Primary => primary::WORD.to_owned(),
            Kind::Serve(serve) => serve.title(),
            Kind::Structure(file) => format!("structure {}", file.path),
        }
    }
}

/// What identifies a check in records: a hash of what it requires, 32 hexadecimal digits. It does not depend on its place or
/// the machine.
pub fn id(check: &Check) -> String {
    let text = serde_json::to_string(&(&check.on, &check.kind)).unwrap_or_default();
    let mut id = Digest::of(format!("kiln-check-2\n{text}")).hex();
    id.truncate(32);
    id
}

/// A text as a title: on one line, of limited length, without control characters.
pub(crate) fn one_line(text: &str) -> String {
    const LONGEST: usize = 72;
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words = words
        .chars()
        .map(|c| if c.is_control() { '·' } else { c })
        .collect();
    if words.chars().count() <= LONGEST {
        return words;
    }
    words.chars().take(LONGEST).chain(['…']).collect()
}

#[cfg(test)]
mod tests;
