use super::*;

#[track_caller]
fn check(output: &str, expect: &str) {
    assert_eq!(
        probed(output).unwrap_or_else(|why| format!("error: {why}")),
        expect,
        "{output:?}"
    );
}

#[test]
fn versions_are_found_in_the_output_of_tools() {
    check("Python 3.12.1\n", "3.12.1");
    check("go version go1.27.0 linux/amd64", "1.27.0");
    check(
        "openjdk version \"21.0.4\" 2024-07-16\nOpenJDK Runtime Environment\n",
        "21.0.4",
    );
    check("v24.17.0", "24.17.0");
    check("git version 2.47.3.", "2.47.3");
    check("Docker version 28.5.2, build 1", "28.5.2");
    check("1.2.3+dfsg-1", "1.2.3-dfsg-1");
    check("trixie\n", "trixie");
    check("", "error: it printed nothing");
    check(
        "one\ntwo\n",
        "error: it printed several lines without a version",
    );
}
