use super::*;

fn github(folder: &str) -> CiLog {
    CiLog::GitHub(GitHub::new("t0ken".into(), folder))
}

#[track_caller]
fn check_error(folder: &str, place: Option<&str>, text: &str, expect: &str) {
    let shown = github(folder).error(place, "go:1.27, linux/arm64: build failed", text);
    let title = "title=go%3A1.27%2C linux/arm64%3A build failed";
    let expect = expect.replace("TITLE", title);
    let expect = format!("::t0ken::\n::error {expect}\n::stop-commands::t0ken\n");
    assert_eq!(shown, expect, "{place:?}");
}

#[test]
fn errors_are_at_their_lines() {
    check_error("", None, "no", "TITLE::no");
    let at = Some("go/Dockerfile:12");
    check_error("", at, "no", "file=go/Dockerfile,line=12,TITLE::no");
    let at = Some("kiln.kdl:12:5");
    check_error("", at, "no", "file=kiln.kdl,line=12,TITLE::no");
    check_error("images/", at, "a", "file=images/kiln.kdl,line=12,TITLE::a");
    check_error("", Some("a,b:c:3"), "no", "file=a%2Cb%3Ac,line=3,TITLE::no");
    check_error("", Some("a file"), "no", "TITLE::no");
    let text = "100%\n::add-mask::x";
    check_error("", None, text, "TITLE::100%25%0A::add-mask::x");
    assert_eq!(CiLog::GitLab.error(at, "title", "text"), "");
}

#[test]
fn parts_fold() {
    let second = Duration::from_secs;
    let part = Part {
        number: 3,
        title: "go:1.27: output",
        lines: "one\ntwo\n",
        from: second(1000),
        to: second(1060),
    };
    let commands = |command: &str| format!("::t0ken::\n{command}\n::stop-commands::t0ken\n");
    let (start, end) = (
        commands("::group::go:1.27: output"),
        commands("::endgroup::"),
    );
    assert_eq!(github("").fold(&part), format!("{start}one\ntwo\n{end}"));
    let expect = "\u{1b}[0Ksection_start:1000:kiln_3[collapsed=true]\r\u{1b}[0Kgo:1.27: output\none\ntwo\n\u{1b}[0Ksection_end:1060:kiln_3\r\u{1b}[0K\n";
    assert_eq!(CiLog::GitLab.fold(&part), expect);
}
