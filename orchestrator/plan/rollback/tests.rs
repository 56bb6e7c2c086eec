//! Which tags are moved back, and which are refused.

use super::*;
use crate::line::tests::bring;
use crate::matrix::{Inputs, VariantId};
use crate::memory::Record;
use crate::name::Platform;

const FLEET: &str = r#"
workspace "w" { publish "r.example/f/{image}"; stage "r.example/f/stage" }
base "b" from="r.example/b:1"
image "app" { from base="b"; tag "v1" fixed; tag "stable"; tag "r{revision}" }
"#;

/// An image by a letter: its record has a line for each tag, as `stable<A` for one that named A before, and `stable>C` for one
/// that was moved back from C; `!` says that it is withdrawn, `?` that it has no record, and `-` that it is gone.
fn past(text: &str) -> Past {
    let mut words = text.split(' ');
    let name = words.next().expect("a letter");
    let digest = digest(&name[..1]);
    let mut record = Record::of("w", vec![part(digest, name.contains('!'))]);
    for word in words {
        let (word, back_from) = word.split_once('>').unwrap_or((word, ""));
        let (tag, was) = word.split_once('<').unwrap_or((word, ""));
        let image = |name: &str| Some(name).filter(|name| !name.is_empty()).map(self::digest);
        let line = Line {
            back_from: image(back_from),
            withdrew: image(back_from).into_iter().collect(),
            ..Origin::default().line(&Versions::new(), image(was))
        };
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
            lifted: false,
        }),
    }
}

fn trail(tag: &str, images: &[&str]) -> Trail {
    Trail {
        asked: Asked {
            reference: reference(tag),
            variant: VariantId(0),
            short: Some(format!("app:{tag}")),
        },
        images: images.iter().map(|image| past(image)).collect(),
        before: Vec::new(),
    }
}

/// The letter of the image that a tag goes back to, or why it does not.
#[track_caller]
fn check(tag: &str, images: &[&str], expect: Result<&str, &str>) {
    let ready = bring(FLEET, &Inputs::default(), &[]).made();
    let trails = Trails {
        named: vec![trail(tag, images)],
        ..Trails::default()
    };
    let (wish, origin) = (Wish::default(), Origin::default());
    let planned = rollback(&ready.materials(), &origin, 1, &trails, &wish);
    let found = planned
        .as_ref()
        .map(|planned| planned.tags[0].to)
        .map_err(|refused| refused.refused[0].1.code());
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
    // The record of the image itself may say that it is withdrawn.
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
    check("stable", &["B stable<A", "A?"], Err("unrecorded"));
}

/// A tag that no registry has is probably another one, misspelt.
#[test]
fn a_tag_that_does_not_exist_has_a_suggestion() {
    let ready = bring(FLEET, &Inputs::default(), &[]).made();
    for (tag, expect) in [("stabel", Some("stable")), ("other", None)] {
        let trails = Trails {
            named: vec![trail(tag, &[])],
            ..Trails::default()
        };
        for undo in [false, true] {
            let wish = Wish {
                undo,
                ..Wish::default()
            };
            let origin = Origin::default();
            let planned = rollback(&ready.materials(), &origin, 1, &trails, &wish);
            let refused = planned.expect_err("no registry has it");
            let near = NotBack::Absent(expect.map(reference));
            assert_eq!(refused.refused[0].1, near, "{tag}");
        }
    }
}

#[test]
fn every_refusal_has_a_code_of_its_own() {
    let image = digest("A");
    let all = [
        NotBack::Absent(None),
        NotBack::Fixed(image),
        NotBack::NoRecord(image),
        NotBack::NoLine(image),
        NotBack::First(image),
        NotBack::AllWithdrawn,
        NotBack::Gone(image),
        NotBack::Unrecorded(image),
        NotBack::Differs {
            name: "app:edge".into(),
            image,
        },
        NotBack::Contradicts {
            other: reference("edge"),
            image,
        },
        NotBack::Elsewhere(image),
        NotBack::NotMoved(image),
    ];
    assert_eq!(all.each_ref().map(NotBack::code), NotBack::CODES);
    assert!(
        all.iter()
            .all(|why| !why.words().contains('\n') && !why.way_out().is_empty()),
        "a reason and a way out"
    );
}

/// What becomes of each named tag: where it goes, or that it is done or named elsewhere; or why all are refused.
#[track_caller]
fn check_all(tags: &[(&str, &[&str])], from: &[&str], expect: &[&str]) {
    let ready = bring(FLEET, &Inputs::default(), &[]).made();
    let named = tags.iter().map(|(tag, images)| {
        let (short, images) = (tag.trim_end_matches('\''), *images);
        let mut trail = trail(&tag.replace('\'', "-2"), images);
        trail.asked.short = Some(format!("app:{short}"));
        trail
    });
    let trails = Trails {
        named: named.collect(),
        ..Trails::default()
    };
    let wish = Wish {
        from: from
            .iter()
            .map(|image| digest(image).hex()[..12].to_owned())
            .collect(),
        ..Wish::default()
    };
    let letter = |digest: &Digest| {
        let mut all = ["A", "B", "C", "D"].into_iter();
        all.find(|name| self::digest(name) == *digest)
            .unwrap_or("?")
            .to_owned()
    };
    let tag = |one: &Reference| {
        one.tag
            .as_ref()
            .map_or_else(String::new, ToString::to_string)
    };
    let found: Vec<String> =
        match rollback(&ready.materials(), &Origin::default(), 1, &trails, &wish) {
            Ok(all) => {
                let moves = all
                    .tags
                    .iter()
                    .map(|back| format!("{} {}", tag(&back.reference), letter(&back.to)));
                let done = all
                    .done
                    .iter()
                    .map(|(one, from)| format!("{} done from {}", tag(one), letter(from)));
                let others = all
                    .elsewhere
                    .iter()
                    .map(|(one, now)| format!("{} names {}", tag(one), letter(now)));
                let withdrawn = all
                    .withdrawn
                    .iter()
                    .map(|one| format!("withdrawn {}", letter(&one.digest)));
                moves.chain(done).chain(others).chain(withdrawn).collect()
            }
            Err(refused) => refused
                .refused
                .iter()
                .map(|(one, why)| format!("{} {}", tag(one), why.code()))
                .collect(),
        };
    assert_eq!(found, expect, "{tags:?} --from {from:?}");
}

const FIRST: &[&str] = &["B stable<A", "A stable"];

#[test]
fn a_tag_that_was_moved_back_is_done() {
    let done: &[&str] = &["B stable<A>C", "A stable"];
    check_all(&[("stable", done)], &[], &["stable done from C"]);
    check_all(&[("stable", done)], &["C"], &["stable done from C"]);
    // One more step names the image that is left.
    check_all(&[("stable", done)], &["B"], &["stable A", "withdrawn B"]);
    check_all(
        &[("stable", &["A stable>B"])],
        &["B"],
        &["stable done from B"],
    );
    check_all(
        &[("stable", &["A stable>B"])],
        &["A"],
        &["stable all-withdrawn"],
    );
    check_all(&[("stable", FIRST)], &["D"], &["stable elsewhere"]);
}

#[test]
fn a_short_name_means_one_image() {
    let second: &[&str] = &["C stable-2<B", "B stable-2"];
    let refused = &["stable differs", "stable-2 differs"];
    check_all(&[("stable", FIRST), ("stable'", second)], &[], refused);
    let chosen = &["stable-2 B", "stable names B", "withdrawn C"];
    check_all(&[("stable", FIRST), ("stable'", second)], &["C"], chosen);
    // What is where another one was moved back to is where it should be.
    let target: &[&str] = &["B stable-2<A", "A stable-2"];
    let moved: &[&str] = &["B stable<A>C", "A stable"];
    let settled = &["stable done from C", "stable-2 names B"];
    check_all(&[("stable", moved), ("stable'", target)], &[], settled);
    // What is done does not count.
    let done: &[&str] = &["A stable-2>B"];
    let rest = &["stable A", "stable-2 done from B", "withdrawn B"];
    check_all(&[("stable", FIRST), ("stable'", done)], &[], rest);
}

#[test]
fn a_tag_that_is_new_in_one_registry_leaves_the_command_for_the_others() {
    let ready = bring(FLEET, &Inputs::default(), &[]).made();
    let mut fresh = trail("stable-2", &["B stable-2"]);
    fresh.asked.short = Some("app:stable".into());
    let trails = Trails {
        named: vec![trail("stable", FIRST), fresh],
        ..Trails::default()
    };
    for (all_tags, option) in [(false, ""), (true, " --all-tags")] {
        let wish = Wish {
            all_tags,
            ..Wish::default()
        };
        let found = rollback(&ready.materials(), &Origin::default(), 1, &trails, &wish);
        let text = not_back_text(&found.expect_err("refused"), &wish);
        let first = "nothing is moved back\n  r.example/f/app:stable-2: it named nothing before";
        assert!(text.starts_with(first), "{text}");
        let command = format!("`kiln rollback r.example/f/app:stable{option}`");
        assert!(text.ends_with(&command), "{text}");
    }
}

#[test]
fn what_a_tag_goes_back_to_is_not_withdrawn() {
    let other: &[&str] = &["C edge<B", "B edge"];
    check_all(
        &[("stable", FIRST), ("edge", other)],
        &[],
        &["edge contradicts"],
    );
}
