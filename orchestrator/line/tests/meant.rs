//! A fault that says what is meant is the only one: what it is about is read as it is meant.

use super::*;
use crate::text::Diagnostic;
use crate::text::kdl::Document;

const HEAD: &str =
    "workspace \"w\" { publish \"r.example/f/{image}\"; stage \"r.example/stage\" }\n";

/// A fleet in which each kind of word is named by another one.
const FLEET: &str = r#"variable "TEAM" default="core"
axis "versions" kind="version" { value "1.2.3"; value "1.1.0" { set build="7" } }
platforms "all" "linux/amd64" "linux/arm64"
settings "web" { expose 8080; label tier="web" }
base "debian" from="debian:12"
toolset "tools" { param "version"; run "echo {version}"; secret "npm" env="NPM"; run "x" secret="npm" }
toolset "mine" { needs "tools" version="1"; run "true" }
image "go" {
    axis "version" use="versions" rungs="full minor"
    axis "variant" { value "plain" token=""; value "node" }
    template "t"
    platforms "all"
    settings "web"
    use "mine"
    when variant="plain" { from base="debian"; arg MODE="plain" }
    when variant="node" { from image="go" variant="plain"; arg MODE="node" }
    tag "{version}-{variant}"
    must "1.2-node"
    label team="{var:TEAM}"
}
image "app" {
    dockerfile "d"
    secret "tok" env="TOK"
    contexts "conf" "./conf"
    tag "1" on="schedule"
}
"#;

const FILES: [(&str, &str); 3] = [
    (
        "t",
        "FROM {{from}}\nARG MODE\nRUN $MODE\n{{> kiln/toolsets}}\n{{> kiln/config}}\n{{> kiln/labels}}\n",
    ),
    (
        "d",
        "FROM debian:12 AS build\nRUN --mount=type=secret,id=tok true\nFROM build\nCOPY --from=conf /f /f\n",
    ),
    ("conf/f", "x"),
];

/// What is found in the fleet with some words in place of others.
fn found(words: &[(&str, &str)]) -> (Vec<&'static str>, String) {
    let mut fleet = FLEET.to_owned();
    for (good, bad) in words {
        assert!(fleet.contains(good), "{good}");
        fleet = fleet.replacen(good, bad, 1);
    }
    let found = bring(&format!("{HEAD}{fleet}"), &Inputs::default(), &FILES);
    let mut codes: Vec<&str> = found.faults.iter().map(|fault| fault.code).collect();
    codes.sort_unstable();
    (codes, found.shown())
}

/// A word, how it is misspelt, and the code of that.
const MISSPELT: [(&str, &str, &str); 29] = [
    ("variable \"TEAM\"", "variabel \"TEAM\"", NODE),
    ("axis \"versions\"", "axs \"versions\"", NODE),
    ("{ value \"1.2.3\"", "{ valeu \"1.2.3\"", NODE),
    ("platforms \"all\" \"l", "platform \"all\" \"l", NODE),
    ("base \"debian\" f", "bas \"debian\" f", NODE),
    ("param \"version\"", "parm \"version\"", NODE),
    ("secret \"npm\"", "secrt \"npm\"", NODE),
    ("axis \"variant\"", "axs \"variant\"", NODE),
    ("template", "templat", NODE),
    ("from base=\"debian\"", "fom base=\"debian\"", NODE),
    ("arg MODE=\"node\"", "agr MODE=\"node\"", NODE),
    ("tag \"{version}", "tga \"{version}", NODE),
    ("secret \"tok\"", "secrt \"tok\"", NODE),
    ("kind=\"version\"", "knd=\"version\"", PROPERTY),
    ("token=\"\"", "tokn=\"\"", PROPERTY),
    ("kind=\"version\"", "kind=\"versio\"", WORD),
    ("rungs=\"full minor\"", "rungs=\"full,minor\"", WORD),
    ("rungs=\"full minor\"", "rungs=\"full minr\"", WORD),
    ("on=\"schedule\"", "on=\"shedule\"", WORD),
    ("use=\"versions\"", "use=\"version\"", NAME),
    ("platforms \"all\"\n", "platforms \"al\"\n", NAME),
    ("settings \"web\"\n", "settings \"wep\"\n", NAME),
    ("linux/amd64", "linux/amd46", "matrix::platform"),
    ("base=\"debian\"", "base=\"debain\"", "matrix::unknown-base"),
    ("image=\"go\"", "image=\"og\"", "matrix::unknown-image"),
    ("use \"mine\"", "use \"min\"", "matrix::unknown-toolset"),
    (
        "needs \"tools\" version",
        "needs \"tools\" verson",
        "matrix::unknown-param",
    ),
    (
        "when variant=\"plain\"",
        "when varint=\"plain\"",
        "matrix::unknown-axis",
    ),
    (
        "when variant=\"node\"",
        "when variant=\"nod\"",
        "matrix::unknown-value",
    ),
];

const NODE: &str = "manifest::unknown-node";
const PROPERTY: &str = "manifest::unknown-property";
const WORD: &str = "manifest::unknown-word";
const NAME: &str = "manifest::unknown-name";

#[test]
fn a_misspelt_word_is_one_fault_and_hides_none() {
    let (good, shown) = found(&[]);
    assert!(good.is_empty(), "{shown}");
    let others = [
        (
            "label team=\"{var:TEAM}\"",
            "label team=\"{var:TEAM} {nope}\"",
            "matrix::unknown-placeholder",
        ),
        ("must \"1.2-node\"", "must \"9\"", "matrix::must"),
        (
            "dockerfile \"d\"",
            "dockerfile \"gone\"",
            "render::dockerfile",
        ),
    ];
    for (good, bad, code) in MISSPELT {
        let (codes, shown) = found(&[(good, bad)]);
        assert_eq!(codes, [code], "{bad}\n{shown}");
        for (other, worse, also) in others {
            let (codes, shown) = found(&[(good, bad), (other, worse)]);
            let mut expect = [code, also];
            expect.sort_unstable();
            assert_eq!(codes, expect, "{bad} and {worse}\n{shown}");
        }
    }
}

/// What cannot be guessed is one fault, too: what follows from it is left out.
#[test]
fn nothing_follows_from_a_word_without_a_guess() {
    for (good, bad, code) in [
        ("kind=\"version\"", "kind=\"foo\"", WORD),
        ("linux/arm64", "foo/bar", "matrix::platform"),
        (
            "when variant=\"plain\"",
            "when zzz=\"plain\"",
            "matrix::unknown-axis",
        ),
        (
            "run \"echo {version}\"",
            "run \"echo {foo}\"",
            "toolset::place",
        ),
        ("{var:TEAM}", "{var:TAEM}", "matrix::placeholder"),
        ("secret \"tok\"", "secret \"tik\"", "render::secret"),
        ("base \"debian\" f", "base \"debian f", "kdl::syntax"),
    ] {
        let (codes, shown) = found(&[(good, bad)]);
        assert_eq!(codes, [code], "{bad}\n{shown}");
    }
}

/// A stage that is not known may need what no other one does.
#[test]
fn nothing_follows_from_a_stage_that_is_not_known() {
    let check = |dockerfile: &str, code: &str| {
        let text = format!(
            "{HEAD}image \"a\" {{ dockerfile \"d\"; tag \"1\"; arg V=\"1\"; secret \"s\" env=\"S\"; contexts \"c\" \"./c\" }}"
        );
        let files = [("d", dockerfile), ("c/f", "")];
        let found = bring(&text, &Inputs::default(), &files);
        let codes: Vec<&str> = found.faults.iter().map(|fault| fault.code).collect();
        assert_eq!(codes, [code], "{}", found.shown());
    };
    let build =
        "FROM debian:12 AS build\nARG V\nRUN --mount=type=secret,id=s $V\nCOPY --from=c /f /f\n";
    check(&format!("{build}FROM biuld\n"), "dockerfile::stage");
    check(&format!("{build}FROM $NOPE\n"), "dockerfile::unset");
    check(
        &format!("{build}FROM debian:12\nCOPY --from=biuld /f /f\n"),
        "dockerfile::stage",
    );
}

/// A fault in one line of a Dockerfile hides nothing that the others name.
#[test]
fn a_line_of_a_dockerfile_hides_no_other_one() {
    let check = |dockerfile: &str, expect: &[&str]| {
        let text = format!(
            "{HEAD}image \"a\" {{ dockerfile \"d\"; tag \"1\" }}\nimage \"b\" {{ from image=\"a\"; tag \"1\" }}"
        );
        let found = bring(&text, &Inputs::default(), &[("d", dockerfile)]);
        let mut codes: Vec<&str> = found.faults.iter().map(|fault| fault.code).collect();
        codes.sort_unstable();
        assert_eq!(codes, expect, "{}", found.shown());
    };
    check(
        "FROM debian:12\nRUNN x\nCOPY --from=r.example/f/b:1 /x /x\n",
        &["dockerfile::instruction", "graph::ring"],
    );
    check(
        "FROM debian:12\nRUNN x\nCOPY --from=r.example/f/b:2 /x /x\n",
        &["dockerfile::instruction", "graph::unowned"],
    );
    check(
        "FROM debian:12\nRUNN x\nRUN --network=host true\n",
        &["dockerfile::host", "dockerfile::instruction"],
    );
}

/// A name that is missing in one line of a template hides nothing in the others.
#[test]
fn a_line_of_a_template_hides_no_other_one() {
    let check = |template: &str, expect: &[&str]| {
        let text = format!(
            "{HEAD}base \"b\" from=\"debian:12\"\ntoolset \"s\" {{ refresh \"7d\"; run \"true\" }}\nimage \"a\" {{ from base=\"b\"; template \"t\"; tag \"1\"; use \"s\" }}"
        );
        let found = bring(&text, &Inputs::default(), &[("t", template)]);
        let mut codes: Vec<&str> = found.faults.iter().map(|fault| fault.code).collect();
        codes.sort_unstable();
        assert_eq!(codes, expect, "{}", found.shown());
    };
    let (render, instruction) = ("template::render", "dockerfile::instruction");
    check(
        "FROM {{from}}\nRUN {{one}}\nRUUN x\n{{> kiln/toolsets}}\n",
        &[instruction, render],
    );
    check(
        "FROM {{from}}\nRUN {{one}}\nRUN x\n{{> kiln/toolsets}}\n",
        &[render],
    );
    check(
        "FROM {{from}}\n{{one}} x\nRUN x\n{{> kiln/toolsets}}\n",
        &[render],
    );
    check(
        "FROM {{from}}\nRUN {{one}}\nCOPY --chwon=1 a b\n{{> kiln/toolsets}}\n",
        &["dockerfile::flag", render],
    );
}

/// What a file that cannot be read may declare is not missing, and hides nothing else.
#[test]
fn beside_a_file_that_cannot_be_read() {
    let text = format!(
        "{HEAD}image \"a\" {{ from base=\"gone\"; template \"t\"; tag \"1\" }}\nimage \"b\" {{ dockerfile \"d\"; tag \"1\" }}"
    );
    let files = [
        ("t", "FROM {{from}}\nRUUN x\n"),
        ("d", "FROM debian:12\nRUUN y\n"),
    ];
    let (mut sources, mut faults) = (Sources::default(), Diagnostics::default());
    let own = line::document(&text, &mut sources, &mut faults);
    let other = Document {
        source: sources.add("other.kdl", ""),
        nodes: Vec::new(),
        whole: false,
    };
    faults.push(Diagnostic::error(
        "workspace::read",
        "`other.kdl` cannot be read",
    ));
    let files = Memory::of(&files);
    let inputs = Inputs::default();
    let made = line::bring(&[own, other], &inputs, &files, &mut sources, &mut faults);
    let mut codes: Vec<&str> = faults.iter().map(|fault| fault.code).collect();
    codes.sort_unstable();
    let instruction = "dockerfile::instruction";
    assert_eq!(codes, [instruction, instruction, "workspace::read"]);
    assert!(made.is_none());
}
