//! What `contexts` means, and what is wrong with it.

use crate::line::tests::bring;
use crate::matrix::Inputs;

const FILES: [(&str, &str); 7] = [
    ("app/Dockerfile", "FROM debian:12\nCOPY --from=kit /x /x\n"),
    ("app/x", "1"),
    ("kit/x", "2"),
    ("lib/kit/x", "3"),
    ("file", "4"),
    ("scratch/x", "5"),
    ("base/Dockerfile", "FROM debian:12\n"),
];

fn manifest(context: &str) -> String {
    format!(
        r#"workspace "w" {{ publish "r.example/f/{{image}}"; stage "r.example/f/stage" }}
base "tools" from="r.example/tools:5"
image "base" {{ axis "v" {{ value "1"; value "2" }}; dockerfile "base/Dockerfile"; tag "{{v}}" }}
image "lib" {{ dockerfile "base/Dockerfile"; tag "1" }}
image "app" {{ axis "v" {{ value "1" }}; dockerfile "app/Dockerfile"; use_tools; {context}; tag "{{v}}" }}"#
    )
    .replace("use_tools; ", "")
        + "\nimage \"t\" { from base=\"tools\" }"
}

/// What the name `kit` of app's Dockerfile means: an image, the files of a folder, and the parents of `app`.
#[track_caller]
fn means(context: &str, expect: &str) {
    let outcome = bring(&manifest(context), &Inputs::default(), &FILES);
    let shown = outcome.shown();
    let ready = outcome.made.unwrap_or_else(|| panic!("{context}: {shown}"));
    let app = ready
        .fleet
        .variants
        .iter()
        .find(|v| v.image == "app")
        .unwrap()
        .id;
    let recipe = &ready.recipes[app];
    let images = recipe.image_refs.iter().filter(|one| one.context.is_some());
    let mut found: Vec<String> = images.map(|one| one.reference.familiar()).collect();
    for (name, context) in ready.ids.contexts(app) {
        let paths = context
            .tree
            .iter()
            .map(|(path, entry)| format!("{path}={}", entry.digest.short()));
        found.extend(name.map(|_| paths.collect::<Vec<_>>().join(" ")));
    }
    let parents = ready.graph.parents(app);
    found.extend(parents.map(|parent| format!("on {}", ready.fleet.variant(parent).label())));
    let file = |text: &str| format!("x={}", crate::name::Digest::of(text).short());
    let expect = expect
        .replace("file 2", &file("2"))
        .replace("file 3", &file("3"))
        .replace("file 5", &file("5"));
    assert_eq!(found.join(", "), expect, "{context}\n{shown}");
}

#[test]
fn words() {
    means(r#"contexts "kit" "./kit""#, "file 2");
    means(r#"contexts "kit" "kit""#, "file 2");
    means(r#"contexts "kit" "lib/kit""#, "file 3");
    means(r#"contexts "kit" "./lib/../kit""#, "file 2");
    means(r#"contexts "kit" "alpine:3.20""#, "alpine:3.20");
    means(
        r#"contexts "kit" "r.example/x/y@sha256:0000000000000000000000000000000000000000000000000000000000000000""#,
        "r.example/x/y@sha256:0000000000000000000000000000000000000000000000000000000000000000",
    );
    means(
        r#"contexts "docker.io/library/kit:latest" "alpine""#,
        "alpine",
    );
    // A placeholder, also one that makes a public name of the fleet.
    means(r#"contexts "kit" "alpine:{v}""#, "alpine:1");
    means(
        r#"contexts "kit" "r.example/f/base:{v}""#,
        "r.example/f/base:1, on base:1",
    );
    // Images and bases of the manifest, also where a folder has their name.
    means(r#"contexts "kit" "base""#, "r.example/f/base:1, on base:1");
    means(r#"contexts "kit" "lib""#, "r.example/f/lib:1, on lib:1");
    means(r#"contexts "kit" "tools""#, "r.example/tools:5");
    means(
        r#"contexts "kit" image="base" v="2""#,
        "r.example/f/base:2, on base:2",
    );
    means(r#"contexts "kit" base="tools""#, "r.example/tools:5");
    // Nothing, also where a folder has that name.
    means(r#"contexts "kit" "scratch""#, "");
    means(r#"contexts "kit" "./scratch""#, "file 5");
    // A `when` replaces what the image says.
    means(
        r#"contexts "kit" "alpine"; when v="1" { contexts "kit" "./kit" }"#,
        "file 2",
    );
}

/// The faults of a manifest: message, text at the place, help.
#[track_caller]
fn check(context: &str, expect: &[&str]) {
    let outcome = bring(&manifest(context), &Inputs::default(), &FILES);
    let shown = |fault: &crate::text::Diagnostic| {
        let span = fault.labels.first().map(|label| label.span).unwrap();
        let text = &outcome.sources.get(span.source).unwrap().text;
        let help = fault.help.as_deref().unwrap_or_default();
        let place = &text[span.start as usize..span.end as usize];
        format!("{} @ {place} ({help})", fault.message)
    };
    let found: Vec<String> = outcome.faults.iter().map(shown).collect();
    let fits = found
        .iter()
        .zip(expect)
        .all(|(found, expect)| found.contains(expect));
    assert!(found.len() == expect.len() && fits, "{context}\n{found:#?}");
}

#[test]
fn faults() {
    check(
        r#"contexts "kit" "./nowhere""#,
        &["`nowhere` @ \"./nowhere\" (a path is relative"],
    );
    check(
        r#"contexts "kit" "./file""#,
        &["`file` is not a folder @ \"./file\""],
    );
    check(
        r#"contexts "kit" "../kit""#,
        &["`../kit` leads out of the workspace @ \"../kit\""],
    );
    check(
        r#"contexts "kit" "/kit""#,
        &["`/kit` leads out of the workspace"],
    );
    check(
        r#"contexts "kit" "Kit""#,
        &["`Kit` is neither a folder of the workspace nor an image"],
    );
    check(
        r#"contexts "kit" "alpine"; contexts "kit:latest" "debian""#,
        &["`kit` is set twice @ \"kit:latest\""],
    );
    check(
        r#"contexts "Kit" "alpine""#,
        &["`Kit` cannot be the name of a context"],
    );
    check(
        r#"contexts "kit""#,
        &["`contexts` needs a folder or an image"],
    );
    check("contexts", &["`contexts` needs a name of the Dockerfile"]);
    check(r#"contexts "kit" """#, &["`contexts` is empty"]);
    check(r#"contexts "kit" "a" "b""#, &["b"]);
    check(
        r#"contexts "kit" "a" base="tools""#,
        &["`contexts` gives one name more than one meaning @ \"tools\""],
    );
    check(
        r#"contexts "kit" base="tool""#,
        &["no base `tool` is declared @ \"tool\" (did you mean `tools`?)"],
    );
    check(
        r#"contexts "kit" image="bas""#,
        &["no image `bas` is declared"],
    );
    check(r#"contexts "kit" image="base" v="3""#, &["3"]);
    check(
        r#"axis "w" { value "tools" }; contexts "kit" "{w}""#,
        &["a placeholder becomes `tools`"],
    );
    check(
        r#"contexts "kit" "app""#,
        &["`app:1` is based on itself @ \"kit\""],
    );
    check(
        r#"contexts "kti" "./kit""#,
        &[
            "`contexts \"kti\"` has no effect: no stage of app/Dockerfile that is built uses this name @ \"kti\" (did you mean `kit`?)",
        ],
    );
    for (written, help) in [
        ("docker-image://alpine", "write `\"alpine\"`"),
        ("target:base", "write `image=\"base\"`"),
        ("https://example.org/x.git", "git submodule"),
        ("git@example.org:x.git", "git submodule"),
        ("oci-layout:///x", "push the image to a registry"),
        ("local:kit", "write `\"./kit\"`"),
    ] {
        check(&format!("contexts \"kit\" \"{written}\""), &[help]);
    }
}
