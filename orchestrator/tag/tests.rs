//! Patterns, joining and placeholders.

use super::{
    GitFacts, Joined, Part, Pattern, PlaceholderFacts, Rung, Unfilled, owned, placeholder_kind,
};
use std::collections::BTreeMap;

/// The parts of a pattern, placeholders as `<name|field|argument>`.
fn check_pattern(text: &str, expect: &[&str]) {
    let pattern: Pattern = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
    let show = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Placeholder(s) => format!(
            "<{}|{}|{}>",
            s.name,
            s.field.as_deref().unwrap_or(""),
            s.argument.as_deref().unwrap_or("")
        ),
    };
    assert_eq!(
        pattern.parts.iter().map(show).collect::<Vec<_>>(),
        expect,
        "{text}"
    );
}

#[test]
fn patterns() {
    check_pattern("", &[]);
    check_pattern("edge", &["edge"]);
    check_pattern("{version}-{variant}", &["<version||>", "-", "<variant||>"]);
    check_pattern(
        "{version.minor}/{variant}",
        &["<version|minor|>", "/", "<variant||>"],
    );
    check_pattern("{now:%Y.%m}-22.04", &["<now||%Y.%m>", "-22.04"]);
    check_pattern("{tag:match v(\\d{2})}", &["<tag||match v(\\d{2})>"]);
    check_pattern("{{x}}", &["{x}"]);
    check_pattern("/go/bin:${PATH}:{var:x}", &["/go/bin:${PATH}:", "<var||x>"]);
}

#[test]
fn broken_patterns() {
    let check = |text: &str, range: std::ops::Range<usize>| match text.parse::<Pattern>() {
        Ok(pattern) => panic!("{text} was parsed as {pattern:?}"),
        Err(fault) => assert_eq!(fault.range, range, "{text}: {fault}"),
    };
    check("a{version", 1..2);
    check("version}", 7..8);
    check("a{}", 1..3);
    check("{a b}", 0..5);
    check("{a.}", 0..4);
    check("é{", 2..3);
}

#[test]
fn every_fault_of_a_pattern_is_found() {
    let check = |text: &str, faults: &[std::ops::Range<usize>], words: &[&str]| {
        let (pattern, found) = Pattern::read(text);
        let found: Vec<_> = found.into_iter().map(|fault| fault.range).collect();
        assert_eq!(found, faults, "{text}");
        let names: Vec<_> = pattern.placeholders().map(|one| &*one.name).collect();
        assert_eq!(names, words, "{text}");
    };
    check("{} {a} } {b c} {d", &[0..2, 7..8, 9..14, 15..16], &["a"]);
    check("{a {b} c", std::slice::from_ref(&(0..1)), &["b"]);
    check("}{", &[0..1, 1..2], &[]);
}

#[test]
fn braces_of_the_shell_are_doubled() {
    let check = |text: &str, expect: &str| {
        let help = super::doubled(text);
        assert!(help.contains(&format!("write `{expect}`;")), "{help}");
    };
    check("{a,b}", "{{a,b}}");
    check("{x}", "{{x}}");
    check("{print $1}", "{{print $1}}");
    check("{print \"{version}\"}", "{{print \"{version}\"}}");
    check("{ if (x) { print } }", "{{ if (x) {{ print }} }}");
}

#[test]
fn an_empty_token_removes_its_separator() {
    let check = |text: &str, tokens: &[&str], expect: &str| {
        let pattern: Pattern = text.parse().unwrap();
        let mut tokens = tokens.iter();
        let mut joined = Joined::default();
        for part in &pattern.parts {
            match part {
                Part::Text(text) => joined.text(text),
                Part::Placeholder(_) => joined.token(tokens.next().unwrap()),
            }
        }
        assert_eq!(joined.finish(), expect, "{text}");
    };
    check("{a}-{b}", &["1", "x"], "1-x");
    check("{a}-{b}", &["1", ""], "1");
    check("{a}-{b}", &["", "x"], "x");
    check("{a}-{b}", &["", ""], "latest");
    check("{a}-{b}-{c}", &["1", "", "x"], "1-x");
    check("{a}-{b}-{c}", &["1", "", ""], "1");
    check("{a}-{b}-{c}", &["", "", "x"], "x");
    check("{a}.{b}_{c}", &["1", "", "x"], "1_x");
    check("edge-{a}", &[""], "edge");
    check("{a}-edge", &[""], "edge");
    check("v{a}-{b}", &["", "x"], "v-x");
    check("{a}{b}-x", &["1-", ""], "1--x");
    check("{a}+{b}", &["1", ""], "1+");
    check("{a}", &[""], "latest");
    check("", &[], "latest");
}

#[test]
fn rungs_belong_to_the_highest_stable_value() {
    let check = |values: &[&str], expect: &[&str]| {
        let versions: Vec<_> = values.iter().map(|v| v.parse().ok()).collect();
        let show = |rungs: &Vec<Rung>| {
            rungs
                .iter()
                .map(|r| r.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            owned(&versions, &Rung::ALL)
                .iter()
                .map(show)
                .collect::<Vec<_>>(),
            expect,
            "{values:?}"
        );
    };
    check(
        &["1.27.0", "1.26.7"],
        &["full minor major none latest", "full minor"],
    );
    check(
        &["1.26.7", "1.27.0"],
        &["full minor", "full minor major none latest"],
    );
    check(
        &["1.9.0", "1.10.0"],
        &["full minor", "full minor major none latest"],
    );
    check(
        &["3.15.0rc1", "3.14.2"],
        &["full", "full minor major none latest"],
    );
    check(&["3.15.0rc1"], &["full"]);
    check(&["tip", "1.0"], &["full", "full minor major none latest"]);
    check(&["21", "17"], &["full major none latest", "full major"]);
    check(
        &["1.2.0-1", "1.2.0"],
        &["full minor major none latest", "full"],
    );
}

fn git() -> GitFacts {
    let some = |text: &str| Some(text.to_owned());
    GitFacts {
        sha: some("fd56c4b668f9388423d4e97d4f1b2b5ebe4083d7"),
        branch: some("Feature/Add_Go_1.27"),
        default_branch: some("main"),
        tag: some("v1.27.3"),
        describe: some("v1.27.3-0-gfd56c4b"),
        ..GitFacts::default()
    }
}

/// Fills one placeholder: its text, with a `!` after a fixed one, or a part of the reason why it has none.
fn check(git: &GitFacts, text: &str, expect: &str) {
    let variables = BTreeMap::from([(String::from("registry"), String::from("ghcr.io"))]);
    let facts = PlaceholderFacts {
        now: "2026-08-03T23:59:00Z".parse().unwrap(),
        git,
        variables: &variables,
    };
    let pattern: Pattern = text.parse().unwrap();
    let placeholder = pattern.placeholders().next().unwrap();
    let got = match (placeholder_kind(&placeholder.name).unwrap().fill)(placeholder, &facts) {
        Ok(filled) => format!("{}{}", filled.text, if filled.fixed { "!" } else { "" }),
        Err(Unfilled::Missing(why)) => format!("missing: {why}"),
        Err(Unfilled::Skipped(why)) => format!("skipped: {why}"),
        Err(Unfilled::Unmatched { why, help, .. }) => format!("unmatched: {why} ({help})"),
        Err(Unfilled::Deferred(why)) => format!("deferred: {why:?}"),
        Err(Unfilled::Wrong(why, help)) => format!("wrong: {why} ({help})"),
    };
    assert!(
        got == expect
            || (expect.contains(':') && got.contains(expect))
            || got.starts_with("wrong: ") && got.contains(expect.trim_start_matches("wrong: ")),
        "{text}: {got}, not {expect}"
    );
}

#[test]
fn placeholders() {
    let git = git();
    check(&git, "{now:%Y.%m}", "2026.08");
    check(&git, "{now}", "20260803!");
    check(&git, "{now:%Y-%m-%d}", "2026-08-03!");
    check(&git, "{now:%F}", "2026-08-03!");
    check(&git, "{now:%!}", "wrong: ");
    // The formats of other tools are the same text every day.
    for (format, meant) in [
        ("YYYYMMDD", "%Y%m%d"),
        ("YYYY-MM-DD", "%Y-%m-%d"),
        ("yyyy.mm.dd", "%Y.%m.%d"),
        ("YY.MM", "%y.%m"),
        ("YYYYMMDDHHmmss", "%Y%m%d%H%M%S"),
        ("2006.01.02", "%Y.%m.%d"),
        ("20060102150405", "%Y%m%d%H%M%S"),
    ] {
        let help = format!("has no part of the time (did you mean `{{now:{meant}}}`?)");
        check(
            &git,
            &format!("{{now:{format}}}"),
            &format!("wrong: `{{now:{format}}}` {help}"),
        );
    }
    for format in ["", "x", "100%%", "2024", "é"] {
        let help = "(write a `strftime` format: `{now:%Y.%m}`, or `{now}` for `{now:%Y%m%d}`)";
        check(
            &git,
            &format!("{{now:{format}}}"),
            &format!("wrong: {help}"),
        );
    }
    check(&git, "{sha:12}", "fd56c4b668f9!");
    check(&git, "{sha}", "fd56c4b668f9388423d4e97d4f1b2b5ebe4083d7!");
    check(&git, "{sha:x}", "wrong: ");
    check(
        &git,
        "{sha:41}",
        "wrong: the commit has 40 digits, and not 41 (write `{sha}`",
    );
    check(&git, "{sha:65}", "wrong: ");
    check(&git, "{branch}", "Feature/Add_Go_1.27");
    check(&git, "{branch:slug}", "feature-add-go-1-27");
    check(&git, "{branch:snake}", "wrong: ");
    check(&git, "{branch:slg}", "wrong: (did you mean `slug`?)");
    let named = |branch: &str, tag: &str| GitFacts {
        branch: Some(branch.to_owned()),
        tag: Some(tag.to_owned()),
        ..git.clone()
    };
    check(
        &named("修正", "v"),
        "{branch:slug}",
        "unmatched: `修正` has no letter",
    );
    check(
        &named("修正", "v"),
        "{tag:match v(.*)}",
        "unmatched: `v(.*)` takes nothing out",
    );
    for expression in ["v[0-9]+(-rc.*)?", "(?:x(.*)|v(.*))"] {
        check(
            &named("main", "v1"),
            &format!("{{tag:match {expression}}}"),
            &format!("unmatched: `{expression}` takes nothing out"),
        );
    }
    check(
        &named("修正", "-日本"),
        "{tag:slug}",
        "unmatched: `-日本` has no character",
    );
    let long = "a".repeat(140);
    check(&named("main", &long), "{tag:slug}", &long);
    check(&git, "{tag}", "v1.27.3");
    check(&git, "{tag:full}", "1.27.3");
    check(&git, "{tag:minor}", "1.27");
    check(&git, "{tag:major}", "1");
    check(&git, "{tag:latest}", "latest");
    check(&git, "{tag:none}", "");
    check(&git, "{tag:match v(\\d+)}", "1");
    check(&git, "{tag:match (}", "wrong: ");
    check(&git, "{tag:match v(.*):nosuch}", "wrong: ");
    check(
        &git,
        "{tag:match v(.*):minr}",
        "wrong: `minr` of `{tag:match v(.*):minr}` is unknown (did you mean `minor`?)",
    );
    check(&git, "{tag:match v(?:1)[[:punct:]](\\d+)}", "27");
    check(&git, "{tag:patch}", "wrong: ");
    for (written, help) in [
        ("{tag:minr}", "(did you mean `minor`?)"),
        ("{tag:full,minor}", "(write one `tag` for each rung)"),
        (
            "{tag:match v(.*):full,minor}",
            "(write one `tag` for each rung)",
        ),
        (
            "{tag:match v(.*):slug:full}",
            "(write `{tag:match v(.*):full:slug}`)",
        ),
        ("{tag:match v(.*):minor:full}", "(write one rung at most,"),
    ] {
        check(&git, written, &format!("wrong: {help}"));
    }
    check(&git, "{describe}", "v1.27.3-0-gfd56c4b");
    check(&git, "{describe:slug}", "v1.27.3-0-gfd56c4b");
    check(
        &git,
        "{describe:minor}",
        "write `{describe}` or `{describe:slug}`",
    );
    for (nearest, slug) in [
        ("app/v1.2-3-gfd56c4b", "app-v1.2-3-gfd56c4b"),
        ("v1.0.0+build5", "v1.0.0-build5"),
        ("rel@3", "rel-3"),
    ] {
        let describe = Some(String::from(nearest));
        let git = GitFacts {
            describe,
            ..git.clone()
        };
        check(&git, "{describe:slug}", slug);
    }
    check(&git, "{var:registry}", "ghcr.io");
    check(
        &git,
        "{var:registri}",
        "did you mean `{var:registry}`?) ".trim_end_matches(") "),
    );
    check(&git, "{revision}", "deferred: Revision");
    check(
        &git,
        "{probe:python --version}",
        "deferred: Probe(\"python --version\")",
    );
}

#[test]
fn facts_that_a_run_does_not_know() {
    let none = GitFacts::default();
    for text in [
        "{sha:12}",
        "{branch:slug}",
        "{tag}",
        "{tag:minor}",
        "{describe}",
        "{describe:slug}",
    ] {
        check(&none, text, "missing: ");
    }
    let candidate = GitFacts {
        tag: Some(String::from("v1.28.0-rc1")),
        ..git()
    };
    check(&candidate, "{tag:full}", "1.28.0-rc1");
    check(&candidate, "{tag:minor}", "skipped: ");
    check(&candidate, "{tag:latest}", "skipped: ");
    check(&candidate, "{tag:match ^release}", "unmatched: ");
    for (tag, text, expect) in [
        (
            "v1.2.3-foo",
            "{tag:minor}",
            "unmatched: the git tag `v1.2.3-foo` is taken for a pre-release, since `foo` is not a known word, and has no rung minor (for an edition, write `{tag:match ^v?([0-9.]+):minor}`",
        ),
        (
            "v1.2.3-7f3a9c1",
            "{tag:latest}",
            "unmatched: the git tag `v1.2.3-7f3a9c1` is taken for a pre-release, since `7f3a9c1` looks like a commit, and has no rung latest",
        ),
        (
            "app/v1.2.3-foo",
            "{tag:match app/v(.*):minor}",
            "unmatched: the git tag `app/v1.2.3-foo` is taken for a pre-release, since `foo` is not a known word, and has no rung minor (for an edition, take the version out of it in the expression;",
        ),
        ("v1.2.3-5-gabcd", "{tag:minor}", "skipped: "),
    ] {
        let tag = Some(String::from(tag));
        check(&GitFacts { tag, ..git() }, text, expect);
    }
    let foo = GitFacts {
        tag: Some(String::from("v1.2.3-foo")),
        ..git()
    };
    check(&foo, "{tag:full}", "1.2.3-foo");
    check(&foo, "{tag:match ^v?([0-9.]+):minor}", "1.2");
}

#[test]
fn git_tags_that_are_not_plain_versions() {
    let on = |tag: &str, text: &str, expect: &str| {
        let tag = Some(String::from(tag));
        check(&GitFacts { tag, ..git() }, text, expect);
    };
    for (rung, expect) in [
        ("full", "1.2.3"),
        ("minor", "1.2"),
        ("major", "1"),
        ("latest", "latest"),
        ("none", ""),
    ] {
        on(
            "app/v1.2.3",
            &format!("{{tag:match app/v(.*):{rung}}}"),
            expect,
        );
        on(
            "app/v1.2.3",
            &format!("{{tag:match ^app/:{rung}}}"),
            "unmatched: `app/`, from the git tag `app/v1.2.3`, is not a version",
        );
    }
    on("app/v1.2.3", "{tag:match app/(.*):minor}", "1.2");
    // The way out is not what is written.
    on(
        "app/vnext",
        "{tag:match app/v(.*):minor}",
        "unmatched: `next`, from the git tag `app/vnext`, is not a version (write an expression that takes a version out of it",
    );
    on("app/vnext", "{tag:minor}", "`{tag:match app/v(.*):minor}`");
    on("app/v1.2.3-rc1", "{tag:match app/v(.*):minor}", "skipped: ");
    on(
        "lib/v1.2.3",
        "{tag:match app/v(.*):minor}",
        "unmatched: the git tag `lib/v1.2.3` does not match `app/v(.*)`",
    );
    on(
        "app/v1.2.3",
        "{tag:minor}",
        "`{tag:match app/v(.*):minor}`; or use the whole git tag",
    );
    on(
        "release-1.2.3",
        "{tag:full}",
        "unmatched: the git tag `release-1.2.3` is not a version (take the version out of it: `{tag:match release-(.*):full}`",
    );
    // What a way out makes of its git tag is its version.
    for (tag, way, minor) in [
        (
            "REL_17_2",
            "{var:version:without REL_:replace _ .:minor}",
            "17.2",
        ),
        ("1_77_0", "{var:version:replace _ .:minor}", "1.77"),
        (
            "boost-1_86_0",
            "{var:version:without boost-:replace _ .:minor}",
            "1.86",
        ),
        (
            "OpenSSL_1_1_1w",
            "{var:version:without OpenSSL_:replace _ .:minor}",
            "1.1",
        ),
    ] {
        on(
            tag,
            "{tag:minor}",
            &format!("`{way}`, and build with `--var version={tag}`"),
        );
        let filters = way
            .trim_start_matches("{var:version:")
            .trim_end_matches('}');
        assert_eq!(
            super::variable::filter(tag, filters).as_deref(),
            Some(minor),
            "{tag}"
        );
    }
    for tag in ["Hoxton.SR12", "git-2025-01-10", "lib/nightly-2.1"] {
        on(
            tag,
            "{tag:minor}",
            "(`{tag:slug}` makes a tag of any git tag;",
        );
    }
    on("git/v2.1", "{tag:minor}", "`{tag:match git/v(.*):minor}`");
    on(
        "1!2.0",
        "{tag:latest}",
        "unmatched: the git tag `1!2.0` is not a version",
    );
    on("v5", "{tag:minor}", "skipped: ");
    on("v1.0.0+build5", "{tag:slug}", "v1.0.0-build5");
    on("v1.0.0+build5", "{tag:full:slug}", "1.0.0-build5");
    on(
        "app/v1.0.0+build5",
        "{tag:match app/v(.*):slug}",
        "1.0.0-build5",
    );
    on(
        "app/v1.0.0+build5",
        "{tag:match app/v(.*):full:slug}",
        "1.0.0-build5",
    );
    on("Release/ü", "{tag:slug}", "Release--");
    on("v1.0.0", "{tag:slug:full}", "wrong: ");
    on("v1.0.0", "{tag:fullslug}", "wrong: ");
}

#[test]
fn filters_of_variables() {
    let variables = [
        ("owner", "MyOrg"),
        ("release", "v1.27.3"),
        ("next", "1.28.0-rc1"),
        ("foo", "1.28.0-foo"),
        ("ref", "refs/heads/Feature/X"),
        ("image", "localhost:5000/acme/app:1.2-slim"),
        ("registry", "localhost:5000/app"),
    ];
    let variables = variables.map(|(name, value)| (String::from(name), String::from(value)));
    let variables = BTreeMap::from(variables);
    let git = git();
    let facts = PlaceholderFacts {
        now: "2026-08-03T23:59:00Z".parse().unwrap(),
        git: &git,
        variables: &variables,
    };
    let fill = |text: &str| {
        let pattern: Pattern = text.parse().unwrap();
        super::variable::fill(pattern.placeholders().next().unwrap(), &facts)
    };
    assert_eq!(fill("{var:owner:lower}").unwrap().text, "myorg");
    assert_eq!(fill("{var:owner}").unwrap().text, "MyOrg");
    assert_eq!(fill("{var:release:full}").unwrap().text, "1.27.3");
    let minor = fill("{var:release:minor}").unwrap();
    assert_eq!((minor.text.as_str(), minor.fixed), ("1.27", false));
    assert_eq!(
        minor.version.map(|version| version.to_string()),
        Some("1.27.3".into())
    );
    assert_eq!(fill("{var:release:major}").unwrap().text, "1");
    assert_eq!(fill("{var:next:full}").unwrap().text, "1.28.0-rc1");
    assert!(
        matches!(fill("{var:next:minor}"), Err(Unfilled::Skipped(why)) if why.contains("pre-release"))
    );
    assert!(
        matches!(fill("{var:foo:minor}"), Err(Unfilled::Unmatched { why, help, .. }) if why.contains("`foo` is not a known word") && help.contains("`{var:foo:before -:minor}`"))
    );
    assert_eq!(fill("{var:foo:before -:minor}").unwrap().text, "1.28");
    assert!(
        matches!(fill("{var:owner:minor}"), Err(Unfilled::Unmatched { why, .. }) if why.contains("`MyOrg`, the value of `owner`, is not a version"))
    );
    assert!(
        matches!(fill("{var:owner:shout}"), Err(Unfilled::Wrong(why, _)) if why.contains("`shout` of `{var:owner:shout}` is unknown"))
    );
    for (text, expect) in [
        ("{var:ref:slug}", "refs-heads-Feature-X"),
        ("{var:ref:without refs/heads/}", "Feature/X"),
        ("{var:ref:without refs/heads/:slug}", "Feature-X"),
        ("{var:ref:without refs/heads/:lower:slug}", "feature-x"),
        ("{var:release:without v}", "1.27.3"),
        ("{var:release:without v:minor}", "1.27"),
        ("{var:next:without v}", "1.28.0-rc1"),
        ("{var:owner:without v}", "MyOrg"),
        ("{var:owner:upper}", "MYORG"),
        ("{var:next:without-end -rc1}", "1.28.0"),
        ("{var:release:without-end -rc1}", "v1.27.3"),
        ("{var:release:before-last .}", "v1.27"),
        ("{var:release:before-last /}", "v1.27.3"),
        ("{var:release:after .}", "27.3"),
        ("{var:release:after-last .}", "3"),
        ("{var:release:after .:before .}", "27"),
        ("{var:ref:after-last /}", "X"),
        ("{var:owner:after /}", "MyOrg"),
        ("{var:owner:first 2}", "My"),
        ("{var:owner:first 2:lower}", "my"),
        ("{var:owner:first 40}", "MyOrg"),
        ("{var:image:repository}", "localhost:5000/acme/app"),
        ("{var:image:tag}", "1.2-slim"),
        ("{var:owner:repository}", "MyOrg"),
        ("{var:owner:tag}", "latest"),
        ("{var:registry:repository}", "localhost:5000/app"),
        ("{var:registry:tag}", "latest"),
    ] {
        assert_eq!(fill(text).unwrap().text, expect, "{text}");
    }
    // In text that is not a tag, every value has a rung.
    let text = |text: &str| {
        let pattern: Pattern = text.parse().unwrap();
        super::variable::fill_text(pattern.placeholders().next().unwrap(), &facts)
    };
    for (pattern, expect) in [
        ("{var:release:minor}", "1.27"),
        ("{var:next:minor}", "1.28"),
        ("{var:owner:minor}", "MyOrg"),
        ("{var:owner:full}", "MyOrg"),
    ] {
        assert_eq!(text(pattern).unwrap().text, expect, "{pattern}");
    }
    let wrong = |text: &str| match fill(text) {
        Err(Unfilled::Wrong(why, help)) => format!("{why}; {help}"),
        other => panic!("{text}: {other:?}"),
    };
    let dotted = wrong("{var:release.minor}");
    assert!(
        dotted.ends_with("did you mean `{var:release:minor}`?"),
        "{dotted}"
    );
    for text in ["{var}", "{var:}", "{var::minor}"] {
        assert_eq!(
            wrong(text),
            "this place names no variable; write `{var:NAME}`"
        );
    }
    for text in [
        "{var:owner:replace a b c}",
        "{var:owner:replace a}",
        "{var:owner:replace}",
    ] {
        let said = wrong(text);
        assert!(said.contains("does not say what replaces what"), "{said}");
        assert!(said.contains("{var:owner:replace _ -}"), "{said}");
    }
    assert!(
        matches!(fill("{var:ownr:lower}"), Err(Unfilled::Wrong(_, help)) if help.contains("`{var:owner}`"))
    );
}

proptest::proptest! {
    #[test]
    fn no_pattern_panics(text in "[{}$:.a-zé\"-]{0,30}") {
        let _ = text.parse::<Pattern>();
    }
}
