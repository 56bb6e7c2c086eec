use super::*;

#[track_caller]
fn check(kind: FaultKind, why: &str, expect: FaultKind, text: &str) {
    let reference = "r.example/stage:b-1".parse().unwrap();
    let error = of_push(&reference, WorldError::fault(kind, "IT", why));
    assert_eq!((error.kind(), error.to_string().as_str()), (expect, text));
}

#[test]
fn failures_of_pushes() {
    use FaultKind::{NotFound, Refused, Stuck};
    let stuck = "IT is out of reach: it has made no progress with the push of r.example/stage:b-1 for 300 s; if \
                     r.example answers, restart the engine";
    check(Stuck, "it has sent nothing", Stuck, stuck);
    let missing = "IT: name unknown: create the repository first; like Amazon ECR, this registry does not create \
                       it with the first push";
    check(NotFound, "name unknown", NotFound, missing);
    check(NotFound, "layer not found", Refused, "IT: layer not found");
    check(Refused, "tag invalid", Refused, "IT: tag invalid");
}
