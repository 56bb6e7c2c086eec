//! Tool sets, and the bases that they are installed on.

use super::*;

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
        "toolset \"a\" { families \"debian\" \"rhel\" \"alpine\"; family \"alpine\" \"ubuntu\" { run \"x\"; check run=\"y\"; needs \"b\" p=\"1\" }; conflicts \"c\" \"d\" }",
    )
    .toolsets
    .remove(0);
    assert_eq!(set.families, [Family::Debian, Family::Rhel, Family::Alpine]);
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
fn words_of_tool_sets_without_an_effect() {
    let only = |family: &str, text: &str, at: &str| {
        format!("`{family}` has no effect here: this is for {text} only @ {at}")
    };
    let off = "this package is for no family @ package \"x\"";
    for (body, expect) in [
        (
            "families \"debian\"; family \"alpine\" { run \"x\" }; run \"y\"",
            only("alpine", "`debian`", "\"alpine\""),
        ),
        (
            "families \"debian\" \"alpine\"; package \"x\" rhel=\"y\"",
            only("rhel", "`debian` and `alpine`", "rhel=\"y\""),
        ),
        (
            "family \"alpine\" { package \"x\" rhel=\"y\" }",
            only("rhel", "`alpine`", "rhel=\"y\""),
        ),
        (
            "package \"x\" alpine=#false rhel=#false debian=#false",
            format!("{off} alpine=#false rhel=#false debian=#false"),
        ),
        (
            "families \"debian\"; package \"x\" debian=#false",
            format!("{off} debian=#false"),
        ),
        (
            "conflicts \"b\" \"a\"; run \"x\"",
            String::from("a tool set does not conflict with itself @ \"a\""),
        ),
        (
            "",
            String::from("tool set `a` has no effect: it is empty @ \"a\""),
        ),
    ] {
        faulty(&format!("toolset \"a\" {{ {body} }}"), &[&expect]);
    }
    good("toolset \"a\" { families \"debian\" \"rhel\"; package \"x\" rhel=#false }");
    good("toolset \"a\" { package \"x\" alpine=#false rhel=#false }");
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
