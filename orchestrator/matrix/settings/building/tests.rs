use super::*;
use std::fmt::Debug;

#[track_caller]
fn check<T: Debug>(read: fn(&str) -> Result<T, Wrong>, rows: &[(&str, &str)]) {
    for (text, expect) in rows {
        let got = match read(text) {
            Ok(value) => format!("{value:?}"),
            Err((message, help)) => {
                assert!(message.contains("is not a"), "{text}: {message}");
                format!("! {help}")
            }
        };
        assert_eq!(got, *expect, "{text}");
    }
}

#[test]
fn values() {
    check(
        network,
        &[
            ("host", "Some(\"host\")"),
            ("none", "Some(\"none\")"),
            ("default", "None"),
            ("hots", "! did you mean `host`?"),
            (
                "my-net",
                "! a build has the networks `default`, `none` and `host`",
            ),
        ],
    );
    check(
        number,
        &[
            ("0", "0"),
            ("10", "10"),
            ("11", "! write a number from 0 to 10"),
            ("-1", "! write a number from 0 to 10"),
            ("two", "! write a number from 0 to 10"),
        ],
    );
    check(
        size,
        &[
            ("1", "1"),
            ("64m", "67108864"),
            ("64MiB", "67108864"),
            ("1G", "1073741824"),
            ("0", "! write `64m` or `1g`"),
            ("m", "! write `64m` or `1g`"),
            ("1t", "! write `64m` or `1g`"),
            ("99999999999g", "! write `64m` or `1g`"),
        ],
    );
    let hint = "! write `extra-host \"mirror:10.0.0.1\"`";
    check(
        host,
        &[
            ("mirror:10.0.0.1", "\"mirror:10.0.0.1\""),
            ("mirror=10.0.0.1", "\"mirror:10.0.0.1\""),
            ("m:::1", "\"m:::1\""),
            ("m:[::1]", "\"m:::1\""),
            ("m=[::1]", "\"m:::1\""),
            ("m:[::1", hint),
            ("m:host-gateway", "\"m:host-gateway\""),
            ("mirror", hint),
            ("a b:10.0.0.1", hint),
            ("m:10.0.0", hint),
        ],
    );
    let hint = "! write `ulimit \"nofile=1024:2048\"`";
    check(
        ulimit,
        &[
            (
                "nofile=1:2",
                "Ulimit { name: \"nofile\", soft: 1, hard: 2 }",
            ),
            ("nproc=64", "Ulimit { name: \"nproc\", soft: 64, hard: 64 }"),
            ("core=5:-1", "Ulimit { name: \"core\", soft: 5, hard: -1 }"),
            ("nofile=2:1", "! the second number is the higher one"),
            ("nofiles=1", "! did you mean `nofile`?"),
            ("nofile", hint),
            ("nofile=x", hint),
        ],
    );
}
