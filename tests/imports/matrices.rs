//! What a bake file computes from a value of its matrix: a rung, data or a token of the value, so that a new value is one
//! line. A `when` remains only where nothing else says the same.

use super::{fleet, run};
use kiln::import::Format;

/// Expects these lines of the manifest of a target, and no others of these kinds.
fn check(target: &str, expect: &[&str]) {
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", target);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    fleet(&manifest);
    const KINDS: [&str; 7] = [
        "axis",
        "value",
        "arg",
        "dockerfile",
        "platforms",
        "when",
        "tag",
    ];
    let lines = manifest.lines().map(str::trim);
    let lines = lines.filter(|line| {
        let word = line.split(' ').next();
        word.is_some_and(|word| KINDS.contains(&word)) && *line != "dockerfile \"Dockerfile\""
    });
    assert_eq!(lines.collect::<Vec<_>>(), expect, "{manifest}");
}

/// A target with this matrix over `v`, and over `o` if it has that.
fn target(matrix: &str, settings: &str) -> String {
    let end = match matrix.contains("o = ") {
        true => "-${o == \"\" ? \"plain\" : o}",
        false => "",
    };
    format!(
        "target \"a\" {{\n  name = \"a-${{replace(v, \".\", \"_\")}}{end}\"\n  matrix = {{ {matrix} }}\n{settings}\n}}\n"
    )
}

#[test]
fn rungs_of_versions() {
    let versions = "v = [\"1.26.7\", \"1.27.3\"]";
    let minor = r#"join(".", slice(split(".", v), 0, 2))"#;
    check(
        &target(
            versions,
            &format!(
                "args = {{ MINOR = {minor}, MAJOR = split(\".\", v)[0] }}\n  tags = [\"x/a:${{v}}\", \"x/a:${{{minor}}}\"]"
            ),
        ),
        &[
            "axis \"v\" kind=\"version\" rungs=\"full minor\" {",
            "value \"1.26.7\"",
            "value \"1.27.3\"",
            "arg MINOR=\"{v.minor}\"",
            "arg MAJOR=\"1\"",
            "tag \"{v}\"",
        ],
    );
    // The highest version has more tags, and so has one of two systems.
    check(
        &target(
            "v = [\"8.3\", \"8.4\"], o = [\"fpm\", \"cli\"]",
            r#"  tags = compact([
    "x/a:${v}-${o}",
    v == "8.4" ? "x/a:${split(".", v)[0]}-${o}" : "",
    o == "cli" ? "x/a:${v}" : "",
    v == "8.4" && o == "cli" ? "x/a:latest" : "",
  ])"#,
        ),
        &[
            "axis \"v\" kind=\"version\" rungs=\"full major latest\" {",
            "value \"8.3\"",
            "value \"8.4\"",
            "axis \"o\" {",
            "value \"fpm\"",
            "value \"cli\"",
            "tag \"{v:full,major}-{o}\"",
            "when o=\"cli\" { tag \"{v:full,latest}\"; }",
        ],
    );
    // Within a longer word, a version is not one: `1.2` in `11.2`.
    check(
        &target(
            "v = [\"1.2.1\", \"1.3.1\"]",
            "  tags = [\"x/a:${v}\", \"x/a:11.2-${v}\"]",
        ),
        &[
            "axis \"v\" {",
            "value \"1.2.1\"",
            "value \"1.3.1\"",
            "tag \"{v}\"",
            "tag \"11.2-{v}\"",
        ],
    );
}

/// What a file computes from the only value of a key follows this value, as with several.
#[test]
fn one_value() {
    let minor = r#"join(".", slice(split(".", v), 0, 2))"#;
    check(
        &target(
            "v = [\"2.11.4\"]",
            &format!(
                "args = {{ V = v, MINOR = {minor}, INDEX = \"cu${{replace(v, \".\", \"\")}}\", PG = {{ \"2.11.4\" = \"16\" }}[v] }}\n  tags = [\"x/a:${{v}}\", \"x/a:v${{{minor}}}\"]"
            ),
        ),
        &[
            "axis \"v\" kind=\"version\" rungs=\"full minor\" {",
            "value \"2.11.4\" { set index=\"cu2114\" pg=\"16\"; }",
            "arg V=\"{v}\"",
            "arg MINOR=\"{v.minor}\"",
            "arg INDEX=\"{v.index}\"",
            "arg PG=\"{v.pg}\"",
            "tag \"{v:full}\"",
            "tag \"v{v:minor}\"",
        ],
    );
    // No tag has the value itself.
    check(
        &target(
            "v = [\"2.11.4\"]",
            r#"args = { V = v == "2.11.4" ? "newest" : "old", CUT = substr(v, 0, 4) }
  tags = ["x/a:${split(".", v)[0]}"]"#,
        ),
        &[
            "axis \"v\" kind=\"version\" rungs=\"major\" {",
            "value \"2.11.4\" { set v=\"newest\" cut=\"2.11\"; }",
            "arg V=\"{v.v}\"",
            "arg CUT=\"{v.cut}\"",
            "tag \"{v:major}\"",
        ],
    );
    // One key of several has one value.
    check(
        &target(
            "v = [\"2.11.4\"], o = [\"fpm\", \"cli\"]",
            r#"args = { MAJOR = split(".", v)[0] }
  tags = ["x/a:${v}-${o}", "x/a:${split(".", v)[0]}-${o}"]"#,
        ),
        &[
            "axis \"v\" kind=\"version\" rungs=\"full major\" {",
            "value \"2.11.4\"",
            "axis \"o\" {",
            "value \"fpm\"",
            "value \"cli\"",
            "arg MAJOR=\"{v.major}\"",
            "tag \"{v}-{o}\"",
        ],
    );
    // One map.
    let of_map = r#"target "a" {
  matrix = { v = [{ tag = "v2.11.4", os = "bookworm" }] }
  args = { V = trimprefix(v.tag, "v"), OS = upper(v.os) }
  context = "os/${substr(v.os, 0, 4)}"
  tags = ["x/a:${trimprefix(v.tag, "v")}-${v.os}", "x/a:${split(".", v.tag)[0]}"]
}
"#;
    check(
        of_map,
        &[
            "axis \"v\" kind=\"version\" rungs=\"major\" {",
            "value \"v2.11.4\" { set os=\"bookworm\" v=\"2.11.4\" os-2=\"BOOKWORM\" dockerfile=\"book\"; }",
            "dockerfile \"os/{v.dockerfile}/Dockerfile\"",
            "arg V=\"{v.v}\"",
            "arg OS=\"{v.os-2}\"",
            "tag \"{v.v}-{v.os}\"",
            "tag \"{v:major}\"",
        ],
    );
}

/// A value that is a variable needs an axis only beside others: what is computed from it follows the variable.
#[test]
fn values_that_are_variables() {
    let variable = "variable \"VERSION\" { default = \"2.11.4\" }\n";
    let one = target(
        "v = [VERSION]",
        r#"args = { V = v, MAJOR = split(".", v)[0] }
  tags = ["x/a:${v}", "x/a:${join(".", slice(split(".", v), 0, 2))}"]"#,
    );
    check(
        &format!("{variable}{one}"),
        &[
            "arg V=\"{var:VERSION}\"",
            "arg MAJOR=\"{var:VERSION:before .}\"",
            "tag \"{var:VERSION}\"",
            "tag \"{var:VERSION:minor}\"",
        ],
    );
    // Of maps, an item that is the same in all of them.
    let maps = r#"target "a" {
  name = "a-${item.name}"
  matrix = { item = [{ name = "a", tag = VERSION }, { name = "b", tag = VERSION }] }
  args = { SHORT = replace(item.tag, ".", "") }
  tags = ["x/${item.name}:${item.tag}", "x/${item.name}:${split(".", item.tag)[0]}"]
}
"#;
    check(
        &format!("{variable}{maps}"),
        &[
            "axis \"item\" {",
            "value \"a\"",
            "value \"b\"",
            "arg SHORT=\"{var:VERSION:replace . }\"",
            "tag \"{var:VERSION}\"",
            "tag \"{var:VERSION:before .}\"",
        ],
    );
}

#[test]
fn data_of_values() {
    let patches = "variable \"PATCH\" { default = { \"16\" = \"16.10\", \"17\" = \"17.6\" } }\n";
    check(
        &format!(
            "{patches}{}",
            target(
                "v = keys(PATCH)",
                "  args = { PG = PATCH[v] }\n  tags = [\"x/a:${v}\", \"x/a:${lookup(PATCH, v, \"\")}\"]"
            )
        ),
        &[
            "axis \"v\" {",
            "value \"16\" { set pg=\"16.10\"; }",
            "value \"17\" { set pg=\"17.6\"; }",
            "arg PG=\"{v.pg}\"",
            "tag \"{v}\"",
            "tag \"{v.pg}\"",
        ],
    );
    // What differs is the part between separators, not every common letter.
    check(
        &target(
            "v = [\"12.4.1\", \"12.8.1\"]",
            r#"  args = { INDEX = "https://example.com/whl/cu${replace(join(".", slice(split(".", v), 0, 2)), ".", "")}" }
  tags = ["x/a:${v}"]"#,
        ),
        &[
            "axis \"v\" {",
            "value \"12.4.1\" { set index=\"cu124\"; }",
            "value \"12.8.1\" { set index=\"cu128\"; }",
            "arg INDEX=\"https://example.com/whl/{v.index}\"",
            "tag \"{v}\"",
        ],
    );
    // One of three has another value: an exception.
    check(
        &target(
            "v = [\"a\", \"b\", \"c\"]",
            "  args = { CUDA = v == \"c\" ? \"12.6\" : \"none\" }\n  tags = [\"x/a:${v}\"]",
        ),
        &[
            "axis \"v\" {",
            "value \"a\"",
            "value \"b\"",
            "value \"c\"",
            "arg CUDA=\"none\"",
            "when v=\"c\" { arg CUDA=\"12.6\"; }",
            "tag \"{v}\"",
        ],
    );
}

#[test]
fn tokens_of_values() {
    // Nothing in the tags of one value.
    check(
        &target(
            "v = [\"20\", \"22\"], o = [\"\", \"slim\"]",
            "  tags = [\"x/a:${o == \"slim\" ? \"slim-\" : \"\"}node${v}\", v == \"22\" ? (o == \"\" ? \"x/a:latest\" : \"x/a:${o}\") : \"\"]",
        ),
        &[
            "axis \"v\" {",
            "value \"20\"",
            "value \"22\"",
            "axis \"o\" {",
            "value \"plain\" token=\"\"",
            "value \"slim\"",
            "tag \"{o}-node{v}\"",
            "when v=\"22\" { tag \"{o}\"; }",
        ],
    );
    // Both in the tags of another.
    check(
        &target(
            "v = [\"3.11\", \"3.12\"], o = [\"bookworm\", \"alpine\"]",
            "  tags = [\"x/a:${v}-${o}\", o == \"bookworm\" ? \"x/a:${v}\" : \"\"]",
        ),
        &[
            "axis \"v\" {",
            "value \"3.11\"",
            "value \"3.12\"",
            "axis \"o\" {",
            "value \"bookworm\" default",
            "value \"alpine\"",
            "tag \"{v}-{o}\"",
        ],
    );
    // A boolean is called after its key.
    check(
        "target \"a\" {\n  name = \"a-${slim}\"\n  matrix = { slim = [true, false] }\n  args = { SLIM = slim }\n  tags = [slim ? \"x/a:1-slim\" : \"x/a:1\"]\n}\n",
        &[
            "axis \"slim\" {",
            "value \"slim\" { set text=\"true\"; }",
            "value \"plain\" token=\"\" { set text=\"false\"; }",
            "arg SLIM=\"{slim.text}\"",
            "tag \"1-{slim}\"",
        ],
    );
}

/// An axis is what the targets of an image differ on.
#[test]
fn axes_of_one_value_are_text() {
    check(
        &target(
            "v = [\"3.11\", \"3.12\"], o = [\"alpine\"]",
            "  args = { OS = o }\n  tags = [\"x/a:${v}-${o}\"]",
        ),
        &[
            "axis \"v\" {",
            "value \"3.11\"",
            "value \"3.12\"",
            "arg OS=\"alpine\"",
            "tag \"{v}-alpine\"",
        ],
    );
    check(
        &target(
            "v = [{ full = \"3.12.4\", short = \"3.12\" }]",
            "  args = { V = v.full }\n  tags = [\"x/a:${v.full}\", \"x/a:${v.short}\"]",
        )
        .replace("replace(v,", "replace(v.full,"),
        &[
            "axis \"v\" kind=\"version\" rungs=\"full minor\" {",
            "value \"3.12.4\"",
            "arg V=\"{v}\"",
            "tag \"{v}\"",
        ],
    );
    // The others have the same tags.
    check(
        &target(
            "v = [\"3.11\", \"3.12\"], o = [\"alpine\", \"debian\"]",
            "  args = { OS = o }\n  tags = [\"x/a:${v}\"]",
        ),
        &[
            "axis \"v\" {",
            "value \"3.11\"",
            "value \"3.12\"",
            "arg OS=\"alpine\"",
            "tag \"{v}\"",
        ],
    );
}

/// A repository that a value chooses: an image for each, called after the value.
#[test]
fn repositories_that_a_value_chooses() {
    let text = target(
        "v = [\"17\", \"21\"], o = [\"agent\", \"inbound\"]",
        "  target = o\n  tags = [\"x/${o == \"agent\" ? \"one\" : \"two\"}:${v}\", \"x/${o == \"agent\" ? \"one\" : \"two\"}:jdk${v}\"]",
    );
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    fleet(&manifest);
    for line in [
        "image \"a-agent\" {",
        "image \"a-inbound\" {",
        "    target \"agent\"",
        "    target \"inbound\"",
    ] {
        assert!(manifest.contains(line), "{line}\n{manifest}");
    }
    for word in ["exclude", "axis \"o\""] {
        assert!(!manifest.contains(word), "{word}\n{manifest}");
    }
}

/// A text that the file computes as a whole has the places of the other axes.
#[test]
fn texts_of_several_axes() {
    check(
        &target(
            "v = [\"1.0.RC1\", \"2.0\"], o = [\"alpine\", \"debian\"]",
            "  tags = [lower(\"x/a:${v}-${o}\")]",
        ),
        &[
            "axis \"v\" {",
            "value \"1.0.RC1\" { set tag=\"1.0.rc1\"; }",
            "value \"2.0\" { set tag=\"2.0\"; }",
            "axis \"o\" {",
            "value \"alpine\"",
            "value \"debian\"",
            "tag \"{v.tag}-{o}\"",
        ],
    );
}

/// What an image is built from has the places of its own axes, also for data.
#[test]
fn contexts_of_other_matrices() {
    let list = "variable \"OS\" { default = [{ id = \"debian\", v = \"13\" }, { id = \"fedora\", v = \"44\" }, { id = \"debian\", v = \"12\" }] }\n";
    let matrix = |name: &str, more: &str| {
        format!(
            "target \"{name}\" {{\n  name = \"{name}-${{os.id}}-${{os.v}}\"\n  matrix = {{ os = OS }}\n{more}  tags = [\"x/{name}:${{os.id}}${{os.v}}\"]\n}}\n"
        )
    };
    let text = list.to_owned()
        + &matrix("base", "")
        + &matrix(
            "app",
            "  contexts = { base = \"target:base-${os.id}-${os.v}\" }\n",
        );
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    fleet(&manifest);
    let line = "contexts \"base\" \"x/base:{os.id}{os}\"";
    assert!(manifest.contains(line), "{manifest}");
}

/// A context whose name is to be filled in does not prevent axes.
#[test]
fn axes_beside_images_without_tags() {
    let text = "target \"built\" { dockerfile = \"b.Dockerfile\" }\n".to_owned()
        + &target(
            "v = [\"1\", \"2\"]",
            "  contexts = { built = \"target:built\" }\n  tags = [\"x/a:${v}\"]",
        );
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    assert!(manifest.contains("tag \"{v}\""), "{manifest}");
    assert!(!notes.contains("is expanded"), "{notes}");
}

/// Targets with these settings, one for each of the values that `@` is.
fn series(values: &[&str], settings: impl Fn(&str) -> String) -> String {
    let target = |value: &&str| {
        let name = value.replace('.', "");
        format!("target \"php{name}\" {{\n{}\n}}\n", settings(value))
    };
    values.iter().map(target).collect()
}

/// Targets that a person wrote one by one and that differ in a version: a new one is a line.
#[test]
fn targets_that_differ_in_a_version() {
    let tags = |version: &str| match version {
        "8.2.1" => "\"x/php:8.2.1\", \"x/php:8.2\"".to_owned(),
        "8.3.4" => "\"x/php:8.3.4\", \"x/php:8.3\", \"x/php:8\", \"x/php:latest\"".to_owned(),
        other => format!("\"x/php:{other}\""),
    };
    check(
        &series(&["8.2.0", "8.2.1", "8.3.4"], |version| {
            format!(
                "  args = {{ DATE = \"\", PHP = \"{version}\" }}\n  tags = [{}]",
                tags(version)
            )
        }),
        &[
            "axis \"version\" kind=\"version\" rungs=\"full minor major latest\" {",
            "value \"8.2.0\"",
            "value \"8.2.1\"",
            "value \"8.3.4\"",
            "arg DATE=\"\"",
            "arg PHP=\"{version}\"",
            "tag \"{version}\"",
        ],
    );
    // The version is behind a word, and in folders.
    check(
        &series(&["8.1", "8.2", "8.3"], |version| {
            format!(
                "  dockerfile = \"php/{version}/Dockerfile\"\n  tags = [\"x/all:php_{version}\"]"
            )
        }),
        &[
            "axis \"version\" {",
            "value \"8.1\"",
            "value \"8.2\"",
            "value \"8.3\"",
            "dockerfile \"php/{version}/Dockerfile\"",
            "tag \"php_{version}\"",
        ],
    );
    // What a variable gives stays a variable, and other data is that of the version.
    let variable = "variable \"REL\" { default = \"r1\" }\n".to_owned();
    check(
        &(variable
            + &series(&["8.1", "8.2", "8.3"], |version| {
                let patch = version.len() + usize::from(version.ends_with('2'));
                format!(
                    "  platforms = [\"linux/amd64\", \"linux/arm64\"]\n  args = {{ PATCH = \"{version}.{patch}\" }}\n  tags = [\"x/php:${{REL}}-{version}\"]"
                )
            })),
        &[
            "axis \"version\" {",
            "value \"8.1\" { set patch=\"8.1.3\"; }",
            "value \"8.2\" { set patch=\"8.2.4\"; }",
            "value \"8.3\" { set patch=\"8.3.3\"; }",
            "platforms \"linux/amd64\" \"linux/arm64\"",
            "arg PATCH=\"{version.patch}\"",
            "tag \"{var:REL}-{version}\"",
        ],
    );
}

/// Targets that only look like a series stay what they are.
#[test]
fn targets_that_stay_apart() {
    let images = |text: &str| {
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
        let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
        fleet(&manifest);
        let lines = manifest.lines();
        lines.filter(|line| line.starts_with("image ")).count()
    };
    // Two are not many.
    let two = series(&["8.1", "8.2"], |version| {
        format!("  tags = [\"x/php:{version}\"]")
    });
    assert_eq!(images(&two), 2);
    // Different repositories, and different arguments.
    let apart = series(&["8.1", "8.2", "8.3"], |version| {
        format!("  tags = [\"x/php{version}:1\"]")
    });
    assert_eq!(images(&apart), 3);
    let others = series(&["8.1", "8.2", "8.3"], |version| {
        format!(
            "  args = {{ A{} = 1 }}\n  tags = [\"x/php:{version}\"]",
            &version[2..]
        )
    });
    assert_eq!(images(&others), 3);
    // Names that differ in words.
    let words = ["one", "two", "three"]
        .map(|word| format!("target \"t-{word}\" {{ tags = [\"x/t:{word}\"] }}\n"));
    assert_eq!(images(&words.concat()), 3);
}

/// A list of maps whose tags have several of their keys.
#[test]
fn several_axes_of_one_list() {
    let row = |os: &str, cuda: &str, torch: &str, vision: &str| {
        format!(
            "{{ os = \"ubuntu{os}\", os_id = \"{os}\", cuda = \"{cuda}\", torch = \"{torch}\", vision = \"{vision}\" }}"
        )
    };
    let rows = [
        row("22", "118", "2.1", "0.16"),
        row("22", "121", "2.1", "0.16"),
        row("22", "121", "2.4", "0.19"),
        row("24", "121", "2.1", "0.16"),
        row("24", "121", "2.4", "0.19"),
        row("24", "118", "2.1", "0.16"),
    ];
    check(
        &target(
            &format!("b = [{}]", rows.join(", ")),
            "  args = { VISION = b.vision, OS = b.os_id }\n  tags = [\"x/t:cu${b.cuda}-torch${b.torch}-${b.os}\"]",
        )
        .replace("replace(v, \".\", \"_\")", "replace(\"${b.os}-${b.cuda}-${b.torch}\", \".\", \"_\")"),
        &[
            "axis \"cuda\" {",
            "value \"118\"",
            "value \"121\"",
            "axis \"torch\" {",
            "value \"2.1\" { set vision=\"0.16\"; }",
            "value \"2.4\" { set vision=\"0.19\"; }",
            "axis \"os\" {",
            "value \"ubuntu22\" { set os_id=\"22\"; }",
            "value \"ubuntu24\" { set os_id=\"24\"; }",
            "arg VISION=\"{torch.vision}\"",
            "arg OS=\"{os.os_id}\"",
            "tag \"cu{cuda}-torch{torch}-{os}\"",
        ],
    );
    // Values that no two keys tell apart are called after the first keys that do.
    let sparse = [
        "{ a = \"1\", b = \"1\", c = \"1\", d = \"x\" }",
        "{ a = \"1\", b = \"1\", c = \"2\", d = \"x\" }",
        "{ a = \"1\", b = \"2\", c = \"1\", d = \"x\" }",
        "{ a = \"2\", b = \"1\", c = \"1\", d = \"x\" }",
    ];
    let text = target(
        &format!("v = [{}]", sparse.join(", ")),
        "  tags = [\"x/t:${v.a}-${v.b}-${v.c}-${v.d}\"]",
    )
    .replace("replace(v, \".\", \"_\")", "\"${v.a}${v.b}${v.c}\"");
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    fleet(&manifest);
    assert!(!manifest.contains("1-1-1-x\""), "{manifest}");
}

/// The highest version of one repository is not that of another one.
#[test]
fn versions_that_choose_the_repository_have_no_rungs() {
    let text = r#"
target "img" {
  name = "i-${d.id}-${replace(d.v, ".", "_")}"
  matrix = { d = [
    { id = "ubuntu", v = "24.04" }, { id = "ubuntu", v = "26.04", tag = "latest" },
    { id = "fedora", v = "43", tag = "latest" }, { id = "leap", v = "15.6" },
  ] }
  tags = ["x.io/${d.id}:${d.v}", "x.io/${d.id}:${try(d.tag, d.v)}"]
}
"#;
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    assert!(!manifest.contains("rungs="), "{manifest}");
    assert!(manifest.contains("when d=\"26.04\" \"43\""), "{manifest}");
}

/// A variable may be a whole reference, to whose tag a matrix adds something.
#[test]
fn a_matrix_adds_to_the_tag_of_a_reference() {
    let text = r#"
variable "IMAGE" { default = "acme/rover:dev" }
target "agents" {
  name = "rover_${agent}"
  matrix = { agent = ["github", "tfc"] }
  tags = ["${IMAGE}-${agent}"]
}
"#;
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    for line in [
        "variable \"IMAGE\" default=\"acme/rover:dev\" pattern=\".+:[^/:]+\"",
        "publish \"{var:IMAGE:repository}\"",
        "tag \"{var:IMAGE:tag}-{agent}\"",
    ] {
        assert!(manifest.contains(line), "{line}\n{manifest}");
    }
}
