use super::*;

#[track_caller]
fn check(text: &str, expect: &str) {
    assert_eq!(escaped(text), expect);
}

#[test]
fn other_peoples_text_has_no_markup() {
    check("recipe changed: 2 lines", "recipe changed: 2 lines");
    check("a|b `c` *d*", "a\\|b \\`c\\` \\*d\\*");
    check("</details><img src=x>", "&lt;/details&gt;&lt;img src=x&gt;");
    check("one\n# two", "one␊#\u{200b} two");
    check("@team see #12", "@\u{200b}team see #\u{200b}12");
    check("https://x.example", "https:\u{200b}//x.example");
    assert_eq!(code("a`|b"), "<code>a\\`\\|b</code>");
    assert_eq!(fence(&["+a ```` b".into()]), "`````");
    assert_eq!(fence(&["+a".into()]), "```");
}
