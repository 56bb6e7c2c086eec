use super::*;

fn tag(text: &str, deferred: &[Deferred]) -> DeferredTag {
    DeferredTag {
        parts: parts(text, deferred),
        kind: TagKind::Fixed,
        span: Span {
            source: crate::text::SourceId(0),
            start: 0,
            end: 0,
        },
        how: None,
        permission: Permission::Granted,
    }
}

#[test]
fn revisions_are_read_back() {
    let tag = tag(&format!("1.2-r{}-slim", mark(0)), &[Deferred::Revision]);
    assert_eq!(tag.written(), "1.2-r{revision}-slim");
    for (published, expect) in [
        ("1.2-r7-slim", Some(7)),
        ("1.2-r07-slim", None),
        ("1.2-r-slim", None),
        ("1.2-r7", None),
        ("1.20-r7-slim", None),
    ] {
        assert_eq!(tag.revision_of(published), expect, "{published}");
    }
    assert_eq!(
        tag.fill(|_| String::from("8"))
            .map(|tag| tag.to_string())
            .as_deref(),
        Ok("1.2-r8-slim")
    );
}

#[test]
fn probes_are_named_in_order() {
    let deferred = [Deferred::Probe("a -v".into()), Deferred::Probe("b".into())];
    let tag = tag(&format!("{}-x{}", mark(0), mark(1)), &deferred);
    assert_eq!(tag.probes().collect::<Vec<_>>(), ["a -v", "b"]);
    assert_eq!(tag.written(), "{probe:a -v}-x{probe:b}");
}
