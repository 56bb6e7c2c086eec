//! What the words of `kiln import` name: files, and the targets and groups of a bake file.

use super::{Args, Format};
use crate::commands::tell;
use clap::ValueEnum as _;
use clap::builder::PossibleValue;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// What the words of the command line name.
pub(super) struct Call {
    /// In the order in which they are read.
    pub paths: Vec<PathBuf>,
    /// The targets and groups to import; all if there are none.
    pub targets: Vec<String>,
    /// Files that bake would read besides, and kiln does not.
    beside: Vec<PathBuf>,
}

/// The files that bake reads by itself, in its order.
const DEFAULTS: [&str; 4] = [
    "docker-bake.json",
    "docker-bake.hcl",
    "docker-bake.override.json",
    "docker-bake.override.hcl",
];

/// Those of Compose, which bake reads before its own.
const COMPOSE: [&str; 4] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
];

impl Call {
    /// # Errors
    /// What is wrong with the words.
    pub fn new(args: &Args) -> Result<Self, String> {
        if !args.files.is_empty() {
            let words = args.files.iter().chain(&args.words);
            let words: Vec<String> = words.map(|word| word.display().to_string()).collect();
            let format = args.format.to_possible_value();
            let format = format.as_ref().map_or("", PossibleValue::get_name);
            return Err(format!(
                "`--file` and `-f` are options of bake: kiln takes files as words\n  write `kiln import {format} {}`",
                words.join(" ")
            ));
        }
        let Some((first, rest)) = args.words.split_first() else {
            return Err(String::from("no file is named"));
        };
        let mut call = Call {
            paths: vec![first.clone()],
            targets: Vec::new(),
            beside: Vec::new(),
        };
        if let (Format::Stackbrew | Format::Cimg, Some(second)) = (args.format, rest.first()) {
            let second = second.display();
            return Err(format!(
                "`{second}` is one file too many: this format has one file"
            ));
        }
        if matches!(args.format, Format::Bake) {
            match first.is_dir() {
                true => call.folder(first)?,
                false => is_bake(first)?,
            }
        }
        for word in rest {
            let named = word
                .extension()
                .is_some_and(|end| end == "hcl" || end == "json");
            match word.is_file() || named {
                true => call.paths.push(word.clone()),
                false => call.targets.push(word.display().to_string()),
            }
        }
        Ok(call)
    }

    /// The files of a folder that bake reads by itself.
    fn folder(&mut self, folder: &Path) -> Result<(), String> {
        let existing = |names: [&str; 4]| -> Vec<PathBuf> {
            let paths = names.into_iter().map(|name| folder.join(name));
            paths.filter(|path| path.is_file()).collect()
        };
        self.paths = existing(DEFAULTS);
        self.beside = existing(COMPOSE);
        match (self.paths.is_empty(), self.beside.first()) {
            (true, Some(compose)) => Err(no_compose(compose)),
            (true, None) => Err(format!(
                "{} has none of the files that bake reads by itself: {}",
                folder.display(),
                DEFAULTS.join(", ")
            )),
            (false, _) => Ok(()),
        }
    }

    /// Warns about the files that are not read.
    pub fn tell_beside(&self) {
        self.beside.iter().for_each(|path| {
            tell(&format!(
                "warning: {} is not read: kiln imports no Compose files",
                path.display()
            ));
        });
    }

    /// What each file is called, which is the name of the image or the workspace.
    pub fn names(&self, format: Format) -> Vec<String> {
        let paths = self.paths.iter();
        paths.map(|path| Self::name(path, format)).collect()
    }

    fn name(path: &Path, format: Format) -> String {
        // A library file is called like its image, and that may have a dot: `rocket.chat`.
        let extension = path.extension().unwrap_or_default();
        let has_extension =
            !matches!(format, Format::Stackbrew) || extension == "stackbrew" || extension == "txt";
        let stem = match has_extension {
            true => path.file_stem(),
            false => path.file_name(),
        };
        let stem = stem.map(|stem| stem.to_string_lossy().into_owned());
        stem.filter(|stem| stem != "-").unwrap_or_default()
    }
}

/// Whether a word may name a bake file; `Err` is what else it is.
fn is_bake(word: &Path) -> Result<(), String> {
    let is_yaml = |end: &OsStr| end == "yml" || end == "yaml";
    let has_end = word.extension().is_some();
    if word.extension().is_some_and(is_yaml) {
        return Err(no_compose(word));
    }
    if has_end || word.exists() || word == Path::new("-") {
        return Ok(());
    }
    let shown = word.display();
    Err(format!(
        "{shown} does not exist\n  to import the target or group `{shown}` of the bake files in this folder, write `kiln import bake . {shown}`"
    ))
}

/// How a Compose file becomes a bake file.
fn no_compose(path: &Path) -> String {
    let shown = path.display();
    format!(
        "{shown} is a Compose file, and kiln imports only bake files\n  convert it with `docker buildx bake -f {shown} --print > docker-bake.json`, and import that file"
    )
}
