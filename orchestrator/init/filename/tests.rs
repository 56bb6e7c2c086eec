use super::*;

#[test]
fn a_file_is_what_its_name_says() {
    use FileKind::{Dockerfile, Other, Template};
    for (name, expect) in [
        ("Dockerfile", Dockerfile),
        ("dockerfile", Dockerfile),
        ("Containerfile", Dockerfile),
        ("x.dockerfile", Dockerfile),
        ("Dockerfile.1.0", Dockerfile),
        ("Dockerfile-1.0", Dockerfile),
        ("Dockerfile_gpu", Dockerfile),
        ("rstudio_4.5.1.Dockerfile", Dockerfile),
        ("Dockerfile.hbs", Template),
        ("Dockerfile.j2", Template),
        ("Dockerfile-linux.template", Template),
        ("Dockerfile-template", Template),
        ("Dockerfile.in", Template),
        ("Dockerfile.dockerignore", Other),
        ("Dockerfile.md", Other),
        ("Dockerfile.1.0.bak", Other),
        ("Dockerfile.orig", Other),
        ("Dockerfile~", Other),
        ("Dockerfile.node~", Other),
        ("dockerfiles", Other),
        ("dockerfile-lint", Other),
        (".Dockerfile", Other),
        ("README.md", Other),
        (".dockerignore", Other),
    ] {
        assert_eq!(file_kind(name), expect, "{name}");
    }
}
