//! Files that cannot be imported: each error has a place, a reason and a help; nothing panics.

use super::run;
use kiln::import::Format;

/// Expects that a file is refused with this code.
fn check(format: Format, text: &str, code: &str) {
    let (found, said) = run(format, "input", text);
    assert!(found.is_none(), "{text}");
    assert!(said.contains(&format!("error[{code}]")), "{text}\n{said}");
    assert!(said.contains("help: "), "{said}");
}

#[test]
fn library_files() {
    let check = |text: &str, code: &str| check(Format::Stackbrew, text, code);
    check("", "import::no-images");
    check("Maintainers: me\n", "import::no-images");
    check(
        "Builder: oci-import\n\nTags: a\nDirectory: d\nFile: index.json\n",
        "import::no-images",
    );
    check("Tags: b\n\nMaintainers: me\n", "import::no-tags");
    check("Tags: a\n\nDirectory: b\n", "import::no-tags");
    check("Tags: ,\n", "import::no-tags");
    check("Tags: a b\n", "import::tag");
    check("Tags: -a\n", "import::tag");
    check(" Tags: a\n", "import::field");
    check("Tagz a\n", "import::field");
    check(
        "latest: git://example.com/x@y\nTags: a\n Tags: b\nTags: c\n",
        "import::field",
    );
    check("Tags: a\nArchitectures: arm64\n", "import::architecture");
    check("Tags: a\nDirectory: ../b\n", "import::outside");
    check("Tags: a\nDirectory: /b\n", "import::outside");
    check("Tags: a\n\nTags: b, a\n", "import::two-owners");
    check(
        "Tags: a\nSharedTags: s\n\nTags: b\nSharedTags: s\n",
        "import::two-owners",
    );
    check(
        &format!(
            "Tags: {}\n",
            (0..1001).map(|n| format!("t{n}, ")).collect::<String>()
        ),
        "import::too-many-tags",
    );
    check(&"#".repeat(256 * 1024 + 1), "import::too-large");
    // Other files that people give by mistake: one error, which says what to do.
    for (text, help) in [
        (
            "# c\n\ngroup \"default\" {\n  targets = []\n}\n",
            "kiln import bake",
        ),
        ("target \"a\" { tags = [\"x\"] }\n", "kiln import bake"),
        ("{\"target\": {}}\n", "kiln import bake"),
        ("FROM debian\nRUN x\n", "kiln init --from"),
        ("// c\nworkspace \"w\" {\n}\n", "kiln validate"),
    ] {
        check(text, "import::format");
        let (_, said) = run(Format::Stackbrew, "input", text);
        assert!(said.contains(help) && said.contains("\n1 error"), "{said}");
    }
}

#[test]
fn cimg_manifests() {
    let check = |text: &str, code: &str| check(Format::Cimg, text, code);
    check("", "import::missing");
    check("repository=go\n", "import::missing");
    check("GEN_CHECK=(1.0)\n", "import::missing");
    check(
        "repository=$(basename .)\nGEN_CHECK=(1.0)\n",
        "import::computed",
    );
    check("repository=go\nGEN_CHECK=(\"$1\")\n", "import::computed");
    check("repository=go\nGEN_CHECK=(1)\n", "import::version");
    check("repository=go\nGEN_CHECK=(latest)\n", "import::version");
    let (found, notes) = run(
        Format::Cimg,
        "manifest",
        "repository=go\nGEN_CHECK=(1.0=l/ts 1.1=a=b)\n",
    );
    assert!(
        found.is_some() && notes.contains("`a=b` cannot be an alias"),
        "{notes}"
    );
    check(
        "repository=go\nvariants=('a b')\nGEN_CHECK=(1.0)\n",
        "import::tag",
    );
    check("repository=Go\nGEN_CHECK=(1.0)\n", "import::repository");
    check("repository=a/b\nGEN_CHECK=(1.0)\n", "import::repository");
    for namespace in ["ghcr.io/Acme", "https://ghcr.io/acme", "acme/", "gh cr.io"] {
        let text = format!("namespace='{namespace}'\nrepository=go\nGEN_CHECK=(1.0)\n");
        check(&text, "import::repository");
    }
    check("repository=go\nGEN_CHECK=(1.0\n", "import::missing");
    check(
        "repository=go\nvariants=(1)\nGEN_CHECK=(1.0 1.0-1)\n",
        "import::two-owners",
    );
}

#[test]
fn bake_files() {
    let check = |text: &str, code: &str| check(Format::Bake, text, code);
    check("", "import::no-images");
    check("target \"a\" {", "import::bake");
    check("{\"target\": ", "import::bake");
    check("{\"target\": 3}", "import::no-images");
    check("target \"a\" { tags = [\"A B\"] }", "import::no-images");
    check(
        "variable \"A\" { default = B }\nvariable \"B\" { default = A }\ntarget \"a\" { tags = [\"x/${A}\"] }",
        "import::no-images",
    );
    check(
        "target \"a\" {\n matrix = { m = [\"1\", \"2\"] }\n tags = [\"x/a\"]\n }",
        "import::no-images",
    );
}

/// Small bake files with huge results: each takes bounded time and memory.
#[test]
fn bake_files_that_expand_are_bounded() {
    let doubling: String = (1..60)
        .map(|n| {
            format!(
                "variable \"v{n}\" {{ default = \"${{v{}}}${{v{}}}\" }}\n",
                n - 1,
                n - 1
            )
        })
        .collect();
    check(
        Format::Bake,
        &format!("v0 = \"xxxxxxxx\"\n{doubling}target \"a\" {{ tags = [v59] }}"),
        "import::no-images",
    );
    let loops = "[for a in l : ".repeat(40) + "a" + &"]".repeat(40);
    check(
        Format::Bake,
        &format!("l = [1,2,3,4,5,6,7,8]\ntarget \"a\" {{ tags = {loops} }}"),
        "import::no-images",
    );
    let axes: String = (0..40)
        .map(|n| format!("m{n} = [1,2,3,4,5,6,7,8]\n"))
        .collect();
    check(
        Format::Bake,
        &format!("target \"a\" {{\n name = \"x\"\n matrix = {{\n{axes}}}\n tags = [\"x/a\"]\n }}"),
        "import::no-images",
    );
    let chain: String = (0..3000)
        .map(|n| {
            format!(
                "target \"t{n}\" {{ inherits = [\"t{}\", \"t{}\"] }}\n",
                n + 1,
                n + 1
            )
        })
        .collect();
    check(Format::Bake, &chain, "import::no-images");
}

/// Deep nesting overflows no stack.
#[test]
fn deeply_nested_bake_files_are_refused() {
    for open in [
        "[",
        "{",
        "(",
        "\"${",
        "a(",
        "!",
        "target \"x\" {",
        "<<A\n",
        "[for a in ",
        "a?",
        "%{if ",
    ] {
        check(
            Format::Bake,
            &format!("a = {}", open.repeat(20_000)),
            "import::bake",
        );
        check(Format::Bake, &open.repeat(20_000), "import::bake");
    }
}

#[test]
fn large_files_are_bounded() {
    let many: String = (0..8000)
        .map(|n| format!("Tags: t{n}-a\nDirectory: {n}\n\n"))
        .collect();
    assert!(
        run(Format::Stackbrew, "many", &many[..200_000.min(many.len())])
            .0
            .is_none_or(|found| found.manifest.len() > 100_000)
    );
    check(
        Format::Cimg,
        &format!("repository=go\nGEN_CHECK=({}", "(".repeat(100_000)),
        "import::missing",
    );
}
