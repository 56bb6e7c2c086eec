use crate::line::tests::bring;
use crate::matrix::{Inputs, VariantId};

/// The paths that each build of the last image is sent, platform by platform.
fn sent(nodes: &str, files: &[(&str, &str)]) -> Vec<String> {
    let text = format!("workspace \"w\" {{ publish \"r.example/f/{{image}}\" }}\n{nodes}");
    let ready = bring(&text, &Inputs::default(), files).made();
    let last = VariantId::from(ready.fleet.variants.len() - 1);
    let contexts = ready.ids.contexts(last);
    let paths = contexts.map(|(name, context)| {
        let name = name.map(|name| format!("{name}:"));
        let paths = context.tree.iter().map(|(path, _)| path.to_owned());
        name.into_iter().chain(paths).collect::<Vec<_>>().join(" ")
    });
    paths.collect()
}

const CHILD: &str = "image \"child\" { dockerfile \"c/Dockerfile\"; tag \"1\" }";

#[test]
fn what_onbuild_of_a_parent_copies_is_read() {
    let parent = "image \"parent\" { dockerfile \"p/Dockerfile\"; tag \"1\" }";
    let check = |parent_file: &str, child_file: &str, expect: &str| {
        let files = [
            ("p/Dockerfile", parent_file),
            ("c/Dockerfile", child_file),
            ("c/a", "1"),
            ("c/b", "2"),
        ];
        let nodes = format!("base \"base\" from=\"debian:12\"\n{parent}\n{CHILD}");
        assert_eq!(
            sent(&nodes, &files),
            [expect],
            "{parent_file}: {child_file}"
        );
    };
    let child = "FROM r.example/f/parent:1\nCOPY a /\n";
    check("FROM debian:12\n", child, "a");
    check("FROM debian:12\nONBUILD COPY b /\n", child, "a b");
    check(
        "FROM debian:12\nONBUILD COPY . /\n",
        child,
        "Dockerfile a b",
    );
    check(
        "FROM debian:12\nONBUILD COPY $X /\n",
        child,
        "Dockerfile a b",
    );
    check("FROM debian:12\nONBUILD RUN true\n", child, "a");
    let copies = "FROM debian:12\nCOPY --from=r.example/f/parent:1 /x /\nCOPY a /\n";
    check("FROM debian:12\nONBUILD COPY b /\n", copies, "a");
}

#[test]
fn onbuild_of_a_base_is_declared() {
    let files = [
        ("c/Dockerfile", "FROM debian:12\nCOPY a /\n"),
        ("c/a", "1"),
        ("c/b", "2"),
    ];
    let plain = format!("base \"base\" from=\"debian:12\"\n{CHILD}");
    assert_eq!(sent(&plain, &files), ["a"]);
    let declared = format!(
        "base \"base\" from=\"debian:12\" onbuild\n{}",
        CHILD.replace("tag", "from base=\"base\"; tag")
    );
    assert_eq!(sent(&declared, &files), ["Dockerfile a b"]);
}

#[test]
fn each_platform_reads_its_own_files() {
    let files = [
        (
            "c/Dockerfile",
            "FROM debian:12\nARG TARGETARCH\nCOPY bin-$TARGETARCH /\n",
        ),
        ("c/bin-amd64", "1"),
        ("c/bin-arm64", "2"),
    ];
    let platforms = CHILD.replace("tag", "platforms \"linux/amd64\" \"linux/arm64\"; tag");
    assert_eq!(sent(&platforms, &files), ["bin-amd64", "bin-arm64"]);
}

const KIT: [(&str, &str); 8] = [
    (
        "c/Dockerfile",
        "FROM kit AS all\nFROM scratch\nARG TARGETARCH\nCOPY --from=kit bin-$TARGETARCH doc /\nRUN --mount=from=kit,source=lib,target=/l ls\n",
    ),
    ("kit/.dockerignore", "doc/secret\n"),
    ("kit/bin-amd64", "1"),
    ("kit/bin-arm64", "2"),
    ("kit/doc/a", "3"),
    ("kit/doc/secret", "4"),
    ("kit/lib/x", "5"),
    ("kit/other", "6"),
];

#[test]
fn what_is_read_of_a_named_context() {
    let both = "platforms \"linux/amd64\" \"linux/arm64\"; contexts \"kit\" \"kit\"; tag";
    assert_eq!(
        sent(&CHILD.replace("tag", both), &KIT),
        [
            "",
            "kit: bin-amd64 doc/a lib/x",
            "",
            "kit: bin-arm64 doc/a lib/x"
        ]
    );
    let all = CHILD.replace("tag", "contexts \"kit\" \"./kit\"; target \"all\"; tag");
    assert_eq!(
        sent(&all, &KIT),
        [
            "",
            "kit: .dockerignore bin-amd64 bin-arm64 doc/a lib/x other"
        ]
    );
}

/// Of a folder that replaces a stage, what other stages copy counts; all of it where one is based on it.
#[test]
fn what_is_read_of_a_context_that_replaces_a_stage() {
    let nodes = CHILD.replace("tag", "contexts \"build\" \"./kit\"; tag");
    let check = |rest: &str, expect: &str| {
        let text = format!("FROM debian:12 AS build\nRUN make\n{rest}\n");
        let files = [
            ("c/Dockerfile", text.as_str()),
            ("kit/lib/x", "1"),
            ("kit/lib/y", "2"),
            ("kit/other", "3"),
        ];
        assert_eq!(sent(&nodes, &files), ["", expect], "{rest}");
    };
    let all = "build: lib/x lib/y other";
    check("FROM scratch\nCOPY --from=build lib/x /", "build: lib/x");
    check(
        "FROM scratch\nCOPY --from=Build /lib /",
        "build: lib/x lib/y",
    );
    check("FROM scratch\nCOPY --from=0 other /", "build: other");
    check(
        "FROM debian:12\nRUN --mount=from=build,source=lib/y,target=/y cat /y",
        "build: lib/y",
    );
    check("FROM scratch\nCOPY --from=build . /", all);
    check("FROM build", all);
    check(
        "FROM build AS more\nFROM scratch\nCOPY --from=more lib/x /",
        all,
    );
    check("FROM build\nCOPY --from=build lib/x /", all);
}

/// Whether the recipe id on linux/amd64 is another one with other files, or with other words.
#[test]
fn a_recipe_id_covers_what_named_contexts_mean() {
    let nodes = CHILD.replace("tag", "contexts \"kit\" \"./kit\"; tag");
    let id = |nodes: &str, files: &[(&str, &str)]| {
        let text = format!("workspace \"w\" {{ publish \"r.example/f/{{image}}\" }}\n{nodes}");
        let ready = bring(&text, &Inputs::default(), files).made();
        let last = VariantId::from(ready.fleet.variants.len() - 1);
        let platform = &ready.fleet.variant(last).platforms[0];
        ready.ids.recipe(last, platform).unwrap()
    };
    let before = id(&nodes, &KIT);
    for (path, matters) in [
        ("kit/bin-amd64", true),
        ("kit/doc/a", true),
        ("kit/lib/x", true),
        ("kit/bin-arm64", false),
        ("kit/doc/secret", false),
        ("kit/other", false),
    ] {
        let mut files = KIT;
        let edited = files.iter_mut().find(|(own, _)| *own == path);
        edited.unwrap().1 = "edited";
        assert_eq!(id(&nodes, &files) != before, matters, "{path}");
    }
    // The same files under another path are the same recipe; an image is another one.
    let moved = KIT.map(|(path, text)| (path.replace("kit/", "moved/"), text));
    let moved: Vec<(&str, &str)> = moved
        .iter()
        .map(|(path, text)| (path.as_str(), *text))
        .collect();
    assert_eq!(id(&nodes.replace("./kit", "moved"), &moved), before);
    let image = |image: &str| id(&nodes.replace("./kit", image), &KIT);
    assert_ne!(image("alpine:3"), before);
    assert_ne!(image("alpine:3"), image("alpine:4"));
}

/// A stage that the target does not need is not a part of the recipe: it may be added, renamed, edited and removed.
#[test]
fn a_recipe_id_covers_needed_stages_only() {
    let id = |target: &str, text: &str| {
        let target = format!("target \"{target}\"; tag");
        let nodes = CHILD.replace("tag", &target);
        let head = "workspace \"w\" { publish \"r.example/f/{image}\" }";
        let files = [("c/Dockerfile", text), ("c/f", "1")];
        let ready = bring(&format!("{head}\n{nodes}"), &Inputs::default(), &files).made();
        let platform = &ready.fleet.variant(VariantId(0)).platforms[0];
        ready.ids.recipe(VariantId(0), platform).unwrap()
    };
    let main = "FROM a AS main\nCOPY f /\n";
    for (with, without) in [
        ("{main}\nFROM b AS test\nRUN x\n", "{main}"),
        ("{main}\nFROM b AS test\nRUN x\n# end\n", "{main}"),
        (
            "{main}# why\nFROM b AS test\n\nFROM test AS third\nRUN <<E\nx\nE\n",
            "{main}",
        ),
        (
            "# syntax=docker/dockerfile:1\n# top\nFROM b AS test\nRUN x\n\n{main}",
            "# syntax=docker/dockerfile:1\n# top\n{main}",
        ),
        ("FROM b\nFROM b AS test\nRUN x\n\n{main}", "{main}"),
        (
            "ARG V=1\n\nFROM b:$V AS test\nRUN x\n\n{main}",
            "ARG V=1\n\n{main}",
        ),
        (
            "ARG V=2\n\nFROM b:$V AS test\nRUN x\n\n{main}",
            "ARG V=1\n\n{main}",
        ),
        (
            "FROM z AS y\n\nFROM b AS test\n\n{main}COPY --from=y / /\n",
            "FROM z AS y\n\n{main}COPY --from=y / /\n",
        ),
        // After the last needed stage, no number counts it.
        (
            "FROM z\n\n{main}COPY --from=0 / /\n\nFROM b\n",
            "FROM z\n\n{main}COPY --from=0 / /\n",
        ),
    ] {
        let [with, without] = [with, without].map(|text| text.replace("{main}", main));
        assert_eq!(id("main", &with), id("main", &without), "{with}");
    }
    // The number of a stage before it decides what is copied.
    let all = "COPY --from=x / /\nCOPY --from=y / /\nCOPY --from=z / /\nCOPY --from=2 / /\n";
    let first = format!("FROM x AS x\nFROM y AS y\nFROM z AS z\n{main}{all}");
    let second = format!("FROM x AS x\nFROM u AS u\nFROM y AS y\nFROM z AS z\n{main}{all}");
    assert_ne!(id("main", &first), id("main", &second));
    // What is needed counts.
    assert_ne!(
        id("main", "FROM a AS main\n\nFROM main AS b\n"),
        id("b", "FROM a AS main\n\nFROM main AS b\n")
    );
}
