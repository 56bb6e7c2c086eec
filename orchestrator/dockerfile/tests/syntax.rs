//! Lines, here-documents and directives.

use super::*;

#[test]
fn continuations() {
    check("FROM a\nRUN x \\\n  FROM b", &["1:from a <a>"]);
    check(
        "FROM a\nRUN x \\  \t\n\n# FROM b \\\n  # c\n  FROM b\nFROM c",
        &["1:from a <a>", "7:from c <c>"],
    );
    check(
        "FROM a\nRUN x \\\\\nFROM b",
        &["1:from a <a>", "3:from b <b>"],
    );
    check("FROM a\nRUN x `\nFROM b", &["1:from a <a>", "3:from b <b>"]);
    check("# escape=`\nFROM a\nRUN x `\nFROM b", &["2:from a <a>"]);
    check(
        "# escape=`\nFROM a\nRUN x \\\nFROM b",
        &["2:from a <a>", "4:from b <b>"],
    );
    check(
        "#comment\n# escape=`\nFROM a\nRUN x `\nFROM b",
        &["3:from a <a>", "5:from b <b>"],
    );
    check(
        "\n# escape=`\nFROM a\nRUN x `\nFROM b",
        &["3:from a <a>", "5:from b <b>"],
    );
    check(
        "# check=skip=all\n#ESCAPE = `  \nFROM a\nRUN x `\nFROM b",
        &["3:from a <a>"],
    );
    check("# escape=x\nFROM a", &["1!directive", "2:from a <a>"]);
    check(
        "# escape=`\n# escape=`\nFROM a",
        &["2!directive", "3:from a <a>"],
    );
    check("# a comment \\\nFROM a", &["2:from a <a>"]);
    check("\\\nFROM a", &["2:from a <a>"]);
    check("FROM \\\r\n  a\r\n", &["2:from a <a>"]);
    check("FROM a \\\n  AS b\nFROM b", &["1:from a <a>"]);
    check("FROM a\nRUN x \\", &["1:from a <a>"]);
    check("FROM a # comment", &["1!from"]);
}

#[test]
fn heredocs() {
    check(
        "FROM a\nRUN <<EOF\nFROM b\nEOF\nFROM c",
        &["1:from a <a>", "5:from c <c>"],
    );
    check(
        "FROM a\nRUN cat > /a <<A\nFROM b\nA\nFROM c",
        &["1:from a <a>", "5:from c <c>"],
    );
    check(
        "FROM a\nRUN cat <<A <<\"B\"\nFROM b\nA\nFROM d\nB\nFROM c",
        &["1:from a <a>", "7:from c <c>"],
    );
    check(
        "FROM a\nRUN <<-EOF\n\tFROM b\n\t\tEOF\nFROM c",
        &["1:from a <a>", "5:from c <c>"],
    );
    check(
        "FROM a\nRUN <<EOF\n\tEOF\nEOF\nFROM c",
        &["1:from a <a>", "5:from c <c>"],
    );
}

/// Where a file has the first character that is not UTF-8 and that a builder reads.
#[test]
fn comments_in_any_encoding() {
    for (text, line) in [
        ("# M\u{fffd}ller\nFROM a", None),
        ("FROM a\nRUN a \\\n # \u{fffd}\n b", None),
        ("FROM a\nLABEL a=\u{fffd}", Some(2)),
        ("# \u{fffd}\nFROM a\nRUN a # \u{fffd}", Some(3)),
        ("FROM a\nRUN <<EOF\n# \u{fffd}\nEOF", Some(3)),
        ("FROM a\nRUN <<EOF\nx\nEOF\n# \u{fffd}", None),
    ] {
        let at = crate::dockerfile::foreign(text);
        let at = at.map(|at| text[..at.start].matches('\n').count() + 1);
        assert_eq!(at, line, "{text}");
    }
}

#[test]
fn heredoc_delimiters() {
    check(
        "FROM a\nCOPY <<'E O F' /x\nFROM b\nE O F\nFROM c",
        &["1:from a <a>", "5:from c <c>"],
    );
    check(
        "FROM a\nCOPY --from=b <<X /x\nFROM b\nX\n",
        &["1:from a <a>", "2:copy b <b>"],
    );
    check("FROM a\nRUN 3<<EOF cat\nFROM b\nEOF\n", &["1:from a <a>"]);
    check(
        "FROM a\nRUN cat <<EOF>/x\nEOF\nEOF>/x\nFROM c",
        &["1:from a <a>", "5:from c <c>"],
    );
    check(
        "FROM a\nRUN cat \\\n  <<EOF \\\n  && true\nFROM b\nEOF\nFROM c",
        &["1:from a <a>", "7:from c <c>"],
    );
}

/// A target, and the fault that it is.
#[test]
fn targets() {
    let text = "FROM a\nFROM b AS tools\nFROM c";
    for (target, message, help) in [
        (
            "0",
            "`0` is a number; BuildKit finds a target by its name",
            "name the stage, `FROM … AS name` in line 1, and write that name",
        ),
        (
            "1",
            "`1` is a number; BuildKit finds a target by its name",
            "write `tools`",
        ),
        (
            "3",
            "the file has no stage `3`, which is the target",
            "its stages are tools",
        ),
    ] {
        let given = Given {
            args: &IndexMap::new(),
            platforms: &[],
            target: Some(target),
            contexts: &[],
        };
        let file = read(text, given);
        assert_eq!(file.faults[0].message, message);
        assert_eq!(file.faults[0].help.as_deref(), Some(help));
    }
}

#[test]
fn arguments_of_onbuild() {
    let file = read_alone("FROM a AS x\nONBUILD ARG V W=1\nONBUILD RUN x\nFROM x\nONBUILD ARG U");
    assert_eq!(file.onbuild_args().collect::<Vec<_>>(), ["V", "W", "U"]);
    assert_eq!(file.takes("V"), Taken::Used);
    assert_eq!(file.takes("U"), Taken::Undeclared);
}

#[test]
fn heredocs_with_a_blank_after_their_sign() {
    for (run, ends) in [
        ("RUN cat > /f << EOF", "EOF"),
        ("RUN sh << 'EOF'", "EOF"),
        ("RUN cat << \"E F\"", "E F"),
        ("RUN cat 3<<  \tEOF && x", "EOF"),
        ("RUN cat << -EOF", "-EOF"),
        ("RUN cat <<\\\n EOF", "EOF"),
        ("RUN cat << EOF>/x", "EOF>/x"),
        ("RUN cat << A <<B", "A\nB"),
        ("RUN cat <<A << B", "A\nB"),
        ("ONBUILD RUN cat << EOF", "EOF"),
    ] {
        let file = read_alone(&format!("FROM a\n{run}\nhello\n{ends}\nCMD x\n"));
        assert_eq!(file.faults, [], "{run}");
        assert_eq!(file.instructions.len(), 3, "{run}");
    }
    for text in [
        "RUN cat <<- EOF",
        "RUN a<< EOF",
        "RUN \"<<\" EOF",
        "RUN \"<< EOF\"",
        "RUN x << <EOF",
    ] {
        let file = read_alone(&format!("FROM a\n{text}\nhello\nEOF\n"));
        assert_eq!(
            file.faults[0].message, "`hello` is not an instruction",
            "{text}"
        );
    }
    check(
        "FROM a\nCOPY << EOF /x\nhello\nEOF\n",
        &["1:from a <a>", "2!heredoc"],
    );
    check(
        "FROM a\nONBUILD ADD << E /x\nE\n",
        &["1:from a <a>", "2!heredoc"],
    );
    check(
        "FROM a\nRUN echo $((1 << 2))\n",
        &["1:from a <a>", "2!heredoc"],
    );
}

#[test]
fn text_that_is_not_a_heredoc() {
    check(
        "FROM a\nRUN cat <<< EOF\nFROM c",
        &["1:from a <a>", "3:from c <c>"],
    );
    check(
        "FROM a\nRUN echo $((1<<2)) \"<<X\" a<<Y\nFROM c",
        &["1:from a <a>", "3:from c <c>"],
    );
    check(
        "FROM a\nRUN [\"cat\", \"<<EOF\"]\nFROM c",
        &["1:from a <a>", "3:from c <c>"],
    );
    check(
        "FROM a\nCMD cat <<EOF\nFROM c",
        &["1:from a <a>", "3:from c <c>"],
    );
}

#[test]
fn ends_of_heredocs() {
    check(
        "FROM a\nONBUILD RUN <<EOF\nFROM b\nEOF\nFROM c",
        &["1:from a <a>", "5:from c <c>"],
    );
    check(
        "FROM a\nRUN <<$X\nFROM b\n$X\nFROM c",
        &["1:from a <a>", "5:from c <c>"],
    );
    check(
        "FROM a\nRUN <<EOF\r\nFROM b\r\nEOF\r\nFROM c",
        &["1:from a <a>", "5:from c <c>"],
    );
    check(
        "FROM a\nRUN echo it's # <<EOF\nFROM c",
        &["1:from a <a>", "3:from c <c>"],
    );
    check(
        "FROM a\nRUN <<EOF\nFROM b\n EOF\nFROM c",
        &["1:from a <a>", "2!heredoc"],
    );
    check(
        "FROM a\nCOPY <<A <<B /x\nA\n",
        &["1:from a <a>", "2!heredoc"],
    );
}

#[test]
fn frontends_and_files() {
    check(
        "# syntax=docker/dockerfile:1\nFROM a",
        &[
            "1:syntax docker/dockerfile:1 <docker/dockerfile:1>",
            "2:from a <a>",
        ],
    );
    check(
        "#syntax = x/y:1 arg\nFROM a",
        &["1:syntax x/y:1 <x/y:1>", "2:from a <a>"],
    );
    check(
        "#!/usr/bin/env d\n# syntax=x/y\nFROM a",
        &["2:syntax x/y <x/y>", "3:from a <a>"],
    );
    check("# note\n# syntax=x/y\nFROM a", &["3:from a <a>"]);
    check(" # syntax=x/y\nFROM a", &["2:from a <a>"]);
    check("# syntax=X Y\nFROM a", &["1!reference", "2:from a <a>"]);
    check(
        "// syntax=x/y\nFROM a",
        &["1!before-from", "1!instruction", "2:from a <a>"],
    );
    check("", &["1!empty"]);
    check("# nothing\n", &["1!empty"]);
    check("ARG X=1", &["1!no-from"]);
    check("RUN x\nRUN y\nFROM a", &["1!before-from", "3:from a <a>"]);
    check("FROM a\nRUNN x", &["1:from a <a>", "2!instruction"]);
    check(
        &format!("FROM a\nRUN {}", "x".repeat(70_000)),
        &["1:from a <a>", "2!line-too-long"],
    );
}

#[test]
fn hints() {
    let help = |text: &str| plain(text).faults[0].help.clone().unwrap_or_default();
    assert_eq!(help("FORM a"), "did you mean `FROM`?");
    assert_eq!(
        help("ARG VERSION=1\nFROM a:$VERSOIN"),
        "write `ARG VERSOIN=…` above the first FROM; did you mean `VERSION`?"
    );
    assert!(help("ARG V\nFROM a:$V").contains("arg V="));
    let near =
        "did you mean `builder`? If you mean the image, write it with its tag: `buildr:latest`";
    assert_eq!(help("FROM a AS builder\nFROM buildr"), near);
    assert_eq!(
        help("FROM a AS builder\nFROM b\nCOPY --from=buildr /x /x"),
        near
    );
}

#[test]
fn lines_of_instructions() {
    let text = "# x\nFROM a\n\nRUN b \\\n  # c\n  d <<E\nl1\nl2\nE\nCMD e\n";
    let file = plain(text);
    let at = |line| file.at(line).map(|i| (i.keyword.as_str(), i.lines.clone()));
    let expect = [
        None,
        None,
        Some(("FROM", 2..=2)),
        None,
        Some(("RUN", 4..=9)),
        Some(("RUN", 4..=9)),
        Some(("RUN", 4..=9)),
    ];
    assert_eq!((0..7).map(at).collect::<Vec<_>>(), expect);
    assert_eq!(at(9), Some(("RUN", 4..=9)));
    assert_eq!(at(10), Some(("CMD", 10..=10)));
    assert_eq!(at(11), None);
    assert_eq!(file.at(5).unwrap().text(), "RUN b   d <<E");
    assert_eq!(
        &text[file.at(7).unwrap().bytes.clone()],
        "RUN b \\\n  # c\n  d <<E\nl1\nl2\nE"
    );
}
