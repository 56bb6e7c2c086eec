//! Which targets of a bake file are imported, and what is said of the others.

use super::fleet;
use kiln::import::{Format, Import, Input, import_all};
use kiln::text::{Diagnostics, Sources, show};

/// Imports files as one; returns the result and the notes.
fn run(files: &[&str], wanted: &[&str]) -> (Option<Import>, String) {
    let mut sources = Sources::default();
    let mut out = Diagnostics::default();
    let inputs: Vec<Input> = files
        .iter()
        .map(|text| Input {
            source: sources.add("docker-bake.hcl", *text),
            text,
            name: "app",
        })
        .collect();
    let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
    let found = import_all(Format::Bake, &inputs, &wanted, &mut out);
    (found, show::text(&out, &sources, false))
}

/// The images of a manifest with their references, in order: `a=x/a:1,x/a:2`.
fn images(manifest: &str) -> String {
    let fleet = fleet(manifest);
    let variants = fleet.variants.iter().map(|variant| {
        let names = variant.references().map(|(name, _)| name.familiar());
        format!("{}={}", variant.image, names.collect::<Vec<_>>().join(","))
    });
    variants.collect::<Vec<_>>().join(" ")
}

fn check(files: &[&str], wanted: &[&str], expected: &str, said: &[&str]) {
    let (found, notes) = run(files, wanted);
    let found = found.unwrap_or_else(|| panic!("{files:?}\n{notes}"));
    assert_eq!(images(&found.manifest), expected, "{}", found.manifest);
    for part in said {
        assert!(notes.contains(part), "{part}\n{notes}");
    }
}

const THREE: &str = r#"
group "default" { targets = ["both", "c"] }
group "both" { targets = ["b", "a"] }
group "ring" { targets = ["ring", "both"] }
group "wrong" { targets = ["a", "nothing"] }
target "a" { tags = ["x/a:1"] }
target "b" { tags = ["x/b:1"] }
target "c" { tags = ["x/c:1"] }
target "d" {
  name = "d-${v}"
  matrix = { v = ["1", "2"] }
  tags = ["x/d:${v}"]
}
"#;

#[test]
fn targets_and_groups_choose() {
    let check =
        |wanted: &[&str], expected: &str, said: &[&str]| check(&[THREE], wanted, expected, said);
    check(&[], "a=x/a:1 b=x/b:1 c=x/c:1 d=x/d:1 d=x/d:2", &[]);
    check(&["default"], "b=x/b:1 a=x/a:1 c=x/c:1", &[]);
    check(&["c", "both"], "c=x/c:1 b=x/b:1 a=x/a:1", &[]);
    check(&["ring"], "b=x/b:1 a=x/a:1", &[]);
    check(&["d"], "d=x/d:1 d=x/d:2", &[]);
    check(&["d-2"], "d=x/d:2", &[]);
    check(
        &["wrong"],
        "a=x/a:1",
        &["a group names `nothing`, which is neither a target nor a group"],
    );
}

#[test]
fn unknown_names_are_refused() {
    let check = |wanted: &[&str], said: &[&str]| {
        let (found, notes) = run(&[THREE], wanted);
        assert!(found.is_none(), "{wanted:?}");
        let missing = said.iter().find(|part| !notes.contains(**part));
        assert_eq!(missing, None, "{notes}");
    };
    check(
        &["bth"],
        &[
            "error[import::unknown-target]: no target or group `bth` is in the file",
            "did you mean `both`?",
        ],
    );
    check(&["zzzzzz"], &["targets are `a`, `b`, `c` and `d`"]);
    check(&["a", "nope", "zzzzzz"], &["`nope`", "`zzzzzz`"]);
}

/// Later files are on top of earlier ones: maps grow, other values are replaced, null changes nothing.
#[test]
fn files_are_merged() {
    let first = "variable \"V\" { default = \"1\" }\ntarget \"a\" {\n  tags = [\"x/a:${V}\"]\n  args = { A = \"1\", B = \"1\" }\n}\n";
    check(
        &[first, "variable \"V\" { default = \"2\" }\n"],
        &[],
        "a=x/a:2",
        &[],
    );
    check(
        &[first, "target \"a\" { tags = [\"y/a\"] }\n"],
        &[],
        "a=y/a:latest",
        &[],
    );
    check(
        &[first, "target \"a\" { tags = null }\n"],
        &[],
        "a=x/a:1",
        &[],
    );
    check(
        &["{\"variable\": {\"V\": {\"default\": \"3\"}}}", first],
        &[],
        "a=x/a:1",
        &[],
    );
    check(
        &[
            first,
            "{\"target\": [{\"a\": [{\"args\": {\"B\": \"2\"}}]}]}",
        ],
        &[],
        "a=x/a:1",
        &[],
    );
    let (found, _) = run(
        &[
            first,
            "target \"a\" { args = { B = \"2\", C = \"3\", A = null } }\n",
        ],
        &[],
    );
    let manifest = found.expect("an import").manifest;
    let args = manifest.lines().filter(|line| line.contains(" arg "));
    let args: Vec<&str> = args.map(str::trim).collect();
    assert_eq!(args, ["arg A=\"1\"", "arg B=\"2\"", "arg C=\"3\""]);
    // Every file with a fault is reported, at its place.
    let (found, notes) = run(&["target \"a\" {", "target \"b\" ="], &[]);
    assert!(
        found.is_none() && notes.matches("error[import::bake]").count() == 2,
        "{notes}"
    );
}

/// Of several targets with one tag, one is imported, and the others are named.
#[test]
fn one_tag_has_one_image() {
    let all = |more: &str| {
        format!(
            "target \"i\" {{ tags = [\"x/a:1\"] }}\ntarget \"i-local\" {{\n inherits = [\"i\"]\n output = [\"type=docker\"]\n}}\n{more}"
        )
    };
    let cross = "target \"i-all\" {\n inherits = [\"i\"]\n platforms = [\"linux/amd64\", \"linux/arm64\"]\n}\n";
    check(
        &[&all(cross)],
        &[],
        "i-all=x/a:1",
        &[
            "`i` is not imported: `i-all` has the same tags",
            "`i-local` is not imported",
            "`kiln import bake FILE i-local …` imports only the targets that you name",
        ],
    );
    check(&[&all(cross)], &["i-local"], "i-local=x/a:1", &[]);
    // The group that bake builds decides between equals.
    check(
        &[&all("group \"default\" { targets = [\"i-local\"] }\n")],
        &[],
        "i-local=x/a:1",
        &["`i` is not imported"],
    );
    check(&[&all("")], &[], "i=x/a:1", &["`i-local` is not imported"]);
    // A tag that no other target has is kept.
    check(
        &[&all(
            "target \"j\" { tags = [\"x/a:1\", \"x/a:2\", \"x/a:3\"] }\n",
        )],
        &[],
        "j=x/a:1,x/a:2,x/a:3",
        &["`i` is not imported: `j` has the same tags"],
    );
    check(
        &[&all(
            "target \"j\" {\n tags = [\"x/a:1\", \"x/a:2\"]\n}\ntarget \"k\" {\n platforms = [\"linux/amd64\", \"linux/arm64\"]\n tags = [\"x/a:1\"]\n}\n",
        )],
        &[],
        "j=x/a:2 k=x/a:1",
        &["a tag of `j` is not imported: `k` has it, too"],
    );
    // Targets of one matrix.
    check(
        &[
            "target \"m\" {\n name = \"m-${v}\"\n matrix = { v = [\"1\", \"2\"] }\n tags = [\"x/m:1\"]\n}\n",
        ],
        &[],
        "m=x/m:1",
        &["`m-2` is not imported: `m-1` has the same tags"],
    );
    check(
        &[
            "target \"m\" {\n name = \"m-${v}\"\n matrix = { v = [\"1\", \"2\", \"3\", \"4\", \"5\"] }\n tags = [\"x/m:1\"]\n}\n",
        ],
        &[],
        "m=x/m:1",
        &["`m-2`, `m-3`, `m-4` and 1 more are not imported: `m-1` has the same tags"],
    );
    // Many targets, each with the tags of another one, are one note.
    let pairs = (1..5).map(|at| {
        format!("target \"a{at}\" {{ tags = [\"x/a{at}:1\"] }}\ntarget \"b{at}\" {{ tags = [\"x/a{at}:1\"] }}\n")
    });
    check(
        &[&pairs.collect::<String>()],
        &[],
        "a1=x/a1:1 a2=x/a2:1 a3=x/a3:1 a4=x/a4:1",
        &[
            "targets are not imported, since others have the same tags: `b1` (as `a1`), `b2` (as `a2`), `b3` (as `a3`) and 1 more",
        ],
    );
}

/// The same of tags with conditions: both targets may have one where the conditions exclude each other.
#[test]
fn one_conditional_tag_has_one_image() {
    let two = |one: &str, other: &str| {
        format!(
            "variable \"SHA\" {{ default = \"\" }}\ntarget \"a\" {{ tags = [\"x/a:1\", {one}] }}\ntarget \"b\" {{ tags = [\"x/a:2\", {other}] }}\n"
        )
    };
    let whens = |text: &str| {
        let (found, notes) = run(&[text], &[]);
        let found = found.unwrap_or_else(|| panic!("{text}\n{notes}"));
        let lines = found.manifest.lines().map(str::trim);
        let lines = lines.filter(|line| line.starts_with("when "));
        (lines.map(str::to_owned).collect::<Vec<_>>(), notes)
    };
    let tag = "SHA != \"\" ? \"x/a:${SHA}\" : \"\"";
    let (all, notes) = whens(&two(tag, tag));
    assert_eq!(all, ["when var:SHA=\"!\" { tag \"{var:SHA}\"; }"]);
    let said = "a tag of `b` is not imported: `a` has it, too";
    assert!(notes.contains(said), "{notes}");
    let (all, notes) = whens(&two(
        "SHA == \"x\" ? \"x/a:3\" : \"\"",
        "SHA != \"x\" ? \"x/a:3\" : \"\"",
    ));
    let wanted = ["x", "!x"].map(|value| format!("when var:SHA=\"{value}\" {{ tag \"3\"; }}"));
    assert_eq!(all, wanted);
    assert!(!notes.contains("same-tags"), "{notes}");
    // With another value, the same tags are those of other repositories.
    let target = |name: &str| {
        format!(
            "target \"{name}\" {{ tags = formatlist(GCP ? \"x.io/all/{name}:%s\" : \"x.io/all:{name}-%s\", [\"latest\"]) }}\n"
        )
    };
    let text = format!(
        "variable \"GCP\" {{ default = false }}\n{}{}",
        target("a"),
        target("b")
    );
    let (_, notes) = whens(&text);
    assert!(!notes.contains("same-tags"), "{notes}");
}

/// One value that cannot be evaluated is left out, not all of the target.
#[test]
fn what_is_unknown_is_left_out_alone() {
    let target =
        |settings: &str| format!("target \"a\" {{\n  tags = [\"x/a:1\"]\n{settings}\n}}\n");
    let check = |text: &str, expected: &str, said: &str| check(&[text], &[], expected, &[said]);
    check(
        "target \"a\" { tags = [\"x/a:1\", \"x/a:${uuidv4()}\", nope, \"x/a:\"] }\n",
        "a=x/a:1",
        "a part of `tags` is left out: kiln does not compute `uuidv4`",
    );
    check(
        "target \"a\" { tags = concat([\"x/a:1\"], [nope]) }\n",
        "a=x/a:1",
        "a part of `tags` is left out: no variable `nope` is declared",
    );
    check(
        "target \"a\" { tags = [\"x/a:1\", \"x/a:\"] }\n",
        "a=x/a:1",
        "a tag is left out: ",
    );
    check(
        &target("args = { A = timestamp(), B = \"1\" }"),
        "a=x/a:1",
        "`A` of `args` is left out: it depends on the time of the build",
    );
    check(
        &target("args = nope"),
        "a=x/a:1",
        "`args` is left out: no variable `nope` is declared",
    );
    check(
        &target("network = \"bridge\""),
        "a=x/a:1",
        "`network` is left out",
    );
}

/// Targets without tags that bake builds are images to fill in; the others are templates.
#[test]
fn targets_without_tags() {
    let check = |text: &str, wanted: &[&str], expected: &[&str]| {
        let (found, notes) = run(&[text], wanted);
        let manifest = found.unwrap_or_else(|| panic!("{text}\n{notes}")).manifest;
        let lines = manifest.lines().filter(|line| {
            line.starts_with("image ")
                || line.starts_with("variable ")
                || line.contains(" publish ")
        });
        let lines: Vec<&str> = lines.map(str::trim).collect();
        assert_eq!(lines, expected, "{manifest}");
    };
    let app = "group \"default\" { targets = [\"app\", \"api\"] }\ntarget \"_base\" {}\ntarget \"app\" {\n inherits = [\"_base\"]\n context = \"app\"\n}\n";
    // With tagged images beside it, in their repository.
    check(
        &format!(
            "{app}target \"api\" {{ tags = [\"x.io/t/api:1\"] }}\ntarget \"web\" {{ tags = [\"x.io/t/web:1\"] }}\n"
        ),
        &[],
        &[
            "publish \"x.io/t/{image}\"",
            "variable \"APP_TAG\"",
            "image \"app\" {",
            "image \"api\" {",
            "image \"web\" {",
        ],
    );
    // Two targets that build different things are two images.
    check(
        &format!("{app}target \"api\" {{\n inherits = [\"_base\"]\n context = \"api\"\n}}\n"),
        &["app", "api"],
        &[
            "publish \"{var:REPOSITORY}/{image}\"",
            "variable \"REPOSITORY\"",
            "variable \"TAG\"",
            "image \"app\" {",
            "image \"api\" {",
        ],
    );
    // Tags that come from elsewhere, and an output that is an image.
    let names = |settings: &str| {
        format!(
            "target \"ok\" {{ tags = [\"x.io/t/ok:1\"] }}\ntarget \"more\" {{ tags = [\"x.io/t/more:1\"] }}\ntarget \"app\" {{\n{settings}\n}}\n"
        )
    };
    for settings in [
        "tags = split(\",\", TAGS)",
        "tags = [for t in split(\",\", TAGS) : trimspace(t)]",
        "tags = OTHER == null ? [] : split(\",\", OTHER)",
        "tags = []\n output = [\"type=registry\"]",
        "output = [\"type=image,push-by-digest=true,push=true\"]",
    ] {
        let text = format!(
            "variable \"TAGS\" {{ default = \"\" }}\nvariable \"OTHER\" {{}}\n{}",
            names(settings)
        );
        check(
            &text,
            &[],
            &[
                "publish \"x.io/t/{image}\"",
                "variable \"APP_TAG\"",
                "image \"ok\" {",
                "image \"more\" {",
                "image \"app\" {",
            ],
        );
    }
    // The only tag needs a value.
    check(
        "variable \"RELEASE\" { default = \"\" }\ntarget \"app\" { tags = [RELEASE != \"\" ? \"x.io/t/app:${RELEASE}\" : \"\"] }\n",
        &[],
        &[
            "variable \"RELEASE\"",
            "image \"app\" {",
            "publish \"x.io/t/app\"",
        ],
    );
    // Nothing is published by targets that write files or check.
    let none = "target \"default\" { output = [\"./dist\"] }\ntarget \"c\" { call = \"check\" }\n";
    let (found, notes) = run(&[none], &[]);
    assert!(
        found.is_none() && notes.contains("import::no-images"),
        "{notes}"
    );
    assert!(
        notes.contains("writes files or nothing") && notes.contains("only checks or describes"),
        "{notes}"
    );
}

/// What other images inherit from, and no group names, is none: the base of a file whose images have tags, or of images
/// that build something else.
#[test]
fn bases_to_inherit_from_are_not_images() {
    let check = |groups: &str, images: &str, expected: &[&str]| {
        let text = format!(
            "{groups}\ntarget \"docker-metadata-action\" {{}}\ntarget \"base\" {{\n inherits = [\"docker-metadata-action\"]\n platforms = [\"linux/amd64\", \"linux/arm64\"]\n}}\n{images}"
        );
        let (found, notes) = run(&[&text], &[]);
        let manifest = found.unwrap_or_else(|| panic!("{text}\n{notes}")).manifest;
        let lines = manifest
            .lines()
            .filter_map(|line| line.strip_prefix("image "));
        assert_eq!(lines.collect::<Vec<_>>(), expected, "{manifest}");
    };
    let group = "group \"default\" { targets = [\"app\"] }";
    let tagged = "target \"app\" {\n inherits = [\"base\"]\n tags = [\"x.io/t/app:1\"]\n}\n";
    check(group, tagged, &["\"app\" {"]);
    check("", tagged, &["\"app\" {"]);
    // A group builds it.
    let both = "group \"all\" { targets = [\"app\", \"base\"] }";
    check(both, tagged, &["\"base\" {", "\"app\" {"]);
    // So are the bases of images without tags, which have folders of their own.
    let two = "target \"app\" {\n inherits = [\"base\"]\n context = \"app\"\n}\ntarget \"api\" {\n inherits = [\"base\"]\n context = \"api\"\n}\n";
    check("", two, &["\"app\" {", "\"api\" {"]);
    // Forms of one image are one image.
    let forms = "target \"base-local\" {\n inherits = [\"base\"]\n output = [\"type=docker\"]\n}\n";
    check("", forms, &["\"base\" {"]);
}

/// The workspace is called after the first file with a target: one before it may be shared by several bake files.
#[test]
fn the_workspace_is_called_after_the_targets() {
    let check = |files: &[(&str, &str)], expected: &str| {
        let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
        let inputs: Vec<Input> = (files.iter())
            .map(|(name, text)| Input {
                source: sources.add(*name, *text),
                text,
                name,
            })
            .collect();
        let found = import_all(Format::Bake, &inputs, &[], &mut out);
        let manifest = found.expect("a manifest").manifest;
        assert!(
            manifest.contains(&format!("workspace \"{expected}\"")),
            "{manifest}"
        );
    };
    let shared = ("versions", "variable \"V\" { default = \"1\" }\n");
    let json = ("base", "{\"variable\": {\"V\": {\"default\": \"1\"}}}");
    let targets = ("app", "target \"a\" { tags = [\"x.io/a:${V}\"] }\n");
    let more = ("app.override", "target \"a\" { args = { A = \"1\" } }\n");
    check(&[shared, targets, more], "app");
    check(&[json, targets], "app");
    check(&[targets, shared], "app");
    let base = ("base", "target \"b\" { args = { V = \"1\" } }\n");
    let heir = (
        "heir",
        "target \"a\" {\n inherits = [\"b\"]\n tags = [\"x.io/a:1\"]\n}\n",
    );
    check(&[base, heir], "heir");
    check(&[more, shared, targets], "app.override");
}

/// The same target has a tag with other values of variables: these may still change its platforms.
#[test]
fn a_target_keeps_its_tags_with_other_platforms() {
    let text = r#"
variable "PLATFORMS" { default = "linux/amd64,linux/arm64" }
target "shared" { tags = ["x.io/app:local"] }
target "app" {
  inherits  = ["shared"]
  platforms = split(",", PLATFORMS)
}
target "pre" {
  inherits  = ["shared"]
  platforms = ["linux/amd64"]
  target    = "x"
}
"#;
    let (found, notes) = run(&[text], &[]);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    let line = "variable \"PLATFORMS\" default=\"linux/amd64,linux/arm64\"\n";
    assert!(manifest.contains(line), "{manifest}\n{notes}");
}
