use super::*;

#[track_caller]
fn check(printed: &str, expect: &[&str]) {
    for size in [1, 3, 1000] {
        let mut output = Output::default();
        let mut lines: Vec<_> = printed
            .as_bytes()
            .chunks(size)
            .flat_map(|piece| output.feed(false, piece))
            .collect();
        lines.extend(output.end());
        assert_eq!(lines, expect, "in pieces of {size}");
    }
}

#[test]
fn lines_are_fit_to_show() {
    check("", &[]);
    check("a\nb", &["a", "b"]);
    check("a\r\n\r\n\nb\r\n", &["a", "b"]);
    check("10%\r20%\r100%\n", &["100%"]);
    check("\x1b[91mred\x1b[0m\n", &["red"]);
    check("\x1b]0;title\x07text\x1b[2J\x1b[1;1H\n", &["text"]);
    check("é\ta\x08b\n", &["é    ab"]);
    check("\x1b[", &[]);
}

#[test]
fn the_two_streams_do_not_mix_within_a_line() {
    let mut output = Output::default();
    output.feed(false, b"out");
    assert_eq!(output.feed(true, b"err\n"), ["err"]);
    assert_eq!(output.feed(false, b"put\n"), ["output"]);
}

#[test]
fn only_the_last_lines_are_kept() {
    let mut output = Output::default();
    for n in 0..100 {
        output.feed(false, format!("{n}\n").as_bytes());
    }
    assert_eq!(output.last().len(), LINES);
    assert_eq!(output.last().last().map(String::as_str), Some("99"));
}

#[test]
fn a_line_has_an_end() {
    let mut output = Output::default();
    output.feed(true, &vec![b'x'; 1 << 20]);
    assert!(output.end().iter().all(|line| line.len() <= LONGEST + 4));
}
