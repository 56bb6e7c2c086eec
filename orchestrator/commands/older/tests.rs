use super::*;
use crate::line::tests::bring;
use crate::matrix::Inputs;

const FLEET: &str = r#"
workspace "w" { publish "r.example/f/{image}"; stage "r.example/f/stage" }
base "b" from="r.example/b:1"
toolset "t" { run "make" }
image "core" { from base="b"; use "t"; tag "1.2.0"; tag "latest" }
image "app" { from base="b"; use "t"; tag "stable"; tag "latest" }
"#;

#[track_caller]
fn read(word: &str) -> Result<Older, String> {
    let ready = bring(FLEET, &Inputs::default(), &[]).made();
    let all = ready.fleet.variants.iter().map(|v| v.id).collect();
    Older::parsed(&[word.to_owned()], &ready.fleet, &all)
}

#[test]
fn a_tag_is_named_alone_or_with_its_image() {
    let tags = ["latest".parse().expect("a tag")].into();
    let alone = Older {
        tags,
        ..Older::default()
    };
    assert_eq!(read("latest"), Ok(alone));
    let reference = "r.example/f/core:latest".parse().expect("a reference");
    let one = Older {
        references: [reference].into(),
        ..Older::default()
    };
    assert_eq!(read("core:latest"), Ok(one.clone()));
    assert_eq!(read("r.example/f/core:latest"), Ok(one));
}

#[test]
fn a_tag_that_no_variant_has_is_refused() {
    for (word, near) in [
        ("lates", "did you mean `latest`?"),
        ("core:lates", "did you mean `core:latest`?"),
        ("nope", "`kiln tags` lists them"),
        ("core:stable", "no selected variant has this tag"),
    ] {
        let why = read(word).expect_err(word);
        assert!(why.contains(near), "{why}");
    }
}
