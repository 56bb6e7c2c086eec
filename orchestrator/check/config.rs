//! Parts of an image's configuration that only files in the format of container-structure-test check.

use super::Verdict;
use crate::request::ImageConfig;
use serde::{Deserialize, Serialize};

/// One part of the configuration and its required value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Config {
    /// The entry point, word by word.
    Entrypoint(Vec<String>),
    /// The default command, word by word.
    Cmd(Vec<String>),
    /// The working directory.
    Workdir(String),
    /// The exact setting in the image.
    User(String),
    /// A port, and whether it must be exposed or must not be.
    Port(String, bool),
    /// A path, and whether it must be a volume or must not be.
    Volume(String, bool),
}

impl Config {
    pub(super) fn title(&self) -> String {
        match self {
            Config::Entrypoint(words) => format!("entrypoint {}", words.join(" ")),
            Config::Cmd(words) => format!("cmd {}", words.join(" ")),
            Config::Workdir(path) => format!("workdir {path}"),
            Config::User(name) => format!("user {name}"),
            Config::Port(port, true) => format!("port {port}"),
            Config::Port(port, false) => format!("no port {port}"),
            Config::Volume(path, true) => format!("volume {path}"),
            Config::Volume(path, false) => format!("no volume {path}"),
        }
    }

    /// The verdict on the configuration of an image.
    pub fn judge(&self, image: &ImageConfig) -> Verdict {
        match self {
            Config::Entrypoint(words) => same("entry point", &image.entrypoint, words),
            Config::Cmd(words) => same("command", &image.cmd, words),
            Config::Workdir(path) => same("working directory", &image.workdir, path),
            Config::User(name) => same("user", &image.user, name),
            Config::Port(port, wanted) => listed("port", &image.ports, &full_port(port), *wanted),
            Config::Volume(path, wanted) => listed("volume", &image.volumes, path, *wanted),
        }
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, actual: &T, expected: &T) -> Verdict {
    match actual == expected {
        true => Verdict::pass("as expected"),
        false => Verdict::fail(format!("the {what} is {actual:?}, expected {expected:?}")),
    }
}

fn listed(what: &str, all: &[String], one: &str, wanted: bool) -> Verdict {
    match (all.iter().any(|item| item == one), wanted) {
        (false, true) => {
            Verdict::fail(format!("the image has no {what} {one}")).seen(&all.join("\n"))
        }
        (true, false) => Verdict::fail(format!("the image has the {what} {one}")),
        _ => Verdict::pass("as expected"),
    }
}

/// `8080` means `8080/tcp`.
fn full_port(port: &str) -> String {
    if port.contains('/') {
        port.to_owned()
    } else {
        format!("{port}/tcp")
    }
}
