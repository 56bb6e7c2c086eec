use super::*;

#[test]
fn versions_are_numbers_with_dots() {
    for yes in [
        "1.27",
        "v1.2",
        "22",
        "2026.03",
        "3.12.x",
        "1.27-rc.1",
        "8u502",
        "3.13rc1",
        "7.1.slim.apache",
        "8-jdk",
        "2026-11-01",
    ] {
        assert!(is_version(yes), "{yes}");
    }
    for no in [
        "go",
        "7zip",
        "1password",
        "3d",
        "v",
        "",
        "golang-1.27",
        "tip",
        "é",
        "1.é",
        "base1",
    ] {
        assert!(!is_version(no), "{no}");
    }
    for yes in ["stable", "bookworm", "alpine3.22", "debian12", "tip", "1.2"] {
        assert!(is_weak_version(yes), "{yes}");
    }
    for no in ["dev", "debian", "server", "base"] {
        assert!(!is_weak_version(no), "{no}");
    }
}

#[test]
fn names_end_where_a_version_begins() {
    for (word, expect) in [
        ("golang-1.27", Some(("golang", "1.27"))),
        ("node_22", Some(("node", "22"))),
        ("r-ver_4.5.1", Some(("r-ver", "4.5.1"))),
        ("jdk-17", Some(("jdk", "17"))),
        ("golang-1.27-alpine", Some(("golang", "1.27-alpine"))),
        ("app-v2", Some(("app", "v2"))),
        ("patroni.13", Some(("patroni", "13"))),
        ("python3.12", None),
        ("image-2-video", None),
        ("scipy-notebook", None),
        ("-1.0", None),
        ("1.27-1", None),
    ] {
        assert_eq!(name_and_version(word), expect, "{word}");
    }
}

#[test]
fn spellings_of_one_name_are_equal() {
    for word in ["BuildBase", "build-base", "build_base", "buildbase"] {
        assert_eq!(fold(word), "buildbase");
    }
    for (word, expect) in [
        ("BuildBase", "build-base"),
        ("GPUTools", "gpu-tools"),
        ("go", "go"),
        ("Base", "base"),
        ("", ""),
    ] {
        assert_eq!(hyphened(word), expect);
    }
    assert!(is_camel("WebServer") && !is_camel("Web") && !is_camel("web-server"));
    assert_eq!(
        pieces(["ros-core", "focal", "ros"]),
        ["core", "focal", "ros"]
    );
    assert_eq!(
        pieces(["7.1.slim.node10", "alpine3.22", "3.12.x"]),
        ["3.12.x", "7.1", "alpine3.22", "node10", "slim"]
    );
}
