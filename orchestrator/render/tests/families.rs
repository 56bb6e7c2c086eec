//! Complete Dockerfiles for every family and for every engine that a workspace can declare.

use super::{Outcome, run, run_in};
use crate::text::show;

/// The Dockerfiles, one below the other; expects no errors.
#[track_caller]
pub(super) fn good(outcome: &Outcome) -> String {
    assert!(
        outcome.faults.is_empty(),
        "{}",
        show::text(&outcome.faults, &outcome.sources, false)
    );
    outcome
        .recipes
        .iter()
        .map(|recipe| format!("{}\n----\n", recipe.dockerfile))
        .collect()
}

/// The faults of a manifest: code and message of each.
pub(super) fn reported(nodes: &str) -> Vec<String> {
    run(nodes, &[("f", "")])
        .faults
        .iter()
        .map(|d| format!("{} {}", d.code, d.message))
        .collect()
}

const SETS: &str = r##"
toolset "circleci" {
    package "git" "bash"
    package "openssh-client" alpine="openssh-client-default" rhel="openssh-clients"
}
toolset "tool" {
    param "version"
    needs "circleci"
    archive "https://x.example/tool-{version}-{arch.node}.tar.xz" into="/usr/local" strip=1 only="tool/bin" digest="sha256:0000000000000000000000000000000000000000000000000000000000000000"
    fetch "https://x.example/helper" into="/usr/local/bin/helper" mode="0755" owner="1:1"
    file "f" into="/etc/tool.conf" mode="0640" owner="app"
    env TOOL="/usr/local/tool:$PATH"
    run "tool --setup {arch}"
    family "alpine" { package "gcompat" }
}
"##;

const SHIPPED: &str = r##"
    user "app" uid=3434 shell="/bin/bash"
    workdir "/home/app/project"; entrypoint "tool" "run now"; cmd "a\"b" "$HOME"; expose 8080 "53/udp"; volume "/data"
    stopsignal "SIGINT"; env LANG="C.UTF-8"
    label org.opencontainers.image.licenses="MIT" org.opencontainers.image.description="a \"tool\" for $5"
"##;

fn whole(base: &str, platforms: &str) -> String {
    format!(
        "{SETS}base \"x\" {base}\nimage \"app\" {{ from base=\"x\"; use \"tool\" version=\"2.1\"; tag \"1\"; platforms {platforms}; {SHIPPED} }}\n\
         image \"child\" {{ from image=\"app\"; use \"circleci\"; use \"more\"; tag \"1\"; platforms {platforms} }}\ntoolset \"more\" {{ run \"more\" }}"
    )
}

const AMD64: &str = "\"linux/amd64\"";

#[test]
fn debian() {
    insta::assert_snapshot!(good(&run(
        &whole("from=\"debian:13\"", AMD64),
        &[("f", "")]
    )));
}

#[test]
fn alpine() {
    insta::assert_snapshot!(good(&run(
        &whole("from=\"alpine:3.22\" family=\"alpine\"", AMD64),
        &[("f", "")]
    )));
}

#[test]
fn rhel() {
    let base = "from=\"ubi9/ubi-minimal:9.6\" family=\"rhel\" manager=\"microdnf\" user=1001";
    insta::assert_snapshot!(good(&run(&whole(base, AMD64), &[("f", "")])));
}

#[test]
fn classic() {
    insta::assert_snapshot!(good(&run_in(
        "syntax \"classic\"",
        &whole("from=\"debian:13\"", AMD64),
        &[("f", "")]
    )));
}

#[test]
fn several_platforms_and_a_newer_engine() {
    let nodes =
        whole("from=\"debian:13\"", "\"linux/amd64\" \"linux/arm64\"").replace("owner=\"app\"", "");
    insta::assert_snapshot!(good(&run_in(
        "syntax \"buildkit\" engine=\"23.0\"",
        &nodes,
        &[("f", "")]
    )));
}

pub(super) fn image_with(sets: &str, settings: &str) -> String {
    format!("{sets}\nimage \"i\" {{ from base=\"b\"; tag \"x\"; {settings} }}")
}

/// Expects one fault of an image with these tool sets and settings.
#[track_caller]
fn one_fault(sets: &str, settings: &str, expect: &str) {
    let faults = reported(&image_with(sets, settings));
    assert!(
        faults.len() == 1 && faults[0].contains(expect),
        "{faults:#?} should contain {expect}"
    );
}

#[test]
fn invalid_settings_of_an_image() {
    let image = |settings: &str, expect: &str| one_fault("", settings, expect);
    image(
        "user \"Big\"",
        "`Big` does not start with a lower-case letter",
    );
    image("user \"a b\"", "`a b` contains ` `");
    image("user \"a\" uid=\"x\"", "`x` is not a number");
    image("user \"a\" home=\"x\"", "`x` is not an absolute path");
    image("workdir \"a\"", "`a` is not an absolute path");
    image("workdir \"/$HOME\"", "`/$HOME` contains `$`");
    image("expose \"80 81\"", "`80 81` contains ` `");
    for wrong in ["70000", "90-80", "80-"] {
        let expect = format!("`{wrong}` cannot be exposed: it is not a port");
        image(&format!("expose \"{wrong}\""), &expect);
    }
    image("expose \"80/icmp\"", "the protocols are `tcp`");
    image("expose \"80:90\"", "names a port of the host");
    image("expose 0", "0 is not a port");
    image("expose \"0-90/udp\"", "0 is not a port");
    image("volume \"/a\\\"\"", "contains `\"`");
    image("stopsignal \"SIG INT\"", "`SIG INT` contains ` `");
    image("stopsignal \"SIGFOO\"", "`SIGFOO` is not a signal");
    image("stopsignal \"SIGTRM\"", "did you mean `SIGTERM`?");
    image("cmd \"a\\nb\"", "contains the character");
    image(
        "label \"a b\" \"x\"",
        "`a b` cannot name a label: it contains ` `",
    );
    image("label a=\"x\\u{2028}\"", "contains the character");
}

#[test]
fn invalid_items_of_a_tool_set() {
    let set = |item: &str, expect: &str| {
        one_fault(&format!("toolset \"s\" {{ {item} }}"), "use \"s\"", expect);
    };
    set(
        "fetch \"https://x/y\" into=\"/y\" mode=\"u+x\"",
        "`u+x` is not a mode",
    );
    set(
        "archive \"https://x/y.zip\" into=\"/y\" strip=1",
        "`strip` is only for tar archives",
    );
    set(
        "archive \"https://x/y.tgz\" into=\"/y\" strip=\"a\"",
        "`a` is not a number",
    );
    set("fetch \"https://x/y\" into=\"/y/\"", "`/y/` is a folder");
    set("file \"f\" into=\"/y\" owner=\"a b\"", "`a b` contains ` `");
    set(
        "archive \"https://x/{arch.foo}.tgz\" into=\"/y\"",
        "`arch` has only `.uname` and `.node`",
    );
}

#[test]
fn a_base_that_looks_like_another_family() {
    let looks = "toolset \"s\" { package \"git\" }\nbase \"a\" from=\"alpine:3\"\nimage \"i\" { from base=\"a\"; tag \"x\"; use \"s\" }";
    assert!(
        reported(looks)[0].contains("`alpine:3` looks like alpine"),
        "{:?}",
        reported(looks)
    );
    assert_eq!(
        run(looks, &[]).recipes.len(),
        1,
        "a warning does not stop the run"
    );
}

#[test]
fn stages_by_platform() {
    let froms = |platforms: &str, url: &str| {
        let nodes = format!(
            "toolset \"s\" {{ archive \"https://x/{url}\" into=\"/x\" }}\ntoolset \"s-amd64\" {{ archive \"https://x/y\" into=\"/y\" }}\nimage \"i\" {{ from base=\"b\"; tag \"x\"; platforms {platforms}; use \"s\"; use \"s-amd64\" }}"
        );
        let text = good(&run(&nodes, &[]));
        text.lines()
            .filter_map(|line| Some(line.strip_prefix("FROM ")?.replace("debian:12 AS ", "")))
            .collect::<Vec<_>>()
            .join(", ")
    };
    assert_eq!(
        froms("\"linux/amd64\"", "{arch}"),
        "fetch-s, fetch-s-amd64-2, debian:12"
    );
    assert_eq!(
        froms("\"linux/amd64\" \"linux/386\"", "z"),
        "fetch-s, fetch-s-amd64-2, debian:12"
    );
    assert_eq!(
        froms("\"linux/amd64\" \"linux/arm64\"", "{arch}"),
        "fetch-s-amd64, fetch-s-arm64, fetch-s-${TARGETARCH} AS fetch-s, fetch-s-amd64-2, debian:12"
    );
    assert_eq!(
        froms(
            "\"linux/arm64/v8\" \"linux/arm/v6\" \"linux/arm\"",
            "{arch.uname}"
        ),
        "fetch-s-arm64, fetch-s-armv6, fetch-s-armv7, fetch-s-${TARGETARCH}${TARGETVARIANT} AS fetch-s, fetch-s-amd64, debian:12"
    );
    let classic = "toolset \"s\" { archive \"https://x/{arch}\" into=\"/x\" }\nimage \"i\" { from base=\"b\"; tag \"x\"; platforms \"linux/amd64\" \"linux/arm64\"; use \"s\" }";
    let faults = run_in("syntax \"classic\"", classic, &[]).faults;
    assert!(
        faults.iter().any(|d| d
            .message
            .contains("is not known if several platforms are built")),
        "{faults:?}"
    );
}

/// Children download on the outside image, and no label describes another image.
#[test]
fn children_of_a_pinned_base() {
    let digest = format!("sha256:{}", "0".repeat(64));
    let nodes = format!(
        "base \"x\" from=\"debian:13@{digest}\" user=1001\ntoolset \"s\" {{ fetch \"https://x/y\" into=\"/y\" }}\n\
         image \"a\" {{ from base=\"x\"; tag \"1\"; label org.opencontainers.image.source=\"https://s\" org.opencontainers.image.title=\"A\" own=\"1\" }}\n\
         image \"c\" {{ from image=\"a\"; tag \"1\"; use \"s\" }}"
    );
    insta::assert_snapshot!(good(&run(&nodes, &[])));
}

/// Malicious values for any slot.
const ATTACKS: [&str; 16] = [
    "x\nUSER evil",
    "x\r\nUSER evil",
    "x\\",
    "x \\\n",
    "\"",
    "'",
    "x\" EVIL=\"1",
    "x' EVIL='1",
    "<<EOF",
    "# escape=`",
    "# syntax=evil",
    "$(touch /evil)",
    "`touch /evil`",
    "x\u{2028}USER evil",
    "--from=evil",
    "x\u{f8f1}\u{f8f2}t0:1\u{f8f3}",
];

/// Every slot of a manifest, `@` where the value goes.
const SLOTS: [&str; 31] = [
    "image:user \"@\"",
    "image:user \"a\" uid=\"@\"",
    "image:user \"a\" gid=\"@\"",
    "image:user \"a\" home=\"@\"",
    "image:user \"a\" shell=\"@\"",
    "image:user \"@\" existing",
    "image:workdir \"@\"",
    "image:workdir \"/@\"",
    "image:entrypoint \"@\"",
    "image:cmd \"a\" \"@\"",
    "image:expose \"@\"",
    "image:volume \"/@\"",
    "image:stopsignal \"@\"",
    "image:label a=\"@\"",
    "image:label \"@\" \"a\"",
    "image:env A=\"@\"",
    "image:arg A=\"@\"",
    "set:package \"@\"",
    "set:package \"a\" debian=\"@\"",
    "set:run \"true @\"",
    "set:env A=\"@\"",
    "set:archive \"https://x/@.tgz\" into=\"/x\"",
    "set:archive \"https://x/y.tgz\" into=\"/@\"",
    "set:archive \"https://x/y.tgz\" into=\"/x\" only=\"@\"",
    "set:archive \"https://x/y.tgz\" into=\"/x\" owner=\"@\"",
    "set:archive \"https://x/y.tgz\" into=\"/x\" strip=\"@\"",
    "set:archive \"https://x/y.tgz\" into=\"/x\" digest=\"@\"",
    "set:fetch \"https://x/@\" into=\"/x\" mode=\"0755\"",
    "set:fetch \"https://x/y\" into=\"/@\" mode=\"@\"",
    "set:file \"f\" into=\"/@\"",
    "set:file \"f\" into=\"/x\" owner=\"@\" mode=\"@\"",
];

/// The instructions of a rendered manifest, or `None` if it was refused.
fn keywords(slot: &str, value: &str, by_parameter: bool) -> Option<Vec<String>> {
    let written: String = value
        .chars()
        .map(|c| format!("\\u{{{:x}}}", u32::from(c)))
        .collect();
    let (kind, node) = slot.split_once(':').expect("a kind");
    let (given, param) = if by_parameter {
        ("{p}".to_owned(), format!("p=\"{written}\""))
    } else {
        (written, String::from("p=\"1\""))
    };
    let node = node.replace('@', &given);
    let (set, image) = if kind == "set" {
        (node.as_str(), "")
    } else {
        ("run \"echo {p}\"", node.as_str())
    };
    let nodes = format!(
        "toolset \"s\" {{ param \"p\"; run \"true\"; {set} }}\nimage \"i\" {{ from base=\"b\"; tag \"x\"; use \"s\" {param}; {image} }}"
    );
    let outcome = super::try_run(&nodes, &[("f", "")])?;
    let recipe = outcome
        .recipes
        .first()
        .filter(|_| !outcome.faults.has_errors())?;
    let nothing = indexmap::IndexMap::new();
    let read = crate::dockerfile::read(
        &recipe.dockerfile,
        crate::dockerfile::Given {
            args: &nothing,
            platforms: &[],
            target: None,
            contexts: &[],
        },
    );
    Some(
        read.instructions
            .iter()
            .map(|i| format!("{} {}", i.keyword, i.flag_names().join(",")))
            .collect(),
    )
}

/// With any value, the file has the same instructions and flags as with a harmless one, or the manifest is refused.
#[test]
fn no_value_adds_or_changes_an_instruction() {
    let mut rendered = 0;
    for slot in SLOTS {
        for by_parameter in [false, true] {
            if by_parameter && slot.starts_with("image:") {
                continue;
            }
            let harmless = ["a", "1", "0755"]
                .iter()
                .find_map(|value| keywords(slot, value, by_parameter));
            for attack in ATTACKS {
                if let Some(found) = keywords(slot, attack, by_parameter) {
                    let expect = harmless
                        .as_ref()
                        .unwrap_or_else(|| panic!("{slot} takes {attack:?} and nothing harmless"));
                    assert_eq!(&found, expect, "{slot} {attack:?}");
                    rendered += 1;
                }
            }
        }
    }
    // Plain text is accepted: a test in which everything is refused would show nothing.
    assert!(rendered > 30, "{rendered}");
}

#[test]
fn lines_lead_back_to_templates_and_manifest() {
    let nodes = "toolset \"s\" {\n  package \"git\"\n  run \"false\"\n}\nimage \"i\" { from base=\"b\"; template \"t\"; tag \"x\"; use \"s\" }";
    let outcome = run(
        nodes,
        &[(
            "t",
            "\n\nFROM {{from}}\n{{#if true}}\nRUN a \\\n  b\n{{/if}}\n{{> kiln/toolsets}}\nUSER x\n",
        )],
    );
    let recipe = &outcome.recipes[0];
    let place = |start: &str| {
        let line = recipe
            .dockerfile
            .lines()
            .position(|line| line.trim_start().starts_with(start))
            .expect("the line")
            + 1;
        recipe
            .place(line)
            .replace(".circleci/images/i/Dockerfile", "D")
    };
    assert_eq!(place("FROM"), "D:3 (kiln.kdl:2:1, t:3)");
    assert_eq!(place("RUN a"), "D:4 (t:5)");
    assert_eq!(place("b"), "D:5 (t:6)");
    assert_eq!(place("USER"), "D:15 (t:9)");
    assert!(
        place("RUN --mount").ends_with(" (kiln.kdl:4:11, kiln's templates/kiln/apt.hbs:2)"),
        "{}",
        place("RUN --mount")
    );
    assert!(
        place("git").ends_with("kiln.kdl:4:11, kiln's templates/kiln/apt.hbs:7)"),
        "{}",
        place("git")
    );
    assert!(
        place("RUN false").ends_with("kiln.kdl:5:7, kiln's templates/kiln/toolset.hbs:27)"),
        "{}",
        place("RUN false")
    );
}
