use super::*;

fn check(what: &str, has_hint: bool) {
    let error = hinted(WorldError::refused(what, "not found"));
    assert_eq!(
        error.to_string().contains("for each machine"),
        has_hint,
        "{error}"
    );
}

#[test]
fn what_is_missing_on_a_loopback_address_has_a_hint() {
    check("pull of 127.0.0.1:5000/f/stage:b-1", true);
    check("localhost:5000/f/stage:b-1", true);
    check("pull of r.example/f/stage:b-1", false);
    check("go:1", false);
}
