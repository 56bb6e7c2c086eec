use super::*;

#[track_caller]
fn check(scopes: Scopes, expect: &str) {
    assert_eq!(scopes.to_string(), expect);
}

#[test]
fn scopes() {
    let go: Repository = "ghcr.io/cimg/go".parse().unwrap();
    let node: Repository = "ghcr.io/cimg/node".parse().unwrap();
    check(Scopes::default(), "");
    check(Scopes::pull(&go), "repository:cimg/go:pull");
    check(Scopes::push(&go), "repository:cimg/go:pull,push");
    check(
        Scopes::push(&node).and(Scopes::pull(&go)),
        "repository:cimg/go:pull repository:cimg/node:pull,push",
    );
    check(
        Scopes::parse("repository:a:push,pull repository:a:delete"),
        "repository:a:delete,pull,push",
    );
    check(
        Scopes::parse("registry:catalog:* nonsense"),
        "registry:catalog:*",
    );
    check(
        Scopes::parse("repository:host:5000/a:pull"),
        "repository:host:5000/a:pull",
    );
    check(
        Scopes::pull(&go).and(Scopes::parse("repository:cimg/go:pull,push")),
        "repository:cimg/go:pull,push",
    );
}
