//! Checks: what a built image must prove before anybody can pull it.
//!
//! ```text
//! check node -> Declared -> (placeholders filled) -> Check -> task(image) -> the engine -> judge(answer) -> Verdict
//! ```
//!
//! A [`Check`] is a value. [`Check::task`] says what has to be asked of containers of the image, and
//! [`Check::judge`] what the answer is worth; neither touches the world, and both take any input. What
//! the image says of itself (environment, user, labels, size) is known without a container.
//!
//! One kind is one file: [`command`], [`file`], [`setting`] (environment and labels), [`user`], [`size`],
//! [`primary`] (`circleci-primary`), [`serve`], and [`structure`] for files in container-structure-test's
//! format, which become checks of the other kinds (and of [`config`], which only they can ask for).

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
pub use verdict::Verdict;

use crate::name::{Digest, Platform};
use crate::request::{ContainerAnswer, ContainerTask, ImageInfo};
use crate::text::Span;
use serde::Serialize;

/// One thing that an image must prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Where it is declared.
    pub span: Span,
    /// The same for people, once the sources are at hand: `kiln.kdl:12:5`.
    pub place: Option<String>,
    /// In a few words, on one line: `run go version`.
    pub title: String,
    /// The one platform it is meant for, where its text depends on that.
    pub on: Option<Platform>,
    pub kind: Kind,
}

/// The kinds of checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Kind {
    Command(Box<command::Command>),
    File(file::File),
    Env(setting::Setting),
    Label(setting::Setting),
    User(user::User),
    Size(size::Size),
    Config(config::Config),
    Primary,
    Serve(serve::Serve),
    /// A file of checks that was not read yet; [`structure::read`] makes checks of it.
    Structure(structure::Structure),
}

impl Check {
    /// A check with a title made of its kind.
    pub fn new(span: Span, kind: Kind) -> Self {
        Self {
            span,
            place: None,
            title: one_line(&kind.title()),
            on: None,
            kind,
        }
    }

    /// Whether it is meant for images of this platform.
    pub fn is_for(&self, platform: &Platform) -> bool {
        self.on.as_ref().is_none_or(|on| on == platform)
    }

    /// What containers of this image have to be asked; `None` where what the image says of itself is enough.
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

    /// What an image, and the answer to [`Check::task`], prove.
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
            _ => Verdict::fail("the engine gave no answer to it"),
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

/// What a set of checks asks for, as one hash: the same in any order, on any machine, wherever they are
/// declared. `None` without checks.
pub fn id(checks: &[Check]) -> Option<Digest> {
    let mut all: Vec<String> = checks
        .iter()
        .filter_map(|check| serde_json::to_string(&(&check.on, &check.kind)).ok())
        .collect();
    all.sort_unstable();
    all.dedup();
    (!all.is_empty()).then(|| Digest::of(format!("kiln-check-1\n{}", all.join("\n"))))
}

/// Text of several lines as a title.
fn one_line(text: &str) -> String {
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
