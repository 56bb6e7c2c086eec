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
    // A step of a tool set is in the manifest, one of a template in that, and one of a built-in template in the Dockerfile.
    let rendered = |origin: &str| format!("images/go/Dockerfile:6 ({origin})");
    let manifest = rendered("kiln.kdl:17:21, kiln's templates/kiln/toolset.hbs:27");
    check_error(
        "",
        Some(manifest.as_str()),
        "no",
        "file=kiln.kdl,line=17,TITLE::no",
    );
    let template = rendered("templates/go.hbs:3");
    let expect = "file=templates/go.hbs,line=3,TITLE::no";
    check_error("", Some(template.as_str()), "no", expect);
    let built_in = rendered("kiln's templates/kiln/image.hbs:2");
    let expect = "file=images/go/Dockerfile,line=6,TITLE::no";
    check_error("", Some(built_in.as_str()), "no", expect);
    let library = Some("kiln's toolsets/go.kdl:3:1");
    check_error("", library, "no", "TITLE::no");
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

/// Neither form of a command passes, on any output; kiln's own do.
#[test]
fn text_of_others_is_not_a_command() {
    let guard = Guard::new(Some(&github("")));
    let check = |text: &str, expect: &str| assert_eq!(guard.text(text), expect, "{text:?}");
    check("one\n a::b ## [x]\n", "one\n a::b ## [x]\n");
    check("::error::x\n", ": :error::x\n");
    check("a\n \t::add-mask::e", "a\n \t: :add-mask::e");
    check(":::error::x", ": ::error::x");
    check(
        "a ##[error]x ###[add-mask]e",
        "a ## [error]x ### [add-mask]e",
    );
    check(
        "::t0ken-guessed::\n::error::x\n",
        ": :t0ken-guessed::\n: :error::x\n",
    );
    let own = github("").error(None, "title", "text\n##[x]");
    let around = format!("::a::\n{own}::b::\n");
    check(&around, &format!(": :a::\n{own}: :b::\n"));
    for whole in [github("").begin(), github("").end()] {
        check(&whole, &whole);
    }
    // Without commands of its own, kiln lets none through.
    assert_eq!(Guard::default().text("::t0ken::\n"), ": :t0ken::\n");
}

#[test]
fn json_keeps_its_values() {
    let value = serde_json::json!({ "line": "a ##[add-mask]e ::error::x" });
    let made = Guard::default().json(&value.to_string()).into_owned();
    assert!(!made.contains("##["), "{made}");
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&made).ok(),
        Some(value)
    );
}

/// A line that comes in pieces is one line.
#[test]
fn pieces_of_lines_are_guarded_together() {
    use std::io::Write as _;
    let written = |guard: Option<Guard>, is_json| {
        let mut out = Vec::new();
        let mut to = Guarded::new(&mut out, guard, is_json);
        for piece in ["[", "a", "] ", "::x #", "#[e]\n:", ":error::x\n", "::y"] {
            write!(to, "{piece}").expect("memory");
        }
        drop(to);
        String::from_utf8(out).expect("text")
    };
    let guard = Some(Guard::default());
    assert_eq!(
        written(guard.clone(), false),
        "[a] ::x ## [e]\n: :error::x\n: :y"
    );
    assert_eq!(written(guard, true), "[a] ::x #\\u0023[e]\n::error::x\n::y");
    assert_eq!(written(None, false), "[a] ::x ##[e]\n::error::x\n::y");
}
