use super::*;
use crate::name::EngineVersion;
use crate::text::{Sources, kdl, show};
use proptest::prelude::*;

/// Reads a manifest from one text.
fn read(text: &str) -> (Manifest, Diagnostics, Sources) {
    let mut sources = Sources::default();
    let id = sources.add("kiln.kdl", text);
    let mut out = Diagnostics::default();
    let document = kdl::parse(id, text, &mut out);
    (parse(&[document], Vec::new(), &mut out), out, sources)
}

/// A valid manifest.
fn good(text: &str) -> Manifest {
    let (manifest, out, sources) = read(&format!("workspace \"x\"\n{text}"));
    assert!(out.is_empty(), "{}", show::text(&out, &sources, false));
    manifest
}

/// Checks the diagnostics, each as `message @ marked text`. The workspace is added.
fn faulty(text: &str, expect: &[&str]) {
    let all = format!("workspace \"x\"\n{text}");
    let (_, out, _) = read(&all);
    let mark = |span: Span| &all[span.start as usize..span.end as usize];
    let found: Vec<String> = out
        .iter()
        .map(|d| {
            format!(
                "{} @ {}",
                d.message,
                d.labels.first().map_or("", |l| mark(l.span))
            )
        })
        .collect();
    assert_eq!(found, expect, "{text}");
    assert!(
        out.iter().all(|d| d.help.is_some()),
        "every diagnostic has a help: {text}"
    );
}

/// The same inside an image.
fn faulty_image(text: &str, expect: &[&str]) {
    faulty(&format!("image \"go\" {{\n{text}\n}}"), expect);
}

/// The only image, with these nodes in it.
fn image(text: &str) -> Image {
    good(&format!("image \"go\" {{\n{text}\n}}"))
        .images
        .pop()
        .expect("there is one image")
}

#[test]
fn what_a_block_adds_is_said_once() {
    faulty_image(
        "ulimit \"nofile=1\" \"nproc=2\"; ulimit \"nofile=3\"",
        &["limit `nofile` appears twice @ \"nofile=3\""],
    );
    faulty_image(
        "extra-host \"a:10.0.0.1\"; extra-host \"a:10.0.0.1\"",
        &["a name with its address `a:10.0.0.1` appears twice @ \"a:10.0.0.1\""],
    );
    faulty_image(
        "expose 80; expose 81 80",
        &["a port `80` appears twice @ 80"],
    );
    faulty_image(
        "volume \"/a\"; volume \"/a\"",
        &["a path in the image `/a` appears twice @ \"/a\""],
    );
    faulty_image(
        "tag \"1\" on=\"schedule\"; tag \"1\"; tag \"1\" on=\"schedule\"",
        &["tag `1` is declared twice @ \"1\""],
    );
    faulty_image("must \"1\" \"1\"", &["tag `1` appears twice @ \"1\""]);
    faulty_image(
        "axis \"v\" { value \"1\" { alias \"1\" }; }",
        &["alias `1` is the name of its value @ \"1\""],
    );
    // The name is not a token of this value, except as an alias.
    image("axis \"v\" { value \"1\" token=\"one\" { alias \"1\" }; }");
    // One host may have several addresses.
    image("extra-host \"a:10.0.0.1\"; extra-host \"a:10.0.0.2\"");
}

const DESIGN: &str = include_str!("tests/design.kdl");

#[test]
fn a_whole_manifest_has_no_errors() {
    let (manifest, out, sources) = read(DESIGN);
    assert!(out.is_empty(), "{}", show::text(&out, &sources, false));
    let workspace = manifest.workspace.expect("it has a workspace");
    assert_eq!(
        workspace.publish[0].repository.value,
        "docker.io/cimg/{image}"
    );
    assert_eq!(
        workspace.stage.map(|stage| stage.value).as_deref(),
        Some("docker.io/cimg/kiln-stage")
    );
    assert_eq!(manifest.bases[0].from.value, "docker.io/cimg/base:2026.03");
    assert_eq!(manifest.toolsets[1].params[0].0.value, "version");
    assert_eq!(manifest.toolsets[1].items.len(), 2);
    assert_eq!(manifest.toolsets[1].checks.len(), 1);
    let go = &manifest.images[0];
    assert_eq!(go.axes[0].kind, AxisKind::Version);
    assert_eq!(
        go.axes[0]
            .rungs
            .iter()
            .map(|rung| rung.value)
            .collect::<Vec<_>>(),
        [Rung::Full, Rung::Minor]
    );
    assert_eq!(
        go.axes[1].values[0]
            .token
            .as_ref()
            .map(|token| token.value.as_str()),
        Some("")
    );
    assert_eq!(go.whens.len(), 3);
    assert_eq!(go.settings.tags[0].pattern.value, "{version}-{variant}");
}

#[test]
fn ten_errors_are_ten_diagnostics() {
    let (_, out, sources) = read(include_str!("tests/faulty.kdl"));
    assert_eq!(out.errors(), 10);
    insta::assert_snapshot!(show::text(&out, &sources, false));
    insta::assert_snapshot!(show::json(&out, &sources));
}

#[test]
fn workspaces() {
    let workspace = good("").workspace.expect("it has a workspace");
    assert_eq!(
        (
            workspace.name.value.as_str(),
            workspace.syntax,
            workspace.stage
        ),
        ("x", Syntax::BuildKit, None)
    );
    let (manifest, out, _) = read(
        "workspace \"x\" { publish \"a/{image}\" \"b/{image}\" on=\"release\" \"tag:v*\"; syntax \"classic\" }",
    );
    let workspace = manifest.workspace.expect("it has a workspace");
    assert!(out.is_empty());
    assert_eq!(workspace.syntax, Syntax::Classic);
    assert_eq!(
        workspace
            .publish
            .iter()
            .map(|p| p.repository.value.as_str())
            .collect::<Vec<_>>(),
        ["a/{image}", "b/{image}"]
    );
    assert!(
        matches!(workspace.publish[1].on.as_slice(), [Condition::Release(_), Condition::Tag(tag)] if tag.value == "v*")
    );
    let (_, out, _) = read("base \"x\" from=\"y\"");
    assert_eq!(
        out.iter().map(|d| d.message.as_str()).collect::<Vec<_>>(),
        ["the manifest has no `workspace`"]
    );
    faulty(
        "workspace \"y\"",
        &["`workspace` is declared twice @ workspace \"y\""],
    );
    let (_, out, _) =
        read("workspace { stage \"a\"; stage \"b\"; publish; syntax \"docker\"; pubish \"x\" } ");
    let found: Vec<&str> = out.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(
        found,
        [
            "`workspace` needs a name",
            "unknown node `pubish` in `workspace`",
            "`stage` is declared twice",
            "`publish` needs a repository",
            "unknown syntax: `docker`"
        ]
    );
}

#[test]
fn variables() {
    let all = good("variable \"a\" default=\"x\" one-of=\"x\" \"y\"\nvariable \"b\" kind=\"number\" default=3\nvariable \"c\" kind=\"bool\" default=#true\nvariable \"d\" kind=\"version\" pattern=#\"\\d+\"#").variables;
    assert_eq!(
        all.iter().map(|v| v.kind).collect::<Vec<_>>(),
        [
            VariableKind::Text,
            VariableKind::Number,
            VariableKind::Bool,
            VariableKind::Version
        ]
    );
    assert_eq!(
        all.iter()
            .map(|v| v.default.as_ref().map_or("-", |d| d.value.as_str()))
            .collect::<Vec<_>>(),
        ["x", "3", "true", "-"]
    );
    assert_eq!(all[0].one_of.len(), 2);
    faulty("variable", &["`variable` needs a name @ variable"]);
    faulty(
        "variable \"a\" kind=\"text\" default=3",
        &["`variable` takes text here, not a number @ 3"],
    );
    faulty(
        "variable \"a\" kind=\"int\"",
        &["unknown value of `kind`: `int` @ \"int\""],
    );
    faulty(
        "variable \"a\" pattern=\"(\"",
        &["`pattern` is not a regular expression: unclosed group @ \"(\""],
    );
    faulty(
        "variable \"a\" one-of=\"x\" \"x\" y=\"\"",
        &[
            "unknown property `y` on `variable` @ y",
            "value of `one-of` `x` appears twice @ \"x\"",
        ],
    );
    faulty(
        "variable \"a b\"",
        &["`a b` cannot be the name of a variable @ \"a b\""],
    );
}

#[test]
fn bases_and_names() {
    assert_eq!(
        good("base \"golang\" from=\"golang:{version}-{distro}\"").bases[0]
            .from
            .value,
        "golang:{version}-{distro}"
    );
    faulty(
        "base \"debian\" imgae=\"x\"",
        &["unknown property `imgae` on `base` @ imgae"],
    );
    faulty(
        "base \"debian\" onbuild=#true",
        &["`base` needs `from` @ base"],
    );
    faulty("base from=\"x\"", &["`base` needs a name @ base"]);
    faulty(
        "base 1.30 from=\"x\"",
        &["`base` takes text here, not a number @ 1.30"],
    );
    faulty(
        "base \"a\" \"b\" from=\"x\" from=\"y\"",
        &[
            "`from` is given twice @ from",
            "`base` takes no further arguments @ \"b\"",
        ],
    );
    faulty(
        "base \"a\" from=\"x\"\nbase \"a\" from=\"y\"",
        &["base `a` is declared twice @ \"a\""],
    );
    faulty(
        "base \"../a\" from=\"\"",
        &[
            "`../a` cannot be the name of a base @ \"../a\"",
            "`from` is empty @ \"\"",
        ],
    );
    faulty(
        "base \"a\" from=\"x\" { y }",
        &["`base` takes no block @ y"],
    );
    faulty(
        "bases \"a\" from=\"x\"\nfrobnicate",
        &[
            "unknown node `bases` in the manifest @ bases",
            "unknown node `frobnicate` in the manifest @ frobnicate",
        ],
    );
    // A syntax error does not also make something missing.
    faulty(
        "base \"a\" from=docker.io/x:1",
        &["`docker.io/x:1` needs quotes @ from=docker.io/x:1"],
    );
}

#[test]
fn tool_sets() {
    let text = "toolset \"a\" { param \"v\" default=\"1\"; package \"git\" \"curl\"; run \"x\"; env A=\"1\" B=\"2\"; archive \"u\" into=\"/x\"; file \"f\" into=\"/f\"; package \"jq\" }";
    let toolset = good(text).toolsets.pop().expect("there is one");
    assert_eq!(
        toolset.params[0].1.as_ref().map(|d| d.value.as_str()),
        Some("1")
    );
    let kinds: Vec<&str> = toolset
        .items
        .iter()
        .map(|on| match &on.item {
            ToolsetItem::Packages(_) => "packages",
            ToolsetItem::Run(_) => "run",
            ToolsetItem::Env(..) => "env",
            ToolsetItem::Archive(_) => "archive",
            ToolsetItem::Fetch(_) => "fetch",
            ToolsetItem::File(_) => "file",
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "packages", "run", "env", "env", "archive", "file", "packages"
        ]
    );
    faulty(
        "toolset \"a\" { param \"v\"; param \"v\"; package; package \"git\" \"git\"; run; env; archive \"u\"; file \"../x\" into=\"/x\" }",
        &[
            "parameter `v` is declared twice @ \"v\"",
            "`package` needs a package @ package",
            "package `git` appears twice @ \"git\"",
            "`run` needs a shell command @ run",
            "`env` needs a name and a value @ env",
            "`archive` needs `into` @ archive",
            "the path contains `..`: `../x` @ \"../x\"",
        ],
    );
    faulty(
        "toolset \"a\" { param \"arch\"; archive \"u\" into=\"/x\" digest=\"md5:1\" }",
        &[
            "`arch` is a reserved name @ \"arch\"",
            "`md5:1` is not a digest: expected `sha256:` and 64 lower-case hex digits @ \"md5:1\"",
        ],
    );
    faulty(
        "toolset \"a\" { packages \"x\" }",
        &["unknown node `packages` in `toolset` @ packages"],
    );
}

#[test]
fn refresh() {
    let read = |word: &str| {
        let text = format!("toolset \"a\" {{ refresh \"{word}\"; run \"x\" }}");
        let set = good(&text).toolsets.pop().expect("there is one");
        set.refresh.map(|refresh| refresh.value.to_string())
    };
    let same = [
        ("7d", "7d"),
        ("12h", "12h"),
        ("48h", "2d"),
        ("2w", "14d"),
        ("366d", "366d"),
        ("upgrades", "upgrades"),
    ];
    for (word, shown) in same {
        assert_eq!(read(word).as_deref(), Some(shown));
    }
    let wrong = [
        ("7", "`7` is not a duration and not `upgrades`"),
        ("7 days", "`7 days` is not a duration and not `upgrades`"),
        ("weekly", "`weekly` is not a duration and not `upgrades`"),
        ("1.5d", "`1.5d` is not a duration and not `upgrades`"),
        ("-1d", "`-1d` is not a duration and not `upgrades`"),
        ("d", "`d` is not a duration and not `upgrades`"),
        ("", "`` is not a duration and not `upgrades`"),
        ("upgrade", "`upgrade` is not a duration and not `upgrades`"),
        ("0d", "`refresh \"0d\"` has no duration"),
        ("367d", "`refresh \"367d\"` is longer than a year"),
        (
            "99999999999999999999w",
            "`refresh \"99999999999999999999w\"` is longer than a year",
        ),
    ];
    for (word, message) in wrong {
        let text = format!("toolset \"a\" {{ refresh \"{word}\"; run \"x\" }}");
        faulty(&text, &[&format!("{message} @ \"{word}\"")]);
    }
    let set = |nodes: &str| format!("toolset \"a\" {{ {nodes} }}");
    let nothing =
        "`refresh \"upgrades\"` has no effect: tool set `a` installs nothing @ \"upgrades\"";
    faulty(&set("refresh \"upgrades\""), &[nothing]);
    faulty(
        &set("refresh \"upgrades\"; archive \"u\" into=\"/x\"; env A=\"1\""),
        &[nothing],
    );
    good(&set(
        "refresh \"upgrades\"; family \"debian\" { package \"git\" }",
    ));
    faulty(
        &set("refresh \"7d\"; refresh \"8d\"; run \"x\""),
        &["`refresh` is declared twice @ refresh \"8d\""],
    );
    faulty(
        &set("refresh; run \"x\""),
        &["`refresh` needs a duration or `upgrades` @ refresh"],
    );
    faulty(
        &set("refresh 7; run \"x\""),
        &["`refresh` takes text here, not a number @ 7"],
    );
    faulty(
        &set("family \"debian\" { refresh \"7d\"; run \"x\" }"),
        &["unknown node `refresh` in `family` @ refresh"],
    );
}

/// The way out of a word that is not a refresh.
#[test]
fn a_refresh_that_was_meant() {
    let help = |word: &str| {
        let (_, out, sources) = read(&format!(
            "workspace \"x\"\ntoolset \"a\" {{ refresh \"{word}\"; run \"x\" }}"
        ));
        show::text(&out, &sources, false)
    };
    for (word, meant) in [
        ("7 days", "7d"),
        ("7D", "7d"),
        ("2weeks", "2w"),
        ("upgrade", "upgrades"),
    ] {
        assert!(
            help(word).contains(&format!("did you mean `{meant}`?")),
            "{}",
            help(word)
        );
    }
}

/// The names of a `package` node in each family.
#[track_caller]
fn package_names(node: &str, expect: [&str; 3]) {
    let set = good(&format!("toolset \"a\" {{ {node} }}"))
        .toolsets
        .remove(0);
    let ToolsetItem::Packages(packages) = &set.items[0].item else {
        panic!("{set:?}")
    };
    let names = |family| {
        let names = packages.on(family).iter().map(|name| name.as_str());
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(Family::ALL.map(names), expect, "{node}");
}

#[test]
fn packages_have_names_in_each_family() {
    package_names("package \"x\" \"y\"", ["x y", "x y", "x y"]);
    package_names(
        "package \"x\" alpine=\"y\" \"z\" rhel=#false",
        ["x", "y z", ""],
    );
    package_names("package debian=\"x\"", ["x", "", ""]);
    faulty(
        "toolset \"a\" { package \"x\" \"x\" suse=\"y\" }",
        &[
            "unknown property `suse` on `package` @ suse",
            "package `x` appears twice @ \"x\"",
        ],
    );
}

#[test]
fn tool_sets_have_families() {
    let set = good(
        "toolset \"a\" { families \"debian\" \"rhel\"; family \"alpine\" \"ubuntu\" { run \"x\"; check run=\"y\"; needs \"b\" p=\"1\" }; conflicts \"c\" \"d\" }",
    )
    .toolsets
    .remove(0);
    assert_eq!(set.families, [Family::Debian, Family::Rhel]);
    assert_eq!(set.items[0].families, [Family::Alpine, Family::Debian]);
    assert!(set.checks[0].holds(Family::Debian) && !set.checks[0].holds(Family::Rhel));
    assert_eq!(
        (set.needs[0].item.params.len(), set.conflicts.len()),
        (1, 2)
    );
    faulty(
        "toolset \"a\" { family \"suse\" { run \"x\" } }",
        &["unknown family: `suse` @ \"suse\""],
    );
    faulty(
        "toolset \"a\" { family { run \"x\" } }",
        &["`family` needs a family @ family"],
    );
}

#[test]
fn bases_have_a_family_and_a_user() {
    let base = |properties: &str| {
        good(&format!("base \"a\" from=\"x\" {properties}"))
            .bases
            .remove(0)
    };
    for (properties, expect) in [
        ("", None),
        ("family=\"ubuntu\"", Some(("debian", "apt"))),
        (
            "family=\"rhel\" manager=\"microdnf\"",
            Some(("rhel", "microdnf")),
        ),
    ] {
        let found = base(properties).distribution;
        let found = found.map(|d| (d.family.word(), d.manager.word()));
        assert_eq!(found, expect, "{properties}");
    }
    assert_eq!(
        base("user=3434").user.map(|user| user.value).as_deref(),
        Some("3434")
    );
    faulty(
        "base \"a\" from=\"x\" family=\"alpine\" manager=\"dnf\"",
        &["`dnf` does not install packages on alpine @ \"dnf\""],
    );
}

#[test]
fn users() {
    let user = |text: &str| {
        let user = image(text).settings.config.user;
        user.expect("a user")
    };
    let circleci = user("user \"circleci\" uid=3434 gid=\"1\" home=\"/h\" shell=\"/bin/bash\"");
    assert_eq!(
        (
            circleci.name.as_str(),
            circleci.uid.as_deref().map(String::as_str),
            circleci.existing
        ),
        ("circleci", Some("3434"), false)
    );
    assert!(user("user \"node\" existing").existing);
}

#[test]
fn configurations() {
    let config = |text: &str| image(text).settings.config;
    let ports = config("expose 8080 \"53/udp\"; expose 1").expose;
    let ports: Vec<&str> = ports.iter().map(|port| port.as_str()).collect();
    assert_eq!(ports, ["8080", "53/udp", "1"]);
    assert_eq!(config("label a.b=\"1\"; label \"c\" \"2\"").labels.len(), 2);
    let entrypoint = config("entrypoint").entrypoint;
    assert!(entrypoint.expect("an entry point").is_empty());
    faulty_image(
        "label \"a\"; label; label a=\"1\"; label \"a\" \"2\"; workdir \"\"; cmd \"a\"; cmd \"b\"; expose; user; user \"a\" uid=1 id=2",
        &[
            "`label` needs a value after the name of the label @ label",
            "`label` needs a name and a value @ label",
            "`a` is set twice @ \"a\"",
            "`workdir` is empty @ \"\"",
            "`cmd` is declared twice @ cmd \"b\"",
            "`expose` needs a port @ expose",
            "`user` needs a name @ user",
            "unknown property `id` on `user` @ id",
        ],
    );
}

#[test]
fn attest() {
    let attest = |text: &str| {
        let (manifest, faults, _) = read(&format!("workspace \"w\" {{ {text} }}"));
        let found = manifest.workspace.expect("a workspace").attest;
        let words: Vec<&str> = found.into_iter().map(Proof::word).collect();
        let messages: Vec<String> = faults.iter().map(|d| d.message.clone()).collect();
        (words.join(" "), messages.join("; "))
    };
    for (text, words, messages) in [
        ("", "", ""),
        ("attest \"provenance\" \"sbom\"", "sbom provenance", ""),
        ("attest \"sbom\"", "sbom", ""),
        ("attest", "", "`attest` needs `sbom` or `provenance`"),
        ("attest \"spdx\"", "", "unknown proof: `spdx`"),
        (
            "attest \"sbom\" \"sbom\"",
            "sbom",
            "proof `sbom` appears twice",
        ),
        (
            "attest \"sbom\"; attest \"sbom\"",
            "sbom",
            "`attest` is declared twice",
        ),
    ] {
        assert_eq!(attest(text), (words.into(), messages.into()), "{text}");
    }
}

#[test]
fn engine_versions() {
    let engine = |text: &str| {
        let (manifest, ..) = read(&format!("workspace \"w\" {{ syntax {text} }}"));
        manifest.workspace.expect("a workspace").engine
    };
    assert_eq!(engine("\"buildkit\""), EngineVersion(20, 10));
    assert_eq!(
        engine("\"buildkit\" engine=\"23.0.1\""),
        EngineVersion(23, 0)
    );
    let (_, faults, _) = read("workspace \"w\" { syntax \"buildkit\" engine=\"new\" }");
    let messages: Vec<&str> = faults.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(messages, ["`new` is not a version of an engine"]);
}

#[test]
fn checks() {
    let toolset =
        good("toolset \"a\" { check run=\"x\" contains=\"a\" \"b\" exit=1; check user=\"!root\" }")
            .toolsets
            .remove(0);
    assert_eq!(toolset.checks.len(), 2);
    assert_eq!(
        image("check size=\"<1GB\"\nwhen a=\"b\" { check file=\"/x\" absent }").whens[0]
            .settings
            .checks
            .len(),
        1
    );
    faulty_image(
        "check user=\"x\" exit=300 1",
        &[
            "`check` takes text here, not a number @ 1",
            "`exit` does not apply to the user @ 300",
        ],
    );
}

#[test]
fn axes_and_values() {
    let axes = image("axis \"node\" kind=\"version\" rungs=\"full\" \"minor none\" { value \"24.17.0\" token=\"24\" default shared { alias \"krypton\" \"lts\"; set build=\"1654\" os=\"linux\" } }").axes;
    let rungs: Vec<Rung> = axes[0].rungs.iter().map(|rung| rung.value).collect();
    assert_eq!(rungs, [Rung::Full, Rung::Minor, Rung::None]);
    let value = &axes[0].values[0];
    assert!(value.default.is_some() && value.shared.is_some());
    let aliases: Vec<&str> = value.aliases.iter().map(|alias| alias.as_str()).collect();
    assert_eq!(aliases, ["krypton", "lts"]);
    let data = value.data.iter();
    let data: Vec<String> = data
        .map(|(k, v)| format!("{}={}", k.value, v.value))
        .collect();
    assert_eq!(data, ["build=1654", "os=linux"]);
}

#[test]
fn default_is_a_flag_after_the_name_of_a_value() {
    for (value, default) in [
        ("value \"default\"", false),
        ("value \"b\" default", true),
        ("value \"b\" default=#true shared=#false", true),
    ] {
        let axes = image(&format!("axis \"a\" {{ {value} }}")).axes;
        assert_eq!(axes[0].values[0].default.is_some(), default, "{value}");
    }
}

#[test]
fn wrong_axes_and_values_are_reported() {
    faulty_image(
        "axis \"a\" rungs=\"full fulll full\" kind=\"semver\" { value \"x\"; value \"x\"; value 3.10; vlaue \"y\" }",
        &[
            "unknown value of `kind`: `semver` @ \"semver\"",
            "unknown rung: `fulll` @ fulll",
            "rung `full` is given twice @ full",
            "unknown node `vlaue` in `axis` @ vlaue",
            "`value` takes text here, not a number @ 3.10",
            "value `x` appears twice in axis `a` @ \"x\"",
        ],
    );
    faulty_image(
        "axis \"image\"; axis \"a.b\"; axis",
        &[
            "`image` is a reserved name @ \"image\"",
            "`a.b` cannot be the name of an axis @ \"a.b\"",
            "`axis` needs a name @ axis",
        ],
    );
    faulty_image(
        "axis \"a\"; axis \"a\"",
        &["axis `a` is declared twice @ \"a\""],
    );
    faulty_image(
        "axis \"a\" { value \"x\" defualt { set; alias; set b=\"1\" b=\"2\" } }",
        &[
            "`value` takes no further arguments @ defualt",
            "`set` needs a name and a value @ set",
            "`alias` needs a text @ alias",
            "`b` is given twice @ b",
        ],
    );
}

#[test]
fn whens_and_cells() {
    let image = image(
        "when version=\">=3.8\" variant=\"node\" \"!x\" { token variant=\"\"; default variant=\"y\" }\nexclude version=\"1.*\" variant=\"a\" \"b\"\ninclude version=\"2\"",
    );
    let patterns = |one: &Match| {
        format!(
            "{}={}",
            one.axis.value,
            one.patterns
                .iter()
                .map(|p| p.value.as_str())
                .collect::<Vec<_>>()
                .join("|")
        )
    };
    assert_eq!(
        image.whens[0]
            .matches
            .iter()
            .map(patterns)
            .collect::<Vec<_>>(),
        ["version=>=3.8", "variant=node|!x"]
    );
    let on_variables = self::image("when var:A-b=\"!\" \"x\" k=\"y\" var:C=\"\" { arg A=\"1\" }");
    let variables = on_variables.whens[0].variables.iter();
    let written = variables.map(|one| {
        let patterns = one.patterns.iter().map(|pattern| pattern.value.as_str());
        (one.variable.value.as_str(), patterns.collect::<Vec<_>>())
    });
    assert_eq!(
        written.collect::<Vec<_>>(),
        [("A-b", vec!["!", "x"]), ("C", vec![""])]
    );
    assert_eq!(on_variables.whens[0].matches.len(), 1);
    assert_eq!(
        image.exclude[0]
            .cells
            .iter()
            .map(patterns)
            .collect::<Vec<_>>(),
        ["version=1.*", "variant=a|b"]
    );
    assert_eq!(
        (
            image.include.len(),
            image.whens[0].settings.tokens.len(),
            image.whens[0].settings.defaults.len()
        ),
        (1, 1, 1)
    );
    faulty_image(
        "when { tag \"x\" }",
        &["`when` needs an axis or a variable @ when"],
    );
    faulty_image(
        "when var:=\"a\" k=\"b\" { tag \"x\" }",
        &["`var:` names no variable @ var:"],
    );
    faulty_image(
        "when var:a=3 { tag \"x\" }",
        &["`when` takes text here, not a number @ 3"],
    );
    faulty_image(
        "when \"a\" b=\"c\" { tag \"x\" }",
        &["`when` takes no further arguments @ \"a\""],
    );
    faulty_image("when a=\"b\"", &["this `when` sets nothing @ when a=\"b\""]);
    faulty_image(
        "when a=\"b\" a=\"c\" d=\"\" { axis \"x\" }",
        &[
            "`a` is given twice @ a",
            "a pattern is empty @ \"\"",
            "unknown node `axis` in `when` @ axis",
        ],
    );
    faulty_image("exclude", &["`exclude` needs an axis @ exclude"]);
}

#[test]
fn settings() {
    let all = image("from image=\"go\" variant=\"plain\" x=\"y\"; dockerfile \"d/Dockerfile\"; context \"d\"; platforms \"linux/amd64\" \"linux/arm64\"; use \"t\" v=\"{version}\"; arg A=\"1\"; env B=\"2\"; path \"{v}\"; must \"latest\" \"1\"; publish \"x/y\"").settings;
    assert!(
        matches!(all.from.map(|from| from.value), Some(BasedOn::Image { image, cells }) if image.value == "go" && cells.len() == 2)
    );
    assert!(
        matches!(all.recipe, Some(RecipeDecl::Dockerfile(path)) if path.value == "d/Dockerfile")
    );
    assert_eq!(
        (
            all.platforms.map(|p| p.len()),
            all.uses.len(),
            all.args.len(),
            all.env.len()
        ),
        (Some(2), 1, 1, 1)
    );
    faulty_image(
        "from; from base=\"a\" image=\"b\"; from base=\"a\" variant=\"x\"; from base=\"b\"",
        &[
            "`from` needs `base` or `image` @ from",
            "`from` names a base and an image @ \"b\"",
            "unknown property `variant` on `from` @ variant",
            "`from` is declared twice @ from base=\"b\"",
        ],
    );
    faulty_image(
        "template \"a\"; dockerfile \"b\"; context \"/x\"; template \"a\\\\b\"",
        &[
            "`template` or `dockerfile` is declared twice @ dockerfile \"b\"",
            "the path is absolute: `/x` @ \"/x\"",
            "the path contains a backslash: `a\\b` @ \"a\\\\b\"",
            "`template` or `dockerfile` is declared twice @ template \"a\\\\b\"",
        ],
    );
    faulty_image(
        "platforms; platforms \"a\" \"a\"; use; arg; env A=\"1\"; env A=\"2\" B=3; default \"x\" \"y\"",
        &[
            "`platforms` needs a platform @ platforms",
            "platform `a` appears twice @ \"a\"",
            "`platforms` is declared twice @ platforms \"a\" \"a\"",
            "`use` needs a tool set @ use",
            "`arg` needs a name and a value @ arg",
            "`env` takes text here, not a number @ 3",
            "`A` is set twice @ A",
            "`default` needs a name and a value @ default",
            "`default` takes no further arguments @ \"y\"",
        ],
    );
    faulty(
        "image \"go\"\nimage \"go\"\nimage \"a/b\"\nimage",
        &[
            "image `go` is declared twice @ \"go\"",
            "`a/b` cannot be the name of an image @ \"a/b\"",
            "`image` needs a name @ image",
        ],
    );
}

#[test]
fn tag_rules() {
    let tags =
        image("tag \"{v}\" rungs=\"full latest\" per=\"cell\" fixed on=\"branch:main\" \"schedule\"; tag \"x\" fixed=#true; tag \"\"")
            .settings
            .tags;
    assert_eq!(
        (
            tags[0].per,
            tags[0].fixed,
            tags[0].on.len(),
            tags[0].rungs.as_ref().map(Vec::len)
        ),
        (Some(Per::Cell), true, 2, Some(2))
    );
    assert!(tags[1].fixed && tags[1].rungs.is_none() && tags[1].on.is_empty());
    faulty_image(
        "tag; tag \"a\" per=\"row\" on=\"branch:\" \"nightly\" \"releas\" \"release\" \"release\"",
        &[
            "`tag` needs a pattern @ tag",
            "condition `release` appears twice @ \"release\"",
            "unknown condition: `branch:` @ \"branch:\"",
            "unknown condition: `nightly` @ \"nightly\"",
            "unknown condition: `releas` @ \"releas\"",
            "unknown value of `per`: `row` @ \"row\"",
        ],
    );
    faulty_image(
        "tag \"a\" fixd fixed=\"yes\"",
        &[
            "`tag` takes `#true` or `#false` here, not text @ \"yes\"",
            "`tag` takes no further arguments @ fixd",
        ],
    );
}

/// Words of the manifest in any order: they reach more of the parser than random characters.
fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "workspace",
        "variable",
        "base",
        "toolset",
        "image",
        "include",
        "axis",
        "value",
        "when",
        "from",
        "template",
        "platforms",
        "use",
        "tag",
        "must",
        "check",
        "exclude",
        "archive",
        "env",
        "param",
        "alias",
        "set",
        "publish",
        "{",
        "}",
        "\n",
        "\n",
        "\n",
        " ",
        "\"x\"",
        "\"\"",
        "\"é y\"",
        "1.30",
        "#true",
        "k=\"v\"",
        "kind=\"version\"",
        "rungs=\"full \\t minor\"",
        "on=\"schedule\"",
        "fixed",
        "default",
        "image=\"go\"",
        "exit=1",
        "run=#\"x\"#",
        "/-",
        "=",
    ]);
    prop::collection::vec(word, 0..300).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_words_are_parsed(text in words()) {
        let (_, out, _) = read(&text);
        for span in out.iter().flat_map(|d| &d.labels).map(|label| label.span) {
            prop_assert!(text.get(span.start as usize..span.end as usize).is_some(), "{:?}", span);
        }
    }
}

/// The helps of the faults of a manifest.
fn helps_of(text: &str) -> String {
    let (_, out, _) = read(&format!("workspace \"x\"\n{text}"));
    let helps = out.iter().filter_map(|fault| fault.help.clone());
    helps.collect::<Vec<_>>().join("\n")
}

/// A node of another place, and an image that is named like its repository, have a help that says where it belongs.
#[test]
fn what_belongs_elsewhere() {
    for (text, expect) in [
        (
            "secret \"npm\" env=\"NPM\"",
            "`secret` belongs in an `image` or a `toolset`",
        ),
        ("stage \"r.example/x\"", "`stage` belongs in `workspace`"),
        ("value \"1\"", "`value` belongs in an `axis`"),
        (
            "image \"app/web\" { tag \"1\" }",
            "name it `web` and say `publish \"REGISTRY/app/web\"` in it",
        ),
    ] {
        let helps = helps_of(text);
        assert!(helps.contains(expect), "{text}: {helps}");
    }
    assert!(!helps_of("base \"a/b\" from=\"x\"").contains("publish"));
    assert!(!helps_of("frobnicate").contains("belongs"));
}

/// The helps of the faults of an image with these nodes.
fn helps(nodes: &str) -> Vec<String> {
    let text = format!("workspace \"x\"\nimage \"go\" {{\n{nodes}\n}}");
    let (_, out, _) = read(&text);
    out.iter().filter_map(|fault| fault.help.clone()).collect()
}

/// What newcomers write, and what they are led to.
#[test]
fn slips_have_a_way_out() {
    let check = |nodes: &str, expect: &str| {
        assert_eq!(helps(nodes), [expect], "{nodes}");
    };
    check(
        "from \"r.example:5000/debian:12\"",
        "declare `base \"debian\" from=\"r.example:5000/debian:12\"` and write `from base=\"debian\"`",
    );
    check(
        "from \"debian\"",
        "write `from base=\"debian\"` or `from image=\"debian\"`",
    );
    check("env \"FOO=bar\"", "write `env FOO=\"bar\"`");
    check("arg \"FOO=\"", "write `arg FOO=\"\"`");
    check(
        "package \"git\"",
        "`package` belongs in a `toolset`; declare one and `use` it",
    );
    check(
        "when v=\"1\" { env A=\"b\"; run \"make\"; }",
        "`run` belongs in a `toolset`; declare one and `use` it",
    );
    check("tag: \"1.0\"", "write `tag \"1.0\"`, without the colon");
    check("tag: 1.0", "write `tag \"1.0\"`, without the colon");
}

#[test]
fn single_quotes_are_part_of_a_name() {
    let (_, out, _) = read("workspace \"x\"\nimage 'app' {\n}");
    let helps: Vec<&str> = out.iter().filter_map(|d| d.help.as_deref()).collect();
    assert_eq!(helps, ["use double quotes: `\"app\"`"]);
}

#[test]
fn last_days_of_values() {
    let axis =
        |until: &str| format!("image \"i\" {{ axis \"v\" {{ value \"a\" until=\"{until}\"; }}; }}");
    for wrong in [
        "tomorrow",
        "2026-02-30",
        "2026-1-1",
        "20261231",
        "2026-12-31T00:00",
    ] {
        let expect = format!("`{wrong}` is not a date @ \"{wrong}\"");
        faulty(&axis(wrong), &[&expect]);
    }
    good(&axis("2026-12-31"));
}

#[test]
fn one_mistake_is_one_error() {
    let check = |text: &str, expect: &str| {
        let (_, out, _) = read(&format!("workspace \"w\" {{ publish \"a/b\" }}\n{text}"));
        let found: Vec<&str> = out.iter().map(|d| d.message.as_str()).collect();
        assert_eq!(found, [expect], "{text}");
    };
    check(
        "image \"a\" { dockerfile \"D\" tag \"1\" }",
        "`dockerfile` ends here: a `;` or a line break is missing before `tag`",
    );
    // The block is that of the image.
    check(
        "base \"b\" from=\"debian:12\" image \"a\" { tag \"1\" }",
        "`base` ends here: a `;` or a line break is missing before `image`",
    );
    check(
        "image \"a\" { from base=\"b\" template \"t\" }",
        "`from` ends here: a `;` or a line break is missing before `template`",
    );
    check(
        "toolset \"t\" { package \"curl\" run \"make\" }",
        "`package` ends here: a `;` or a line break is missing before `run`",
    );
    check(
        "image \"a\" { dockerfile \"D\"; cmd \"a\" \"b\" tag \"1\" immutable=#true }",
        "`cmd` ends here: a `;` or a line break is missing before `tag`",
    );
    check(
        "image \"a\" { dockerfile \"D\"; tag: 1.0 }",
        "unknown node `tag:` in `image`",
    );
    // `file` is a package.
    good(
        "toolset \"t\" { package git file curl; package \"git\" file curl; package \"g++\" \"run\" \"file\" }",
    );
}

#[test]
fn secrets() {
    let settings = image("secret \"npm\" env=\"T\"; secret \"/root/.netrc\" file=\"a/b\"; ssh \"default\"; ssh \"x\" env=\"S\"").settings;
    let building = settings.building;
    assert_eq!(
        building.secrets.keys().collect::<Vec<_>>(),
        ["npm", "/root/.netrc"]
    );
    assert_eq!(building.agents.keys().collect::<Vec<_>>(), ["default", "x"]);
    faulty_image(
        "secret \"--help\" env=\"T\"; secret \"a\\nb\" env=\"T\"; secret \"\" env=\"T\"; ssh \"a,b\"; ssh",
        &[
            "`--help` cannot be the id of a secret @ \"--help\"",
            "`a\\nb` cannot be the id of a secret @ \"a\\nb\"",
            "`` cannot be the id of a secret @ \"\"",
            "`a,b` cannot be the id of an ssh agent @ \"a,b\"",
            "`ssh` needs an id @ ssh",
        ],
    );
    faulty_image(
        "secret \"a\"; secret \"b\" env=\"B\" file=\"b\"; secret \"c\" file=\"/etc/passwd\"; secret \"d\" env=\"\" target=\"/x\"",
        &[
            "`secret` needs `env` or `file` @ secret",
            "secret `b` has two sources @ \"b\"",
            "the path is absolute: `/etc/passwd` @ \"/etc/passwd\"",
            "`env` is empty @ \"\"",
            "unknown property `target` on `secret` @ target",
        ],
    );
    faulty_image(
        "secret \"a\" env=\"A\"; secret \"a\" env=\"B\"",
        &["`a` is set twice @ \"a\""],
    );
}

#[test]
fn secrets_of_toolsets() {
    let set = &good("toolset \"t\" { secret \"n\" env=\"T\" target=\"/n\"; ssh \"default\"; package \"p\" \"q\" secret=\"n\"; run \"x\" secret=\"n\" ssh=\"default\" }").toolsets[0];
    let ToolsetItem::Packages(packages) = &set.items[0].item else {
        panic!("packages first");
    };
    assert_eq!(
        (packages.names.len(), packages.mounts.secrets.len()),
        (2, 1)
    );
    faulty(
        "toolset \"t\" { secret \"npm\" env=\"T\"; ssh \"default\"; run \"x\" secret=\"nmp\" \"other\"; package \"p\" ssh=\"git\" }",
        &[
            "tool set `t` declares no `secret \"nmp\"` @ \"nmp\"",
            "tool set `t` declares no `secret \"other\"` @ \"other\"",
            "`secret \"npm\"` has no effect: no step of tool set `t` mounts it @ \"npm\"",
            "tool set `t` declares no `ssh \"git\"` @ \"git\"",
            "`ssh \"default\"` has no effect: no step of tool set `t` mounts it @ \"default\"",
        ],
    );
}

#[test]
fn hooks() {
    let all = image(
        "before-move run=\"scan {reference}\" name=\"s\" timeout=\"90s\"\nafter-move run=\"sign {digest}\"",
    );
    let hooks = all.settings.hooks.iter().map(|hook| {
        let name = hook.name.as_ref().map(|name| name.as_str());
        (
            hook.phase.word(),
            hook.run.as_str(),
            name,
            hook.within.as_secs(),
        )
    });
    let expected = [
        ("before-move", "scan {reference}", Some("s"), 90),
        ("after-move", "sign {digest}", None, 300),
    ];
    assert_eq!(hooks.collect::<Vec<_>>(), expected);
    for hook in [
        "before-move",
        "before-move name=\"scan\"",
        "before-move timeout=\"5m\"",
    ] {
        faulty_image(hook, &["`before-move` needs `run` @ before-move"]);
    }
    faulty_image(
        "before-move timeuot=\"5m\"",
        &[
            "`before-move` needs `run` @ before-move",
            "unknown property `timeuot` on `before-move` @ timeuot",
        ],
    );
    faulty_image(
        "before-move exec=\"scan\" name=\"s\"",
        &["unknown property `exec` on `before-move` @ exec"],
    );
    faulty_image(
        "after-move run=\" \"",
        &["the command of this hook is empty @ \" \""],
    );
    faulty_image(
        "after-move run=\"a\\u{0}b\"",
        &["a command cannot contain the character NUL @ \"a\\u{0}b\""],
    );
    for (timeout, why) in [
        ("5", "`5` is not a duration such as `500ms`, `30s` or `2m`"),
        ("0s", "a time limit must be longer than 0"),
        ("2h", "a time limit is one hour at most"),
    ] {
        let text = format!("after-move run=\"true\" timeout=\"{timeout}\"");
        faulty_image(&text, &[&format!("{why} @ \"{timeout}\"")]);
    }
    let long = format!("\"{}\"", "x".repeat(40_000));
    faulty_image(
        &format!("after-move run={long}"),
        &[&format!("this command is longer than 32 KiB @ {long}")],
    );
}

#[test]
fn a_shared_block_that_a_when_repeats_is_an_error() {
    let check = |image: &str, expect: &[&str]| {
        let shared = "settings \"web\" { expose 80 }";
        faulty(&format!("{shared}\nimage \"a\" {{ {image} }}"), expect);
    };
    let twice =
        "`settings \"web\"` has no effect here: all variants of the image have it @ \"web\"";
    check(
        "settings \"web\"; when v=\"1\" { settings \"web\" }",
        &[twice],
    );
    check("settings \"web\"; when v=\"1\" { expose 81 }", &[]);
    check(
        "when v=\"1\" { settings \"web\" }; when v=\"2\" { settings \"web\" }",
        &[],
    );
}
