//! The rules for dependencies: `orchestrator/lib.rs` lists the modules in reading order, and a module uses only
//! modules above it. The pure modules use no clock, files, sockets or tasks.

mod code;

use code::{Code, files, is_test};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules before this one are pure.
const FIRST_IMPURE: &str = "host";

/// Texts that the code of a pure module must not contain.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net::Tcp",
    "std::net::Udp",
    "std::process",
    "tokio",
    "async",
    "Instant::now",
    "SystemTime",
    "Timestamp::now",
    "std::env",
    "clippy::disallowed_methods",
];

/// Modules that use engines and registries: they read the kind of an error, never its message.
const CALLERS: &[&str] = &["survey", "run", "report", "commands"];

/// Names and calls that have the message of an error.
const MESSAGES: &[&str] = &[
    "why",
    "message",
    "said",
    ".to_string()",
    ".to_lowercase()",
    ".to_ascii_lowercase()",
    "|line|line",
];

/// Calls that search in a text.
const SEARCHES: &[&str] = &[".contains(", ".starts_with(", ".ends_with(", ".to_lower"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("orchestrator")
}

/// The modules in lib.rs, in order.
fn modules() -> Vec<String> {
    let lib = fs::read_to_string(root().join("lib.rs")).expect("lib.rs is readable");
    let name = |line: &str| {
        let line = line.strip_prefix("pub ").unwrap_or(line);
        Some(line.strip_prefix("mod ")?.strip_suffix(';')?.to_owned())
    };
    lib.lines().filter_map(name).collect()
}

/// The source files of a module that are not tests.
fn sources(module: &str) -> Vec<PathBuf> {
    let one = root().join(format!("{module}.rs"));
    let below = files(&root().join(module)).into_iter();
    let all = below.chain(one.exists().then_some(one));
    all.filter(|path| !is_test(path)).collect()
}

fn code(path: &Path) -> Code {
    Code::read(&root(), path)
}

#[test]
fn a_module_uses_only_modules_above_it() {
    let modules = modules();
    assert!(modules.len() > 10, "lib.rs lists the modules");
    let place = |name: &str| modules.iter().position(|module| module == name);
    let mut breaks = Vec::new();
    for (at, module) in modules.iter().enumerate() {
        for path in sources(module) {
            let used = code(&path).modules_used().into_iter();
            let below = used.filter(|(_, name)| place(name).is_some_and(|other| other > at));
            breaks.extend(below.map(|(line, name)| {
                let path = path.display();
                format!("{path}:{line}: {module} uses {name}, which is below it")
            }));
        }
    }
    assert!(breaks.is_empty(), "{}", breaks.join("\n"));
}

#[test]
fn pure_modules_have_no_side_effects() {
    let modules = modules();
    let mut breaks = Vec::new();
    let lib = fs::read_to_string(root().join("lib.rs")).expect("lib.rs is readable");
    let (pure, _) = lib
        .split_once("// -- world")
        .expect("a line between the pure modules and the others");
    assert!(
        !pure.contains("#[allow"),
        "no pure module may use disallowed methods"
    );
    for expected in ["text", "line", "import"] {
        let mut pure_modules = modules.iter().take_while(|f| *f != FIRST_IMPURE);
        assert!(pure_modules.any(|f| f == expected) && !sources(expected).is_empty());
    }
    for module in modules.iter().take_while(|f| *f != FIRST_IMPURE) {
        for path in sources(module) {
            for (line, text) in code(&path).dense() {
                let words = IMPURE.iter().filter(|word| text.contains(*word));
                let path = path.display();
                breaks.extend(
                    words.map(|word| format!("{path}:{line}: {module} is pure, but uses {word}")),
                );
            }
        }
    }
    assert!(breaks.is_empty(), "{}", breaks.join("\n"));
}

/// The searches of a code in the message of an error, regardless of spaces and line ends.
fn searches_in_messages(code: &str) -> Vec<String> {
    let dense: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let searches = MESSAGES.iter().flat_map(|message| {
        SEARCHES
            .iter()
            .map(move |search| format!("{message}{search}"))
    });
    searches.filter(|search| dense.contains(search)).collect()
}

#[test]
fn errors_are_distinguished_by_kind() {
    let mut breaks = Vec::new();
    for module in CALLERS {
        for path in sources(module) {
            let text: String = code(&path)
                .dense()
                .into_iter()
                .map(|(_, line)| line)
                .collect();
            breaks.extend(searches_in_messages(&text).into_iter().map(|search| {
                format!(
                    "{}: {module} reads the message of an error (`{search}`): decide the kind where the response is read",
                    path.display()
                )
            }));
        }
    }
    assert!(breaks.is_empty(), "{}", breaks.join("\n"));
}

#[test]
fn every_module_is_listed() {
    let modules = modules();
    let entries = fs::read_dir(root()).expect("the folder is readable");
    for path in entries.filter_map(|e| Some(e.ok()?.path())) {
        let name = path
            .file_stem()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        assert!(
            matches!(name.as_str(), "lib" | "main") || modules.contains(&name),
            "{} is not listed in lib.rs",
            path.display()
        );
    }
}

/// The number of promises in the design.
const PROMISES: u32 = 24;

/// Promises whose tests come with what they are about.
const OPEN: &[(u32, &str)] = &[];

/// The promises in the first words of a doc comment: `/// G1, G2: what holds`.
fn promises(line: &str) -> Vec<u32> {
    let line = line.trim_start();
    let text = line.strip_prefix("///").or(line.strip_prefix("//!"));
    let words = text
        .and_then(|text| text.split_once(':'))
        .map(|(words, _)| words);
    let number = |word: &str| word.trim().strip_prefix('G')?.parse().ok();
    let all = words.into_iter().flat_map(|words| words.split(','));
    all.map(number).collect::<Option<_>>().unwrap_or_default()
}

/// The promises that tests in this text are named after: a doc comment of a test, or of a whole file with tests.
fn held(text: &str) -> Vec<u32> {
    let lines: Vec<&str> = text.lines().collect();
    let is_test = |at: usize| {
        let mut after = lines[at..].iter().map(|line| line.trim_start());
        let next = after.find(|line| !line.starts_with("///"));
        next.is_some_and(|line| line.starts_with("#[test") || line.starts_with("#[tokio::test"))
    };
    let named = |(at, line): (usize, &&str)| match line.trim_start().starts_with("//!") {
        true => promises(line),
        false => promises(line).into_iter().filter(|_| is_test(at)).collect(),
    };
    lines.iter().enumerate().flat_map(named).collect()
}

#[test]
fn every_promise_has_a_test() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let all = files(&root()).into_iter().chain(files(&tests));
    let found: BTreeSet<u32> = all
        .filter_map(|path| fs::read_to_string(path).ok())
        .flat_map(|text| held(&text))
        .collect();
    let open: BTreeSet<u32> = OPEN.iter().map(|(number, _)| *number).collect();
    let all: BTreeSet<u32> = (1..=PROMISES).collect();
    assert_eq!(
        &found | &open,
        all,
        "a promise without a test, or a test of none"
    );
    assert!(
        found.is_disjoint(&open),
        "{:?} is tested and listed as open",
        &found & &open
    );
}

#[test]
fn the_rules_find_what_they_should() {
    assert_eq!(promises("    /// G1, G12: a sentence"), [1, 12]);
    assert!(promises("/// Goods: a sentence").is_empty());
    assert_eq!(
        held("//! G3: x\n/// G4: y\nfn f() {}\n/// G5: z\n/// more\n#[test]"),
        [3, 5]
    );
    let used = |text: &str| -> Vec<String> {
        let code = Code::of(vec!["plan".into(), "show".into()], text);
        code.modules_used()
            .into_iter()
            .map(|(_, name)| name)
            .collect()
    };
    assert_eq!(
        used("use crate::{name, plan::{Plan, run}, run};"),
        ["name", "plan", "run"]
    );
    assert_eq!(used("let x = crate::run::run();"), ["run"]);
    assert_eq!(used("format!(\"{}\", super::super::run::x())"), ["run"]);
    assert_eq!(
        used("use super::{super::{run, http}, build};"),
        ["run", "http"]
    );
    assert_eq!(
        used("// crate::run\n#[cfg(test)]\nmod tests { use crate::run; }\nuse super::run;"),
        [""; 0]
    );
    let dense = |text: &str| Code::of(Vec::new(), text).dense();
    assert_eq!(
        dense("/// tokio\nasync\n  fn f(){ \"tokio\" }\nuse std :: fs;"),
        [
            (2, "async".into()),
            (3, "fn f(){\"\"}".into()),
            (4, String::from("use std::fs;")),
        ]
    );
    let spread = "failure.output\n    .iter()\n    .any(|line| line.contains(\"FAILED\"))";
    assert_eq!(searches_in_messages(spread), ["|line|line.contains("]);
    assert_eq!(
        searches_in_messages("why.contains(word)"),
        ["why.contains("]
    );
    assert!(searches_in_messages("selected.contains(&variant)").is_empty());
}
