use super::inputs;
use crate::memory::{Compared, Difference, Made};
use crate::name::Digest;

/// What differs, in words.
fn words(difference: &Difference) -> String {
    let name = |digest: &Option<Digest>| match digest {
        Some(digest) => (0..9)
            .map(|n| n.to_string())
            .find(|n| Digest::of(n) == *digest)
            .unwrap_or_else(|| "?".into()),
        None => "none".into(),
    };
    match difference {
        Difference::Recipe => "recipe".into(),
        Difference::Base {
            name: base,
            from,
            to,
        } => {
            format!("base {base} {} {}", name(from), name(to))
        }
        Difference::Parent {
            name: parent,
            from,
            to,
        } => {
            format!("parent {parent} {} {}", name(from), name(to))
        }
        Difference::Token { toolset, from, to } => format!("token {toolset} {from} {to}"),
    }
}

/// What differs, by what counts, and whether the build id does.
#[track_caller]
fn check(one: &str, other: &str, build: &str, nightly: &str, same_id: bool) {
    let (one, other) = (inputs(one), inputs(other));
    let all = |compared| {
        let all = one.differences(&other, compared);
        assert_eq!(one.equals(&other, compared), all.is_empty());
        all.iter().map(words).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(all(Compared::RecipeAndParents), build);
    assert_eq!(all(Compared::Everything), nightly);
    assert_eq!(one.build_id() == other.build_id(), same_id);
}

/// G10: the build id depends on what counts, and on nothing else.
#[test]
fn what_counts() {
    check("r b=1", "r b=1", "", "", true);
    check("r b=1", "s b=1", "recipe", "recipe", false);
    check("r b=1", "r b=2", "", "base b 1 2", false);
    check("r b=1", "r", "", "base b 1 none", false);
    check("r", "r b=1", "", "base b none 1", false);
    check("r p:p=1", "r p:p=2", "parent p 1 2", "parent p 1 2", false);
    // A parent that is called by another tag has the same content; one that is another image has not.
    check("r p:p=1", "r p:q=1", "", "", false);
    let other = "parent p 1 none, parent q none 2";
    check("r p:p=1", "r p:q=2", other, other, false);
    let both = "parent q 1 none";
    check("r p:p=1 p:q=1", "r p:p=1", both, both, false);
    check(
        "r p:p=1",
        "s b=1",
        "recipe, parent p 1 none",
        "recipe, parent p 1 none, base b none 1",
        false,
    );
    check("r t:force=1", "r t:force=2", "", "", false);
    check("r t:force=1", "r", "", "", false);
}

#[test]
fn what_does_not_count() {
    check("r b=1/2", "r b=1/3", "", "", true);
    check("r p:p=1/2", "r p:p=1/3", "", "", true);
    // It is shown all the same.
    check(
        "r p:p=1/3",
        "r p:p=2/4",
        "parent p 3 4",
        "parent p 3 4",
        false,
    );
}

fn made(all: &[&str]) -> Made {
    let mut made = Made {
        inputs: Vec::new(),
        content: Digest::of("c"),
        revision: None,
        built: 0,
        seconds: 0,
        cached: (0, 0),
        size: 0,
    };
    all.iter().for_each(|one| made.add(&inputs(one)));
    made
}

#[test]
fn one_of_several_inputs_is_enough() {
    let made = made(&["r", "s", "t b=1"]);
    for known in ["r", "s", "t b=1"] {
        assert!(
            made.differences(&inputs(known), Compared::Everything)
                .is_empty()
        );
    }
    let differences = made.differences(&inputs("t b=2"), Compared::Everything);
    assert_eq!(
        differences.iter().map(words).collect::<Vec<_>>(),
        ["base b 1 2"]
    );
    assert!(
        made.differences(&inputs("t b=2"), Compared::RecipeAndParents)
            .is_empty()
    );
}

#[test]
fn the_newest_inputs_are_kept() {
    let names: Vec<String> = (0..12).map(|n| format!("r{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut made = made(&names);
    let kept: Vec<_> = names[4..].iter().map(|name| inputs(name)).collect();
    assert_eq!(made.inputs, kept);
    made.add(&inputs("r5"));
    assert_eq!(made.inputs.len(), 8);
    assert_eq!(made.inputs.last(), Some(&inputs("r5")));
}
