use super::*;

#[track_caller]
fn check(raw: &str, between: &str, quoted: &str) {
    assert_eq!(
        (text(raw).as_str(), attribute(raw).as_str()),
        (between, quoted),
        "{raw:?}"
    );
}

#[test]
fn markup_in_texts_is_escaped() {
    check("plain é 日", "plain é 日", "plain é 日");
    check(
        "]]></failure><x a='1'>&",
        "]]&gt;&lt;/failure&gt;&lt;x a='1'&gt;&amp;",
        "]]&gt;&lt;/failure&gt;&lt;x a='1'&gt;&amp;",
    );
    check("\"a\"\n\tb", "\"a\"\n\tb", "&quot;a&quot;&#10;&#9;b");
    check(
        "\u{0}\u{1b}[0m\r\u{fffe}",
        "\u{fffd}\u{fffd}[0m\u{fffd}\u{fffd}",
        "\u{fffd}\u{fffd}[0m\u{fffd}\u{fffd}",
    );
}
