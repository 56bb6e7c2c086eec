use super::part;

/// Checks what a literal has for the first occurrence of a part of its value.
#[track_caller]
fn check(literal: &str, value: &str, wanted: &str, expect: &str) {
    let start = value.find(wanted).expect("the value has it");
    let found = part(literal, &(start..start + wanted.len()));
    let found = found.and_then(|range| literal.get(range));
    assert_eq!(found, Some(expect), "{literal}");
}

#[test]
fn parts_of_strings_are_found_where_they_are_written() {
    check(r#""a {b} c""#, "a {b} c", "{b}", "{b}");
    check(r#""a \"{b}\" c""#, "a \"{b}\" c", "{b}", "{b}");
    check(r#""\u{e9}é {b}""#, "éé {b}", "{b}", "{b}");
    check("\"a \\\n   {b}\"", "a {b}", "{b}", "{b}");
    check(r##"#"a "{b}" \n"#"##, "a \"{b}\" \\n", "{b}", "{b}");
    let lines = "\"\"\"\n    if x; then\n\n      echo {b}\n    fi\n    \"\"\"";
    let value = "if x; then\n\n  echo {b}\nfi";
    check(lines, value, "{b}", "{b}");
    check(lines, value, "if x", "if x");
    check(lines, value, "fi", "fi");
    check(lines, value, "then\n\n  echo", "then\n\n      echo");
    check(&lines.replace('\n', "\r\n"), value, "{b}", "{b}");
    let raw = "#\"\"\"\n  a \\ {b}\n  \"\"\"#";
    check(raw, "a \\ {b}", "{b}", "{b}");
    // A line of spaces is an empty one.
    check("\"\"\"\n  a\n \n  {b}\n  \"\"\"", "a\n\n{b}", "{b}", "{b}");
}

#[test]
fn other_literals_have_no_parts() {
    for literal in ["", "\"", "word", "\"\"\"", "\"\"\"a\"\"\"", "#\"", "\"a\""] {
        assert_eq!(part(literal, &(4..9)), None, "{literal}");
    }
}
