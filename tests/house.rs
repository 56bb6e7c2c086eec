//! The law of floors: `orchestrator/lib.rs` lists the modules in reading order, and a module uses only
//! modules that stand above it. The pure floors know no clock, no files, no sockets, no tasks.

use std::fs;
use std::path::{Path, PathBuf};

/// Floors from `text` up to (not including) this one are pure.
const FIRST_DOOR: &str = "host";

/// What a pure floor must not name, and why.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net::Tcp",
    "std::net::Udp",
    "std::process",
    "tokio",
    "async fn",
    "Instant::now",
    "SystemTime",
    "Timestamp::now",
    "std::env",
    "clippy::disallowed_methods",
];

/// Floors above the engine and the registries: they read the kind of a fault, never its words.
const DEAF: &[&str] = &["survey", "run", "report", "commands"];

/// What a deaf floor must not look into: parts of an error, or its text.
const SPOKEN: &[&str] = &[
    "why",
    "message",
    "said",
    ".to_string()",
    ".to_lowercase()",
    ".to_ascii_lowercase()",
    "|line|line",
];

/// How one would look.
const LOOKS: &[&str] = &[".contains(", ".starts_with(", ".ends_with(", ".to_lower"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("orchestrator")
}

/// The modules of lib.rs in order.
fn floors() -> Vec<String> {
    let lib = fs::read_to_string(root().join("lib.rs")).expect("lib.rs is readable");
    let name = |line: &str| {
        let line = line.strip_prefix("pub ").unwrap_or(line);
        Some(line.strip_prefix("mod ")?.strip_suffix(';')?.to_owned())
    };
    lib.lines().filter_map(name).collect()
}

/// Every source file of a floor.
fn files(floor: &str) -> Vec<PathBuf> {
    let mut open = vec![root().join(floor)];
    let mut found = vec![root().join(format!("{floor}.rs"))];
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(folder) else {
            continue;
        };
        for path in entries.filter_map(|e| Some(e.ok()?.path())) {
            if path.is_dir() {
                open.push(path)
            } else {
                found.push(path)
            }
        }
    }
    found.retain(|p| p.extension().is_some_and(|e| e == "rs") && p.exists());
    found.sort();
    found
}

/// The code of a file without comments and without its tests.
fn code(path: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(path).expect("a source file is readable");
    let text = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let strip = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    text.lines()
        .enumerate()
        .map(|(n, line)| (n + 1, strip(line)))
        .collect()
}

fn is_test(path: &Path) -> bool {
    path.file_name().is_some_and(|n| n == "tests.rs")
        || path.components().any(|c| c.as_os_str() == "tests")
}

/// The floors that a line of code names: `crate::name`, also within `use crate::{a, b::c}`.
fn named(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for rest in line.split("crate::").skip(1) {
        let words = |text: &str| {
            text.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect::<String>()
        };
        match rest.strip_prefix('{') {
            Some(list) => found.extend(
                list.split(['}', ','])
                    .map(|part| words(part.trim()))
                    .filter(|w| !w.is_empty()),
            ),
            None => found.push(words(rest)),
        }
    }
    found
}

#[test]
fn a_floor_uses_only_floors_above_it() {
    let floors = floors();
    assert!(floors.len() > 10, "lib.rs lists the floors");
    let mut faults = Vec::new();
    for (at, floor) in floors.iter().enumerate() {
        for path in files(floor).iter().filter(|p| !is_test(p)) {
            for (line, text) in code(path) {
                let below = named(&text).into_iter().filter(|name| {
                    floors
                        .iter()
                        .position(|f| f == name)
                        .is_some_and(|i| i > at)
                });
                faults.extend(below.map(|name| {
                    format!("{}:{line}: {floor} looks down at {name}", path.display())
                }));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn pure_floors_touch_no_world() {
    let floors = floors();
    let mut faults = Vec::new();
    let lib = fs::read_to_string(root().join("lib.rs")).expect("lib.rs is readable");
    let (pure, _) = lib
        .split_once("// -- world")
        .expect("a line between the pure floors and the others");
    assert!(
        !pure.contains("#[allow"),
        "a pure floor may use disallowed methods"
    );
    for pure in ["text", "line", "import"] {
        let mut pure_floors = floors.iter().take_while(|f| *f != FIRST_DOOR);
        assert!(pure_floors.any(|f| f == pure) && !files(pure).is_empty());
    }
    for floor in floors.iter().take_while(|f| *f != FIRST_DOOR) {
        for path in files(floor).iter().filter(|p| !is_test(p)) {
            for (line, text) in code(path) {
                let words = IMPURE.iter().filter(|word| text.contains(*word));
                faults.extend(words.map(|word| {
                    format!(
                        "{}:{line}: {floor} is pure, and names {word}",
                        path.display()
                    )
                }));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Where code looks into the words of an error. Spaces and line ends make no difference.
fn overheard(code: &str) -> Vec<String> {
    let dense: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let looks = SPOKEN
        .iter()
        .flat_map(|spoken| LOOKS.iter().map(move |look| format!("{spoken}{look}")));
    looks.filter(|look| dense.contains(look)).collect()
}

#[test]
fn faults_are_told_apart_by_kind() {
    let mut faults = Vec::new();
    for floor in DEAF {
        for path in files(floor).iter().filter(|p| !is_test(p)) {
            let text: String = code(path).into_iter().map(|(_, line)| line).collect();
            faults.extend(overheard(&text).into_iter().map(|look| {
                format!(
                    "{}: {floor} reads the words of an error (`{look}`): give the fault a kind where it is read",
                    path.display()
                )
            }));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_module_is_a_floor() {
    let floors = floors();
    let entries = fs::read_dir(root()).expect("the house is readable");
    for path in entries.filter_map(|e| Some(e.ok()?.path())) {
        let name = path
            .file_stem()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        assert!(
            matches!(name.as_str(), "lib" | "main") || floors.contains(&name),
            "{} has no floor in lib.rs",
            path.display()
        );
    }
}

#[test]
fn the_law_sees_a_break() {
    assert_eq!(named("use crate::{name, plan::Plan};"), ["name", "plan"]);
    assert_eq!(named("let x = crate::run::run();"), ["run"]);
    let spread = "failure.output\n    .iter()\n    .any(|line| line.contains(\"FAILED\"))";
    assert_eq!(overheard(spread), ["|line|line.contains("]);
    assert_eq!(overheard("why.contains(word)"), ["why.contains("]);
    assert!(overheard("selected.contains(&variant)").is_empty());
}
