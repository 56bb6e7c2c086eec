use super::*;
use crate::line::tests::bring;
use crate::matrix::Inputs;

const FLEET: &str = r#"
workspace "w" { publish "docker.io/acme/{image}"; stage "docker.io/acme/stage" }
base "b" from="debian:13"
toolset "t" { run "make" }
image "core" {
    axis "version" kind="version" rungs="full latest" { value "1.2.0"; value "1.1.0" }
    from base="b"; use "t"; tag "{version}"
}
"#;

fn ready() -> Ready {
    bring(FLEET, &Inputs::default(), &[]).made()
}

/// The words of `kiln why` name a variant: Docker Hub is queried for none of them.
#[test]
fn a_selector_means_a_variant_of_the_fleet() {
    let ready = ready();
    for word in [
        "core:latest",
        "acme/core:latest",
        "core[version=1.2.0]",
        "core:1.2.0",
    ] {
        let variants = ready.select(&[word.to_owned()]).expect(word);
        let found = one(word, &variants, &ready).expect(word);
        assert_eq!(ready.names[found].as_str(), "core:1.2.0", "{word}");
    }
    let both = ready.select(&["core".to_owned()]).expect("a selector");
    assert_eq!(one("core", &both, &ready).err(), Some(Exit::Wrong));
}

/// A tag that no variant has any more is read from the repositories of its image; an image of others is not.
#[test]
fn other_tags_of_the_fleet_are_references() {
    let ready = ready();
    for word in ["core:1.0.0", "acme/core:1.0.0"] {
        let [only] = &of_fleet(word, &ready)[..] else {
            panic!("{word}");
        };
        assert_eq!(only.to_string(), "docker.io/acme/core:1.0.0", "{word}");
    }
    for word in ["core:", "core", "debian:13", "cor:1.0.0", "core:a b"] {
        assert!(of_fleet(word, &ready).is_empty(), "{word}");
    }
}

#[test]
fn every_repository_of_an_image_is_looked_into() {
    let twice = FLEET.replace("publish \"", "publish \"r.example:5000/f/{image}\" \"");
    let ready = bring(&twice, &Inputs::default(), &[]).made();
    let found: Vec<String> = of_fleet("core:1.0.0", &ready)
        .iter()
        .map(Reference::familiar)
        .collect();
    assert_eq!(found, ["r.example:5000/f/core:1.0.0", "acme/core:1.0.0"]);
}

#[test]
fn a_digest_is_whole_or_abbreviated() {
    let digest = Digest::of("an image");
    for text in [digest.to_string(), digest.hex()] {
        let whole = by_digest(&text).expect("a digest");
        assert!(
            matches!(whole, Meant::Digest(found) if found == digest),
            "{text}"
        );
    }
    let short = by_digest(&digest.short()).expect("an abbreviation");
    assert!(matches!(short, Meant::Short(hex) if hex == digest.short()));
    assert!(by_digest("nothing").is_err());
}
