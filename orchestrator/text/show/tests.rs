use super::*;

/// One source per text, named a.kdl, b.kdl, …
fn sources(texts: &[&str]) -> Sources {
    let mut sources = Sources::default();
    for (name, text) in ('a'..).zip(texts) {
        sources.add(format!("{name}.kdl"), *text);
    }
    sources
}

fn at(sources: &Sources, source: u32, word: &str) -> Span {
    let id = SourceId(source);
    let start = sources
        .get(id)
        .and_then(|s| s.text.find(word))
        .expect("the word is in the text");
    Span {
        source: id,
        start: start as u32,
        end: (start + word.len()) as u32,
    }
}

fn shown(sources: &Sources, diagnostic: Diagnostic) -> String {
    text(&diagnostic.into(), sources, false)
}

#[test]
fn one_label_in_its_line() {
    let sources = sources(&["workspace \"é\"\nbase \"debian\" imgae=\"x\"\n"]);
    let fault = Diagnostic::error(
        "manifest::unknown-property",
        "unknown property `imgae` on `base`",
    );
    let fault = fault
        .at(at(&sources, 0, "imgae"), "not a known property")
        .help("did you mean `image`?");
    insta::assert_snapshot!(shown(&sources, fault), @r#"
    error[manifest::unknown-property]: unknown property `imgae` on `base`
     --> a.kdl:2:15
      |
    2 | base "debian" imgae="x"
      |               ^^^^^ not a known property
      |
      = help: did you mean `image`?

    1 error
    "#);
}

#[test]
fn two_places_in_two_files() {
    let sources = sources(&["\n\nbase \"x\" from=\"y\"\n", "base \"x\" from=\"z\"\n"]);
    let fault = Diagnostic::error("manifest::duplicate", "base `x` is declared twice");
    let fault = fault
        .at(at(&sources, 1, "\"x\""), "again here")
        .at(at(&sources, 0, "\"x\""), "first here");
    insta::assert_snapshot!(shown(&sources, fault), @r#"
    error[manifest::duplicate]: base `x` is declared twice
     --> b.kdl:1:6
      |
    1 | base "x" from="z"
      |      ^^^ again here
      |
     ::: a.kdl:3:6
      |
    3 | base "x" from="y"
      |      --- first here

    1 error
    "#);
}

#[test]
fn two_places_far_apart() {
    let text = format!("first\n{}second\n", "between\n".repeat(30));
    let sources = sources(&[&text]);
    let fault = Diagnostic::warning("a::b", "two places")
        .at(at(&sources, 0, "second"), "again")
        .at(at(&sources, 0, "first"), "before");
    insta::assert_snapshot!(shown(&sources, fault), @r#"
    warning[a::b]: two places
      --> a.kdl:32:1
       |
     1 | first
       | ----- before
    ...
    32 | second
       | ^^^^^^ again

    1 warning
    "#);
}

#[test]
fn long_lines_are_cut_and_terminals_are_safe() {
    let text = format!(
        "{} here \u{1b}[31m {}\n",
        "é".repeat(3_000),
        "b".repeat(3_000)
    );
    let sources = sources(&[&text]);
    let shown = shown(
        &sources,
        Diagnostic::error("a::b", "bad \u{1b}[31m word")
            .at(at(&sources, 0, "here"), "this")
            .help("\u{1b}[0m"),
    );
    assert!(!shown.contains('\u{1b}'));
    insta::assert_snapshot!(shown, @r#"
    error[a::b]: bad ␛[31m word
     --> a.kdl:1:3002
      |
     ::: 
    1 | éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé here ·[31m bbbbbbbbbbbbbbbbbbbbb...
      |                                                                                                      ^^^^ this
      |
      = help: ␛[0m

    1 error
    "#);
}

/// A line with two labels is as short as one with one label, wherever they are.
#[test]
fn two_places_far_apart_on_one_line() {
    let values = |from: u32| -> String { (from..from + 900).map(|n| format!("v{n}; ")).collect() };
    let text = format!(
        "axis {}é twice {}é again {}\n",
        values(1000),
        values(2000),
        values(3000)
    );
    let sources = sources(&["\n", &text]);
    let fault = Diagnostic::error("a::b", "two places")
        .at(at(&sources, 1, "again"), "the second")
        .at(at(&sources, 1, "twice"), "the first");
    let found = shown(&sources, fault);
    assert!(
        found.lines().all(|line| line.chars().count() < 200),
        "{found}"
    );
    insta::assert_snapshot!(found, @r#"
    error[a::b]: two places
     --> b.kdl:1:12616
      |
     ::: 
    1 | …7; v1898; v1899; é twice v2000; v2001; v2002…7; v2898; v2899; é again v3000; v3001; v3002…
      |                     ----- the first                              ^^^^^ the second

    1 error
    "#);
    for apart in [0, 1, 60, 70, 80, 90, 200, 1_000, 3_000] {
        let text = format!(
            "{}x {} y{}",
            "a".repeat(apart),
            "é".repeat(apart),
            "b".repeat(apart)
        );
        let sources = self::sources(&[&text]);
        let whole = Span {
            end: text.len() as u32,
            ..at(&sources, 0, "x ")
        };
        for first in [whole, at(&sources, 0, "x")] {
            let fault = Diagnostic::error("a::b", "two")
                .at(first, "x")
                .at(at(&sources, 0, "y"), "y");
            let found = shown(&sources, fault);
            assert!(found.contains(&format!("a.kdl:1:{}", apart + 1)), "{found}");
            assert!(found.contains(" y") && found.contains("x "), "{found}");
        }
    }
}

/// G15: control characters in the message, a label, the help, the path or the source.
#[test]
fn no_part_of_a_diagnostic_controls_the_terminal() {
    for bad in [
        "\u{1b}]0;owned\u{7}",
        "\u{7}",
        "\u{9b}31m",
        "\u{202e}",
        "\u{2066}",
        "\u{7f}",
        "\r",
    ] {
        let mut sources = Sources::default();
        sources.add(format!("{bad}.kdl"), format!("value \"x{bad}\"\n"));
        let fault = Diagnostic::error("a::b", format!("`{bad}` is wrong"))
            .at(at(&sources, 0, "value"), format!("made from {bad}"))
            .help(format!("not {bad}"));
        let found = Diagnostics::from(fault);
        for shown in [text(&found, &sources, false), json(&found, &sources)] {
            assert!(
                !shown.contains(crate::text::is_harmful),
                "{bad:?}: {shown:?}"
            );
        }
    }
}

#[test]
fn a_message_cannot_forge_lines() {
    let sources = sources(&["value \"x\"\n"]);
    let fault = Diagnostic::error("a::b", "bad\nerror[c::d]: forged")
        .at(at(&sources, 0, "value"), "here\n1 error");
    insta::assert_snapshot!(shown(&sources, fault), @r#"
    error[a::b]: bad␊error[c::d]: forged
     --> a.kdl:1:1
      |
    1 | value "x"
      | ^^^^^ here␊1 error

    1 error
    "#);
}

#[test]
fn a_file_of_one_line_is_shown_in_bounded_time() {
    let text = "a ".repeat(128 * 1024);
    let sources = sources(&[&text]);
    let fault = |n: u32| {
        Diagnostic::error("a::b", "bad").at(
            Span {
                source: SourceId(0),
                start: 260_000 - n,
                end: 262_000,
            },
            "here",
        )
    };
    let begin = std::time::Instant::now();
    assert!(
        super::text(&(0..100).map(fault).collect(), &sources, false).contains("a.kdl:1:260001")
    );
    assert!(begin.elapsed().as_secs() < 30, "{:?}", begin.elapsed());
}

#[test]
fn a_label_of_several_lines_marks_the_first() {
    let sources = sources(&["a \"\"\"\n  x\n  y\n  \"\"\"\nb\n"]);
    let fault = Diagnostic::error("a::b", "bad text")
        .at(at(&sources, 0, "\"\"\"\n  x\n  y\n  \"\"\""), "this");
    insta::assert_snapshot!(shown(&sources, fault), @r#"
    error[a::b]: bad text
     --> a.kdl:1:3
      |
    1 | a """
      |   ^^^ this

    1 error
    "#);
}

#[test]
fn without_a_place() {
    let fault =
        Diagnostic::error("workspace::read", "the folder x cannot be read").help("say which");
    insta::assert_snapshot!(shown(&sources(&[]), fault), @r#"
    error[workspace::read]: the folder x cannot be read
      help: say which

    1 error
    "#);
}

/// G22: at most 100 are shown.
#[test]
fn diagnostics_over_the_limit_are_counted() {
    let sources = sources(&["a\n"]);
    let mut found: Diagnostics = (0..250)
        .map(|_| Diagnostic::error("a::b", "bad").at(at(&sources, 0, "a"), "here"))
        .collect();
    found.push(Diagnostic::warning("a::c", "odd"));
    let shown = text(&found, &sources, false);
    assert_eq!(shown.matches("error[a::b]").count(), 100);
    assert!(
        shown.ends_with("… and 151 more\n250 errors, 1 warning\n"),
        "{shown}"
    );
    assert_eq!(
        json(&found, &sources).lines().last(),
        Some(r#"{"errors":250,"warnings":1,"shown":100}"#)
    );
    assert_eq!(text(&Diagnostics::default(), &sources, true), "");
}

#[test]
fn colour_adds_terminal_styles() {
    let sources = sources(&["a\n"]);
    assert!(text(&Diagnostic::error("a::b", "bad").into(), &sources, true).contains("\u{1b}["));
}

#[test]
fn json_has_every_place() {
    let sources = sources(&["é x\n", "y\n"]);
    let fault = Diagnostic::error("a::b", "bad")
        .at(at(&sources, 0, "x"), "here")
        .at(at(&sources, 1, "y"), "and here")
        .help("fix it");
    insta::assert_snapshot!(json(&fault.into(), &sources), @r#"
    {"severity":"error","code":"a::b","message":"bad","file":"a.kdl","line":1,"column":3,"help":"fix it","labels":[{"file":"a.kdl","line":1,"column":3,"end_line":1,"end_column":4,"text":"here"},{"file":"b.kdl","line":1,"column":1,"end_line":1,"end_column":2,"text":"and here"}]}
    {"errors":1,"warnings":0,"shown":1}
    "#);
}

#[test]
fn spans_outside_of_their_source_are_shown_without_a_panic() {
    let sources = sources(&["é\n", ""]);
    for (source, start, end) in [
        (0, 1, 1),
        (0, 0, 1),
        (0, 900, 1_000),
        (0, 3, 1),
        (1, 0, 0),
        (1, 5, 9),
        (7, 0, 0),
        (0, u32::MAX, u32::MAX),
    ] {
        let span = Span {
            source: SourceId(source),
            start,
            end,
        };
        let fault: Diagnostics = Diagnostic::error("a::b", "bad").at(span, "here").into();
        assert!(text(&fault, &sources, false).contains("bad"));
        assert!(json(&fault, &sources).contains("bad"));
    }
}

/// Two places that are far from each other on one line are shown whole.
#[test]
fn labels_far_apart_on_one_line() {
    let line = format!(
        "image \"app\" {{ {}; latest=\"2.7\"; {}; must \"2.7.1\" }}",
        "x".repeat(300),
        "y".repeat(300)
    );
    let sources = sources(&[&line]);
    let fault = Diagnostic::error("a::b", "bad")
        .at(at(&sources, 0, "latest=\"2.7\""), "wanted here")
        .at(at(&sources, 0, "must \"2.7.1\""), "required here");
    let shown = text(&fault.into(), &sources, false);
    for part in [
        "latest=\"2.7\"",
        "must \"2.7.1\"",
        "wanted here",
        "required here",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}
