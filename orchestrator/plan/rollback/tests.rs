//! Which tags are moved back, and which are refused.

use super::*;
use crate::line::tests::bring;
use crate::matrix::Inputs;
use crate::name::Platform;

const FLEET: &str = r#"
workspace "w" { publish "r.example/f/{image}"; stage "r.example/f/stage" }
base "b" from="r.example/b:1"
image "app" { from base="b"; tag "v1" fixed; tag "stable"; tag "r{revision}" }
"#;

/// An image by a letter: its record has a line for each tag, as `stable<A` for one that named A before; `!` says that it is
/// withdrawn, `?` that it has no record, and `-` that it is gone.
fn past(text: &str) -> Past {
    let mut words = text.split(' ');
    let name = words.next().expect("a letter");
    let digest = digest(&name[..1]);
    let mut record = Record::of("w", vec![part(digest, name.contains('!'))]);
    for word in words {
        let (tag, was) = word.split_once('<').unwrap_or((word, ""));
        let was = Some(was).filter(|was| !was.is_empty()).map(self::digest);
        let line = Origin::default().line(&Versions::new(), was);
        record.lines.insert(reference(tag), line);
    }
    Past {
        digest,
        record: (!name.contains('?')).then_some(record),
        place: (!name.contains('-')).then(|| reference("x").repository),
    }
}

fn digest(name: &str) -> Digest {
    Digest::of(name)
}

fn reference(tag: &str) -> Reference {
    let name = format!("r.example/f/app:{tag}");
    name.parse().expect("a reference")
}

fn part(digest: Digest, is_withdrawn: bool) -> Part {
    Part {
        variants: vec![VariantName::from("app:v1")],
        platform: "linux/amd64".parse::<Platform>().expect("a platform"),
        digest,
        manifest: (String::new(), 0),
        made: crate::memory::Made {
            inputs: Vec::new(),
            content: digest,
            revision: None,
            built: 0,
            seconds: 0,
            cached: (0, 0),
            size: 0,
        },
        passed: BTreeMap::new(),
        proofs: Default::default(),
        withdrawn: is_withdrawn.then(|| Withdrawal {
            at: 1,
            tag: reference("stable"),
            revision: None,
        }),
    }
}

/// The letter of the image that a tag goes back to, or why it does not.
#[track_caller]
fn check(tag: &str, images: &[&str], expect: Result<&str, &str>) {
    let ready = bring(FLEET, &Inputs::default(), &[]).made();
    let trail = Trail {
        reference: reference(tag),
        variant: VariantId(0),
        images: images.iter().map(|image| past(image)).collect(),
        others: BTreeSet::new(),
    };
    let planned = rollback(&ready.materials(), &Origin::default(), 1, &[trail]);
    let found = planned
        .as_ref()
        .map(|planned| planned.tags[0].to)
        .map_err(|refused| refused[0].1.code());
    assert_eq!(found, expect.map(digest), "{tag} {images:?}");
}

#[test]
fn a_tag_goes_back_to_the_newest_image_that_is_not_withdrawn() {
    check("stable", &["B stable<A", "A stable"], Ok("A"));
    check(
        "stable",
        &["C stable<B", "B! stable<A", "A stable"],
        Ok("A"),
    );
    // The record of the former image may be lost, and that of the image itself may say that it is withdrawn.
    check("stable", &["B stable<A", "A?"], Ok("A"));
    check("stable", &["B! stable<A", "A stable"], Ok("A"));
}

#[test]
fn what_cannot_be_moved_back_is_refused() {
    check("stable", &[], Err("absent"));
    check("v1", &["B v1<A", "A v1"], Err("fixed"));
    check("r7", &["B r7<A", "A r7"], Err("fixed"));
    check("stable", &["B?"], Err("no-record"));
    check("stable", &["B other<A", "A"], Err("no-line"));
    check("stable", &["B stable"], Err("first"));
    check("stable", &["B stable<A", "A! stable"], Err("all-withdrawn"));
    check("stable", &["B stable<A", "A- stable"], Err("gone"));
}

#[test]
fn every_refusal_has_a_code_of_its_own() {
    let image = digest("A");
    let all = [
        NotBack::Absent,
        NotBack::Fixed,
        NotBack::NoRecord(image),
        NotBack::NoLine(image),
        NotBack::First(image),
        NotBack::AllWithdrawn,
        NotBack::Gone(image),
    ];
    assert_eq!(all.each_ref().map(NotBack::code), NotBack::CODES);
    assert!(
        all.iter().all(|why| why.words().contains("\n  ")),
        "a way out"
    );
}
