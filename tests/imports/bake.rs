//! Bake files, and what `docker buildx bake --print` prints of them: `kiln import bake` publishes the same.
//!
//! Each folder of `tests/imports/bake` has bake files, the words for buildx in `cmd` and its output in `print.json`.
//! `cmd2` and `print2.json` are the same with another value of a variable. The outputs are those of buildx 0.29.1; where
//! a buildx is installed, they are compared with it.

use kiln::import::{Format, Import, Input, import_all};
use kiln::line;
use kiln::manifest::{ContextDecl, NamedSource, SecretFrom};
use kiln::matrix::{Body, Fleet, Inputs, Parent, Variant};
use kiln::name::Reference;
use kiln::text::{Diagnostics, Sources, Spanned, show};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders whose outputs depend on the time or on files of the machine: they are not compared with buildx again.
const PASSING: [&str; 3] = ["nightly", "php-fleet", "secrets"];

/// Tags that are not those of buildx, and why.
const OTHER_TAGS: [(&str, &str, &str); 5] = [
    // `--print` shows the group `default`; all targets are imported.
    ("monorepo", "registry.example.com/shop/base", "more"),
    // An image without tags that others are built from has values of the test.
    ("chain-of-targets", "docker.io/acme/build", "more"),
    ("services", "docker.io/library/deps-repository", "more"),
    // What is pushed by digest gets its tags elsewhere.
    ("by-digest", "docker.io/acme/app", "more"),
    // The context is a git repository, which is said.
    (
        "platforms",
        "registry.gitlab.example/infra/agent-plugins",
        "less",
    ),
];

/// Folders in which the manifest follows the variable of `cmd2`. In all others, a warning names it.
const FOLLOWING: [&str; 41] = [
    "chain-of-targets",
    "ci-images",
    "cuda-distros",
    "devcontainers",
    "docker-cli",
    "empty-output",
    "empty-split",
    "functions",
    "git-sha",
    "groups",
    "hcl-and-json",
    "homeassistant",
    "image-outputs",
    "inline",
    "inline-arguments",
    "json-ladder",
    "kube-tools",
    "ladder-variables",
    "matrix-objects",
    "matrix-override",
    "ml-cuda",
    "moby-buildkit",
    "monorepo",
    "multi-registry",
    "named-contexts",
    "nested-functions",
    "nginx-files",
    "nightly",
    "node-words",
    "one-tag-twice",
    "override",
    "php-fleet",
    "php-registries",
    "python-fleet",
    "registry-lists",
    "release-tags",
    "runpod",
    "semver-captures",
    "services",
    "split-tags",
    "wordpress-json",
];

/// A file set.
struct Case {
    name: String,
    folder: PathBuf,
}

fn cases() -> Vec<Case> {
    let root = super::root().join("tests/imports/bake");
    let entries = std::fs::read_dir(root).expect("the folder is there");
    let case = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.expect("an entry");
        Case {
            name: entry.file_name().to_string_lossy().into_owned(),
            folder: entry.path(),
        }
    };
    let mut cases: Vec<Case> = entries.map(case).collect();
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(cases.len() >= 67, "{} cases", cases.len());
    cases
}

/// A command for buildx: variables, files, targets.
#[derive(Default)]
struct Words {
    variables: BTreeMap<String, String>,
    files: Vec<String>,
    targets: Vec<String>,
}

impl Case {
    fn read(&self, file: &str) -> Option<String> {
        std::fs::read_to_string(self.folder.join(file)).ok()
    }

    fn words(&self, file: &str) -> Option<Words> {
        let text = self.read(file)?;
        let mut words = Words::default();
        let mut all = text.split_whitespace();
        while let Some(word) = all.next() {
            match word {
                "bake" | "--print" => {}
                "-f" => words.files.extend(all.next().map(str::to_owned)),
                _ => match word.split_once('=') {
                    Some((name, value)) => {
                        drop(words.variables.insert(name.to_owned(), value.to_owned()))
                    }
                    None => words.targets.push(word.to_owned()),
                },
            }
        }
        if words.files.is_empty() {
            let defaults = [
                "docker-bake.json",
                "docker-bake.hcl",
                "docker-bake.override.json",
                "docker-bake.override.hcl",
            ];
            let there = defaults
                .into_iter()
                .filter(|file| self.folder.join(file).exists());
            words.files = there.map(str::to_owned).collect();
        }
        Some(words)
    }

    fn targets(&self, file: &str) -> BTreeMap<String, Value> {
        let text = self.read(file).expect("what buildx printed");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        let targets = value["target"].as_object().expect("targets").clone();
        targets.into_iter().collect()
    }
}

/// Imports a case; returns the result and the notes.
fn imported(case: &Case, words: &Words) -> (Import, String) {
    let mut sources = Sources::default();
    let mut out = Diagnostics::default();
    let texts: Vec<String> = words
        .files
        .iter()
        .map(|file| case.read(file).expect("a bake file"))
        .collect();
    let input = |(file, text): (&String, &'_ String)| {
        (sources.add(file.as_str(), text.as_str()), text.clone())
    };
    let added: Vec<_> = words.files.iter().zip(&texts).map(input).collect();
    let inputs: Vec<Input> = added
        .iter()
        .map(|(source, text)| Input {
            source: *source,
            text,
            name: "docker-bake",
        })
        .collect();
    let found = import_all(Format::Bake, &inputs, &words.targets, &mut out);
    let notes = show::text(&out, &sources, false);
    (
        found.unwrap_or_else(|| panic!("{}: {notes}", case.name)),
        notes,
    )
}

fn fleet(case: &Case, manifest: &str, variables: &BTreeMap<String, String>) -> Fleet {
    let mut sources = Sources::default();
    let mut out = Diagnostics::default();
    let document = line::document(manifest, &mut sources, &mut out);
    let known = |name: &String| manifest.contains(&format!("variable \"{name}\""));
    let inputs = Inputs {
        now: "2026-11-27T08:00:00Z".parse().expect("a time"),
        variables: missing(manifest)
            .chain(variables.clone())
            .filter(|(name, _)| known(name))
            .collect(),
        ..Inputs::default()
    };
    let fleet = line::fleet(&[document], &inputs, &mut sources, &mut out);
    let faults = show::text(&out, &sources, false);
    assert!(out.is_empty(), "{}: {faults}\n{manifest}", case.name);
    fleet.expect("a fleet without a fault")
}

/// Values for the variables that have to be filled in.
fn missing(manifest: &str) -> impl Iterator<Item = (String, String)> {
    let names = manifest.lines().filter_map(|line| {
        let name = line.strip_prefix("variable \"")?.strip_suffix('"')?;
        (!name.contains('"')).then(|| (name.to_owned(), name.to_lowercase().replace('_', "-")))
    });
    names.collect::<Vec<_>>().into_iter()
}

/// A reference with registry and tag.
fn full(tag: &str) -> String {
    let reference: Reference = tag.parse().expect("a reference");
    let tag = reference
        .tag
        .map_or(String::from("latest"), |tag| tag.to_string());
    format!("{}:{tag}", reference.repository)
}

fn strings(value: &Value) -> BTreeSet<String> {
    let items = value.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What is compared of an image besides its tags.
#[derive(Debug, PartialEq, Eq, Clone)]
struct Facts {
    platforms: BTreeSet<String>,
    context: String,
    dockerfile: String,
    stage: String,
    args: BTreeMap<String, String>,
    options: BTreeSet<String>,
    /// Secrets with their sources, and agents of ssh.
    secrets: BTreeSet<String>,
    /// Named contexts: folders, and images by their references.
    contexts: BTreeMap<String, String>,
}

fn text(value: &Value) -> String {
    // buildx escapes what it prints.
    let text = value.as_str().unwrap_or_default();
    text.replace("$${", "${").replace("%%{", "%{")
}

/// A path without `.` and `..`.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// What buildx prints of a named context: a folder, or a reference. `None` for a target without tags.
fn wanted_context(source: &str, targets: &BTreeMap<String, Value>) -> Option<String> {
    if let Some(name) = source.strip_prefix("target:") {
        let tags = targets.get(name).map(|target| target["tags"].clone());
        let first = tags
            .as_ref()
            .and_then(|tags| tags.get(0))
            .and_then(Value::as_str);
        return first.map(full);
    }
    Some(match source.strip_prefix("docker-image://") {
        Some(image) => full(image),
        None => format!("./{}", normal(source)),
    })
}

/// The secrets that buildx prints. One without a source is read from the variable of its name.
fn wanted_secrets(target: &Value) -> BTreeSet<String> {
    let secrets = target["secret"].as_array().into_iter().flatten();
    let secrets = secrets.map(|one| {
        let id = text(&one["id"]);
        match (one["env"].as_str(), one["src"].as_str()) {
            (Some(env), _) => format!("{id} env {env}"),
            (None, Some(path)) => format!("{id} file {}", normal(path)),
            (None, None) => format!("{id} env {id}"),
        }
    });
    let agents = target["ssh"].as_array().into_iter().flatten();
    let agents = agents.map(|one| format!("ssh {}", text(&one["id"])));
    secrets.chain(agents).collect()
}

/// The facts that buildx prints.
fn wanted(target: &Value, targets: &BTreeMap<String, Value>) -> Facts {
    let context = text(&target["context"]);
    let dockerfile = match target.get("dockerfile-inline") {
        Some(_) => String::from("inline"),
        None => normal(&format!("{context}/{}", text(&target["dockerfile"]))),
    };
    let platforms = strings(&target["platforms"]);
    // An argument that the Dockerfile does not take is left out.
    let inline = target.get("dockerfile-inline").map(text);
    let is_taken = |name: &str| {
        let declared = |text: &String| text.contains(&format!("ARG {name}"));
        inline.as_ref().is_none_or(declared)
    };
    let args = target["args"].as_object().into_iter().flatten();
    let args = args.filter(|(name, _)| is_taken(name));
    let hosts = target["extra-hosts"].as_object().into_iter().flatten();
    let hosts = hosts.map(|(name, address)| format!("{name}:{}", text(address)));
    let network = target["network"].as_str().map(str::to_owned);
    Facts {
        platforms: match platforms.is_empty() {
            true => ["linux/amd64".to_owned()].into(),
            false => platforms
                .iter()
                .map(|name| name.replace("linux/arm64/v8", "linux/arm64"))
                .collect(),
        },
        context: normal(&context),
        dockerfile,
        stage: text(&target["target"]),
        args: args
            .map(|(name, value)| (name.clone(), text(value)))
            .collect(),
        options: hosts.chain(network).collect(),
        secrets: wanted_secrets(target),
        contexts: target["contexts"]
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(name, source)| {
                Some((name.clone(), wanted_context(&text(source), targets)?))
            })
            // A context by its own reference changes nothing, and the import leaves it out.
            .filter(|(name, source)| name != source && format!("docker.io/{name}") != *source)
            .collect(),
    }
}

/// The facts of a variant. An inline Dockerfile has further arguments, for the names of its parents.
fn got(variant: &Variant) -> Facts {
    let (Body::Template(path) | Body::Dockerfile(path)) = &variant.body;
    let folder = path.value.rsplit_once('/').map_or("", |(folder, _)| folder);
    let context = variant
        .context
        .as_ref()
        .map_or(folder, |context| context.value.as_str());
    let inline = path.value.starts_with("dockerfiles/");
    let hosts = variant.build.extra_hosts.iter().cloned();
    let secrets = variant.secrets.iter().map(|one| match &one.from {
        SecretFrom::Env(name) => format!("{} env {}", one.id.value, name.value),
        SecretFrom::File(path) => format!("{} file {}", one.id.value, path.value),
    });
    let agents = variant.agents.iter();
    let agents = agents.map(|one| format!("ssh {}", one.id.value));
    Facts {
        platforms: variant.platforms.iter().map(ToString::to_string).collect(),
        context: normal(context),
        dockerfile: if inline {
            String::from("inline")
        } else {
            path.value.clone()
        },
        stage: variant.build.target.clone().unwrap_or_default(),
        args: variant
            .args
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        options: hosts.chain(variant.build.network.clone()).collect(),
        secrets: secrets.chain(agents).collect(),
        contexts: variant.contexts.iter().filter_map(named_context).collect(),
    }
}

fn named_context(one: &ContextDecl<Spanned<String>, Parent>) -> Option<(String, String)> {
    let NamedSource::Word(word) = &one.source else {
        return None;
    };
    let source = match word.starts_with('.') {
        true => format!("./{}", normal(word)),
        false => full(word),
    };
    Some((one.name.value.clone(), source))
}

/// Whether a target publishes: not one that writes files, or only fills the cache.
fn publishes(target: &Value) -> bool {
    let outputs = target["output"].as_array().cloned().unwrap_or_default();
    let local = |output: &Value| {
        let kind = output["type"].as_str().unwrap_or_default();
        matches!(kind, "local" | "cacheonly" | "tar")
    };
    outputs.is_empty() || !outputs.iter().all(local)
}

/// The names of a target: its tags, or else those of its outputs.
fn named(target: &Value) -> BTreeSet<String> {
    let tags = strings(&target["tags"]);
    if !tags.is_empty() {
        return tags;
    }
    let outputs = target["output"].as_array().into_iter().flatten();
    let names = outputs.filter_map(|output| output["name"].as_str());
    names.map(str::to_owned).collect()
}

/// Why the fleet does not publish what buildx printed, if it does not.
fn differs(case: &Case, fleet: &Fleet, print: &str) -> Option<String> {
    let targets = case.targets(print);
    let published = targets.iter().filter(|(_, target)| publishes(target));
    let published: Vec<(BTreeSet<String>, Facts)> = published
        .map(|(name, target)| {
            let names = named(target);
            let names = names.iter().map(|name| full(name)).collect();
            let mut facts = wanted(target, &targets);
            // Without platforms, it has those of the targets that are built from it.
            if strings(&target["platforms"]).is_empty() {
                let link = format!("target:{name}");
                let contexts = |other: &Value| other["contexts"].as_object().cloned();
                let is_child = |other: &&Value| {
                    let contexts = contexts(other).unwrap_or_default();
                    contexts.values().any(|source| source == link.as_str())
                };
                let children = targets.values().filter(is_child);
                facts
                    .platforms
                    .extend(children.flat_map(|child| wanted(child, &targets).platforms));
            }
            (names, facts)
        })
        .collect();
    let other = |tag: &String| {
        OTHER_TAGS
            .iter()
            .any(|(name, start, _)| case.name == *name && tag.starts_with(start))
    };
    let all: BTreeSet<&String> = published
        .iter()
        .flat_map(|(tags, _)| tags)
        .filter(|tag| !other(tag))
        .collect();
    let references = |variant: &Variant| -> BTreeSet<String> {
        variant
            .references()
            .map(|(reference, _)| reference.to_string())
            .collect()
    };
    let own: BTreeSet<String> = fleet
        .variants
        .iter()
        .flat_map(references)
        .filter(|tag| !other(tag))
        .collect();
    if all != own.iter().collect() {
        return Some(format!("buildx: {all:#?}\nkiln: {own:#?}"));
    }
    for variant in &fleet.variants {
        let (tags, facts) = (references(variant), got(variant));
        let same = |(known, wanted): &(BTreeSet<String>, Facts)| {
            let mut facts = facts.clone();
            let mut wanted = wanted.clone();
            if wanted.dockerfile == "inline" {
                facts.args.retain(|name, _| wanted.args.contains_key(name));
                // Names of images are inserted.
                wanted
                    .contexts
                    .retain(|name, _| facts.contexts.contains_key(name));
            }
            // A target without tags has no reference that buildx knows.
            facts
                .contexts
                .retain(|name, _| wanted.contexts.contains_key(name));
            known.is_superset(&tags) && wanted == facts
        };
        if !tags.iter().all(other) && !published.iter().any(same) {
            let of = published
                .iter()
                .filter(|(known, _)| known.is_superset(&tags));
            return Some(format!(
                "{tags:?}: {facts:#?}\nbuildx: {:#?}",
                of.collect::<Vec<_>>()
            ));
        }
    }
    None
}

/// The functions of bake's library that files use most. `tostring` and `tonumber` are not among them: buildx 0.29.1 has
/// neither.
const FUNCTIONS: [&str; 42] = [
    "format",
    "formatlist",
    "join",
    "split",
    "flatten",
    "distinct",
    "compact",
    "slice",
    "substr",
    "concat",
    "merge",
    "keys",
    "values",
    "lookup",
    "contains",
    "element",
    "index",
    "length",
    "range",
    "zipmap",
    "coalesce",
    "regex",
    "regex_replace",
    "replace",
    "trim",
    "trimprefix",
    "trimsuffix",
    "trimspace",
    "upper",
    "lower",
    "title",
    "try",
    "can",
    "timestamp",
    "formatdate",
    "sha256",
    "jsonencode",
    "jsondecode",
    "and",
    "not",
    "equal",
    "notequal",
];

/// Every such function is in a file that is compared with buildx.
#[test]
fn every_common_function_is_compared() {
    let mut files = Vec::new();
    for case in cases() {
        let words = case.words("cmd").expect("words for buildx");
        files.extend(words.files.iter().filter_map(|file| case.read(file)));
    }
    let is_used = |name: &str| {
        let call = format!("{name}(");
        let is_call = |(at, _): (usize, &str), file: &str| {
            !file[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        };
        files
            .iter()
            .any(|file| file.match_indices(&call).any(|found| is_call(found, file)))
    };
    let missing: Vec<&str> = FUNCTIONS
        .into_iter()
        .filter(|name| !is_used(name))
        .collect();
    assert_eq!(missing, [""; 0]);
}

/// A case in which nothing has tags has a test of its own.
fn has_tags(case: &Case) -> bool {
    case.targets("print.json")
        .values()
        .any(|target| !strings(&target["tags"]).is_empty())
}

#[test]
fn the_manifest_publishes_what_bake_does() {
    for case in cases().iter().filter(|case| has_tags(case)) {
        let words = case.words("cmd").expect("words for buildx");
        let (import, _) = imported(case, &words);
        let fleet = fleet(case, &import.manifest, &words.variables);
        let fault = differs(case, &fleet, "print.json").filter(|_| case.name != "nightly");
        assert_eq!(fault, None, "{}\n{}", case.name, import.manifest);
        assert_eq!(other_inline(case, &import), None, "{}", case.name);
    }
}

/// A Dockerfile inside the file that is none of the import's files, without those in which names of images are inserted.
fn other_inline(case: &Case, import: &Import) -> Option<String> {
    let targets = case.targets("print.json").into_values();
    let whole = targets.filter(|target| target.get("contexts").is_none());
    let mut texts = whole.filter_map(|target| Some(text(target.get("dockerfile-inline")?)));
    texts.find(|text| {
        let mut files = import.files.iter();
        !files.any(|file| shallow(&inserted(&file.text)) == shallow(text))
    })
}

/// A Dockerfile without the spaces that all of its lines begin with.
fn shallow(text: &str) -> String {
    let filled = text.lines().filter(|line| !line.trim().is_empty());
    let spaces = filled.map(|line| line.len() - line.trim_start().len());
    let shared = spaces.min().unwrap_or_default();
    let line = |line: &str| match line.trim().is_empty() {
        true => String::new(),
        false => line[shared..].to_owned(),
    };
    let lines: Vec<String> = text.trim_end().lines().map(line).collect();
    lines.join("\n")
}

/// A Dockerfile with the defaults of the arguments on top of it, which take the place of variables.
fn inserted(text: &str) -> String {
    let on_top = text.lines().take_while(|line| line.starts_with("ARG "));
    let args = on_top.filter_map(|line| line.strip_prefix("ARG ")?.split_once('='));
    args.fold(text.to_owned(), |text, (name, value)| {
        let text = text.replace(&format!("ARG {name}={value}\n"), "");
        let text = text.replace(&format!("ARG {name}\n"), "");
        text.replace(&format!("${{{name}}}"), value)
    })
}

#[test]
fn the_manifest_follows_variables_or_names_them() {
    for case in cases().iter().filter(|case| has_tags(case)) {
        let Some(words) = case.words("cmd2") else {
            continue;
        };
        let (import, notes) = imported(case, &words);
        // A variable that holds a list has one item in kiln, which refuses a list.
        let mut lists = words
            .variables
            .iter()
            .filter(|(_, value)| value.contains(','));
        if let Some((name, _)) = lists.next() {
            let said = [
                format!("`{name}` is inserted where"),
                format!("computes from `{name}`"),
            ];
            assert!(said.iter().any(|text| notes.contains(text)), "{notes}");
            continue;
        }
        // What the manifest refuses is not published under another tag.
        let said = "it allows only those with which both are the same";
        let is_restricted = |name: &String| {
            let start = format!("variable \"{name}\" ");
            let mut lines = import.manifest.lines();
            lines.any(|line| line.starts_with(&start) && line.contains(" one-of="))
        };
        if notes.contains(said) && words.variables.keys().any(is_restricted) {
            assert!(!FOLLOWING.contains(&case.name.as_str()), "{}", case.name);
            continue;
        }
        let fleet = fleet(case, &import.manifest, &words.variables);
        let fault = differs(case, &fleet, "print2.json");
        if FOLLOWING.contains(&case.name.as_str()) {
            let fault = fault.filter(|_| case.name != "nightly");
            assert_eq!(fault, None, "{}\n{}", case.name, import.manifest);
            continue;
        }
        let all = |line: &str| line.contains("values that the file computes from");
        let named = |name: &String| {
            let mut lines = notes.lines().filter(|line| all(line));
            lines.any(|line| line.contains(&format!("`{name}`")))
                || notes.contains(&format!("from `{name}`: the manifest has"))
                || notes.contains(&format!(
                    "with other values of `{name}`, the file also publishes"
                ))
        };
        let named = words.variables.keys().any(named)
            || words
                .variables
                .keys()
                .any(|name| notes.contains(&format!("`{name}` has no default")));
        assert!(
            fault.is_none() || named,
            "{}: {fault:?}\n{notes}",
            case.name
        );
    }
}

/// A matrix is one image, whatever its lists of tags are: one that publishes twice.
#[test]
fn lists_of_tags_are_one_image() {
    let cases = cases();
    let case = cases.iter().find(|case| case.name == "registry-lists");
    let case = case.expect("the case");
    let (import, _) = imported(case, &case.words("cmd").expect("words"));
    let lines = import.manifest.lines().filter(|line| {
        let line = line.trim_start();
        ["image ", "publish ", "tag ", "when "]
            .iter()
            .any(|word| line.starts_with(word))
    });
    let lines: Vec<&str> = lines.map(str::trim).collect();
    let both = |name: &str| format!("publish \"{{var:REG_A}}/{name}\" \"{{var:REG_B}}/{name}\"");
    assert_eq!(
        lines,
        [
            "image \"go\" {",
            &both("go"),
            "tag \"{v}\"",
            "image \"node\" {",
            &both("node"),
            "tag \"{item.tag}\"",
            "when item=\"lts\" \"old\" { tag \"{item.tag-2}\"; }",
            "when item=\"lts\" { tag \"lts\"; }",
            "image \"ruby\" {",
            &both("ruby"),
            "tag \"{v}\"",
        ],
        "{}",
        import.manifest
    );
    let rungs = import.manifest.matches("rungs=\"full latest\" {").count();
    assert_eq!(rungs, 2, "{}", import.manifest);
}

/// What has no place in a manifest is said, once per kind.
#[test]
fn what_is_left_out_is_said() {
    const KINDS: [&str; 5] = [
        "labels",
        "cache-from",
        "cache-to",
        "annotations",
        "entitlements",
    ];
    for case in cases().iter().filter(|case| has_tags(case)) {
        let words = case.words("cmd").expect("words for buildx");
        let (import, notes) = imported(case, &words);
        for kind in KINDS {
            let message = format!("`{kind}` is not imported");
            let named = words.files.iter().any(|file| {
                let text = case.read(file).unwrap_or_default();
                text.contains(&format!("  {kind} ")) || text.contains(&format!("\"{kind}\": "))
            });
            let count = notes.matches(&message).count();
            assert!(
                count <= 1 && (count == 1 || !named),
                "{}: {kind}: {count}\n{notes}",
                case.name
            );
            assert_eq!(
                count == 1,
                import.manifest.lines().nth(1).is_some_and(|line| {
                    line.starts_with("// Not imported: ") && line.contains(kind)
                }),
                "{}: {kind}\n{}",
                case.name,
                import.manifest
            );
        }
    }
}

/// An image whose tags are not in the file has variables in their place, which `kiln validate` asks for.
#[test]
fn images_without_tags_are_to_be_filled_in() {
    let cases = cases();
    let case = cases
        .iter()
        .find(|case| case.name == "no-tags")
        .expect("the case");
    let (import, notes) = imported(case, &case.words("cmd").expect("words"));
    let manifest = import.manifest;
    let images = manifest.lines().filter(|line| line.starts_with("image "));
    assert_eq!(
        images.collect::<Vec<_>>(),
        ["image \"image-all\" {"],
        "{manifest}"
    );
    for line in [
        "variable \"IMAGE_ALL_REPOSITORY\"\n",
        "variable \"IMAGE_ALL_TAG\"\n",
        "    publish \"{var:IMAGE_ALL_REPOSITORY}\"\n",
        "    tag \"{var:IMAGE_ALL_TAG}\"\n",
    ] {
        assert!(manifest.contains(line), "{line}{manifest}");
    }
    assert!(notes.contains("import::assumed"), "{notes}");
    let given = ["IMAGE_ALL_REPOSITORY=acme/a", "IMAGE_ALL_TAG=1"]
        .iter()
        .filter_map(|set| set.split_once('='));
    let given = given
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let fleet = fleet(case, &manifest, &given);
    let names = fleet
        .variants
        .iter()
        .flat_map(|variant| variant.references());
    let names: Vec<String> = names.map(|(name, _)| name.to_string()).collect();
    assert_eq!(names, ["docker.io/acme/a:1"]);
}

/// The installed buildx, if there is one.
pub(super) fn buildx() -> Option<PathBuf> {
    let set = std::env::var_os("KILN_TEST_BUILDX").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let beside = std::env::split_paths(&path).map(|folder| folder.join("docker-buildx"));
    let plugins = [
        "/usr/libexec/docker/cli-plugins",
        "/usr/lib/docker/cli-plugins",
    ];
    let plugins = plugins
        .into_iter()
        .map(|folder| Path::new(folder).join("docker-buildx"));
    set.into_iter()
        .chain(beside)
        .chain(plugins)
        .find(|path| path.is_file())
}

#[test]
fn the_recordings_are_what_buildx_prints() {
    let Some(buildx) = buildx() else {
        return;
    };
    for case in cases()
        .iter()
        .filter(|case| !PASSING.contains(&case.name.as_str()))
    {
        for (cmd, print) in [("cmd", "print.json"), ("cmd2", "print2.json")] {
            let Some(words) = case.words(cmd) else {
                continue;
            };
            let text = case.read(cmd).expect("words");
            let args = text.split_whitespace().skip(words.variables.len());
            let output = Command::new(&buildx)
                .current_dir(&case.folder)
                .args(args)
                .envs(&words.variables)
                .output()
                .expect("buildx runs");
            let faults = String::from_utf8_lossy(&output.stderr);
            let printed: Value = serde_json::from_slice(&output.stdout)
                .unwrap_or_else(|_| panic!("{}: {faults}", case.name));
            let recorded: Value =
                serde_json::from_str(&case.read(print).expect("a recording")).expect("JSON");
            // The order of groups differs from run to run.
            assert_eq!(
                printed["target"], recorded["target"],
                "{}: {print}",
                case.name
            );
        }
    }
}
