//! Invalid manifests: each fault with its code and the text that it marks.

use super::{app, inputs, read};
use std::collections::BTreeMap;

/// Expects exactly these faults of an image with this body.
#[track_caller]
fn check(body: &str, expect: &[&str]) {
    check_all(&app(body), expect);
}

#[track_caller]
fn check_all(text: &str, expect: &[&str]) {
    let outcome = read(text, &inputs());
    assert_eq!(outcome.faults(), expect, "{text}");
    assert_eq!(
        outcome.fleet.is_none(),
        expect.iter().any(|fault| !fault.starts_with("warning")),
        "{text}"
    );
    for fault in outcome.diagnostics.iter() {
        assert!(
            fault.help.is_some() && !fault.message.ends_with('.'),
            "{fault:?}"
        );
    }
}

const TWO: &str = "axis \"v\" kind=\"version\" { value \"1.2\"; value \"1.1\"; }; axis \"k\" { value \"a\"; value \"b\"; }\n";

#[test]
fn axes_and_values() {
    check("axis \"v\" { }", &["empty-axis: axis \"v\""]);
    check(
        "axis \"v\" rungs=\"minor\" { value \"1\"; }",
        &["rungs: minor"],
    );
    check(
        &format!("{TWO} when x=\"a\" {{ tag \"x\"; }}"),
        &["unknown-axis: x"],
    );
    check(
        &format!("{TWO} when k=\"c\" {{ tag \"x\"; }}"),
        &["unknown-value: \"c\""],
    );
    check(&format!("{TWO} exclude v=\">=x\""), &["range: \">=x\""]);
    check(
        &format!("{TWO} when k=\"a\" v=\">=2\" {{ env A=\"b\"; }}"),
        &["when-never: when k=\"a\" v=\">=2\""],
    );
    check(
        &format!("{TWO} exclude v=\">=2\""),
        &["warning exclude-never: exclude v=\">=2\""],
    );
    check(
        &format!("{TWO} include v=\"1.1\""),
        &["warning include-never: include v=\"1.1\""],
    );
    check(&format!("{TWO} exclude v=\"*\""), &["no-variant: \"app\""]);
    check(
        &format!("{TWO} when k=\"a\" {{ default k=\"c\"; }}"),
        &["unknown-value: \"c\""],
    );
    check(
        "axis \"v\" kind=\"version\" { value \"1.2\" { alias \"lts\"; }; value \"1.1\" { alias \"lts\"; } }",
        &["alias: \"lts\"", "two-owners: \"app\""],
    );
}

#[test]
fn patterns_and_placeholders() {
    check(
        "axis \"version\" { value \"1\"; }; tag \"{versoin}\"",
        &["unknown-placeholder: {versoin}"],
    );
    check("tag \"{version\"", &["pattern: {"]);
    check("tag \"a\" per=\"cell\"", &["per: tag \"a\" per=\"cell\""]);
    check("tag \"a\" per=\"image\"", &["per: tag \"a\" per=\"image\""]);
    check(
        &format!("{TWO} tag \"{{k}}-{{v.minor}}\" per=\"cell\""),
        &["per: tag \"{k}-{v.minor}\" per=\"cell\""],
    );
    check(&format!("{TWO} tag \"{{k}}-{{v}}\" per=\"cell\""), &[]);
    check("tag \"a\"; env X=\"{now}\"", &["placeholder-place: {now}"]);
    check(
        &format!("{TWO} tag \"{{k}}-{{v.minor:full}}\""),
        &["rungs: {v.minor:full}"],
    );
    check("tag \"{var:nme}\"", &["placeholder: {var:nme}"]);
    check("tag \"{sha:x}\"", &["placeholder: {sha:x}"]);
    check(
        "axis \"v\" { value \"1\"; }; env X=\"{v.build}\"",
        &["unknown-field: {v.build}"],
    );
    check(
        "axis \"v\" { value \"1\" { set build=\"7\"; }; value \"2\"; }; env X=\"{v.build}\"",
        &["missing-data: \"{v.build}\""],
    );
    check(
        "axis \"v\" { value \"1\" { set build=\"7\"; } }; axis \"w\" { value \"2\" { set build=\"8\"; } }; env X=\"{build}\"",
        &["ambiguous-field: {build}"],
    );
    check(
        "tag \"a\"; tag \"{sha:12}\"",
        &["warning tag-not-made: \"{sha:12}\""],
    );
    check(
        "tag \"a\"; tag \"{version.minor}\" rungs=\"full\"",
        &["unknown-placeholder: {version.minor}"],
    );
    check("tag \"a\"; tag \"r{revision}\"", &[]);
    check(
        "tag \"a\"; tag \"r{revision:3}\"",
        &["placeholder: {revision:3}"],
    );
    check("tag \"a\"; tag \"{probe}\"", &["placeholder: {probe}"]);
    check(
        "tag \"a\"; tag \"{probe:x}-{revision}\"",
        &["placeholder: {revision}"],
    );
    check(
        "tag \"a\"; tag \"é{revision}\"",
        &["invalid-tag: \"é{revision}\""],
    );
    check(
        "axis \"v\" { value \"a\" token=\"{revision}\"; }; tag \"{v}\"",
        &["placeholder-place: {revision}"],
    );
    check(
        &format!("{TWO} tag \"{{v}}-{{k}}\"; tag \"{{v}}-r{{revision}}\""),
        &["two-owners: \"{v}-r{revision}\""],
    );
}

#[test]
fn rungs_of_placeholders_and_of_latest() {
    let axis = "axis \"v\" kind=\"version\" rungs=\"full minor\" { value \"1.2\"; }; axis \"k\" { value \"a\"; };";
    let at = |text: &str, expect: &[&str]| check(&format!("{axis} {text}"), expect);
    at("tag \"{v:major}-{k}\"", &["rungs: {v:major}"]);
    at("tag \"{v:mino}-{k}\"", &["rungs: {v:mino}"]);
    at("tag \"{v:}-{k}\"", &["rungs: {v:}"]);
    at("tag \"{v:full,full}-{k}\"", &["rungs: {v:full,full}"]);
    at("tag \"{v:full}-{v:minor}-{k}\"", &["rungs: {v:minor}"]);
    at("tag \"{v}-{k:full}\"", &["rungs: {k:full}"]);
    at("env A=\"{v:minor}\"", &["rungs: {v:minor}"]);
    at("env A=\"{k:minor}\"", &["rungs: {k:minor}"]);
    let latest = |axis: &str, expect: &[&str]| {
        check(
            &format!("axis \"v\" {axis} {{ value \"2.0\"; value \"3.0rc1\"; }}"),
            expect,
        )
    };
    let version = "kind=\"version\" rungs=\"full latest\"";
    latest(&format!("{version} latest=\"2\""), &[]);
    latest(&format!("{version} latest=\"4\""), &["latest: \"4\""]);
    latest(&format!("{version} latest=\"3\""), &["latest: \"3\""]);
    latest(&format!("{version} latest=\"x\""), &["latest: \"x\""]);
    latest("kind=\"version\" latest=\"2\"", &["latest: \"2\""]);
    latest("latest=\"2\"", &["latest: \"2\""]);
}

#[test]
fn tags() {
    check(
        "axis \"v\" { value \"a/b\"; }; tag \"{v}\"",
        &["invalid-tag: \"a/b\""],
    );
    check(
        "axis \"v\" { value \"a\" token=\"x y\"; }; tag \"{v}\"",
        &["invalid-tag: \"x y\""],
    );
    check(
        "axis \"v\" { value \"a\" { alias \"-\\u{e9}\"; } }; tag \"{v}\"",
        &["invalid-tag: \"-\\u{e9}\""],
    );
    check("tag \"-edge\"", &["invalid-tag: \"-edge\""]);
    let long = "x".repeat(70);
    check(
        &format!("axis \"v\" {{ value \"{long}\"; }}; tag \"{{v}}-{{v}}\"; path \"p\""),
        &["invalid-tag: \"{v}-{v}\""],
    );
    check(
        "axis \"v\" kind=\"version\" rungs=\"full\" { value \"1.2\"; }; tag \"{v}\" rungs=\"minor\"",
        &["rungs: minor"],
    );
    check(
        "axis \"v\" kind=\"version\" { value \"1.2rc1\"; }; must \"latest\"",
        &["must: \"latest\""],
    );
}

#[test]
fn parents() {
    let fleet = |body: &str| {
        format!(
            "{}image \"child\" {{ template \"t.hbs\"; axis \"k\" {{ value \"a\"; value \"z\"; }}\n{body}\n}}\n",
            app(TWO)
        )
    };
    check_all(&fleet("from base=\"so\""), &["unknown-base: \"so\""]);
    check_all(&fleet("from image=\"ap\""), &["unknown-image: \"ap\""]);
    check_all(&fleet("from image=\"os\""), &["unknown-image: \"os\""]);
    check_all(&fleet("from image=\"app\" w=\"1\""), &["unknown-axis: w"]);
    check_all(
        &fleet("from image=\"app\" v=\"1.3\""),
        &["unknown-value: \"1.3\""],
    );
    check_all(
        &fleet("from image=\"app\""),
        &[
            "from-several: from image=\"app\"",
            "from-none: from image=\"app\"",
        ],
    );
    check_all(
        &fleet("from image=\"app\" v=\"1.2\""),
        &["from-none: from image=\"app\" v=\"1.2\""],
    );
    check_all(
        &fleet("from image=\"app\" v=\"1.2\" k=\"*\""),
        &["from-several: from image=\"app\" v=\"1.2\" k=\"*\""],
    );
    check_all(
        &fleet("exclude k=\"z\"; from image=\"app\""),
        &["from-several: from image=\"app\""],
    );
    check_all(&fleet(""), &["no-from: \"t.hbs\""]);
}

#[test]
fn uses_and_paths() {
    let fleet =
        |toolset: &str, body: &str| format!("toolset \"go\" {{ {toolset} }}\n{}", app(body));
    check_all(
        &fleet("package \"go\"", "use \"og\""),
        &["unknown-toolset: \"og\"", "warning unused: \"go\""],
    );
    check_all(
        &fleet("param \"version\"; package \"go\"", "use \"go\""),
        &["missing-param: use \"go\""],
    );
    check_all(
        &fleet(
            "param \"version\"; package \"go\"",
            "use \"go\" version=\"1\" varsion=\"2\"",
        ),
        &["unknown-param: varsion"],
    );
    check_all(&fleet("package \"go\"", ""), &["warning unused: \"go\""]);
    check(
        "axis \"v\" { value \"..\"; }; path \"{v}\"; tag \"x\"",
        &["path: \"{v}\""],
    );
    let twice = read(&app(&format!("{TWO} path \"same\"")), &inputs()).faults();
    assert!(
        twice.len() == 1 && twice[0].starts_with("one-folder: image \"app\""),
        "{twice:?}"
    );
    check("platforms \"linux\"", &["platform: \"linux\""]);
    check("platforms \"linux/amd46\"", &["platform: \"linux/amd46\""]);
    check(
        "platforms \"linux/arm64\" \"linux/arm64/v8\"",
        &["platform-twice: \"linux/arm64/v8\""],
    );
    check(
        "platforms \"linux/arm/v7\" \"linux/arm\"",
        &["platform-twice: \"linux/arm\""],
    );
    check(
        "publish \"example.com/{image}/UPPER\"",
        &["repository: \"example.com/{image}/UPPER\""],
    );
    check(
        "publish \"example.com/app\" \"example.com/{image}\"",
        &["warning publish-twice: \"example.com/{image}\""],
    );
}

#[test]
fn what_an_image_needs() {
    check_all(
        "workspace \"w\" {}\nimage \"a\" { dockerfile \"Dockerfile\"; }",
        &["no-publish: \"a\""],
    );
    check_all(
        "workspace \"w\" { publish \"x.y/{image}\"; }\nimage \"a\" {}",
        &["no-recipe: \"a\""],
    );
    check_all(
        "workspace \"w\" { publish \"x.y/{image}\"; }\nimage \"Go\" { dockerfile \"Dockerfile\"; }",
        &["image-name: \"Go\"", "repository: \"x.y/{image}\""],
    );
    check_all(
        "workspace \"w\" { publish \"x.y/{image}\"; }\nbase \"os\" from=\"debian:13\"",
        &["warning unused: \"os\""],
    );
}

/// G22: a matrix that is too large is a diagnostic.
#[test]
fn too_many_cells() {
    let values = |prefix: &str, count: usize| {
        (0..count)
            .map(|n| format!("value \"{prefix}{n}\";"))
            .collect::<String>()
    };
    let body = format!(
        "axis \"a\" {{ {} }}; axis \"b\" {{ {} }}",
        values("a", 500),
        values("b", 401)
    );
    check(&body, &["too-many-cells: \"app\""]);
    let many = format!("axis \"a\" {{ {} }}\n", values("a", 90));
    let body = (0..12)
        .map(|n| many.replacen("\"a\"", &format!("\"x{n}\""), 1))
        .collect::<String>();
    check(&body, &["too-many-cells: \"app\""]);
}

#[test]
fn too_many_tags() {
    let aliases = |prefix: &str| {
        (0..70)
            .map(|n| format!("\"{prefix}{n}\" "))
            .collect::<String>()
    };
    let body = format!(
        "axis \"a\" {{ value \"a\" {{ alias {}; }} }}; axis \"b\" {{ value \"b\" {{ alias {}; }} }}; tag \"{{a}}-{{b}}\"",
        aliases("x"),
        aliases("y")
    );
    check(&body, &["too-many-tags: \"{a}-{b}\""]);
}

/// What uses it would have further faults with an empty value.
#[test]
fn a_variable_without_a_value_is_one_error() {
    let check = |declared: &str, nodes: &str| {
        let text = format!(
            "workspace \"w\" {{ publish \"{{var:n}}/{{image}}\" }}\nvariable \"n\" {declared}\n{nodes}"
        );
        let outcome = read(&text, &inputs());
        assert_eq!(outcome.faults(), ["variable-not-given: \"n\""], "{text}");
    };
    let image = |nodes: &str| format!("image \"a\" {{ dockerfile \"D\"; {nodes} }}");
    check("", &image("tag \"{var:n}\""));
    check(
        "",
        &image("tag \"v-{var:n}\"; publish \"docker.io/{var:n}-x/y\""),
    );
    check("kind=\"version\"", &image("tag \"{var:n:minor}\""));
    check("kind=\"bool\"", &image("tag \"{var:n}\""));
    check("one-of=\"x\"", &image("tag \"{var:n}\""));
}

#[test]
fn variables() {
    let check = |declared: &str, given: &[(&str, &str)], expect: &[&str]| {
        let text = format!("variable \"n\" {declared}\n{}", app("tag \"{var:n}\""));
        let variables = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>();
        let outcome = read(
            &text,
            &super::super::Inputs {
                variables,
                ..inputs()
            },
        );
        assert_eq!(outcome.faults(), expect, "{declared}");
        if expect.is_empty() {
            assert_eq!(
                outcome.fleet().variants.raw[0].tags[0].tag.as_str(),
                given.first().map_or("7", |(_, value)| value)
            );
        }
    };
    check("default=\"7\"", &[], &[]);
    check("default=\"7\"", &[("n", "8")], &[]);
    check("", &[("n", "8")], &[]);
    check("", &[], &["variable-not-given: \"n\""]);
    check(
        "default=\"7\"",
        &[("m", "8")],
        &["unknown-variable: (no place)"],
    );
    check(
        "kind=\"number\" default=\"7\"",
        &[("n", "x")],
        &["variable-value: variable \"n\" kind=\"number\" default=\"7\""],
    );
    check(
        "kind=\"bool\" default=\"true\"",
        &[("n", "yes")],
        &["variable-value: variable \"n\" kind=\"bool\" default=\"true\""],
    );
    check(
        "kind=\"version\" default=\"1.2\"",
        &[("n", "tip")],
        &["variable-value: variable \"n\" kind=\"version\" default=\"1.2\""],
    );
    check(
        "default=\"7\" one-of=\"7\" \"8\"",
        &[("n", "9")],
        &["variable-value: \"7\""],
    );
    check(
        "default=\"7\" pattern=\"[0-9]+\"",
        &[("n", "9x")],
        &["variable-value: \"[0-9]+\""],
    );
    check("default=\"7\" pattern=\"[0-9]+\"", &[("n", "99")], &[]);
}

/// An empty value that a variable must not have: the message says so, and what the default is.
#[test]
fn variables_that_must_not_be_empty() {
    let rows = [
        (
            "default=\"7\" pattern=\".+\"",
            "variable `n` must not be empty",
            "then it is `7`",
        ),
        (
            "pattern=\".+\"",
            "variable `n` must not be empty",
            "`--var n=…`",
        ),
        (
            "default=\"7\" one-of=\"7\"",
            "variable `n` must not be empty: it must be one of `7`",
            "`7`",
        ),
        (
            "kind=\"number\"",
            "variable `n` must not be empty: it must be a number",
            "KILN_VAR_n",
        ),
    ];
    for (rest, message, help) in rows {
        let text = format!("variable \"n\" {rest}\n{}", app("tag \"1{var:n}\""));
        let variables = BTreeMap::from([(String::from("n"), String::new())]);
        let inputs = super::super::Inputs {
            variables,
            ..inputs()
        };
        let outcome = read(&text, &inputs);
        let first = outcome.diagnostics.iter().next().expect("a fault");
        assert_eq!(first.message, message, "{rest}");
        assert!(format!("{:?}", first.help).contains(help), "{rest}");
    }
}

/// `KILN_VAR_GO_VERSION` sets both `Go_version` and `go-version`: the environment cannot distinguish them.
#[test]
fn variables_of_the_environment() {
    for name in ["Go_version", "go-version"] {
        let text = format!(
            "variable \"{name}\"\n{}",
            app(&format!("tag \"{{var:{name}}}\""))
        );
        let variables = BTreeMap::from([(String::from("go-version"), String::from("1.27"))]);
        let fleet = read(
            &text,
            &super::super::Inputs {
                variables,
                ..inputs()
            },
        )
        .fleet();
        assert_eq!(fleet.variants.raw[0].tags[0].tag.as_str(), "1.27");
    }
}

/// The helps of the faults of a manifest.
fn helps(text: &str) -> Vec<String> {
    let outcome = read(text, &inputs());
    let all = outcome.diagnostics.iter();
    all.filter_map(|fault| fault.help.clone()).collect()
}

/// What newcomers write, and what they are led to.
#[test]
fn slips_have_a_way_out() {
    let check = |text: &str, expect: &str| {
        let found = helps(text);
        assert!(found.iter().any(|help| help == expect), "{text}\n{found:?}");
    };
    let axis = "axis \"v\" kind=\"version\" rungs=\"full\" { value \"2.0\"; value \"1.0\"; }\n";
    check(
        &app("tag \"app:1.0\""),
        "write only `1.0`: `publish` has the repository",
    );
    check(&app("tag '1.0'"), "use double quotes: `\"1.0\"`");
    check(
        &app("tag \"example.com/app:1.0\""),
        "write only `1.0`: `publish` has the repository",
    );
    check(
        &app("tag \"1\"; platforms \"linux/amd64, linux/arm64\""),
        "separate them with spaces: `platforms \"linux/amd64\" \"linux/arm64\"`",
    );
    check(
        &app("tag \"{version}\""),
        "this image has no axes; declare one with `axis \"version\" { value \"…\" }`",
    );
    check(
        &app(&format!("{axis} tag \"1.0\" fixed=#true")),
        "the tag is the same for v 2.0 and 1.0: write `{v}` in the tag",
    );
    let https = app("tag \"1\"").replace("example.com", "https://example.com");
    check(&https, "leave out `https://`");
    let base = app("tag \"1\"").replace("debian:13", "http://example.com/debian:13");
    check(&base, "leave out `http://`");
    let one = app("tag \"1\"").replace("{image}", "all");
    let two =
        one.clone() + &one[one.find("image \"app\"").expect("it")..].replace("\"app\"", "\"web\"");
    check(
        &two,
        "add `{image}` to `publish`, so that each image has a repository",
    );
}

#[test]
fn a_variable_that_is_not_declared_shows_how() {
    let mut inputs = inputs();
    inputs.variables.insert("foo".into(), "bar".into());
    let outcome = read(&app("tag \"1\""), &inputs);
    let mut helps = outcome
        .diagnostics
        .iter()
        .map(|fault| fault.help.as_deref());
    let expect = "declare it in the manifest: `variable \"foo\" default=\"…\"`";
    assert_eq!(helps.next(), Some(Some(expect)));
}

/// The warnings of a run for a git tag.
#[track_caller]
fn check_git_tag(tag: &str, body: &str, expect: &[&str]) {
    let git = crate::tag::GitFacts {
        tag: Some(tag.into()),
        sha: Some("fd56c4b668f9388423d4e97d4f1b2b5ebe4083d7".into()),
        ..Default::default()
    };
    let inputs = crate::matrix::Inputs { git, ..inputs() };
    let outcome = read(&app(body), &inputs);
    assert_eq!(outcome.faults(), expect, "{tag}: {body}");
    assert!(outcome.fleet.is_some());
}

#[test]
fn a_value_that_no_tag_can_contain_has_a_way_out() {
    let body = "axis \"v\" kind=\"version\" rungs=\"full minor\" { value \"1.31.4+k3s1\" }";
    let outcome = read(&app(body), &inputs());
    let help = outcome
        .diagnostics
        .iter()
        .find_map(|fault| fault.help.clone());
    let expect = "say what tags contain instead: `value \"1.31.4+k3s1\" token=\"1.31.4-k3s1\"`";
    assert_eq!(help.as_deref(), Some(expect));
    let body = body.replace("k3s1\"", "k3s1\" token=\"1.31.4-k3s1\"");
    assert_eq!(read(&app(&body), &inputs()).faults(), Vec::<String>::new());
}

#[test]
fn git_tags_that_match_nothing() {
    let rungs = "tag \"{tag:full}\" on=\"tag:*\"; tag \"{tag:minor}\" on=\"tag:*\"; tag \"{tag:latest}\" on=\"tag:*\"";
    let all = [
        "warning git-tag: \"{tag:full}\"",
        "warning git-tag: \"{tag:minor}\"",
        "warning git-tag: \"{tag:latest}\"",
    ];
    for tag in ["release-1.2.3", "app/v1.2.3", "1!2.0"] {
        check_git_tag(tag, rungs, &all);
    }
    check_git_tag("v1.2.3", rungs, &[]);
    check_git_tag("v1.2.3-rc1", rungs, &[]);
    // A rule for other git tags makes nothing of this one.
    let several =
        "tag \"{tag:match app/v(.*):full}\" on=\"tag:app/*\"; tag \"{tag}\" on=\"tag:v*\"";
    check_git_tag("app/v1.2.3", several, &[]);
    // Another rule makes a tag, but a rung of it is not possible.
    check_git_tag(
        "release-1",
        "tag \"{tag}\" on=\"tag:*\"; tag \"{tag:major}\" on=\"tag:*\"",
        &["warning git-tag: \"{tag:major}\""],
    );
    // One of several expressions is enough.
    let each = "tag \"{tag:match app/v(.*):full}\" on=\"tag:*\"; tag \"{tag:match lib/v(.*):full}\" on=\"tag:*\"";
    check_git_tag("app/v1.2.3", each, &[]);
    let none = [
        "warning git-tag: \"{tag:match app/v(.*):full}\"",
        "warning git-tag: \"{tag:match lib/v(.*):full}\"",
    ];
    check_git_tag("v1.2.3", each, &none);
    // So is one of several conditions.
    let on = "tag \"a\" on=\"tag:a*\"; tag \"b\" on=\"tag:b*\" \"branch:main\"";
    check_git_tag("a1", on, &[]);
    check_git_tag("c1", on, &["warning git-tag: \"tag:a*\""]);
    check_git_tag("c1", "tag \"a\" on=\"branch:main\"", &[]);
    check_git_tag(
        "v1.2.3",
        "tag \"{tag:full}\" on=\"tag:release-*\"",
        &["warning git-tag: \"tag:release-*\""],
    );
}

/// An edition moves the tags of the plain version; the help leaves them to it.
#[test]
fn git_tags_of_editions() {
    let rules =
        |minor: &str| format!("tag \"{{tag:full}}\" on=\"tag:*\"; tag \"{minor}\" on=\"tag:*\"");
    for (minor, plain, prefix) in [
        ("{tag:minor}", "{tag:match ^v?([0-9.]+)$:minor}", "v"),
        ("{tag:latest}", "{tag:match ^v?([0-9.]+)$:latest}", "v"),
        (
            "{tag:match v(.*):minor}",
            "{tag:match v([0-9.]+)$:minor}",
            "v",
        ),
    ] {
        let warning = format!("warning git-tag: \"{minor}\"");
        let edition = format!("{prefix}1.2.3-alpine");
        check_git_tag(&edition, &rules(minor), &[&warning]);
        check_git_tag(&edition, &rules(plain), &[]);
        for tag in ["1.2.3", "1.2.3-1", "1.2.3-rc1", "1.2.3-5-g1234abc-dirty"] {
            check_git_tag(&format!("{prefix}{tag}"), &rules(minor), &[]);
        }
        let git = crate::tag::GitFacts {
            tag: Some(edition),
            ..Default::default()
        };
        let inputs = crate::matrix::Inputs { git, ..inputs() };
        let outcome = read(&app(&rules(minor)), &inputs);
        let help = outcome
            .diagnostics
            .iter()
            .find_map(|fault| fault.help.clone());
        assert!(
            help.is_some_and(|help| help.contains(&format!("`{plain}`"))),
            "{minor}"
        );
    }
    check_git_tag(
        "v1.2.3-alpine",
        "tag \"{tag:full}\"; tag \"{tag:minor}-alpine\"",
        &[],
    );
}

#[test]
fn ways_out_for_characters_that_names_cannot_have() {
    let helps = |text: &str, tag: Option<&str>| -> Vec<String> {
        let git = crate::tag::GitFacts {
            tag: tag.map(Into::into),
            ..Default::default()
        };
        let outcome = read(text, &crate::matrix::Inputs { git, ..inputs() });
        let helps = outcome.diagnostics.iter();
        helps.filter_map(|fault| fault.help.clone()).collect()
    };
    for (pattern, help) in [
        ("{tag}", "{tag:slug}"),
        ("{tag:full}", "{tag:full:slug}"),
        ("{tag:match v(.*)}-x", "{tag:match v(.*):slug}"),
    ] {
        let text = app(&format!("tag \"{pattern}\" on=\"tag:*\""));
        let found = helps(&text, Some("v1.0.0+build5"));
        assert_eq!(
            found,
            [format!(
                "`{help}` replaces what a tag cannot contain by `-`"
            )]
        );
        let text = text.replace(pattern, &pattern.replace(&help.replace(":slug", ""), help));
        assert_eq!(helps(&text, Some("v1.0.0+build5")), [""; 0], "{text}");
    }
    // So does a variable.
    let version = |pattern: &str| {
        app(&format!("tag \"{pattern}\"")) + "variable \"v\" default=\"1.0.0+build5\""
    };
    for pattern in ["{var:v}", "{var:v:full}"] {
        let slug = pattern.replace('}', ":slug}");
        let help = format!("`{slug}` replaces what a tag cannot contain by `-`");
        assert_eq!(helps(&version(pattern), None), [help], "{pattern}");
        assert_eq!(helps(&version(&slug), None), [""; 0], "{slug}");
    }
    let owner = |place: &str| {
        app("tag \"a\"").replace("example.com/{image}", &format!("ghcr.io/{place}/{{image}}"))
            + "variable \"owner\" default=\"MyOrg\""
    };
    assert_eq!(
        helps(&owner("{var:owner}"), None),
        ["write `{var:owner:lower}`: a repository is in lower case"]
    );
    assert_eq!(helps(&owner("{var:owner:lower}"), None), [""; 0]);
    assert_eq!(
        helps(
            &(owner("MyOrg") + "\nimage \"z\" { from base=\"os\"; tag \"{var:owner}\" }"),
            None
        ),
        ["a repository is in lower case"]
    );
}

/// A parameter, a rung and a datum that nothing names are warnings at their place.
#[test]
fn parts_that_nothing_uses() {
    let head =
        "workspace \"w\" { publish \"example.com/{image}\" }\nbase \"os\" from=\"debian:13\"\n";
    let check = |text: &str, expect: &[&str]| check_all(&format!("{head}{text}"), expect);
    let set = |texts: &str| {
        format!(
            "toolset \"s\" {{ param \"v\"; param \"w\" default=\"1\"; {texts} }}\nimage \"a\" {{ from base=\"os\"; use \"s\" v=\"1\"; tag \"1\" }}"
        )
    };
    check(&set("run \"echo {v}\""), &["warning unused: \"w\""]);
    check(&set("run \"echo {v.minor}\"; check run=\"echo {w}\""), &[]);
    let image = |name: &str, axis: &str, rest: &str| {
        format!("image \"{name}\" {{ {axis}; from base=\"os\"; {rest} }}\n")
    };
    let axis = "axis \"v\" kind=\"version\" rungs=\"full minor major\" { value \"1.2\" }";
    check(&image("a", axis, "tag \"{v}\""), &[]);
    check(&image("a", axis, ""), &[]);
    let narrow = image("a", axis, "tag \"{v:full}-x\"; tag \"{v:minor}\"");
    check(&narrow, &["warning unused: major"]);
    let later = image(
        "a",
        axis,
        "tag \"{v}\" rungs=\"full minor\"; when v=\"*\" { tag \"{v:major}-x\" }",
    );
    check(&later, &[]);
    // One of the images that share an axis is enough.
    let shared =
        "axis \"s\" kind=\"version\" rungs=\"full minor\" { value \"1.2\" { set k=\"1\" } }\n";
    let uses = "axis \"v\" use=\"s\"";
    let one = image("a", uses, "tag \"{v:full}\"; env K=\"{v.k}\"");
    let other = image("b", uses, "tag \"{v}\"");
    check(&format!("{shared}{one}{other}"), &[]);
    check(&format!("{shared}{one}"), &["warning unused: minor"]);
    let data = |rest: &str| {
        image(
            "a",
            "axis \"v\" { value \"1\" { set k=\"1\" l=\"2\" }; value \"2\" { set l=\"3\" } }",
            rest,
        )
    };
    check(&data("tag \"{v}\"; env L=\"{l}\""), &["warning unused: k"]);
    check(
        &data("tag \"{v}\"; env L=\"{l}\"; when v=\"1\" { env K=\"{v.k}\" }"),
        &[],
    );
    // A template gets all data.
    check(&data("tag \"{v}\"; template \"t\""), &[]);
}

/// A version is wanted, and there is none.
#[test]
fn rungs_of_variables_that_are_not_versions() {
    let check = |value: &str, expect: &[&str]| {
        let body = app("tag \"x\"; tag \"{var:V:minor}\"");
        check_all(
            &format!("variable \"V\" default=\"{value}\"\n{body}"),
            expect,
        );
    };
    check("1.2.3", &[]);
    check("1.2.3-rc1", &[]);
    check("", &[]);
    check("edge", &[]);
    check("1_2_3", &["warning tag-not-made: \"{var:V:minor}\""]);
    check("feature/x", &["warning tag-not-made: \"{var:V:minor}\""]);
}
