use super::*;

#[track_caller]
fn check(text: &str, lines: &str, line: &str) {
    assert_eq!((&*harmless(text), &*one_line(text)), (lines, line));
    let json = serde_json::Value::from(text).to_string();
    let shown = harmless_json(&json);
    assert!(!shown.contains(is_harmful), "{shown}");
    let back: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(back, text);
}

#[test]
fn control_characters_become_visible() {
    check(
        "plain é ☃ 語\ttab",
        "plain é ☃ 語\ttab",
        "plain é ☃ 語\ttab",
    );
    check("\u{1b}[31mred", "␛[31mred", "␛[31mred");
    check("x\u{1b}]0;owned\u{7}y", "x␛]0;owned␇y", "x␛]0;owned␇y");
    check(
        "\u{9b}31m\u{9d}",
        "\u{fffd}31m\u{fffd}",
        "\u{fffd}31m\u{fffd}",
    );
    check(
        "a\u{202e}b\u{2066}c\u{200f}",
        "a\u{fffd}b\u{fffd}c\u{fffd}",
        "a\u{fffd}b\u{fffd}c\u{fffd}",
    );
    check("\u{2028}\u{61c}", "\u{fffd}\u{fffd}", "\u{fffd}\u{fffd}");
    check("one\ntwo", "one\ntwo", "one␊two");
    check("one\r\ntwo\rthree", "one\ntwo␍three", "one␊two␍three");
    check("\u{0}\u{8}\u{7f}", "␀␈␡", "␀␈␡");
}

#[test]
fn quotes_are_shown_as_they_are() {
    for (text, shown, quoted) in [
        ("'app'", "'app'", "'app'"),
        ("a \"b\"", "a \"b\"", "a \\\"b\\\""),
        (r"C:\x", r"C:\x", r"C:\\x"),
        ("a\nb\u{200b}", "a\\nb\\u{200b}", "a\\nb\\u{200b}"),
    ] {
        assert_eq!(
            (text.shown().as_str(), text.quoted().as_str()),
            (shown, quoted)
        );
    }
}
