use super::*;

#[track_caller]
fn check(printed: &[u8], tail: &[&str], cut: bool) {
    let whole = Output::whole(printed);
    assert_eq!(
        (
            whole.tail.iter().map(String::as_str).collect::<Vec<_>>(),
            whole.cut
        ),
        (tail.to_vec(), cut)
    );
    let mut pieces = OutputReader::default();
    printed.chunks(7).for_each(|piece| pieces.feed(piece));
    assert_eq!(pieces.end(), whole);
}

#[test]
fn output_is_bounded_and_harmless() {
    check(b"", &[], false);
    check(b"one\ntwo", &["one", "two"], false);
    check(b"one\r\n\n\n", &["one"], false);
    check(b"\x1b[2Jgone\tx\n", &["·[2Jgone x"], false);
    check(&[0xff, b'a'], &["\u{fffd}a"], false);
    let many = (0..100).map(|n| format!("{n}\n")).collect::<String>();
    let last: Vec<String> = (80..100).map(|n| n.to_string()).collect();
    check(
        many.as_bytes(),
        &last.iter().map(String::as_str).collect::<Vec<_>>(),
        false,
    );
    let long = "é".repeat(3 << 20);
    let shown = format!("{}…", "é".repeat(Output::LONGEST));
    check(long.as_bytes(), &[&shown], true);
}

#[test]
fn variables_have_values() {
    let config = ImageConfig {
        env: vec!["A=1=2".into(), "B=".into()],
        ..ImageConfig::default()
    };
    assert_eq!(
        (config.env("A"), config.env("B"), config.env("C")),
        (Some("1=2"), Some(""), None)
    );
}
