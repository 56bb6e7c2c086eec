//! Properties that hold for any manifest.

use super::super::Fleet;
use super::{app, inputs, read};
use crate::text::kdl;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// References with their owners' platforms and parents: the content of a fleet without its order.
fn meaning(fleet: &Fleet) -> BTreeMap<String, String> {
    let owner = |variant: &super::super::Variant| {
        format!(
            "{} {} {:?} {:?}",
            variant.image, variant.name, variant.platforms, variant.args
        )
    };
    fleet
        .variants
        .iter()
        .flat_map(|variant| {
            variant
                .references()
                .map(move |(reference, _)| (reference.to_string(), owner(variant)))
        })
        .collect()
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[1-3]\\.[0-9]{1,2}\\.[0-9]",
        "[1-3]\\.[0-9]",
        "[1-3]\\.[0-9]rc[1-3]",
        "tip[0-9]",
        "[a-c]{1,3}"
    ]
}

fn values(lines: &[String]) -> String {
    lines
        .iter()
        .map(|line| format!("value \"{line}\"; "))
        .collect()
}

fn rungs() -> impl Strategy<Value = String> {
    proptest::sample::subsequence(vec!["full", "minor", "major", "none", "latest"], 1..5)
        .prop_map(|rungs| rungs.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Either a fault is reported, or no tag is invalid and none has two owners.
    #[test]
    fn no_duplicate_and_no_invalid_tag(
        versions in proptest::collection::btree_set(value(), 1..6),
        words in proptest::collection::btree_set("[a-zA-Z0-9._/-]{1,6}", 1..4),
        rungs in rungs(),
        token in "[a-z.-]{0,3}",
        pattern in prop_oneof![Just("{v}-{k}"), Just("{k}_{v}"), Just("{v}"), Just("x{v}.{k}-y"), Just("{v.minor}-{k}-{v}")],
    ) {
        let versions: Vec<String> = versions.into_iter().collect();
        let words: Vec<String> = words.into_iter().collect();
        let body = format!(
            "axis \"v\" kind=\"version\" rungs=\"{rungs}\" {{ {} }}\naxis \"k\" {{ value \"d\" default token=\"{token}\"; {} }}\ntag \"{pattern}\"",
            values(&versions), values(&words.into_iter().filter(|word| word != "d").collect::<Vec<_>>())
        );
        let outcome = read(&app(&body), &inputs());
        prop_assert_eq!(outcome.fleet.is_none(), outcome.diagnostics.has_errors());
        if let Some(fleet) = &outcome.fleet {
            let mut seen = HashSet::new();
            for (reference, tag) in fleet.variants.iter().flat_map(|variant| variant.references()) {
                prop_assert!(tag.tag.as_str().parse::<crate::name::Tag>().is_ok());
                prop_assert!(seen.insert(reference.to_string()), "{} twice", reference);
            }
            let names: BTreeSet<&str> = fleet.variants.iter().map(|variant| variant.dir.as_str()).collect();
            prop_assert_eq!(names.len(), fleet.variants.len());
        }
    }

    /// The order of values, images, bases and independent blocks does not matter.
    #[test]
    fn the_order_of_declarations_does_not_matter(
        versions in Just(vec!["2.1.0", "2.0.7", "1.9.9", "2.2.0rc1", "tip"]).prop_shuffle(),
        words in Just(vec!["a", "b", "c"]).prop_shuffle(),
        blocks in Just(vec![0usize, 1, 2, 3]).prop_shuffle(),
        whens in Just(vec![0usize, 1, 2]).prop_shuffle(),
    ) {
        let text = |versions: &[&str], words: &[&str], blocks: &[usize], whens: &[usize]| {
            let own = |list: &[&str]| list.iter().map(|line| format!("value \"{line}\"{}; ", if *line == "a" { " default" } else { "" })).collect::<String>();
            let rules = ["when k=\"a\" { arg A=\"1\"; }\n", "when k=\"b\" { tag \"b-{v}\"; }\n", "when v=\"<2\" { platforms \"linux/arm64\"; }\n"];
            let rules = whens.iter().map(|when| rules[*when]).collect::<String>();
            let axes = format!("axis \"v\" kind=\"version\" rungs=\"full minor major none\" {{ {} }}\naxis \"k\" {{ {} }}\n", own(versions), own(words));
            let all = [
                "workspace \"w\" { publish \"example.com/{image}\"; }\n".to_owned(),
                "base \"os\" from=\"debian:13\"\n".to_owned(),
                format!("image \"app\" {{ {axes} from base=\"os\"; template \"t.hbs\"\n{rules} tag \"{{v}}-{{k}}\"; }}\n"),
                format!("image \"child\" {{ {axes} from image=\"app\"; template \"t.hbs\"; tag \"{{v}}-{{k}}\" per=\"cell\"; }}\n"),
            ];
            blocks.iter().map(|block| all[*block].as_str()).collect::<String>()
        };
        let one = read(&text(&["2.1.0", "2.0.7", "1.9.9", "2.2.0rc1", "tip"], &["a", "b", "c"], &[0, 1, 2, 3], &[0, 1, 2]), &inputs()).fleet();
        let other = read(&text(&versions, &words, &blocks, &whens), &inputs()).fleet();
        prop_assert_eq!(meaning(&one), meaning(&other));
    }

    /// Any manifest results in a fleet or in faults.
    #[test]
    fn nothing_panics(body in "(axis|value|when|tag|from|exclude|include|path|must|use| |\"[{}a-z.:*>=!]{0,8}\"|=|v|k|[{}]|;|\n){0,40}") {
        let text = app(&body);
        let (mut sources, mut diagnostics) = (crate::text::Sources::default(), crate::text::Diagnostics::default());
        let id = sources.add("kiln.kdl", text.as_str());
        let manifest = crate::manifest::parse(&[kdl::parse(id, &text, &mut diagnostics)], Vec::new(), &mut diagnostics);
        let _ = super::super::expand(&manifest, &inputs(), &mut diagnostics);
    }
}
