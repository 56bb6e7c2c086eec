use super::*;

/// The messages are the same for any chunk size.
#[track_caller]
fn check(stream: &str, expect: usize) {
    for size in 1..=stream.len().max(1) {
        let mut decoder = Decoder::default();
        let mut count = 0;
        for chunk in stream.as_bytes().chunks(size) {
            count += decoder.feed(chunk).unwrap().len();
        }
        count += decoder.end().unwrap().iter().count();
        assert_eq!(count, expect, "in chunks of {size}");
    }
}

#[test]
fn chunks_end_anywhere() {
    check("", 0);
    check("\r\n", 0);
    check(
        "{\"stream\":\"Step 1/2 : FROM é\"}\r\n{\"stream\":\"\\n\"}\r\n",
        2,
    );
    check("{\"stream\":\"a\"}\n\n{\"aux\":{\"ID\":\"sha256:1\"}}", 2);
    check(
        "{\"error\":\"x\",\"errorDetail\":{\"code\":7,\"message\":\"x\"}}\r\n",
        1,
    );
}

#[test]
fn rubbish_is_an_error() {
    assert!(Decoder::default().feed(b"<html>\n").is_err());
    let mut cut = Decoder::default();
    assert_eq!(cut.feed(b"{\"stream\":").unwrap(), []);
    assert!(cut.end().is_err());
}
