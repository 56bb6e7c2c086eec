//! What a bake file does not have, since CI or the command line gives it: values of variables, and tags.

use kiln::import::{Format, Input, import_all};
use kiln::line;
use kiln::manifest::NamedSource;
use kiln::matrix::{Inputs, Variant};
use kiln::text::{Diagnostics, Sources, show};

/// A variant with its references and its named contexts: `app: acme/app:1 (base=acme/base:1)`.
fn row(variant: &Variant) -> String {
    let names = variant.references().map(|(name, _)| name.familiar());
    let names = names.collect::<Vec<_>>().join(" ");
    let contexts = variant.contexts.iter().map(|one| match &one.source {
        NamedSource::Word(word) => format!("{}={}", *one.name, **word),
        NamedSource::Of(_) => format!("{}=image", *one.name),
    });
    let contexts = contexts.collect::<Vec<_>>().join(" ");
    match contexts.is_empty() {
        true => format!("{}: {names}", variant.image),
        false => format!("{}: {names} ({contexts})", variant.image),
    }
}

/// Expects these variants once the variables have these values, and these parts of messages. Every variable without a
/// default is among the values.
fn check(text: &str, wanted: &str, values: &str, rows: &[&str], said: &[&str]) {
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let source = sources.add("docker-bake.hcl", text);
    let name = "docker-bake";
    let input = Input { source, text, name };
    let wanted: Vec<String> = wanted.split_whitespace().map(str::to_owned).collect();
    let found = import_all(Format::Bake, &[input], &wanted, &mut out);
    let notes = show::text(&out, &sources, false);
    let manifest = found.unwrap_or_else(|| panic!("{text}\n{notes}")).manifest;
    let missing = said.iter().find(|part| !notes.contains(**part));
    assert_eq!(missing, None, "{notes}\n{manifest}");
    let values = values
        .split_whitespace()
        .filter_map(|set| set.split_once('='));
    let inputs = Inputs {
        variables: values
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        ..Inputs::default()
    };
    for name in inputs.variables.keys() {
        let declared = format!("variable \"{name}\"\n");
        assert!(manifest.contains(&declared), "{declared}{manifest}");
    }
    let mut out = Diagnostics::default();
    let fleet = line::fleet_of(&manifest, &inputs, &mut out);
    assert!(
        out.is_empty(),
        "{}\n{manifest}",
        show::text(&out, &sources, false)
    );
    let got: Vec<String> = fleet.expect("a fleet").variants.iter().map(row).collect();
    assert_eq!(got, rows, "{manifest}");
}

#[test]
fn variables_that_names_need_have_no_default() {
    let check = |text, values, rows| check(text, "", values, rows, &[]);
    check(
        "variable \"TAG\" {}\ntarget \"a\" { tags = [\"ghcr.io/acme/a:${TAG}\"] }",
        "TAG=1",
        &["a: ghcr.io/acme/a:1"],
    );
    check(
        "variable \"TAG\" { default = \"\" }\ntarget \"a\" { tags = [\"acme/a:stable\", \"acme/a:${TAG}\"] }",
        "TAG=1",
        &["a: acme/a:stable acme/a:1"],
    );
    check(
        "variable \"TAG\" { type = string }\ntarget \"a\" { tags = [\"acme/a:${TAG}\"] }",
        "TAG=1",
        &["a: acme/a:1"],
    );
    // Both are empty, and each is the tag of another image.
    check(
        "variable \"A\" {}\nvariable \"B\" {}\ntarget \"a\" { tags = [\"acme/x:${A}\"] }\ntarget \"b\" { tags = [\"acme/x:${B}\"] }",
        "A=1 B=2",
        &["a: acme/x:1", "b: acme/x:2"],
    );
    // `v` alone is a tag, but the variable has to be set for the other image.
    check(
        "variable \"REG\" {}\nvariable \"V\" { default = \"\" }\ntarget \"a\" { tags = [\"${REG}/a:${V}\"] }\ntarget \"b\" { tags = [\"${REG}/b:v${V}\"] }",
        "REG=x.io V=2",
        &["a: x.io/a:2", "b: x.io/b:v2"],
    );
    check(
        "variable \"REG\" {}\ntarget \"a\" {\n  name = \"a-${v}\"\n  matrix = { v = [\"1\", \"2\"] }\n  tags = [\"${REG}/a:${v}\"]\n}",
        "REG=x.io",
        &["a: x.io/a:1", "a: x.io/a:2"],
    );
    // bake pushes `dev-`.
    check(
        "variable \"SHA\" { default = \"\" }\ntarget \"a\" { tags = [\"acme/a:dev-${SHA}\", \"acme/a:1\"] }",
        "",
        &["a: acme/a:1 acme/a:dev-"],
    );
    check(
        "variable \"A\" { default = \"\" }\nvariable \"B\" { default = \"\" }\ntarget \"a\" { tags = [\"acme/a:dev-${A}-${B}\"] }",
        "A=7 B=8",
        &["a: acme/a:dev-7-8"],
    );
    // What is valid without a value keeps its default.
    check(
        "variable \"END\" { default = \"\" }\ntarget \"a\" { tags = [\"acme/a:1${END}\"] }",
        "",
        &["a: acme/a:1"],
    );
    check(
        "variable \"V\" {}\ntarget \"a\" {\n  contexts = { os = \"docker-image://alpine:${V}\" }\n  tags = [\"acme/a:1\"]\n}",
        "V=3",
        &["a: acme/a:1 (os=alpine:3)"],
    );
}

/// What is computed from a made-up value is left out.
/// A variable that is computed from others is called so.
#[test]
fn what_is_computed_from_an_empty_value_names_it() {
    let text = "variable \"BRANCH\" {}\nvariable \"SLUG\" { default = join(\"-\", regexall(\"[a-z]+\", BRANCH)) }\ntarget \"a\" { tags = [\"acme/a:${SLUG}\"] }\n";
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let source = sources.add("docker-bake.hcl", text);
    let name = "docker-bake";
    let found = import_all(Format::Bake, &[Input { source, text, name }], &[], &mut out);
    let manifest = found.expect("an import").manifest;
    let said = "the value of `SLUG`, which the bake file computes from `BRANCH`";
    assert!(manifest.contains(said), "{manifest}");
}

#[test]
fn nothing_is_computed_from_a_missing_value() {
    check(
        "variable \"TAG\" {}\ntarget \"a\" { tags = [\"acme/a:${TAG}\", \"acme/a:${upper(TAG)}\", \"acme/a:${substr(TAG, 0, 4)}x\"] }",
        "",
        "TAG=1",
        &["a: acme/a:1"],
        &["computed from a variable without a value"],
    );
}

const LINKED: &str = r#"
target "os" { dockerfile = "os.Dockerfile" }
target "base" {
  contexts = { os = "target:os" }
  tags = ["acme/base:1"]
}
target "app" {
  contexts = { base = "target:base" }
  tags = ["acme/app:1"]
}
target "other" { tags = ["acme/other:1"] }
"#;

#[test]
fn what_an_image_is_built_from_comes_along() {
    let rows = [
        "os: acme/os:7",
        "base: acme/base:1 (os=docker.io/acme/os:7)",
        "app: acme/app:1 (base=acme/base:1)",
    ];
    check(
        LINKED,
        "app",
        "OS_TAG=7",
        &rows,
        &["has no tags in the file"],
    );
    check(LINKED, "other", "", &["other: acme/other:1"], &[]);
    // A cell of a matrix is built from one of another.
    let matrix = "target \"base\" {\n  name = \"base-${v}\"\n  matrix = { v = [\"1\", \"2\"] }\n  tags = [\"acme/base:${v}\"]\n}\n\
                  target \"app\" {\n  name = \"app-${v}\"\n  matrix = { v = [\"1\", \"2\"] }\n  contexts = { b = \"target:base-${v}\" }\n  tags = [\"acme/app:${v}\"]\n}\n";
    check(
        matrix,
        "app-2",
        "",
        &["base: acme/base:2", "app: acme/app:2 (b=acme/base:2)"],
        &[],
    );
    check(
        matrix,
        "",
        "",
        &[
            "base: acme/base:1",
            "base: acme/base:2",
            "app: acme/app:1 (b=acme/base:1)",
            "app: acme/app:2 (b=acme/base:2)",
        ],
        &[],
    );
    // What only fills the cache by itself is an image for those that are built from it.
    let cached = "target \"deps\" { output = [\"type=cacheonly\"] }\ntarget \"app\" {\n  contexts = { deps = \"target:deps\" }\n  tags = [\"acme/app:1\"]\n}\n";
    check(
        cached,
        "",
        "DEPS_TAG=1 DEPS_REPOSITORY=acme/deps",
        &["deps: acme/deps:1", "app: acme/app:1 (deps=acme/deps:1)"],
        &[],
    );
    // A Dockerfile inside the file cannot name an image whose name is not known: it has a context.
    let inline = "target \"deps\" {}\ntarget \"app\" {\n  contexts = { deps = \"target:deps\" }\n  dockerfile-inline = \"FROM deps\"\n  tags = [\"acme/app:1\"]\n}\n";
    check(
        inline,
        "",
        "DEPS_TAG=1 DEPS_REPOSITORY=acme/deps",
        &["deps: acme/deps:1", "app: acme/app:1 (deps=acme/deps:1)"],
        &[],
    );
}

#[test]
fn tags_that_ci_gives_are_to_be_filled_in() {
    let meta = "target \"docker-metadata-action\" {}\n";
    let said = ["overrides `docker-metadata-action`", "docs/tags.md"];
    // No group `default`: CI names the target.
    check(
        &format!(
            "{meta}target \"build\" {{\n  inherits = [\"docker-metadata-action\"]\n  platforms = [\"linux/amd64\"]\n}}\n"
        ),
        "",
        "BUILD_REPOSITORY=acme/a BUILD_TAG=1",
        &["build: acme/a:1"],
        &said,
    );
    // The default group only makes files.
    check(
        &format!(
            "{meta}group \"default\" {{ targets = [\"bin\"] }}\ntarget \"_common\" {{ args = {{ A = 1 }} }}\n\
             target \"bin\" {{\n  inherits = [\"_common\"]\n  output = [\"./bin\"]\n}}\n\
             target \"image\" {{ inherits = [\"_common\", \"docker-metadata-action\"] }}\n\
             target \"image-cross\" {{\n  inherits = [\"image\"]\n  platforms = [\"linux/amd64\", \"linux/arm64\"]\n}}\n"
        ),
        "",
        "IMAGE_CROSS_REPOSITORY=acme/a IMAGE_CROSS_TAG=1",
        &["image-cross: acme/a:1"],
        &said,
    );
    // Any empty target is there to be overridden.
    check(
        "target \"meta\" {}\ntarget \"a\" { inherits = [\"meta\"] }\ntarget \"b\" { tags = [\"acme/b:1\"] }\n",
        "",
        "A_REPOSITORY=acme/a A_TAG=1",
        &["a: acme/a:1", "b: acme/b:1"],
        &["has no tags in the file"],
    );
    // With tags for builds on a developer's machine.
    check(
        "target \"docker-metadata-action\" { tags = [\"acme/a:local\"] }\ntarget \"a\" { inherits = [\"docker-metadata-action\"] }\n",
        "a",
        "",
        &["a: acme/a:local"],
        &[
            "those that CI gives to `docker-metadata-action` are not",
            "docs/tags.md",
        ],
    );
    // Nothing has tags, and no group says what is built: what no other target inherits from.
    check(
        "target \"_common\" { args = { A = 1 } }\ntarget \"a\" { inherits = [\"_common\"] }\ntarget \"b\" {\n  inherits = [\"_common\"]\n  dockerfile = \"b.Dockerfile\"\n}\n",
        "",
        "REPOSITORY=acme TAG=1",
        &["a: acme/a:1", "b: acme/b:1"],
        &["has no tags in the file"],
    );
    // The tags that it has with other values say where it goes.
    check(
        "variable \"RELEASE\" { default = \"false\" }\ntarget \"a\" { tags = RELEASE == \"true\" ? [\"x.io/acme/a:stable\"] : [] }\n",
        "",
        "A_TAG=1",
        &["a: x.io/acme/a:1"],
        &["an image has tags only with other values of `RELEASE`"],
    );
    // The file has a variable of that name.
    check(
        "variable \"A_TAG\" { default = \"9\" }\ntarget \"a\" { args = { T = A_TAG } }\ngroup \"default\" { targets = [\"a\"] }\n",
        "",
        "A_REPOSITORY=acme/a A_TAG_2=1",
        &["a: acme/a:1"],
        &[],
    );
}

/// The targets of a matrix that have no tags are images whose tags begin with one variable.
#[test]
fn targets_of_a_matrix_share_what_is_filled_in() {
    let matrix = |output: &str| {
        format!(
            "target \"ok\" {{ tags = [\"acme/ok:1\"] }}\ntarget \"_base\" {{ dockerfile = \"D\" }}\n\
             target \"a\" {{\n  inherits = [\"_base\"]\n  name = \"a-${{v}}-${{kind}}\"\n  matrix = {{ v = [\"1\", \"2\"], kind = [\"prod\", \"dev\"] }}\n  \
             args = {{ V = v, KIND = kind }}\n  output = [\"type=image{output}\"]\n}}\n"
        )
    };
    check(
        &matrix(",name=acme/a,push-by-digest=true"),
        "",
        "A_TAG=7",
        &[
            "ok: acme/ok:1",
            "a: acme/a:7-1-prod",
            "a: acme/a:7-1-dev",
            "a: acme/a:7-2-prod",
            "a: acme/a:7-2-dev",
        ],
        &["has no tags in the file"],
    );
    check(
        &matrix(""),
        "",
        "A_TAG=7 A_REPOSITORY=acme/b",
        &[
            "ok: acme/ok:1",
            "a: acme/b:7-1-prod",
            "a: acme/b:7-1-dev",
            "a: acme/b:7-2-prod",
            "a: acme/b:7-2-dev",
        ],
        &[],
    );
    // One of its targets alone is an image as any other.
    check(
        &matrix(",name=acme/a,push-by-digest=true"),
        "a-1-dev",
        "A_1_DEV_TAG=7",
        &["a-1-dev: acme/a:7"],
        &[],
    );
}

/// Several images without tags have the same variables; one with a repository of its own keeps that.
#[test]
fn several_images_share_what_is_filled_in() {
    let hooked = |name: &str, more: &str| {
        format!(
            "target \"{name}\" {{\n  inherits = [\"meta-{name}\"]\n{more}}}\ntarget \"meta-{name}\" {{}}\n"
        )
    };
    let three = hooked("a", "") + &hooked("b", "") + &hooked("c", "");
    check(
        &three,
        "",
        "REPOSITORY=x.io/acme TAG=1",
        &["a: x.io/acme/a:1", "b: x.io/acme/b:1", "c: x.io/acme/c:1"],
        &["has no tags in the file"],
    );
    let pushed = "  output = [\"type=image,name=acme/other,push-by-digest=true\"]\n";
    check(
        &(hooked("a", "") + &hooked("b", pushed)),
        "",
        "REPOSITORY=x.io/acme TAG=1",
        &["a: x.io/acme/a:1", "b: acme/other:1"],
        &[],
    );
    let matrix = "  name = \"m-${v}\"\n  matrix = { v = [\"1\", \"2\"] }\n  args = { V = v }\n";
    check(
        &(hooked("a", "") + &hooked("m", matrix)),
        "",
        "REPOSITORY=x.io/acme TAG=1",
        &[
            "a: x.io/acme/a:1",
            "m: x.io/acme/m:1-1",
            "m: x.io/acme/m:1-2",
        ],
        &[],
    );
    // The file has a variable of that name.
    check(
        &("variable \"TAG\" { default = \"9\" }\n".to_owned()
            + &hooked("a", "  args = { T = TAG }\n")
            + &hooked("b", "")),
        "",
        "REPOSITORY=x.io/acme TAG_2=1",
        &["a: x.io/acme/a:1", "b: x.io/acme/b:1"],
        &[],
    );
}

/// What bake builds by default is left out: the other targets do not become images for lack of it.
#[test]
fn helpers_do_not_replace_other_images() {
    let file = "target \"hook\" {}\ntarget \"platforms\" {}\ngroup \"default\" { targets = [\"app\"] }\n\
        target \"app\" {\n  inherits = [\"platforms\"]\n  context = \"..\"\n}\ntarget \"lint\" { context = \"lint\" }\n";
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let source = sources.add("docker-bake.hcl", file);
    let input = Input {
        source,
        text: file,
        name: "docker-bake",
    };
    let found = import_all(Format::Bake, &[input], &[], &mut out);
    let said = show::text(&out, &sources, false);
    assert!(found.is_none(), "{said}");
    for part in [
        "error[import::no-images]: no target in the file is an image that kiln can import",
        "target `app` is left out: its `context` `..` leads out of the workspace",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    let help = "move the bake file to a folder above, write its paths as from there";
    assert!(said.contains(help), "{said}");
    // Without a group, the targets with settings are images.
    check(
        "target \"hook\" {}\ntarget \"app\" { context = \"app\" }\n",
        "",
        "APP_TAG=1 APP_REPOSITORY=acme/app",
        &["app: acme/app:1"],
        &[],
    );
}
