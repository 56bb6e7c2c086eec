use super::*;

#[test]
fn a_digest_is_read_abbreviated() {
    for text in [
        "933b3745ee7b",
        "sha256:933b3745ee7b",
        "933B3745EE7B…",
        "sha256:933b3745ee7b...",
    ] {
        assert_eq!(hex(text).as_deref(), Some("933b3745ee7b"), "{text}");
    }
    let whole = Digest::of("an image").to_string();
    for text in [whole.as_str(), "933", "not hex", ""] {
        assert_eq!(hex(text), None, "{text}");
    }
}

#[test]
fn an_abbreviation_means_one_image_of_the_fleet() {
    let mut facts = Facts::default();
    let digest = Digest::of("an image");
    facts
        .public
        .insert("r.example/a:1".parse().expect("a reference"), digest);
    assert_eq!(resolved(&digest.short(), &facts), Ok(digest));
    let why = resolved("000000", &facts).expect_err("there is none");
    assert!(why.contains("write all 64 hex digits"), "{why}");
}
