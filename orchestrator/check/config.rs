//! Parts of an image's configuration that only files in container-structure-test's format ask for.

use super::Verdict;
use crate::request::ImageConfig;
use serde::Serialize;

/// One part and what it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Config {
    Entrypoint(Vec<String>),
    Cmd(Vec<String>),
    Workdir(String),
    /// The setting itself, as it is written in the image.
    User(String),
    /// A port, and whether it must be exposed or must not.
    Port(String, bool),
    /// A volume, and whether it must be one or must not.
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

    /// The image's own configuration.
    pub fn judge(&self, image: &ImageConfig) -> Verdict {
        match self {
            Config::Entrypoint(words) => same("entry point", &image.entrypoint, words),
            Config::Cmd(words) => same("command", &image.cmd, words),
            Config::Workdir(path) => same("folder", &image.workdir, path),
            Config::User(name) => same("user", &image.user, name),
            Config::Port(port, wanted) => listed("port", &image.ports, &full_port(port), *wanted),
            Config::Volume(path, wanted) => listed("volume", &image.volumes, path, *wanted),
        }
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: &T, wanted: &T) -> Verdict {
    match is == wanted {
        true => Verdict::pass("as expected"),
        false => Verdict::fail(format!("the {what} is {is:?}, expected {wanted:?}")),
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

/// `8080` is `8080/tcp`.
fn full_port(port: &str) -> String {
    if port.contains('/') {
        port.to_owned()
    } else {
        format!("{port}/tcp")
    }
}
