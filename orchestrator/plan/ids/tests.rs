use crate::line::tests::bring;
use crate::matrix::{Inputs, VariantId};

/// The paths that each build of the last image is sent, platform by platform.
fn sent(nodes: &str, files: &[(&str, &str)]) -> Vec<String> {
    let text = format!("workspace \"w\" {{ publish \"r.example/f/{{image}}\" }}\n{nodes}");
    let ready = bring(&text, &Inputs::default(), files).made();
    let last = VariantId::from(ready.fleet.variants.len() - 1);
    let contexts = ready.ids.contexts(last);
    let paths = contexts.map(|context| {
        context
            .tree
            .iter()
            .map(|(path, _)| path.to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    });
    paths.collect()
}

const CHILD: &str = "image \"child\" { dockerfile \"c/Dockerfile\"; tag \"1\" }";

#[test]
fn onbuild_of_a_parent_means_the_whole_context() {
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
    check(
        "FROM debian:12\nONBUILD COPY b /\n",
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
