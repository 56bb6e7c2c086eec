use super::*;
use crate::text::{Diagnostics, Sources, show};
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// The nodes as `name(entries){children}`, each diagnostic as `message @ marked text`, and [`shapes`].
fn read(text: &str) -> (String, Vec<String>, String) {
    let mut sources = Sources::default();
    let id = sources.add("t", text);
    let mut out = Diagnostics::default();
    let document = parse(id, text, &mut out);
    let place = |span: Span| &text[span.start as usize..span.end as usize];
    let faults = out.iter().map(|d| {
        format!(
            "{} @ {}",
            d.message,
            d.labels.first().map_or("?", |label| place(label.span))
        )
    });
    (
        nodes(&document.nodes, text),
        faults.collect(),
        shapes(&document.nodes),
    )
}

fn nodes(all: &[Node], text: &str) -> String {
    let entry = |entry: &Entry| {
        let written = &text[entry.value.span.start as usize..entry.value.span.end as usize];
        let value = match &entry.value.value {
            Value::Text(text) => format!("{text:?}"),
            Value::Number(number) => number.clone(),
            Value::Bool(truth) => truth.to_string(),
            Value::Null => String::from("null"),
        };
        // The span of a value covers exactly its text.
        assert!(
            !written.is_empty() && written.trim() == written,
            "{written:?}"
        );
        entry
            .name
            .as_ref()
            .map_or(value.clone(), |name| format!("{}={value}", name.value))
    };
    let node = |node: &Node| {
        let entries: Vec<String> = node.entries.iter().map(entry).collect();
        let children = node
            .children
            .as_ref()
            .map(|children| format!("{{{}}}", nodes(children, text)))
            .unwrap_or_default();
        format!(
            "{}{}({}){children}",
            if node.faulty { "?" } else { "" },
            node.name.value,
            entries.join(" ")
        )
    };
    all.iter().map(node).collect::<Vec<_>>().join(" ")
}

fn check(text: &str, expect: &str) {
    let (found, faults, shapes) = read(text);
    assert_eq!(faults, Vec::<String>::new(), "{text}");
    assert_eq!(found, expect, "{text}");
    // The crate reads the whole text in the same way.
    let whole = ::kdl::KdlDocument::parse_v2(text).map(|document| {
        document
            .nodes()
            .iter()
            .map(shape)
            .collect::<Vec<_>>()
            .join(" ")
    });
    assert_eq!(
        whole.as_deref().map_err(|error| error.to_string()),
        Ok(shapes.as_str()),
        "{text}"
    );
}

/// Only names, numbers of entries and nesting, as the crate reads them.
fn shape(node: &::kdl::KdlNode) -> String {
    let children = node
        .children()
        .map(|c| {
            format!(
                "{{{}}}",
                c.nodes().iter().map(shape).collect::<Vec<_>>().join(" ")
            )
        })
        .unwrap_or_default();
    format!("{}/{}{children}", node.name().value(), node.entries().len())
}

/// The same for kiln's own tree.
fn shapes(all: &[Node]) -> String {
    let node = |node: &Node| {
        let children = node
            .children
            .as_ref()
            .map(|children| format!("{{{}}}", shapes(children)))
            .unwrap_or_default();
        format!("{}/{}{children}", node.name.value, node.entries.len())
    };
    all.iter().map(node).collect::<Vec<_>>().join(" ")
}

/// What is still read, and each diagnostic.
fn faulty(text: &str, expect: &str, faults: &[&str]) {
    let (found, messages, _) = read(text);
    assert_eq!(messages, faults, "{text}");
    assert_eq!(found, expect, "{text}");
}

#[test]
fn nodes_and_entries() {
    check("", "");
    check("a", "a()");
    check("\u{feff}a b", r#"a("b")"#);
    check("a; b\n\nc\r\nd", "a() b() c() d()");
    check("a \"b\" c=\"d\" e", r#"a("b" c="d" "e")"#);
    check("a k = v", r#"a(k="v")"#);
    check("a 1.30 -2.5e10 0xff 1_000", "a(1.30 -2.5e10 0xff 1_000)");
    check("a #true #false #null k=#true", "a(true false null k=true)");
    check("\"quoted name\" é=\"ü\"", r#"quoted name(é="ü")"#);
    check("a 'b b:c ++d , .", r#"a("'b" "b:c" "++d" "," ".")"#);
    check("a \\\n b \\ // comment\n c", r#"a("b" "c")"#);
    check("a #\"C:\\x\"# ##\"a\"#b\"##", r##"a("C:\\x" "a\"#b")"##);
    check("a \"\"\"\n  x\n    y\n  \"\"\"", r#"a("x\n  y")"#);
    check("a #\"\"\"\n  x\\y\n  \"\"\"#", r#"a("x\\y")"#);
    check("a \"x\\\n   y\" \"\\u{e9}\\\"\"", r#"a("xy" "é\"")"#);
}

#[test]
fn blocks_and_comments() {
    check("a { b; c { d } }", "a(){b() c(){d()}}");
    check("a {}\nb {\n}\n", "a(){} b(){}");
    check("a { b /* } */ // }\n}", "a(){b()}");
    check("/* x /* y */ z */ a /* { */ b", r#"a("b")"#);
    check("/- a { b }\nc", "c()");
    check("a /- b c /-d=1", r#"a("c")"#);
    check("a /-\n// x\n b c", r#"a("c")"#);
    check("a /-{ b } { c } /-{ d }", "a(){c()}");
    check("a \"{\" { b \"}\" }", r#"a("{"){b("}")}"#);
    check(
        &format!("{}{}", "a {".repeat(DEEPEST), "}".repeat(DEEPEST)),
        &format!("{}{}", "a(){".repeat(DEEPEST), "}".repeat(DEEPEST)),
    );
}

#[test]
fn values_that_cannot_be_read() {
    faulty("a 1.26.5", "?a()", &["`1.26.5` is not a number @ 1.26.5"]);
    check("a b= c", r#"a(b="c")"#);
    faulty("a x b=\nc", r#"?a("x") c()"#, &["`b=` has no value @ b="]);
    faulty("a =b", "?a()", &["there is no name before `=` @ =b"]);
    let list = "values are separated by blanks, without commas and brackets";
    for (text, marked) in [
        ("a \"b\", \"c\"", "\"b\","),
        ("a [\"b\", \"c\"]", "[\"b\","),
        ("a [ \"b\" \"c\" ]", "["),
    ] {
        faulty(text, "?a(\"b\" \"c\")", &[&format!("{list} @ {marked}")]);
    }
    faulty(
        "a \"b\" = { c; }",
        "a(\"b\"){c()}",
        &["a block follows without `=` @ ="],
    );
    faulty("a {b}", "?a()", &["there is a `{` instead of a value @ {"]);
    faulty(
        "a true k=null",
        "?a()",
        &[
            "`true` needs a `#` or quotes @ true",
            "`null` needs a `#` or quotes @ k=null",
        ],
    );
    faulty(
        "a from=docker.io/x:1 b",
        r#"?a("b")"#,
        &["`docker.io/x:1` needs quotes @ from=docker.io/x:1"],
    );
    faulty(
        "a #tru (b",
        "?a()",
        &[
            "`#tru` is not a keyword @ #tru",
            "parentheses have no meaning here @ (b",
        ],
    );
    for other in ["'{v} x'", "“{v}”", "k='x y'", "„1.0“"] {
        let message = format!("text is written in straight double quotes @ {other}");
        faulty(&format!("a {other} b"), "?a(\"b\")", &[&message]);
    }
    let message = "text is written in straight double quotes @ 'x'";
    faulty("a 'x' b", "?a(\"x\" \"b\")", &[message]);
    faulty(
        "a b=1=2 c==d \"k\"= [x] e#f",
        "?a()",
        &[
            "`1=2` is not a number @ b=1=2",
            "`=d` needs quotes @ c==d",
            "`[x]` needs quotes @ \"k\"= [x]",
            "`e#f` needs quotes @ e#f",
        ],
    );
}

#[test]
fn names_and_types_that_cannot_be_read() {
    faulty("1a b", r#"?1a("b")"#, &["`1a` is not a node name @ 1a"]);
    faulty(
        "(t)a (u)b k=(v)c (t) d",
        r#"?(t)a("d")"#,
        &[
            "`(t)a` is not a node name @ (t)a",
            "parentheses have no meaning here @ (u)b",
            "parentheses have no meaning here @ k=(v)c",
            "parentheses have no meaning here @ (t)",
        ],
    );
}

#[test]
fn strings_that_cannot_be_read() {
    faulty(
        "a \"x\"y \"\\q\" b",
        r#"?a("b")"#,
        &[
            "a word continues after a closing quote @ \"x\"y",
            "a string has an escape that KDL does not support @ \"\\q\"",
        ],
    );
    faulty("a x\"y", "?a()", &["a string is not closed @ x\"y"]);
    faulty(
        "a \"\"\"x\nb",
        "?a() b()",
        &["`\"\"\"` begins multi-line text @ \"\"\"x"],
    );
    faulty(
        "a \"\"\"\n x\n  \"\"\"",
        "?a()",
        &["multi-line text is not indented like its last line @ \"\"\"\n x\n  \"\"\""],
    );
    faulty("a \\ b", r#"?a("b")"#, &["there is text after `\\` @ \\"]);
    faulty(
        "a \"\u{7}\"",
        "?a()",
        &["a string has a character that KDL does not allow @ \"\u{7}\""],
    );
}

/// One forgotten `{` is one error, at its line.
#[test]
fn a_forgotten_brace_is_found() {
    let top =
        "base \"b\" {\n  c\n}\nimage \"app\"\n  from \"b\"\n  tag \"1\"\n}\nimage \"x\" {\n}\n";
    faulty(top, "", &["`image \"app\"` has no block @ image \"app\""]);
    let nested = "image \"app\" {\n  when a=\"b\"\n    use \"c\"\n  }\n  tag \"1\"\n}\n";
    faulty(nested, "", &["`when a=\"b\"` has no block @ when a=\"b\""]);
    // Indentation alone is not a mistake.
    check("a {\n  b\n    c\n  }\nd", "a(){b() c()} d()");
}

/// A forgotten `}` is one error, at the line of its block, and what follows is read.
#[test]
fn a_forgotten_closing_brace_is_found() {
    let inner =
        "image \"a\" {\n  axis \"x\" {\n    value \"p\"\n  tag \"1\"\n}\nbase \"b\" {\n  c\n}\n";
    faulty(
        inner,
        r#"image("a"){axis("x"){value("p")} tag("1")} base("b"){c()}"#,
        &["the block of `axis \"x\"` is not closed @ axis \"x\""],
    );
    let last = "a {\n  b {\n    c\n}\nd {\n}\n";
    faulty(
        last,
        "a(){b(){c()}} d(){}",
        &["the block of `b` is not closed @ b"],
    );
    faulty(
        "a {\n  b {\n    c\nd {\n  e\n}\n",
        "a(){b(){c()}} d(){e()}",
        &[
            "the block of `b` is not closed @ b",
            "the block of `a` is not closed @ a",
        ],
    );
    faulty(
        "a { b { c }\nd",
        "a(){b(){c()}} d()",
        &["the block of `a` is not closed @ a"],
    );
    faulty(
        "a {\n  b { c; e\n  d\n}\n",
        "a(){b(){c() e()} d()}",
        &["the block of `b` is not closed @ b"],
    );
    // Where indentation does not show it, what is in the block is not read.
    faulty("d\na { b { c; e }", "d()", &["a block is not closed @ {"]);
    faulty(
        "a {\nb {\nc\n}\nd {\nc\n}\n",
        "",
        &["a block is not closed @ {"],
    );
    // Indentation alone is not a mistake.
    check("a {\nb {\n c\n }\n}", "a(){b(){c()}}");
}

/// A forgotten `;` is one error, and the next node is read.
#[test]
fn a_forgotten_semicolon_is_found() {
    const MISSING: &str = "a `;` is missing between two nodes on one line";
    for (text, expect, second) in [
        ("a { b } c { d }; e", "a(){b()} c(){d()} e()", "c"),
        ("x { a { b } c d; e }", r#"x(){a(){b()} c("d") e()}"#, "c"),
        ("a { b } /- c { d }\ne", "a(){b()} e()", "c"),
    ] {
        faulty(text, expect, &[&format!("{MISSING} @ {second}")]);
    }
}

#[test]
fn blocks_that_do_not_fit() {
    faulty("a {\n b\n", "a(){b()}", &["a block is not closed @ {"]);
    faulty("a }\nb", "a() b()", &["this `}` closes nothing @ }"]);
    faulty("a\n{ b }\nc", "a() c()", &["a block without a node @ {"]);
    faulty("a { b } { c }", "a(){b()}", &["a node has two blocks @ {"]);
    faulty(
        "a { b } c\nd",
        "a(){b()} d()",
        &["a node ends with its block @ c"],
    );
    faulty("a /- /- b", "?a()", &["`/-` appears twice @ /-"]);
    faulty("a /-;b", "a() b()", &["`/-` comments out nothing @ /-"]);
    faulty("a /* b", "?a()", &["a comment is not closed @ /*"]);
    faulty("a \"\"\"\nb", "?a()", &["a string is not closed @ \"\"\""]);
    faulty(
        "a b={c} d\ne",
        "?a() e()",
        &["there is a `{` instead of a value @ b={"],
    );
    // A missing quote hides no braces at the end of its line.
    faulty(
        "a { b { value \"1; value \"2\"; } }\nc",
        "a(){b(){?value()}} c()",
        &["a string is not closed @ \"1; value \"2\";"],
    );
    faulty(
        "a { tag \"{x} }\nc",
        "a(){?tag()} c()",
        &["a string is not closed @ \"{x}"],
    );
    // A missing quote does not hide the block after it.
    faulty(
        "image \"go {\n tag \"x\"\n}",
        r#"?image(){tag("x")}"#,
        &["a string is not closed @ \"go "],
    );
}

/// A text that is hard to read is read in bounded time, with a bounded number of diagnostics.
fn bounded(what: &str, text: &str) {
    let begin = Instant::now();
    let (_, faults, _) = read(text);
    assert!(faults.len() <= Diagnostics::SHOWN, "{what}");
    assert!(
        begin.elapsed() < Duration::from_secs(20),
        "{what} took {:?}",
        begin.elapsed()
    );
    println!(
        "{what}: {:?}, {} diagnostics",
        begin.elapsed(),
        faults.len()
    );
}

#[test]
fn nesting_is_read_in_bounded_time() {
    bounded("nesting", &"a {\n".repeat(3_000));
    bounded(
        "balanced nesting",
        &format!("{}{}", "a {".repeat(40_000), "}".repeat(40_000)),
    );
    bounded("nesting commented out", &"a /-{\n".repeat(5_000));
    bounded("closing braces", &"}".repeat(200_000));
    bounded("nodes", &"a;".repeat(131_072));
}

#[test]
fn strings_are_read_in_bounded_time() {
    bounded("quotes", &"\"".repeat(200_000));
    bounded("quotes with a name", &format!("a {}", "\"".repeat(200_000)));
    bounded("empty strings", &format!("a {}", "\"\" ".repeat(80_000)));
    bounded(
        "empty strings, as many as a line may have",
        &format!("a {}\n", "\"\" ".repeat(1_900)).repeat(40),
    );
    bounded("raw strings", &format!("a {}\"", "#".repeat(250_000)));
    bounded("a long string", &format!("a \"{}\"", "b".repeat(250_000)));
    bounded("escapes", &format!("a \"{}\"", "\\n".repeat(125_000)));
    bounded(
        "a long text",
        &format!("a \"\"\"\n{}\"\"\"", "b\n".repeat(125_000)),
    );
    bounded(
        "a long text without indent",
        &format!("a \"\"\"\n{}  \"\"\"", "b\n".repeat(125_000)),
    );
    bounded(
        "a long raw text",
        &format!("a #\"\"\"\n{}\"\"\"#", "b \"\"\" \n".repeat(40_000)),
    );
}

#[test]
fn comments_are_read_in_bounded_time() {
    bounded("slashdashes", &"/-".repeat(5_000));
    bounded(
        "slashdashes with spaces",
        &format!("a {}", "/- ".repeat(5_000)),
    );
    bounded(
        "entries commented out",
        &format!("a {}\n", "/-b ".repeat(990)).repeat(60),
    );
    bounded("comments", &"/*".repeat(5_000));
    bounded(
        "balanced comments",
        &format!("{}{}", "/*".repeat(60_000), "*/".repeat(60_000)),
    );
    bounded(
        "a comment of stars",
        &format!("a /*{}*/ b", "* /".repeat(80_000)),
    );
    bounded(
        "line continuations",
        &format!("a {}", "\\\n".repeat(100_000)),
    );
    bounded("strange spaces", &"\u{2003}\u{85}\u{2028}".repeat(30_000));
}

#[test]
fn words_are_read_in_bounded_time() {
    bounded("faulty lines", &"a 1. b= (c [d] \"x\"y\n".repeat(5_000));
    bounded(
        "faulty words",
        &format!("a {}\n", "1. ".repeat(1_900)).repeat(40),
    );
    bounded(
        "too many faulty words",
        &format!("a {}", "1. ".repeat(80_000)),
    );
    bounded("equals signs", &"=".repeat(250_000));
    bounded(
        "equals signs with a name",
        &format!("a {}", "b=".repeat(125_000)),
    );
    bounded(
        "equals signs with spaces",
        &format!("a {}\n", "= ".repeat(1_900)).repeat(60),
    );
    bounded("parentheses", &format!("a {}", "(".repeat(250_000)));
    bounded("brackets", &"[".repeat(200_000));
    bounded("hashes", &format!("a {}", "#".repeat(250_000)));
    bounded("control characters", &"\u{1}\u{200e}".repeat(50_000));
    bounded("a long word", &format!("a {}", "b".repeat(250_000)));
    bounded("a long number", &format!("a {}", "1".repeat(250_000)));
    bounded("a long float", &format!("a 1e{}", "9".repeat(250_000)));
}

#[test]
fn a_file_has_a_largest_size() {
    faulty(&" ".repeat(LARGEST_FILE), "", &[]);
    faulty(
        &" ".repeat(LARGEST_FILE + 1),
        "",
        &["the file is larger than 256 KiB @ "],
    );
}

/// Pieces of KDL in any order: they reach more of the grammar than random characters.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a", "b=", "\"", "\"\"\"", "#", "#\"", "\"#", "{", "}", ";", "\n", "\r\n", " ", "/-", "/*",
        "*/", "//", "\\", "(", ")", "=", "1", ".", "-", "é", "🦀", "\u{2028}", "\u{feff}", "\u{7}",
        "#true", "true", "[", "\\u{", "\t", "  ", "x\"y\"",
    ]);
    prop::collection::vec(piece, 0..400).prop_map(|pieces| pieces.concat())
}

fn reads(text: &str) {
    let mut sources = Sources::default();
    let id = sources.add("t", text);
    let mut out = Diagnostics::default();
    let document = parse(id, text, &mut out);
    let inside = |span: Span| {
        assert!(
            text.get(span.start as usize..span.end as usize).is_some(),
            "{span:?} in {text:?}"
        )
    };
    document.nodes.iter().for_each(|node| spans(node, &inside));
    out.iter()
        .flat_map(|d| &d.labels)
        .for_each(|label| inside(label.span));
    assert!(!show::text(&out, &sources, false).contains('\u{7}'));
    show::json(&out, &sources);
}

fn spans(node: &Node, inside: &impl Fn(Span)) {
    inside(node.span);
    inside(node.name.span);
    for entry in &node.entries {
        inside(entry.span);
        inside(entry.value.span);
        entry.name.iter().for_each(|name| inside(name.span));
    }
    node.children
        .iter()
        .flatten()
        .for_each(|child| spans(child, inside));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn any_text_is_read(text in "\\PC{0,1000}") {
        reads(&text);
    }

    #[test]
    fn any_pieces_are_read(text in pieces()) {
        reads(&text);
    }

    /// Text that the crate can read as a whole is read without diagnostics and with the same result.
    #[test]
    fn good_text_is_read_as_the_crate_reads_it(text in good(3)) {
        let whole = ::kdl::KdlDocument::parse_v2(&text).expect("the text consists of good pieces");
        let whole: Vec<String> = whole.nodes().iter().map(shape).collect();
        let (_, faults, shapes) = read(&text);
        prop_assert_eq!(faults, Vec::<String>::new());
        prop_assert_eq!(shapes, whole.join(" "));
    }
}

/// Well-formed text: nodes with everything that may be between them.
fn good(depth: u32) -> BoxedStrategy<String> {
    let name = prop::sample::select(vec!["a", "\"b\"", "c-d", "é"]);
    let entry = prop::sample::select(vec![
        "x",
        "\"y{\"",
        "k=v",
        "k = \"}\"",
        "#true",
        "1.30",
        "/- z",
        "/-\n  z=1",
        "/* { */",
        "\\\n",
        "#\"\"\"\n  ;\n  \"\"\"#",
        "\"\"\"\n /-\n \"\"\"",
    ]);
    let end = prop::sample::select(vec![";", "\n", "\r\n", "// } \n", ";\n"]);
    let before = prop::sample::select(vec!["", "", "", "/- ", "/* */ ", "\n"]);
    let line = (before, name, prop::collection::vec(entry, 0..4))
        .prop_map(|(b, n, e)| format!("{b}{n} {}", e.join(" ")));
    let children = if depth == 0 {
        Just(String::new()).boxed()
    } else {
        block(depth)
    };
    prop::collection::vec((line, children, end), 0..4)
        .prop_map(|all| {
            all.into_iter()
                .map(|(l, c, e)| format!("{l}{c}{}", if l.starts_with("/-") { "\n" } else { e }))
                .collect()
        })
        .boxed()
}

fn block(depth: u32) -> BoxedStrategy<String> {
    let braces = good(depth - 1).prop_map(|inner| format!(" {{ {inner} }}"));
    prop_oneof![
        Just(String::new()),
        braces.clone(),
        braces.prop_map(|block| format!(" /-{{ gone }} {block}"))
    ]
    .boxed()
}

/// The message and the help of each fault.
fn helps(text: &str) -> Vec<String> {
    let mut out = Diagnostics::default();
    let id = Sources::default().add("t", text);
    parse(id, text, &mut out);
    let shown = out
        .iter()
        .map(|d| format!("{}: {}", d.message, d.help.clone().unwrap_or_default()));
    shown.collect()
}

#[test]
fn a_comment_with_a_hash_is_one_error() {
    for text in ["# go's 1.0 #2 images\na 1\n", "#comment: 1.0.0\n"] {
        let [only] = &helps(text)[..] else {
            panic!("{:?}", helps(text));
        };
        assert!(only.contains("comments begin with `//`"), "{only}");
    }
}
