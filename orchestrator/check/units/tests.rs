use super::*;

#[track_caller]
fn time(text: &str, expect: Option<u64>) {
    assert_eq!(
        duration(text).ok().map(|d| d.as_millis() as u64),
        expect,
        "{text}"
    );
}

#[track_caller]
fn bytes(text: &str, expect: Option<u64>) {
    assert_eq!(size(text).ok(), expect, "{text}");
}

#[test]
fn times() {
    time("500ms", Some(500));
    time("30s", Some(30_000));
    time(" 2 m ", Some(120_000));
    time("1h", Some(3_600_000));
    for wrong in [
        "",
        "s",
        "30",
        "0s",
        "2h",
        "-1s",
        "1.5s",
        "1d",
        "99999999999999999999s",
        "9999999999999999999h",
        "１s",
    ] {
        time(wrong, None);
    }
}

#[test]
fn sizes() {
    bytes("1024", Some(1024));
    bytes("500MB", Some(500_000_000));
    bytes("1.5 GiB", Some(3 << 29));
    bytes("0.5kB", Some(500));
    bytes("1.0000001MB", None);
    for wrong in [
        "",
        "MB",
        "1.",
        ".5MB",
        "1,5MB",
        "-1",
        "1mb",
        "99999999999TB",
        "1.2.3MB",
        "1é",
    ] {
        bytes(wrong, None);
    }
    assert_eq!(
        [0, 999, 1000, 499_999_999, 1_500_000_000].map(show_size),
        ["0 bytes", "999 bytes", "1.0 kB", "499.9 MB", "1.5 GB"]
    );
}
