use super::*;

#[track_caller]
fn check(links: &[&str], expect: Option<&str>) {
    let headers = links
        .iter()
        .map(|link| (header::LINK, link.parse().unwrap()))
        .collect();
    assert_eq!(next_link(&headers).as_deref(), expect, "{links:?}");
}

#[test]
fn links() {
    check(&[], None);
    check(
        &["</v2/a/tags/list?last=b&n=2>; rel=\"next\""],
        Some("/v2/a/tags/list?last=b&n=2"),
    );
    check(
        &["<https://r.io/x>; title=y; rel=next"],
        Some("https://r.io/x"),
    );
    check(
        &["</prev>; rel=\"prev\", </next>; rel=\"next\""],
        Some("/next"),
    );
    check(
        &["</prev>; rel=\"prev\"", "</next>; REL=next"],
        Some("/next"),
    );
    check(&["nonsense", "<", "<>", "<x>"], None);
}
