use super::*;

#[track_caller]
fn check(theirs: &str, agreed: &str) {
    assert_eq!(
        ApiVersion::agreed(theirs.parse().ok()).to_string(),
        agreed,
        "{theirs}"
    );
}

#[test]
fn the_smaller_one_is_spoken() {
    check("1.41", "1.41");
    check("1.9", "1.9");
    check("1.51", "1.51");
    check("1.53", "1.51");
    check("1.100", "1.51");
    check("2.0", "1.51");
    check("", "1.51");
    check("1", "1.51");
    check("1.x", "1.51");
}
