//! Targets that are built from others: rings, and their platforms.

use super::{fleet, run};
use kiln::import::Format;

/// A target with a tag, further settings, and the targets that it is built from.
fn target(name: &str, more: &str, parents: &[&str]) -> String {
    let parents: Vec<String> = parents
        .iter()
        .map(|parent| format!("{parent} = \"target:{parent}\""))
        .collect();
    let contexts = parents.join(", ");
    format!(
        "target \"{name}\" {{\n  tags = [\"x.io/{name}:1\"]\n  contexts = {{ {contexts} }}\n{more}}}\n"
    )
}

#[test]
fn rings_are_named() {
    let check = |text: &str, images: &[&str], said: &[&str]| {
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
        let manifest = found.map(|found| found.manifest).unwrap_or_default();
        let lines = manifest
            .lines()
            .filter_map(|line| line.strip_prefix("image \""));
        let lines: Vec<&str> = lines.filter_map(|line| line.split('"').next()).collect();
        assert_eq!(lines, images, "{manifest}\n{notes}");
        for words in said {
            assert!(notes.contains(words), "{words}\n{notes}");
        }
    };
    let three = |a: &[&str], b: &[&str], c: &[&str]| {
        target("a", "", a) + &target("b", "", b) + &target("c", "", c)
    };
    check(&three(&["b"], &["c"], &[]), &["a", "b", "c"], &[]);
    check(
        &three(&["b"], &["a"], &[]),
        &["c"],
        &[
            "targets `a`, `b` are left out: each is built from the next, and the last from the first",
        ],
    );
    check(
        &three(&["b"], &["c"], &["a"]),
        &[],
        &[
            "targets `a`, `b`, `c` are left out",
            "error[import::no-images]: no target can be built: each of `a`, `b` and `c` is built from the next, and the last from the first",
        ],
    );
    check(
        &target("a", "", &["a"]),
        &[],
        &["no target can be built: `a` is built from itself"],
    );
    check(
        &three(&["a"], &["a"], &[]),
        &["c"],
        &[
            "target `a` is left out: it is built from itself",
            "target `b` is left out: it is built from `a`, which is left out",
        ],
    );
}

/// What is built from a target needs an image of it for each of its platforms.
#[test]
fn parents_have_the_platforms_of_their_children() {
    let check = |text: &str, wanted: &[(&str, &str)], said: &str| {
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
        let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
        let fleet = fleet(&manifest);
        for (image, platforms) in wanted {
            let mut variants = fleet.variants.iter();
            let is_it = |one: &&kiln::matrix::Variant| {
                let mut references = one.references();
                references.any(|(name, _)| {
                    name.to_string() == format!("x.io/{}", image.replace('/', ":"))
                })
            };
            let variant = variants.find(is_it).expect("the image");
            let found = variant.platforms.iter().map(ToString::to_string);
            assert_eq!(
                found.collect::<Vec<_>>().join(" "),
                *platforms,
                "{manifest}"
            );
        }
        assert!(notes.contains(said), "{said}\n{notes}");
    };
    let both = "  platforms = [\"linux/amd64\", \"linux/arm64\"]\n";
    let arm = "  platforms = [\"linux/arm64\"]\n";
    let assumed = "a target without `platforms` has those of the targets that are built from it";
    // Through one without platforms, too.
    check(
        &(target("base", "", &[]) + &target("mid", "", &["base"]) + &target("app", both, &["mid"])),
        &[
            ("base/1", "linux/amd64 linux/arm64"),
            ("mid/1", "linux/amd64 linux/arm64"),
        ],
        assumed,
    );
    check(
        &(target("base", "", &[]) + &target("app", arm, &["base"])),
        &[
            ("base/1", "linux/amd64 linux/arm64"),
            ("app/1", "linux/arm64"),
        ],
        assumed,
    );
    check(
        &(target("base", "", &[]) + &target("app", "", &["base"])),
        &[("base/1", "linux/amd64"), ("app/1", "linux/amd64")],
        "without `platforms`, kiln builds an image for linux/amd64",
    );
    check(
        &(target("base", "  platforms = [\"linux/amd64\"]\n", &[])
            + &target("app", both, &["base"])),
        &[("base/1", "linux/amd64")],
        "`app` is built from `base`, which has no image for linux/arm64",
    );
    // One variant of a matrix.
    check(
        &format!(
            "target \"base\" {{\n  name = \"base-${{v}}\"\n  matrix = {{ v = [\"1\", \"2\"] }}\n  tags = [\"x.io/base:${{v}}\"]\n}}\n{}",
            target("app", both, &["base-2"])
        ),
        &[
            ("base/1", "linux/amd64"),
            ("base/2", "linux/amd64 linux/arm64"),
        ],
        assumed,
    );
}

/// A Dockerfile that names its parent as it is published needs no context for it.
#[test]
fn a_context_by_its_own_reference_is_left_out() {
    for (key, is_kept) in [
        ("x.io/m/builder:dev", false),
        ("x.io/m/builder", true),
        ("x.io/m/builder:1", true),
        ("builder", true),
    ] {
        let text = format!(
            "target \"builder\" {{ tags = [\"x.io/m/builder:dev\"] }}\n\
             target \"app\" {{\n  tags = [\"x.io/m/app:1\"]\n  contexts = {{ \"{key}\" = \"target:builder\" }}\n}}\n"
        );
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
        let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
        let line = format!("contexts \"{key}\" \"x.io/m/builder:dev\"");
        assert_eq!(manifest.contains(&line), is_kept, "{manifest}\n{notes}");
        assert!(!notes.contains("must say"), "{notes}");
    }
}

/// A context by the image's own name, which follows variables: a Dockerfile names the image itself with any values.
#[test]
fn names_of_contexts_may_follow_variables() {
    let text = |name: &str| {
        format!(
            "variable \"REPO\" {{ default = \"acme\" }}\nvariable \"V\" {{ default = \"local\" }}\ntarget \"base\" {{ tags = [\"${{REPO}}/base:${{V}}\"] }}\ntarget \"a\" {{\n  tags = [\"${{REPO}}/a:${{V}}\"]\n  contexts = {{ \"{name}\" = \"target:base\" }}\n}}\n"
        )
    };
    for (name, wanted, is_followed) in [
        (
            "${REPO}/base:${V}",
            "variable \"V\" default=\"local\"\n",
            true,
        ),
        (
            "docker.io/${REPO}/base:${V}",
            "variable \"V\" default=\"local\"\n",
            true,
        ),
        // It is another name with other values.
        (
            "acme/base:${V}",
            "variable \"REPO\" default=\"acme\" one-of=\"acme\"\n",
            false,
        ),
        (
            "b${V}",
            "variable \"V\" default=\"local\" one-of=\"local\"\n",
            false,
        ),
    ] {
        let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text(name));
        let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
        assert!(manifest.contains(wanted), "{name}\n{manifest}\n{notes}");
        let is_silent = !notes.contains("values that the file computes");
        assert_eq!(is_silent, is_followed, "{name}\n{manifest}\n{notes}");
        assert_eq!(
            !manifest.contains("contexts "),
            is_followed || name.starts_with("acme"),
            "{manifest}"
        );
    }
}
