//! Forms of bake files that the example fleets do not have.

use super::forms::check;
use super::{fleet, owners, run};
use kiln::import::Format;
use std::collections::BTreeMap;

#[test]
fn bake_files() {
    let check = |text: &str, wanted: &[&str]| check(Format::Bake, text, wanted);
    check(
        "target \"a\" { tags = [\"x/a\"] }",
        &["x/a:latest | linux/amd64 | Dockerfile"],
    );
    check(
        r#"variable "V" { default = "1.2" }
           function "f" {
             params = [x]
             result = x
           }
           target "_base" {
             platforms = ["linux/arm64"]
             args = { A = "1", B = "{b}" }
             labels = { l = "x" }
           }
           target "app" {
             inherits = ["_base"]
             context = "./src"
             dockerfile = "docker/app"
             args = { A = upper("v${V}"), C = null, N = 4 }
             tags = ["x/app:${V}", "y.io/app:${V}", "x/app:${replace(V, ".", "-")}", "y.io/app:${replace(V, ".", "-")}"]
           }"#,
        &[
            "x/app:1-2 x/app:1.2 y.io/app:1-2 y.io/app:1.2 | linux/arm64 | src/docker/app in src A=V1.2 B={b} N=4",
        ],
    );
    // A variable that only repositories have is declared, too.
    check(
        "R = \"x.io/t\"\ntarget \"a\" { tags = [\"${R}/a:1\"] }\ntarget \"b\" { tags = [\"${R}/b:2\"] }\n",
        &[
            "x.io/t/a:1 | linux/amd64 | Dockerfile",
            "x.io/t/b:2 | linux/amd64 | Dockerfile",
        ],
    );
    // Different tags in different repositories are several images.
    check(
        r#"target "a" { tags = ["x/a:1", "y/a:1", "x/b:2"] }"#,
        &[
            "x/a:1 y/a:1 | linux/amd64 | Dockerfile",
            "x/b:2 | linux/amd64 | Dockerfile",
        ],
    );
    // What cannot be evaluated is left out; the rest is imported.
    let known = "target \"b\" { tags = [\"x/b:1\"] }\n";
    for unknown in [
        "tags = [unknown]",
        "tags = [f(1)]",
        "context = \"https://x/y.git\"\n tags = [\"x/c\"]",
        "tags = [\"x/a@b\"]",
        "tags = \"x/a\"",
    ] {
        check(
            &format!("{known}target \"a\" {{\n{unknown}\n}}\n"),
            &["x/b:1 | linux/amd64 | Dockerfile"],
        );
    }
    check(
        r#"{"variable": {"T": {"default": "7"}}, "target": {"app": {"tags": ["x/app:${T}"], "args": {"A": "%%{b}", "N": 3}, "platforms": ["linux/386"]}}}"#,
        &["x/app:7 | linux/386 | Dockerfile A=%{b} N=3"],
    );
    check(
        "target \"a\" {\n  tags = [for t in [\"1\", \"2\"] : \"x/a:${t}\"]\n}\ntarget \"a\" {\n  platforms = [\"linux/s390x\"]\n}\n",
        &["x/a:1 x/a:2 | linux/s390x | Dockerfile"],
    );
    check(
        "target \"a\" {\n  matrix = { v = [\"1\"] }\n  tags = [\"x/a:${v}\"]\n}\n",
        &["x/a:1 | linux/amd64 | Dockerfile"],
    );
}

/// A matrix whose values are in the tags becomes axes; variables stay variables.
#[test]
fn a_matrix_becomes_axes() {
    let text = r#"
        REG = "x.io/team"
        target "app" {
          name = "app-${v.os}-${replace(tag, ".", "-")}"
          matrix = { tag = ["1.0", "2.0"], v = [{ os = "trixie", from = "debian:{13}" }, { os = "noble", from = "ubuntu" }] }
          dockerfile = "${v.os}/Dockerfile"
          platforms = ["linux/amd64", "linux/arm64"]
          tags = ["${REG}/app:${tag}-${v.os}", "${REG}/app:${v.os}-${tag}"]
          args = { FROM = v.from, REG = REG }
        }"#;
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let found = found.expect("an import");
    insta::assert_snapshot!("bake_axes", format!("{}\n{notes}", found.manifest));
    assert_eq!(owners(&fleet(&found.manifest)).len(), 8);
}

/// What differs is in a `when` for whole values of an axis; the most frequent platforms are those of all.
#[test]
fn settings_of_some_variants() {
    let check = |format: Format, text: &str, lines: &[&str]| {
        let (found, notes) = run(format, "app.txt", text);
        let manifest = found.expect("an import").manifest;
        let missing = lines.iter().find(|line| !manifest.contains(**line));
        assert_eq!(missing, None, "{manifest}\n{notes}");
    };
    check(
        Format::Stackbrew,
        "Tags: 8.2.0\nDirectory: debian\nArchitectures: amd64, i386\n\nTags: 8.2.0-alpine\nDirectory: alpine\n\n\
         Tags: 8.0.3\nDirectory: debian\nArchitectures: amd64, i386\n\nTags: 8.0.3-alpine\nDirectory: alpine\n",
        &[
            "    dockerfile \"{variant}/Dockerfile\"\n",
            "    platforms \"linux/amd64\" \"linux/386\"\n",
            "    when variant=\"alpine\" { platforms \"linux/amd64\"; }\n",
        ],
    );
    check(
        Format::Bake,
        r#"R = "x.io"
           target "app" {
             name = "app-${v.name}"
             matrix = { v = [{ name = "1", on = "amd64" }, { name = "2", on = "arm64" }] }
             platforms = ["linux/${v.on}"]
             tags = ["${R}/app:${v.name}"]
           }"#,
        &[
            "    platforms \"linux/amd64\"\n",
            "    when v=\"2\" { platforms \"linux/arm64\"; }\n",
        ],
    );
}

/// A Dockerfile in the file follows its parent to the registry of the variable.
#[test]
fn inline_parents_follow_variables() {
    let text = super::input("fleet9.hcl");
    let (found, _) = run(Format::Bake, "fleet9.hcl", &text);
    let found = found.expect("an import");
    let files: BTreeMap<&str, &str> = found
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.text.as_str()))
        .collect();
    assert!(
        files["dockerfiles/lang-lua.Dockerfile"]
            .starts_with("ARG REG=127.0.0.1:5000/fleet\nFROM ${REG}/core:1.0\n"),
        "{files:?}"
    );
    // Once for each of the two matrices.
    assert_eq!(found.manifest.matches("arg REG=\"{var:REG}\"").count(), 2);
}

/// Two targets that build two stages of one Dockerfile are two images, not one image with two names.
#[test]
fn bake_stages() {
    let text = "target \"agent\" {\n  target = \"agent\"\n  tags = [\"acme/agent:1\"]\n}\ntarget \"inbound\" {\n  target = \"in\"\n  tags = [\"acme/inbound:1\"]\n}\ntarget \"all\" {\n  tags = [\"acme/all:1\"]\n}\n";
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.expect("an import").manifest;
    let stages = fleet(&manifest);
    let stages = stages
        .variants
        .iter()
        .map(|variant| (variant.image.as_str(), variant.build.target.as_deref()));
    let stages: Vec<_> = stages.collect();
    assert_eq!(
        stages,
        [
            ("agent", Some("agent")),
            ("inbound", Some("in")),
            ("all", None)
        ]
    );
    assert!(!notes.contains("`target`"), "{notes}");
}

/// Named contexts come over as `contexts`; what has no place there is said.
#[test]
fn bake_contexts() {
    let check = |contexts: &str, more: &str, lines: &[&str], notes: &[&str]| {
        let text = format!(
            "target \"app\" {{\n  tags = [\"acme/app:1\"]\n  contexts = {{ {contexts} }}\n  {more}\n}}\n\
             R = \"x.io\"\ntarget \"core\" {{\n  tags = [\"${{R}}/core:1.0\"]\n}}\ntarget \"none\" {{\n}}\n"
        );
        let (found, said) = run(Format::Bake, "docker-bake.hcl", &text);
        let found = found.unwrap_or_else(|| panic!("{contexts}: {said}"));
        let written = found.manifest.lines().map(str::trim);
        let written: Vec<&str> = written
            .filter(|line| line.starts_with("contexts"))
            .collect();
        assert_eq!(written, lines, "{contexts}\n{}", found.manifest);
        let is_about = |line: &&str| line.contains("the context `");
        let said: Vec<&str> = said.lines().filter(is_about).collect();
        let fits = said
            .iter()
            .zip(notes)
            .all(|(said, note)| said.contains(note));
        assert!(said.len() == notes.len() && fits, "{contexts}\n{said:#?}");
        found
    };
    let one = |contexts: &str, line: &str| drop(check(contexts, "", &[line], &[]));
    one(
        r#"helpers = "./helpers""#,
        r#"contexts "helpers" "./helpers""#,
    );
    one(
        r#"helpers = "helpers""#,
        r#"contexts "helpers" "./helpers""#,
    );
    one(
        r#"helpers = "cwd://a/./b""#,
        r#"contexts "helpers" "./a/b""#,
    );
    one(r#"all = ".""#, r#"contexts "all" ".""#);
    one(
        r#""alpine:3" = "docker-image://alpine:3.20""#,
        r#"contexts "alpine:3" "alpine:3.20""#,
    );
    // A name alone would be the image of the manifest.
    one(
        r#"x = "docker-image://core""#,
        r#"contexts "x" "core:latest""#,
    );
    one(r#"x = "target:core""#, r#"contexts "x" "{var:R}/core:1.0""#);
    // Variables stay in images and folders.
    one(
        r#"x = "docker-image://${R}/os:1""#,
        r#"contexts "x" "{var:R}/os:1""#,
    );
    one(
        r#"x = "docker-image://${R}/os""#,
        r#"contexts "x" "{var:R}/os:latest""#,
    );
    one(
        r#"x = "docker-image://scratch""#,
        r#"contexts "x" "scratch""#,
    );
    one(r#"x = "./f/${R}""#, r#"contexts "x" "./f/{var:R}""#);
    let left = |contexts: &str| drop(check(contexts, "", &[], &["is not imported"]));
    for elsewhere in [
        "https://example.org/x.git#main",
        "git@example.org:x.git",
        "github.com/acme/x",
        "oci-layout:///x",
        "../outside",
        "/absolute",
        "target:nowhere",
    ] {
        left(&format!("x = \"{elsewhere}\""));
    }
    left(r#""A B" = "./x""#);
    // Each of several, and those of a matrix by its values.
    check(
        r#"a = "./a", b = "https://x/y.git", c = "docker-image://c:1""#,
        "",
        &[r#"contexts "a" "./a""#, r#"contexts "c" "c:1""#],
        &["the context `b`"],
    );
    // In a Dockerfile inside the file, an image has its own name already; a stage and a folder have not.
    let inline = r#"dockerfile-inline = "FROM core\nFROM scratch AS build\nFROM a\nCOPY --from=build /x /x\nCOPY --from=kit /k /k\n""#;
    let found = check(
        r#"core = "target:core", a = "docker-image://a:1", build = "docker-image://b:2", kit = "./kit""#,
        inline,
        &[r#"contexts "build" "b:2""#, r#"contexts "kit" "./kit""#],
        &[],
    );
    assert!(
        found.files[0].text.contains("FROM ${R}/core:1.0\n"),
        "{:?}",
        found.files
    );
    assert!(
        found.files[0].text.contains("FROM a:1\n"),
        "{:?}",
        found.files
    );
}

/// A context of another target makes that one a parent.
#[test]
fn a_context_of_a_target_is_a_parent() {
    let text = "target \"core\" { tags = [\"acme/core:1\"] }\ntarget \"app\" {\n  contexts = { base = \"target:core\" }\n  tags = [\"acme/app:1\"]\n}\n";
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.expect("an import").manifest;
    assert!(
        manifest.contains("contexts \"base\" \"acme/core:1\"") && !manifest.contains("    from "),
        "{manifest}"
    );
    assert!(!notes.contains("context"), "{notes}");
    let app = fleet(&manifest);
    let app = app.variants.iter().find(|variant| variant.image == "app");
    assert_eq!(app.map(|app| app.contexts.len()), Some(1));
}

/// Tags that are equal today differ with another value of a variable.
#[test]
fn equal_tags_of_a_target_stay() {
    let text = "variable \"TAG\" { default = \"latest\" }\ntarget \"app\" { tags = [\"acme/app:${TAG}\", \"acme/app:latest\", \"acme/app:latest\"] }\n";
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.expect("an import").manifest;
    for tag in ["tag \"{var:TAG}\"", "tag \"latest\""] {
        assert_eq!(manifest.matches(tag).count(), 1, "{manifest}\n{notes}");
    }
}

/// Of a key that an object has again, the last value counts, and the line is named.
#[test]
fn repeated_keys() {
    for (args, wanted, place) in [
        ("{ A = \"1\", A = \"2\" }", "arg A=\"2\"", "3:21"),
        (
            "{ A = \"1\", B = \"x\", A = \"2\", A = \"3\" }",
            "arg A=\"3\"",
            "3:30",
        ),
        ("{\n \"A\" = \"1\"\n \"A\" : \"2\"\n}", "arg A=\"2\"", "5:2"),
        ("{ (K) = \"1\", (K) = \"2\" }", "arg A=\"2\"", "3:23"),
        (
            "{ \"${K}:\" = \"0\", A = \"1\", A = K }",
            "arg A=\"{var:K}\"",
            "3:36",
        ),
    ] {
        let text = format!(
            "variable \"K\" {{ default = \"A\" }}\ntarget \"a\" {{\n  args = {args}\n  tags = [\"x/a:1\"]\n}}\n"
        );
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
        let manifest = found.unwrap_or_else(|| panic!("{text}\n{notes}")).manifest;
        assert!(manifest.contains(wanted), "{text}\n{manifest}");
        let said = "import::repeated]: an object has a key twice: its last value counts";
        assert!(notes.contains(said), "{notes}");
        assert!(
            notes.contains(&format!("docker-bake.hcl:{place}")),
            "{text}\n{notes}"
        );
    }
}

#[test]
fn variables_that_are_written_out_are_reported() {
    for setting in [
        "contexts = { base = \"target:${V}\" }",
        "extra-hosts = { h = \"::${V}\" }",
        "inherits = [V]",
    ] {
        let text = format!(
            "variable \"V\" {{ default = \"386\" }}\ntarget \"386\" {{ tags = [\"acme/386:1\"] }}\ntarget \"app\" {{\n  {setting}\n  tags = [\"acme/app:x${{V}}\"]\n}}\n"
        );
        let (_, notes) = run(Format::Bake, "docker-bake.hcl", &text);
        assert!(notes.contains("import::fixed"), "{setting}\n{notes}");
    }
}

/// Targets that inherit from each other: bake takes each of a ring once, from the one that is built.
#[test]
fn targets_that_inherit_from_each_other() {
    let ring = r#"target "a" {
  inherits = ["b"]
  tags = ["x.io/a:1"]
  args = { A = "a", BOTH = "a" }
}
target "b" {
  inherits = ["c"]
  tags = ["x.io/b:1"]
  args = { B = "b", BOTH = "b" }
}
target "c" {
  inherits = ["a", "c"]
  args = { BOTH = "c", C = "c" }
  tags = ["x.io/c:1"]
}
"#;
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", ring);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    let fleet = super::fleet(&manifest);
    for variant in &fleet.variants {
        let args = variant.args.iter();
        let args: Vec<String> = args.map(|(name, text)| format!("{name}={text}")).collect();
        let label = variant.label();
        let both = format!("BOTH={}", label.trim_end_matches(":1"));
        let mut wanted = vec!["A=a", "B=b", &both, "C=c"];
        wanted.sort_unstable();
        let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
        args.sort_unstable();
        assert_eq!(args, wanted, "{manifest}");
    }
    assert_eq!(fleet.variants.len(), 3, "{manifest}");
}
