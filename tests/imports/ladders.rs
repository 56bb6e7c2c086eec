//! Tags that a bake file computes from a variable: rungs of its version where they are that, and named where they are not.

use super::run;
use kiln::import::Format;

fn lines<'m>(manifest: &'m str, word: &str) -> Vec<&'m str> {
    let lines = manifest.lines().map(str::trim);
    lines.filter(|line| line.starts_with(word)).collect()
}

/// Expects these tags of an image whose tags are this expression, and these parts of messages.
fn check(default: &str, tags: &str, wanted: &[&str], said: &[&str], not_said: &[&str]) {
    let text = format!(
        "variable \"V\" {{ default = \"{default}\" }}\n{FUNCTIONS}target \"a\" {{\n  tags = {tags}\n}}\n"
    );
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
    let manifest = found.unwrap_or_else(|| panic!("{text}\n{notes}")).manifest;
    let wanted: Vec<String> = wanted.iter().map(|tag| format!("tag \"{tag}\"")).collect();
    assert_eq!(lines(&manifest, "tag "), wanted, "{tags}\n{notes}");
    let missing = said.iter().find(|part| !notes.contains(**part));
    let extra = not_said.iter().find(|part| notes.contains(**part));
    assert_eq!((missing, extra), (None, None), "{tags}\n{notes}");
}

const FUNCTIONS: &str = r#"
function "ladder" {
  params = [v]
  result = [v, join(".", slice(split(".", v), 0, 2)), split(".", v)[0]]
}
function "major" {
  params = [v]
  result = regex_replace(v, "^v?([0-9]+)\\..*", "$1")
}
"#;

const RUNGS: &[&str] = &["on the rungs of its version"];
const FROZEN: &[&str] = &["import::fixed"];

#[test]
fn usual_ladders_are_rungs() {
    let check =
        |tags: &str, wanted: &[&str]| check("1.27.3", tags, wanted, RUNGS, &["import::fixed"]);
    for first in [
        r#"split(".", V)[0]"#,
        r#"element(split(".", V), 0)"#,
        "ladder(V)[2]",
    ] {
        let check = |tags: &str, wanted: &[&str]| {
            self::check("1.27.3", tags, wanted, &[], &[RUNGS[0], "import::fixed"])
        };
        check(&format!("[\"x/a:${{{first}}}\"]"), &["{var:V:before .}"]);
        check(
            &format!("[\"x/a:v${{{first}}}-slim\"]"),
            &["v{var:V:before .}-slim"],
        );
    }
    for major in [
        r#"regex_replace(V, "^([0-9]+)\\..*", "$1")"#,
        r#"regex("^([0-9]+)", V)[0]"#,
        "major(V)",
    ] {
        check(&format!("[\"x/a:${{{major}}}\"]"), &["{var:V:major}"]);
        check(
            &format!("[\"x/a:v${{{major}}}-slim\"]"),
            &["v{var:V:major}-slim"],
        );
    }
    for minor in [
        r#"join(".", slice(split(".", V), 0, 2))"#,
        r#"regex_replace(V, "^([0-9]+)\\.([0-9]+).*", "$1.$2")"#,
        r#"format("%s.%s", slice(split(".", V), 0, 2)...)"#,
    ] {
        check(&format!("[\"x/a:${{{minor}}}\"]"), &["{var:V:minor}"]);
    }
    check(
        r#"[for tag in ladder(V) : "x/a:${tag}"]"#,
        &["{var:V}", "{var:V:minor}", "{var:V:before .}"],
    );
    check(
        r#"["x/a:${V}", "x/a:${split(".", V)[0]}-${join(".", slice(split(".", V), 0, 2))}"]"#,
        &["{var:V}", "{var:V:major}-{var:V:minor}"],
    );
    // Other text that looks like the version stays.
    self::check(
        "1.27.3",
        r#"["x/a:1.27-${major(V)}"]"#,
        &["1.27-{var:V:major}"],
        &[RUNGS[0], "it refuses the empty text"],
        &[],
    );
}

#[test]
fn a_v_before_the_version() {
    // Nothing is edited today in the second one, but it would be in `v1.27.4`.
    for default in ["v1.27.3", "1.27.3", "dev"] {
        check(
            default,
            r#"["x/a:${trimprefix(V, "v")}"]"#,
            &["{var:V:without v}"],
            &[],
            &[RUNGS[0], "import::fixed"],
        );
    }
    check(
        "v1.27.3",
        r#"["x/a:${split(".", V)[0]}"]"#,
        &["{var:V:before .}"],
        &[],
        &[RUNGS[0], "import::fixed"],
    );
}

/// Edits of branches and git tags are filters, beside a condition, too; any other edit is named.
#[test]
fn edits_are_filters() {
    let edited = ["`V` is inserted where the file edits it first"];
    for (default, edit, tag) in [
        ("main", r#"replace(V, "/", "-")"#, "{var:V:slug}"),
        (
            "main",
            r#"replace(lower(V), "/", "-")"#,
            "{var:V:lower:slug}",
        ),
        (
            "main",
            r#"regex_replace(V, "[^a-zA-Z0-9._-]", "-")"#,
            "{var:V:slug}",
        ),
        (
            "refs/heads/main",
            r#"trimprefix(V, "refs/heads/")"#,
            "{var:V:without refs/heads/}",
        ),
        (
            "refs/heads/main",
            r#"replace(trimprefix(V, "refs/heads/"), "/", "-")"#,
            "{var:V:without refs/heads/:slug}",
        ),
        (
            "refs/tags/v1.2.3",
            r#"trimprefix(V, "refs/tags/v")"#,
            "{var:V:without refs/tags/v}",
        ),
    ] {
        let one = format!("[\"x/a:${{{edit}}}\"]");
        check(default, &one, &[tag], &[], &[edited[0], "import::fixed"]);
        let beside = format!("[\"x/a:${{{edit}}}\", V == \"{default}\" ? \"x/a:latest\" : \"\"]");
        check(default, &beside, &[tag], &[], &[edited[0], "import::fixed"]);
        // What the file makes of today's value is the value itself.
        if default == "main" {
            let compact = format!("compact({beside})");
            let others = [edited[0], "import::fixed"];
            check(default, &compact, &[tag], &[], &others);
        }
    }
    let dots = r#"["x/a:py-${replace(V, ".", "")}"]"#;
    check(
        "3.13",
        dots,
        &["py-{var:V:replace . :even-empty}"],
        &[],
        &edited,
    );
    let other = r#"regex_replace(lower(V), "[^a-z0-9]+", "-")"#;
    let beside = format!("[\"x/a:${{{other}}}\", V == \"main\" ? \"x/a:latest\" : \"\"]");
    check("main", &beside, &["{var:V:lower}"], &["import::fixed"], &[]);
}

/// A registry that is left out where a variable is empty.
#[test]
fn registries_that_may_be_empty() {
    let hub = "an empty one is Docker Hub: its default is `docker.io` in the manifest";
    let check = |default: &str, more: &str, lines_: &[&str], said: &[&str]| {
        let text = format!(
            "variable \"R\" {{ default = \"{default}\" }}\ntarget \"a\" {{\n  tags = [\"${{R != \"\" ? \"${{R}}/\" : \"\"}}acme/app:1\"]\n{more}}}\n"
        );
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
        let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
        let mut found = lines(&manifest, "variable ");
        found.extend(lines(&manifest, "publish "));
        assert_eq!(found, lines_, "{manifest}");
        for words in said {
            assert!(notes.contains(words), "{words}\n{notes}");
        }
        let is_said = said.iter().any(|words| words.contains("does without"));
        assert_eq!(notes.contains("the file does without"), is_said, "{notes}");
        let is_fixed = notes.contains("values that the file computes");
        assert!(!is_fixed || !said.contains(&hub), "{notes}");
    };
    let not_empty = "the file does without `R` where it is empty";
    let publish = "publish \"{var:R}/acme/app\"";
    check(
        "",
        "",
        &["variable \"R\" default=\"docker.io\"", publish],
        &[hub],
    );
    check(
        "ghcr.io",
        "",
        &["variable \"R\" default=\"ghcr.io\"", publish],
        &[not_empty],
    );
    // Here `docker.io` would be another argument.
    check(
        "",
        "  args = { R = R }\n",
        &[
            "variable \"R\" default=\"\"",
            "publish \"docker.io/acme/app\"",
        ],
        &[],
    );
    // The separator alone depends on it.
    let text = "variable \"R\" { default = \"\" }\ntarget \"a\" { tags = [\"${R}${R != \"\" ? \"/\" : \"\"}acme/app:1\"] }\n";
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    assert!(manifest.contains(publish), "{manifest}");
    assert!(
        notes.contains(hub) && !notes.contains("import::fixed"),
        "{notes}"
    );
}

#[test]
fn what_is_not_a_rung_is_named_at_its_line() {
    let check = |default: &str, tags: &str, wanted: &[&str], said: &str| {
        check(
            default,
            tags,
            wanted,
            &[said, "docker-bake.hcl:12:3", "from `V`: the manifest has"],
            RUNGS,
        );
    };
    check(
        "1.27.3",
        r#"["x/a:${join("x", split(".", V))}"]"#,
        &["1x27x3"],
        "computes `docker.io/x/a:1x27x3` from `V`",
    );
}

/// Tags that only a release gets.
#[test]
fn pre_releases_have_fewer_tags() {
    let release = r#"length(regexall("-", V)) == 0"#;
    check(
        "1.27.3",
        &format!(
            "concat([\"x/a:${{V}}\"], {release} ? [\"x/a:${{split(\".\", V)[0]}}\", \"x/a:latest\"] : [])"
        ),
        &["{var:V}", "{var:V:major}", "{var:V:latest}"],
        RUNGS,
        FROZEN,
    );
    check(
        "1.27.3",
        &format!("[\"x/a:${{V}}\", {release} ? \"x/a:stable\" : \"\"]"),
        &["{var:V}", "stable"],
        &[
            "computes `docker.io/x/a:stable` from `V`",
            "from `V`: the manifest has",
        ],
        RUNGS,
    );
    // A number has none: the file fails with one, and leaves no tag out on purpose.
    let text = r#"
variable "V" { default = 17 }
function "tags" {
  params = [v]
  result = [equal(V, v) ? "x/a:latest" : "", "x/a:latest-${v}", "x/a:${v}"]
}
target "a" {
  matrix = { v = [17, 21] }
  name = "a-${v}"
  tags = tags(v)
}
"#;
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    assert_eq!(
        lines(&manifest, "tag "),
        ["tag \"latest-{v}\"", "tag \"{v}\""]
    );
}

/// A variable whose default is computed from another one.
#[test]
fn variables_that_are_computed_from_others() {
    let text = r#"
variable "V" { default = "1.27.3" }
variable "SHORT" { default = regex_replace(V, "\\.\\d+$", "") }
target "a" { tags = ["x/a:${V}", "x/a:${SHORT}-slim"] }
"#;
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    let tags = ["tag \"{var:V}\"", "tag \"{var:SHORT}-slim\""];
    assert_eq!(lines(&manifest, "tag "), tags, "{manifest}");
    let default = "variable \"SHORT\" default=\"{var:V:before-last .}\"";
    assert!(manifest.contains(default), "{manifest}");
    // The pattern of the file leaves out a number at the end only.
    let named = "where `V` is a value such as `17.28.39-rc1`";
    assert!(notes.contains(named), "{notes}");
}

/// The same in the cells of a matrix, in arguments and in paths.
#[test]
fn rungs_are_beside_axes() {
    let text = r#"
variable "V" { default = "1.27.3" }
target "a" {
  name = "a-${os}"
  matrix = { os = ["alpine", "debian"] }
  dockerfile = "${split(".", V)[0]}/Dockerfile.${os}"
  args = { MAJOR = split(".", V)[0] }
  tags = ["x/a:${split(".", V)[0]}-${os}"]
}
"#;
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    for line in [
        "dockerfile \"{var:V:before .}/Dockerfile.{os}\"",
        "arg MAJOR=\"{var:V:before .}\"",
        "tag \"{var:V:before .}-{os}\"",
    ] {
        assert!(manifest.contains(line), "{line}\n{manifest}");
    }
    assert!(!notes.contains("import::fixed"), "{notes}");
}
