//! Versions: how they are read, and their order.

use super::*;
use proptest::strategy::Strategy;

pub(super) fn version(text: &str) -> Version {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// The text parses, has these numbers, and is a pre-release or not.
fn check_version(text: &str, numbers: &[u64], prerelease: bool) {
    let version = version(text);
    assert_eq!(version.numbers(), numbers, "{text}");
    assert_eq!(version.is_prerelease(), prerelease, "{text}");
    assert_eq!(version.to_string(), text);
}

#[test]
fn versions_are_parsed() {
    check_version("1.27.0", &[1, 27, 0], false);
    check_version("18.3", &[18, 3], false);
    check_version("26.3.1", &[26, 3, 1], false);
    check_version("2026.08", &[2026, 8], false);
    check_version("v1.2", &[1, 2], false);
    check_version("21", &[21], false);
    check_version("3.15.0rc1", &[3, 15, 0], true);
    check_version("1.27rc1", &[1, 27], true);
    check_version("3.15-rc", &[3, 15], true);
    check_version("2.0.0-beta.2", &[2, 0, 0], true);
    check_version("1.0.0-next.5", &[1, 0, 0], true);
    check_version("3.15.0a1", &[3, 15, 0], true);
    check_version("1.0.dev3", &[1, 0], true);
    check_version("1.0-SNAPSHOT", &[1, 0], true);
    check_version("1.0-20240101.120000-1", &[1, 0], true);
    check_version("v0.0.0-20191109021931-daa7c04131f5", &[0, 0, 0], true);
    check_version("1.2.4-0.20191109021931-daa7c04131f5", &[1, 2, 4], true);
    check_version("1.0.0-x.7.z.92", &[1, 0, 0], true);
    check_version("1.0.0-x-y-z.4", &[1, 0, 0], true);
    check_version("1.0.0-x86", &[1, 0, 0], false);
    check_version("1.0-20240101", &[1, 0], false);
    check_version("26.0.5-0", &[26, 0, 5], false);
    check_version("1.0.0-0.3.7", &[1, 0, 0], true);
    check_version("15.3-0+deb12u1", &[15, 3], false);
    check_version("1.2.3-0ubuntu2", &[1, 2, 3], false);
    check_version("2.0.0-incubating-M1", &[2, 0, 0], true);
    check_version("2.0.0-incubating", &[2, 0, 0], false);
    check_version("1.0-20240101.1", &[1, 0], false);
    check_version("1.0.0-release-candidate", &[1, 0, 0], true);
    check_version("1.0.0-release-candidate.2", &[1, 0, 0], true);
    check_version("25-ea-10", &[25], true);
    check_version("1.0-1", &[1, 0], false);
    check_version("1.0-r3", &[1, 0], false);
    check_version("1.0.post1", &[1, 0], false);
    check_version("8u402", &[8, 402], false);
    check_version("17.0.2+8", &[17, 0, 2], false);
}

#[test]
fn versions_of_vendors() {
    let stable = [
        ("8u502-b07", &[8, 502][..]),
        ("8u402-b06-jdk", &[8, 402]),
        ("11.0.32_9", &[11, 0, 32]),
        ("17.0.1_12-jre-alpine", &[17, 0, 1]),
        ("21_35", &[21]),
        ("17.0.9+9-LTS", &[17, 0, 9]),
        ("17.5.1-ce.0", &[17, 5, 1]),
        ("17.5.1-ee.0", &[17, 5, 1]),
        ("10.6.0-community", &[10, 6, 0]),
        ("5.0.0.RELEASE", &[5, 0, 0]),
        ("5.0.0.Final", &[5, 0, 0]),
        ("5.0.0.GA", &[5, 0, 0]),
        ("5.0.0-ga", &[5, 0, 0]),
        ("4.1.9.Final-redhat-00001", &[4, 1, 9]),
        ("5.0.0-ubi9", &[5, 0, 0]),
        ("5.0.0-debian-12-r3", &[5, 0, 0]),
        ("1.2.3-alpine3.20", &[1, 2, 3]),
        ("1.30.4-k3s1", &[1, 30, 4]),
        ("v1.30.4+rke2r1", &[1, 30, 4]),
        ("2022-CU14-ubuntu-22.04", &[2022]),
        ("2024a", &[2024]),
        ("R1.0", &[1, 0]),
        ("9.4.57.v20241219", &[9, 4, 57]),
        ("1.0p1", &[1, 0]),
        ("9.9p2", &[9, 9]),
        ("3.2.1-1", &[3, 2, 1]),
        ("3.2.1-1ubuntu2.1", &[3, 2, 1]),
        ("1.1.1w", &[1, 1, 1]),
        ("12cR2", &[12]),
        ("11gR2", &[11]),
        ("1.0.2zg", &[1, 0, 2]),
    ];
    for (text, numbers) in stable {
        check_version(text, numbers, false);
        assert_eq!(version(text).unknown_word(), None, "{text}");
    }
    let before = [
        ("1.27rc1", &[1, 27][..]),
        ("3.14.0a2", &[3, 14, 0]),
        ("2.0.0-M3", &[2, 0, 0]),
        ("5.0.0.M1", &[5, 0, 0]),
        ("5.0.0.RC1", &[5, 0, 0]),
        ("1.0.0-SNAPSHOT", &[1, 0, 0]),
        ("6.0.0.Alpha1", &[6, 0, 0]),
        ("7.0.0.CR2", &[7, 0, 0]),
        ("1.0.0-preview.3", &[1, 0, 0]),
        ("17.5.0-ce.0-rc1", &[17, 5, 0]),
        ("3.20.0-alpine3.20-rc1", &[3, 20, 0]),
        ("8u412-ea", &[8, 412]),
        ("25+20-ea-beta", &[25]),
        ("1.2.3-5-gea12bc3", &[1, 2, 3]),
    ];
    for (text, numbers) in before {
        check_version(text, numbers, true);
        assert_eq!(version(text).unknown_word(), None, "{text}");
    }
    for (text, word) in [
        ("1.2.3-foo", "foo"),
        ("1.2.3-Foo.5", "foo"),
        ("1.2.3-20240801-ea12bc3", "ea12bc3"),
    ] {
        check_version(text, &[1, 2, 3], true);
        assert_eq!(version(text).unknown_word(), Some(word), "{text}");
    }
}

#[test]
fn what_is_probably_a_version() {
    for (text, meant) in [
        ("1_77_0", true),
        ("jdk-17.0.1", true),
        ("REL_16_2", true),
        ("1.x", true),
        ("java8", true),
        ("tip", false),
        ("trixie", false),
        ("nightly-20260801", false),
        ("lts", false),
    ] {
        assert_eq!(Version::is_meant(text), meant, "{text}");
        assert!(text.parse::<Version>().is_err(), "{text}");
    }
}

#[test]
fn invalid_versions_are_refused() {
    let long = format!("1.{}", "1".repeat(200));
    for text in [
        "",
        "v",
        "tip",
        "trixie",
        "1.",
        ".1",
        "1..2",
        "1.x",
        "1.2 ",
        "1.2/3",
        "1foo",
        "١.٢",
        "99999999999999999999999",
        "1-",
        "1+",
        "1_77_0",
        &long,
    ] {
        assert!(
            text.parse::<Version>().is_err(),
            "{text} was parsed as a version"
        );
    }
}

/// The texts are in order, from the lowest.
fn check_order(sorted: &[&str]) {
    for (i, left) in sorted.iter().enumerate() {
        for (j, right) in sorted.iter().enumerate() {
            let (one, other) = (version(left), version(right));
            assert_eq!(one.cmp(&other), i.cmp(&j), "{left} and {right}");
        }
    }
}

#[test]
fn versions_are_ordered() {
    check_order(&[
        "1",
        "1.0-1",
        "1.2.0-dev",
        "1.2.0a1",
        "1.2.0a2",
        "1.2.0a10",
        "1.2.0-beta",
        "1.2.0.M2",
        "1.2.0-M10",
        "1.2.0-next.1",
        "1.2.0-preview.2",
        "1.2.0-rc",
        "1.2.0-rc1",
        "1.2.0-alpine3.20-rc2",
        "1.2.0rc2",
        "1.2.0.CR3",
        "1.2.0-SNAPSHOT",
        "1.2.0-ce.0",
        "1.2.0-debian-11-r9",
        "1.2.0-debian-12",
        "1.2.0-debian-12-r3",
        "1.2.0-debian-12-r10",
        "1.2",
        "1.2.0",
        "1.2.0.Final",
        "1.2.0-r3",
        "1.2.0.v20241219",
        "1.2.0-1",
        "1.2.0p1",
        "1.2.0p1-r0",
        "1.2.0p2",
        "1.2.0a",
        "1.2.0w",
        "1.2.0z",
        "1.2.0zg",
        "1.2.1",
        "1.10",
        "1.27",
        "2",
    ]);
    check_order(&[
        "8u402-b06",
        "8u502-b07",
        "8u502-b10",
        "11.0.32_9",
        "11.0.32_10",
        "17.0.1_2",
        "17.0.1+12",
        "21-ea",
        "21",
        "21_35",
    ]);
    check_order(&["2024a", "2024b", "2025a"]);
    check_order(&["26.0.4-2", "26.0.5", "26.0.5-0", "26.0.5-1", "26.0.6-0"]);
    check_order(&[
        "1.0.0-0.3.7",
        "1.0.0-alpha",
        "1.0.0-x-y-z.1",
        "1.0.0-x.7.z.9",
        "1.0.0-x.7.z.92",
        "1.0.0-SNAPSHOT",
        "1.0.0-20240101.120000-1",
        "1.0.0-20240101.120000-2",
        "1.0.0-20240101.130000-1",
        "1.0.0-x64",
        "1.0.0",
        "1.0.0-20240101",
        "1.0.1-0.20191109021931-daa7c04131f5",
        "1.0.1",
    ]);
    check_order(&["11gR1", "11gR2", "12cR1", "12cR2", "18c", "23ai"]);
    check_order(&["1.2.3-1", "1.2.3-1ubuntu1", "1.2.3-1ubuntu2.1", "1.2.3-2"]);
    check_order(&[
        "1.0.0-beta",
        "1.0.0-release-candidate",
        "1.0.0-rc.2",
        "1.0.0",
    ]);
}

#[test]
fn editions_of_a_version_are_neither_later_nor_earlier() {
    let check = |one: &str, other: &str, expect: std::cmp::Ordering| {
        assert_eq!(
            version(one).compare(&version(other)),
            expect,
            "{one} {other}"
        );
        let reversed = version(other).compare(&version(one));
        assert_eq!(reversed, expect.reverse(), "{other} {one}");
    };
    use std::cmp::Ordering::{Equal, Less};
    check("1.2.3", "1.2.3-ubi9", Equal);
    check("17.5.1-ce.0", "17.5.1-ee.0", Equal);
    check("5.0.0", "5.0.0.RELEASE", Equal);
    check("17.0.1+12", "17.0.1_12", Equal);
    check("1.2.3-debian-12-r3", "1.2.3-debian-12-r4", Less);
    check("1.2.3-debian-11-r9", "1.2.3-debian-12-r0", Less);
    check("1.2.3-ubi9", "1.2.4", Less);
    check("1.2.3-rc1", "1.2.3-ubi9", Less);
    check("1.2.3-ubi9", "1.2.3-1", Equal);
}

/// A version as some vendor writes it.
fn any_version() -> impl Strategy<Value = String> {
    let numbers = "[0-3](\\.[0-2]){0,2}|8u[0-2]";
    let suffix = "|-b0[1-3]|-b[1-3]|-b1[1-2]|-pg1[6-7]|-ee\\.hsm|\\+flambda|-2-gabcd|[_+-][1-3]|(-rc|rc|\\.RC|-M|\\.CR|a|b)[1-3]|[a-c]|-foo|p[1-2]|\\.Final|-ga|-ce\\.[0-1]|-ee\\.[0-1]|-ubi[8-9]|-debian-1[1-2]-r[1-3]|-alpine3(-rc[1-2])?";
    (numbers, suffix).prop_map(|(numbers, suffix)| format!("{numbers}{suffix}"))
}

proptest::proptest! {
    /// The order is total, and the comparison by meaning does not contradict it.
    #[test]
    fn the_order_of_versions_is_total(texts in proptest::array::uniform3(any_version())) {
        let all = texts.map(|text| version(&text));
        let [a, b, c] = &all;
        proptest::prop_assert_eq!(a.cmp(b), b.cmp(a).reverse());
        proptest::prop_assert_eq!(a.cmp(b).is_eq(), a == b);
        if a <= b && b <= c {
            proptest::prop_assert!(a <= c, "{} {} {}", a, b, c);
        }
        if a.compare(b).is_lt() {
            proptest::prop_assert!(a < b, "{} {}", a, b);
        }
        proptest::prop_assert_eq!(a.compare(b), b.compare(a).reverse());
        for one in &all {
            proptest::prop_assert_eq!(one.to_string().parse::<Version>().unwrap(), one.clone());
            proptest::prop_assert!(!one.is_prerelease() || *one < one.release_of(), "{}", one);
            proptest::prop_assert!(one.series(one.numbers().len()).is_some_and(|text| one.as_str().starts_with(text)));
        }
    }

    /// A later revision or build of a version is above it.
    #[test]
    fn revisions_count(numbers in "[0-9](\\.[0-9]){0,2}", low in 0u32..50, more in 1u32..50, form in proptest::sample::select(vec!["-", "_", "+", "-r", "p", "-b0", "rc", "-M", "-ce.", "-debian-12-r", ".v2024", "-ls"])) {
        let at = |number: u32| version(&format!("{numbers}{form}{number}"));
        proptest::prop_assert!(at(low) < at(low + more));
        proptest::prop_assert!(at(low).compare(&at(low + more)).is_lt());
    }
}

#[test]
fn series_keep_their_spelling() {
    let check = |text: &str, count: usize, expect: Option<&str>| {
        assert_eq!(version(text).series(count), expect, "{text}")
    };
    check("1.27.0", 2, Some("1.27"));
    check("1.27.0", 1, Some("1"));
    check("1.27.0", 3, Some("1.27.0"));
    check("v1.2.3", 2, Some("v1.2"));
    check("2026.08.1", 2, Some("2026.08"));
    check("18.3", 2, Some("18.3"));
    check("18", 2, None);
    check("17.0.2+8", 3, Some("17.0.2"));
    check("8u502-b07", 1, Some("8"));
    check("8u502-b07", 2, Some("8u502"));
    check("11.0.32_9", 2, Some("11.0"));
    check("R1.0", 1, Some("R1"));
    check("2024a", 1, Some("2024"));
    check("2024a", 2, None);
    check("17.5.1-ce.0", 2, Some("17.5"));
}
