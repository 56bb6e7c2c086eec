use super::*;
use std::os::unix::ffi::OsStringExt as _;

#[test]
fn a_value_that_is_not_text_is_known_to_be_set() {
    let bad = OsString::from_vec(vec![0xff]);
    let all = [("BAD".into(), bad), ("GOOD".into(), "1".into())];
    let env = Environment::of(all.into_iter());
    assert!(env.is_unreadable("BAD") && !env.is_unreadable("GOOD"));
    assert_eq!((env.get("BAD"), env.get("GOOD")), (None, Some("1")));
}
