//! Tokens of tool sets that are refreshed.

use super::inputs;
use crate::manifest::Period;
use crate::memory::token::{epoch, upgrades};
use crate::memory::{Compared, Difference, Upgrade};

const DAY: i64 = 86_400;

fn week() -> Period {
    Period::days(7)
}

#[test]
fn a_period_ends_once_in_its_length() {
    let start = 1_700_000_000;
    let tokens = |image: &str| -> Vec<String> {
        let days = 0..28;
        days.map(|day| epoch(week(), start + day * DAY, image, None))
            .collect()
    };
    for image in ["root", "app", "a/b"] {
        let mut all = tokens(image);
        let changes = all.windows(2).filter(|two| two[0] != two[1]).count();
        assert!((3..=4).contains(&changes), "{all:?}");
        all.dedup();
        assert!(all[0].starts_with("7d-"), "{all:?}");
    }
    // Eight days later, whatever the image is called, it is another period.
    assert_ne!(tokens("root")[0], tokens("root")[8]);
}

#[test]
fn a_fleet_is_not_rebuilt_in_one_night() {
    let of = |image: usize, day: i64| epoch(week(), day * DAY, &format!("image-{image}"), None);
    for night in 0..7 {
        let due = (0..100).filter(|image| of(*image, night) != of(*image, night + 1));
        assert!((1..40).contains(&due.count()), "night {night}");
    }
}

#[test]
fn an_earlier_clock_makes_no_token() {
    let today = epoch(week(), 100 * DAY, "root", None);
    let earlier = epoch(week(), 50 * DAY, "root", Some(&today));
    assert_eq!(earlier, today);
    // The token of another period, and what is not a token of a period, do not count.
    for other in ["1d-99999999", "0", "36ab0cd1", "7d-x"] {
        assert_eq!(epoch(week(), 100 * DAY, "root", Some(other)), today);
    }
}

#[test]
fn newer_versions_are_one_token() {
    let upgrade = |name: &str, to: &str| Upgrade {
        name: name.into(),
        from: "1".into(),
        to: to.into(),
    };
    let (a, b) = (upgrade("a", "2"), upgrade("b", "2"));
    let both = upgrades(&[a.clone(), b.clone()], Some("0"));
    assert_eq!(upgrades(&[b.clone(), a.clone(), a.clone()], None), both);
    assert_ne!(upgrades(std::slice::from_ref(&a), None), both);
    assert_ne!(upgrades(&[a, upgrade("b", "3")], None), both);
    assert_eq!(upgrades(&[], Some(&both)), both);
    assert_eq!(upgrades(&[], None), "0");
}

/// A forced image stays current; a token of a tool set counts for `nightly` alone.
#[test]
fn what_tokens_count() {
    let (old, new) = (inputs("r t:fresh:git=7d-1"), inputs("r t:fresh:git=7d-2"));
    let token = |from: &str, to: &str| Difference::Token {
        toolset: "git".into(),
        from: from.into(),
        to: to.into(),
    };
    assert_eq!(
        old.differences(&new, Compared::Everything),
        [token("7d-1", "7d-2")]
    );
    assert!(old.equals(&new, Compared::RecipeAndParents));
    assert_eq!(
        inputs("r").differences(&new, Compared::Everything),
        [token("0", "7d-2")]
    );
    assert!(inputs("r").equals(&inputs("r t:fresh:git=0"), Compared::Everything));
    assert!(inputs("r t:force=1").equals(&inputs("r t:force=2"), Compared::Everything));
    assert_ne!(old.build_id(), new.build_id());
}
