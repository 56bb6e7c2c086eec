//! `check structure="checks/go.yaml"`: a file in the format of container-structure-test, version 2.0.0, in
//! YAML or JSON. Format: the README of GoogleContainerTools/container-structure-test.
//!
//! As there, `^` and `$` match at the ends of the whole text; `(?m)` makes them match at the ends of lines.
//!
//! Each test becomes one of kiln's own checks. These differences are intended: containers have no network
//! unless `network` follows `structure`; `setup` runs in the same container as the command, through
//! `/bin/sh`; `teardown` is accepted but not run, since the container is removed; and everything that reaches
//! outside the container (`privileged`, `bindMounts`, `envFile`) is refused.

mod fields;
mod metadata;
mod yaml;

use super::command::{self, Command, Program};
use super::file::File;
use super::options::Options;
use super::{Check, Expect, Kind};
use crate::text::{Diagnostics, Shown, SourceId, Span};
use fields::Fields;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use yaml::Yaml;

/// What may follow `structure`.
pub(super) const TAKES: &[&str] = &["network", "within", "memory"];

/// The largest file that is read, in bytes.
pub const LARGEST_FILE: usize = 256 * 1024;

/// A file of checks, and the limits of all commands in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Structure {
    /// Relative to the workspace.
    pub path: String,
    /// Whether the containers have a network.
    pub network: bool,
    /// The time limit.
    pub within: Duration,
    /// The memory limit, in bytes.
    pub memory: u64,
}

pub(super) fn declared(options: &mut Options) -> Option<Structure> {
    let text = options.text("structure")?;
    let parse = |path: &str| match path {
        p if p.is_empty()
            || p.starts_with('/')
            || p.contains('\\')
            || p.split('/').any(|part| part == "..")
            || p.chars().any(char::is_control) =>
        {
            Err(format!(
                "`{}` is not a path inside the workspace",
                p.shown()
            ))
        }
        p => Ok(p.to_owned()),
    };
    let path = options.parse(&text, parse, "check structure=\"checks/go.yaml\"");
    let network = options.flag("network").is_some();
    let (within, memory) = (
        options.within(command::WITHIN),
        options.memory(command::MEMORY),
    );
    Some(Structure {
        path: path?,
        network,
        within,
        memory,
    })
}

/// What all tests of a file have in common.
struct Common<'a> {
    file: &'a Structure,
    env: Vec<(String, String)>,
    user: Option<String>,
}

/// Reads the checks of a file.
pub fn read(file: &Structure, source: SourceId, text: &str, out: &mut Diagnostics) -> Vec<Check> {
    let Some(yaml) = yaml::parse(source, text, out) else {
        return Vec::new();
    };
    let Some(mut fields) = Fields::of(&yaml, "a file of tests", out) else {
        return Vec::new();
    };
    version(&mut fields);
    let mut common = Common {
        file,
        env: Vec::new(),
        user: None,
    };
    common.env = pairs(&mut fields, "globalEnvVars");
    common.user = run_options(&mut fields);
    let (commands, existence) = (
        fields.list("commandTests"),
        fields.list("fileExistenceTests"),
    );
    let (contents, metadata) = (fields.list("fileContentTests"), fields.take("metadataTest"));
    for item in fields.list("licenseTests") {
        fields.fault(
            item.span,
            "license tests are not supported",
            "check the license files with `fileContentTests`",
        );
    }
    fields.done();
    let mut checks: Vec<Check> = commands
        .iter()
        .filter_map(|item| command_test(item, &common, out))
        .collect();
    checks.extend(
        existence
            .iter()
            .filter_map(|item| existence_test(item, out)),
    );
    checks.extend(contents.iter().filter_map(|item| content_test(item, out)));
    checks.extend(
        metadata
            .map(|item| metadata::read(item, out))
            .unwrap_or_default(),
    );
    checks
}

fn version(fields: &mut Fields) {
    let Some(yaml) = fields.required("schemaVersion") else {
        return;
    };
    if !matches!(&yaml.value, yaml::Value::Text { text, .. } if text.starts_with("2.")) {
        fields.fault(
            yaml.span,
            "only version 2.0.0 of the format is supported",
            "write `schemaVersion: 2.0.0`",
        );
    }
}

/// `containerRunOptions`: the user is used; what reaches outside the container is refused.
fn run_options(fields: &mut Fields) -> Option<String> {
    let yaml = fields.take("containerRunOptions")?;
    let mut options = Fields::of(yaml, "containerRunOptions", fields.out)?;
    let user = options.text("user");
    options.boolean("allocateTty");
    if options.boolean("privileged") == Some(true) {
        options.fault(
            yaml.span,
            "a check is never privileged",
            "remove `privileged`",
        );
    }
    for name in ["envFile", "envVars", "capabilities", "bindMounts"] {
        if let Some(value) = options.take(name) {
            options.fault(
                value.span,
                format!("`{name}` is not supported: it reaches outside the container"),
                "remove it; variables can be set with `globalEnvVars`",
            );
        }
    }
    options.done();
    user
}

/// `[{key: …, value: …}]`
fn pairs(fields: &mut Fields, name: &'static str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for item in fields.list(name) {
        let Some(mut pair) = Fields::of(item, "a variable", fields.out) else {
            continue;
        };
        let (key, value) = (
            pair.required_text("key"),
            pair.text("value").unwrap_or_default(),
        );
        pair.boolean("isRegex");
        pair.done();
        all.extend(key.map(|key| (key, value)));
    }
    all
}

fn command_test(yaml: &Yaml, common: &Common, out: &mut Diagnostics) -> Option<Check> {
    let mut fields = Fields::of(yaml, "a command test", out)?;
    let name = fields.required_text("name");
    let setup = fields
        .list("setup")
        .iter()
        .map(|argv| fields.list_of_texts(argv, "setup"))
        .collect();
    fields.take("teardown");
    let program = fields.required_text("command");
    let args = fields.texts("args");
    let mut env = common.env.clone();
    env.extend(pairs(&mut fields, "envVars"));
    let exit = fields.number("exitCode").unwrap_or(0);
    let mut expect = |yes, no| Expect {
        matches: fields.patterns(yes),
        rejects: fields.patterns(no),
        ..Expect::default()
    };
    let (stdout, stderr) = (
        expect("expectedOutput", "excludedOutput"),
        expect("expectedError", "excludedError"),
    );
    fields.done();
    let program = Program::Argv(program.into_iter().chain(args).collect());
    let (network, within, memory) = (common.file.network, common.file.within, common.file.memory);
    let command = Command {
        program,
        setup,
        exit,
        stdout,
        stderr,
        env,
        user: common.user.clone(),
        network,
        within,
        memory,
        ..Command::default()
    };
    Some(named(name?, yaml.span, Kind::Command(Box::new(command))))
}

fn existence_test(yaml: &Yaml, out: &mut Diagnostics) -> Option<Check> {
    let mut fields = Fields::of(yaml, "a file existence test", out)?;
    let name = fields.required_text("name");
    let path = path(&mut fields);
    let exists = fields.boolean("shouldExist").unwrap_or(true);
    let permissions = fields.text("permissions").filter(|text| !text.is_empty());
    let number = |n: Option<i64>| n.filter(|n| *n >= 0).map(|n| n.to_string());
    let (user, group) = (number(fields.number("uid")), number(fields.number("gid")));
    let by = fields.take("isExecutableBy");
    let executable = by.and_then(|by| executable(&mut fields, by));
    fields.done();
    let file = File {
        exists,
        follow: false,
        permissions,
        user,
        group,
        executable,
        ..File::at(path?)
    };
    Some(named(name?, yaml.span, Kind::File(file)))
}

fn executable(fields: &mut Fields, by: &Yaml) -> Option<u32> {
    let bits = match &by.value {
        yaml::Value::Text { text, .. } => match text.as_str() {
            "owner" => Some(0o100),
            "group" => Some(0o010),
            "other" => Some(0o001),
            "any" => Some(0o111),
            _ => None,
        },
        _ => None,
    };
    if bits.is_none() {
        fields.fault(
            by.span,
            "`isExecutableBy` must be `owner`, `group`, `other` or `any`",
            "write `isExecutableBy: any`",
        );
    }
    bits
}

fn content_test(yaml: &Yaml, out: &mut Diagnostics) -> Option<Check> {
    let mut fields = Fields::of(yaml, "a file content test", out)?;
    let name = fields.required_text("name");
    let path = path(&mut fields);
    let content = Expect {
        matches: fields.patterns("expectedContents"),
        rejects: fields.patterns("excludedContents"),
        ..Expect::default()
    };
    fields.done();
    Some(named(
        name?,
        yaml.span,
        Kind::File(File {
            content,
            ..File::at(path?)
        }),
    ))
}

fn path(fields: &mut Fields) -> Option<String> {
    let yaml = fields.required("path")?;
    match &yaml.value {
        yaml::Value::Text { text, .. }
            if text.starts_with('/') && !text.chars().any(char::is_control) =>
        {
            Some(text.clone())
        }
        _ => {
            fields.fault(
                yaml.span,
                "`path` must be an absolute path in the image",
                "write `path: /usr/bin/git`",
            );
            None
        }
    }
}

/// A check with the name of its test as the title.
fn named(name: String, span: Span, kind: Kind) -> Check {
    Check {
        title: super::one_line(&name),
        ..Check::new(span, kind)
    }
}

#[cfg(test)]
mod tests;
