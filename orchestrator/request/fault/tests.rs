use super::*;

#[track_caller]
fn check(kind: FaultKind, text: &str, name: &str) {
    let error = WorldError::fault(kind, "ghcr.io/acme/go", "503");
    assert_eq!((error.to_string().as_str(), kind.name()), (text, name));
}

#[test]
fn temporary_failures_are_out_of_reach() {
    let away = "ghcr.io/acme/go is out of reach: 503";
    check(FaultKind::NotReachable, away, "not-reachable");
    check(FaultKind::Unavailable, away, "unavailable");
    check(FaultKind::Throttled, away, "throttled");
    check(FaultKind::Stuck, away, "stuck");
    check(FaultKind::NotFound, "ghcr.io/acme/go: 503", "not-found");
    check(FaultKind::Refused, "ghcr.io/acme/go: 503", "refused");
}

#[test]
fn every_error_has_a_kind() {
    let checks = CheckFailure {
        failed: Vec::new(),
        of: 1,
    };
    assert_eq!(WorldError::from(checks).kind(), FaultKind::Failed);
    assert_eq!(WorldError::Stopped.kind(), FaultKind::Stopped);
    assert_eq!(WorldError::refused("a", "b").kind(), FaultKind::Refused);
    assert!(WorldError::unreachable("a", "b").kind().is_unreachable());
}

#[test]
fn silence_and_errors_differ() {
    assert!(!FaultKind::NotReachable.is_passing());
    assert!(FaultKind::Unavailable.is_passing() && FaultKind::Throttled.is_passing());
    assert!(!FaultKind::Refused.is_passing());
}
