//! The documentation, the help of the commands and the comments of the code use one spelling of each word,
//! and plain English.

use regex::Regex;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Phrases that an English reader stumbles over, and plain ones. `\s+` also matches a line break.
const PHRASES: &[(&str, &str)] = &[
    (
        r"(?i)\b(a|one)\s+\w+\s+a\s+(variant|file|node|tag|step|kind|platform|base|run|format|mechanism|reference)\b",
        "one … per …",
    ),
    (r"(?i)\b(stands?|stood)\s+on\b", "is based on"),
    (r"(?i)\b(comes?|came)\s+to\b", "resolves to, the result"),
    (r"(?i)\b(is|are)\s+told\b", "is reported"),
    (
        r"(?i)\b(stands?|stood)\s+(at|beside|in|twice)\b",
        "is at, appears twice",
    ),
    (r"\b(is|are)\s+no\s+[a-z]+", "is not a …"),
    (r"(?i)\b(is|are)\s+not\s+there\b", "does not exist"),
    (r"(?i)\bin\s+so\s+many\s+words\b", "(leave it out)"),
    (r"(?i)\b(whoever|nobody|somebody)\b", "(name the actor)"),
    (
        r"(?i)\b(proves?|proven|proved)\b",
        "passes its checks, verifies",
    ),
    (r"(?i)\bfinds?\s+fault\s+with\b", "reports"),
    (r"(?i)\bno\s+faults?\b", "no errors"),
    (r"(?i)\b(is|are)\s+asked\b", "is queried"),
    (r"(?i)\bholds?\s+up\b", "blocks"),
    (r"(?i)\bhalf-?\s?sentences?\b", "a sentence fragment"),
    (r"(?i)\bsays?\s+nothing\b", "does not specify"),
    (
        r"(?i)\bby\s+its\s+own\s+words\b|\bin\s+\w+'s\s+words\b",
        "as … writes it",
    ),
];

/// Good English that one of the phrases would match.
const ALLOWED: &str =
    r"(?i)\bthere\s+(is|are)\s+no\b|\b(is|are)\s+no\s+(longer|more|newer|older)\b";

/// Spellings that are wrong outside of code, and the one that is right.
const SPELLINGS: &[(&str, &str)] = &[
    (r"(?i)\btool-?sets?\b", "tool set"),
    (r"\bdockerfiles?\b|(?i)\bdocker[ -]files?\b", "Dockerfile"),
    (r"(?i)\bbuild-?contexts?\b", "build context"),
    (r"(?i)\block-?files?\b", "lock file"),
    (r"\b[eE]ntry-?points?\b", "entry point"),
    (r"(?i)\bsub-folders?\b", "subfolder"),
    (r"(?i)\bre-build", "rebuild"),
    (r"(?i)\bdirector(y|ies)\b", "folder"),
    (r"\b[gG]itlab\b|\bGit Lab\b", "GitLab"),
    (r"\b[gG]ithub\b|\bGit Hub\b", "GitHub"),
    (r"\b[cC]ircleci\b|\bCircle CI\b", "CircleCI"),
    (r"\b[bB]uildkit\b|\bBuild Kit\b", "BuildKit"),
    (r"\bdocker engines?\b|\bDocker engines?\b", "Docker Engine"),
    (r"\bdocker hub\b|\bDocker hub\b", "Docker Hub"),
    (r"\bhandlebars\b", "Handlebars"),
];

/// Source folders and files whose comments and names are free of these phrases.
const CLEAN_SOURCES: &[&str] = &["benches", "orchestrator", "tests"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder, or the file itself, with this extension.
fn files(path: PathBuf, extension: &str) -> Vec<PathBuf> {
    if path.is_file() {
        let wanted = path.extension().is_some_and(|e| e == extension);
        return wanted.then_some(path).into_iter().collect();
    }
    let entries = fs::read_dir(path).expect("the folder can be read");
    let mut found: Vec<PathBuf> = entries
        .flat_map(|entry| files(entry.expect("an entry").path(), extension))
        .collect();
    found.sort();
    found
}

fn documents() -> Vec<PathBuf> {
    let tops = fs::read_dir(root()).expect("the repository can be read");
    let tops = tops
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_file())
        .flat_map(|path| files(path, "md"));
    let folders = ["docs", "examples", "images"].map(|name| files(root().join(name), "md"));
    tops.chain(folders.into_iter().flatten()).collect()
}

/// Compiles a pattern once.
fn regex(pattern: &str) -> Regex {
    static COMPILED: Mutex<BTreeMap<String, Regex>> = Mutex::new(BTreeMap::new());
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    compiled
        .entry(pattern.to_owned())
        .or_insert_with(|| Regex::new(pattern).expect("a regular expression"))
        .clone()
}

/// Replaces every match by underscores and keeps line breaks, so that places stay the same.
fn blank(pattern: &str, text: &str) -> String {
    let pattern = regex(pattern);
    let same = |found: &regex::Captures| found[0].replace(|c: char| c != '\n', "_");
    pattern.replace_all(text, same).into_owned()
}

/// A document without code blocks, code spans and addresses.
fn prose(text: &str) -> String {
    let text = blank(r"(?ms)^ *```.*?^ *```", text);
    let text = blank(r"`[^`]*`", &text);
    blank(r"\]\([^)]*\)|https?://\S+|[\w./-]+\.md\b", &text)
}

/// A help text without usage, examples, options, values and code spans.
fn help_prose(text: &str) -> String {
    let text = text.split("\nExample").next().unwrap_or_default();
    let text = blank(
        r"(?m)^Usage:.*|\[(possible values|env|default):[^\]]*\]",
        text,
    );
    let text = blank(r"(?m)^ +- \w+:?|--?[\w-]+|<[^>]*>|\S*[/.]\S+", &text);
    blank(r"`[^`]*`", &text)
}

/// The comments of a source file. A line without one becomes a full stop, so that no phrase crosses it.
fn comments(text: &str) -> String {
    let comment = |line: &str| {
        let (code, comment) = line.split_once("//").unwrap_or((line, ""));
        let is_comment = code.trim().is_empty() || code.ends_with(' ');
        let text = comment.trim_start_matches(['/', '!']);
        (is_comment && !text.trim().is_empty()).then(|| text.to_owned())
    };
    let lines: Vec<String> = text
        .lines()
        .map(|line| comment(line).unwrap_or_else(|| String::from(".")))
        .collect();
    blank(r"`[^`]*`", &lines.join("\n"))
}

/// The names of a file's functions as sentences, one per line.
fn names(text: &str) -> String {
    let function = regex(r"\bfn (\w+)");
    let name = |line: &str| {
        let found = function.captures(line);
        found.map_or(String::from("."), |found| found[1].replace('_', " "))
    };
    text.lines().map(name).collect::<Vec<_>>().join(".\n")
}

/// Each match of the rules, as `place:line: found (write: right)`.
fn breaks(place: &str, text: &str, rules: &[(&str, &str)]) -> Vec<String> {
    let text = blank(ALLOWED, text);
    let mut found = Vec::new();
    for (pattern, right) in rules {
        let pattern = regex(pattern);
        found.extend(pattern.find_iter(&text).map(|hit| {
            let line = text[..hit.start()].matches('\n').count() + 1;
            let words = hit.as_str().split_whitespace().collect::<Vec<_>>();
            format!("{place}:{line}: `{}`; write: {right}", words.join(" "))
        }));
    }
    found
}

fn shown(path: &Path) -> String {
    let path = path.strip_prefix(root()).unwrap_or(path);
    path.display().to_string()
}

fn help(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_kiln"))
        .args(args)
        .arg("--help")
        .output()
        .expect("kiln runs");
    String::from_utf8(output.stdout).expect("text")
}

/// The help of kiln and of each of its commands, by call.
fn helps() -> Vec<(String, String)> {
    let top = help(&[]);
    let listed = regex(r"(?m)^  ([a-z]+)  ");
    let names: Vec<String> = listed
        .captures_iter(&top)
        .map(|line| line[1].to_owned())
        .filter(|name| name != "help")
        .collect();
    let each = names
        .iter()
        .map(|name| (format!("kiln {name} --help"), help(&[name])));
    each.chain([(String::from("kiln --help"), top.clone())])
        .collect()
}

#[track_caller]
fn none(found: Vec<String>) {
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn documents_are_plain_english() {
    assert!(documents().len() > 15, "{:?}", documents());
    let check = |path: &PathBuf| {
        let text = prose(&fs::read_to_string(path).expect("a document can be read"));
        let place = shown(path);
        let mut found = breaks(&place, &text, PHRASES);
        found.extend(breaks(&place, &text, SPELLINGS));
        found
    };
    none(documents().iter().flat_map(check).collect());
}

#[test]
fn help_is_plain_english() {
    assert!(helps().len() > 10);
    let check = |(call, text): (String, String)| {
        let text = help_prose(&text);
        let mut found = breaks(&call, &text, PHRASES);
        found.extend(breaks(&call, &text, SPELLINGS));
        found
    };
    none(helps().into_iter().flat_map(check).collect());
}

#[test]
fn comments_and_names_are_plain_english() {
    let sources = CLEAN_SOURCES
        .iter()
        .flat_map(|name| files(root().join(name), "rs"))
        // This file has the phrases in its own tests.
        .filter(|path| !path.ends_with("tests/words.rs"));
    let check = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a source file can be read");
        let place = shown(&path);
        let mut found = breaks(&place, &comments(&text), PHRASES);
        found.extend(breaks(&place, &names(&text), PHRASES));
        found
    };
    none(sources.flat_map(check).collect());
}

/// Every page of the documentation can be found from the README.
#[test]
fn the_readme_links_every_page() {
    let readme = fs::read_to_string(root().join("README.md")).expect("a README");
    for path in files(root().join("docs"), "md") {
        let page = shown(&path);
        assert!(readme.contains(&format!("({page})")), "{page} has no link");
    }
}

#[test]
fn the_rules_find_what_they_should() {
    let all: Vec<_> = PHRASES.iter().chain(SPELLINGS).copied().collect();
    let check = |text: &str, count: usize| {
        assert_eq!(breaks("x", &prose(text), &all).len(), count, "{text}");
    };
    check(
        "One Dockerfile per variant, based on a base. There is no network.",
        0,
    );
    check("It is no longer used.", 0);
    check("kiln writes one Dockerfile a variant", 1);
    check("the image that it stands\non, and what it comes to", 2);
    check("A toolset is no node: the engine is told.", 3);
    check(
        "`dockerfile` and `toolset`, and\n```kdl\ntoolset \"x\"\n```\n",
        0,
    );
    check("[a page](docs/toolsets.md) at https://github.com/x", 0);
    check("gitlab and Github build dockerfiles with buildkit", 4);
    let source = "let x = 1; // one line\n// a file a variant\nlet y = \"stands on\";\n";
    assert_eq!(breaks("x", &comments(source), PHRASES).len(), 1);
    let source = "fn a_file_a_variant() {\n}\nfn one_file_per_variant() {}\n";
    assert_eq!(breaks("x", &names(source), PHRASES).len(), 1);
}
