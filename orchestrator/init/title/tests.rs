use super::*;

#[track_caller]
fn check(below: &str, expect: &str) {
    let title = title(below, "alone");
    assert_eq!(
        format!(
            "{}:{}{}",
            title.image,
            title.tag,
            title
                .was
                .map(|was| format!(" was {was}"))
                .unwrap_or_default()
        ),
        expect
    );
}

#[test]
fn paths_are_images_and_tags() {
    check("Dockerfile", "alone:latest");
    check("node.Dockerfile", "node:latest");
    check("Dockerfile.node", "node:latest");
    check("go/Dockerfile", "go:latest");
    check("go/Containerfile", "go:latest");
    check("go/1.26/Dockerfile", "go:1.26");
    check("go/1.26.Dockerfile", "go:1.26");
    check("go/Dockerfile.1.26", "go:1.26");
    check("go/1.26/node/Dockerfile", "go:1.26-node");
    check("go/1.26/Dockerfile.node", "go:1.26-node");
    check(
        "Go Tools/1 26/Dockerfile",
        "go-tools:1-26 was Go Tools:1 26",
    );
    check("go/+/Dockerfile", "go:latest was go:+");
}

#[test]
fn other_files_are_none() {
    let all = [
        "Dockerfile.dockerignore",
        "Dockerfile.hbs",
        "Dockerfile~",
        "dockerfiles",
        "Dockerfile.node~",
        "README.md",
        ".dockerignore",
    ];
    assert!(!all.iter().any(|name| is_dockerfile(name)));
    assert!(
        ["Dockerfile", "dockerfile", "Containerfile", "x.dockerfile"]
            .iter()
            .all(|name| is_dockerfile(name))
    );
}
