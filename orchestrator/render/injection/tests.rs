use super::*;

/// `[…]` encloses the text of a value.
#[track_caller]
fn check(text: &str, expect: Option<usize>) {
    let marked: String = text
        .chars()
        .map(|c| {
            if c == '[' {
                BEGIN
            } else if c == ']' {
                END
            } else {
                c
            }
        })
        .collect();
    let rendered = Rendered::new(&marked);
    assert_eq!(rendered.text, text.replace(['[', ']'], ""));
    assert_eq!(
        rendered.parse(&PlainTexts::default()).err(),
        expect,
        "{text}"
    );
}

#[test]
fn lines_know_where_they_come_from() {
    let (m, c) = (MARK, CLOSE);
    let mut rendered = Rendered::new(&format!(
        "{m}t0:1{c}FROM a\n{m}t0:2{c}{m}t1:7{c}RUN {m}p3{c}x\n{m}t1:8{c}\n"
    ));
    assert_eq!(rendered.text, "FROM a\nRUN x\n\n");
    let templates = |r: &Rendered| r.lines.iter().map(|l| l.template).collect::<Vec<_>>();
    assert_eq!(
        templates(&rendered),
        [Some((0, 1)), Some((1, 7)), Some((1, 8)), None]
    );
    assert_eq!(rendered.lines[1].place, Some(3));
    rendered.insert(7, Rendered::new(&format!("{m}t9:1{c}# {BEGIN}y{END}\n")));
    assert_eq!(rendered.text, "FROM a\n# y\nRUN x\n\n");
    assert_eq!(
        templates(&rendered),
        [Some((0, 1)), Some((9, 1)), Some((1, 7)), Some((1, 8)), None]
    );
    assert_eq!(rendered.values, std::slice::from_ref(&(9..10)));
}

#[test]
fn values_stay_where_they_are() {
    check(
        "FROM [debian:12]\nRUN echo [a b] && [x]\nENV A=\"[1 2]\" B=[]\n",
        None,
    );
    // These begin with the same byte as the marks.
    check("FROM a\nRUN echo \u{ff01}[x\u{fe0f}]\u{feff}\n", None);
    check("FROM a\nRUN echo [x\\]\nUSER y", Some(2));
    check("FROM a\nRUN echo [<<E]\nUSER y\nE\n", Some(2));
    check("FROM a\n[RUN rm]\n", Some(2));
    check("FROM a\nRUN [--mount=from=b] x\n", Some(2));
    check("FROM a\nRUN --mount=from=[b] x\n", None);
    check("FROM [a AS b]\n", Some(1));
    check("FROM a\nENV A=[1 B=2]\n", Some(2));
    check("FROM a\nENV A=\"[1\" B=\"2]\"\n", Some(2));
    check("FROM a\nEXPOSE [80 81]\n", None);
    check("FROM a\nCOPY [--from=b] /x /y\n", Some(2));
    check("# [escape]\nFROM a\n", None);
    check("# escape=[`]\nFROM a\nRUN x [`]\nUSER b", Some(3));
    check("FROM a\n# [x\\]\nUSER y", None);
    check("FROM a\nRUN <<[EOF]\nx\n[EOF]\n", None);
}
