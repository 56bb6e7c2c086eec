//! `when var:NAME="…"`: settings that depend on the values that a run has.

mod defaults;

use super::{app, inputs, read, tags};
use crate::matrix::{Fleet, Inputs};

const DECLARED: &str = "variable \"MARK\" default=\"false\"\nvariable \"V\" default=\"\"\nvariable \"CH\" one-of=\"edge\" \"stable\" default=\"edge\"\nvariable \"DEBUG\" kind=\"bool\" default=#false\nvariable \"GO\" kind=\"version\" default=\"1.26.1\"\nvariable \"LAST\" default=\"1.26.1\"\n";

fn given(values: &str) -> Inputs {
    let pairs = values
        .split_whitespace()
        .filter_map(|one| one.split_once('='));
    let variables = pairs.map(|(name, value)| (name.into(), value.into()));
    Inputs {
        variables: variables.collect(),
        ..inputs()
    }
}

/// An image with this body, beside variables that another image uses.
fn text(body: &str) -> String {
    let used = "image \"z\" { from base=\"os\"; tag \"{var:MARK}{var:V:slug}{var:CH}{var:DEBUG}{var:GO}{var:LAST}\" }\n";
    format!("{DECLARED}{}{used}", app(body))
}

fn fleet(body: &str, values: &str) -> Fleet {
    read(&text(body), &given(values)).fleet()
}

/// The tags besides `x` of an image with a tag under this condition.
#[track_caller]
fn check(condition: &str, values: &str, applies: bool) {
    let body = format!("tag \"x\"; when {condition} {{ tag \"y\"; arg A=\"1\"; }}");
    let fleet = fleet(&body, values);
    let app = &fleet.variants[crate::matrix::VariantId(0)];
    let expect = if applies { "x: x y" } else { "x: x" };
    assert_eq!(tags(&fleet)[0], expect, "{condition} with {values}");
    assert_eq!(app.args.len(), usize::from(applies), "{condition}");
    let other: Vec<String> = fleet.conditional.iter().map(ToString::to_string).collect();
    let expect: &[&str] = if applies { &[] } else { &["example.com/app:y"] };
    assert_eq!(other, expect, "{condition} with {values}");
}

#[test]
fn a_condition_is_a_text_a_glob_or_a_range() {
    check("var:MARK=\"true\"", "", false);
    check("var:MARK=\"true\"", "MARK=true", true);
    check("var:MARK=\"true\"", "MARK=tru", false);
    check("\"var:MARK\"=\"true\"", "MARK=true", true);
    check("var:MARK=\"true\" \"1\"", "MARK=1", true);
    check("var:MARK=\"!true\"", "MARK=1", true);
    check("var:MARK=\"!true\" \"!1\"", "MARK=1", false);
    check("var:MARK=\"*\" \"!1\"", "MARK=1", false);
    check("var:MARK=\"*\" \"!1\"", "MARK=", true);
    check("var:V=\"\"", "", true);
    check("var:V=\"\"", "V=1", false);
    check("var:V=\"!\"", "", false);
    check("var:V=\"!\"", "V=1", true);
    check("var:V=\"v*\"", "V=v1", true);
    check("var:V=\"v*\"", "V=1", false);
    check("var:V=\"!v*\"", "V=v1", false);
    check("var:DEBUG=\"true\"", "DEBUG=true", true);
    check("var:GO=\">=1.26\"", "", true);
    check("var:GO=\">=1.26\"", "GO=1.25.3", false);
    check("var:GO=\"1.26.*\"", "", true);
    check("var:GO=\"!1.26.*\"", "", false);
    check("var:GO=\"1.26.1\"", "", true);
    // Two conditions must both hold.
    check("var:MARK=\"true\" var:V=\"!\"", "MARK=true V=1", true);
    check("var:MARK=\"true\" var:V=\"!\"", "MARK=true", false);
    // A pattern may be the value of another variable.
    check("var:V=\"{var:LAST}\"", "V=1.26.1", true);
    check("var:V=\"{var:LAST}\"", "V=1.26.0", false);
    check("var:CH=\"{var:LAST}\"", "", false);
}

#[test]
fn conditions_on_variables_and_on_axes() {
    let body = "axis \"k\" { value \"a\"; value \"b\"; }; tag \"{k}-x\"; when var:MARK=\"true\" k=\"b\" { tag \"new\"; default k=\"b\"; token k=\"bb\"; }";
    let check = |values: &str, expect: &[&str], other: &[String]| {
        let fleet = fleet(body, values);
        assert_eq!(tags(&fleet)[..2], *expect, "{values}");
        let found: Vec<_> = fleet.conditional.iter().map(ToString::to_string).collect();
        assert_eq!(found, other, "{values}");
    };
    let other = ["bb-x", "new", "x"].map(|tag| format!("example.com/app:{tag}"));
    check("", &["a-x: a-x", "b-x: b-x"], &other);
    check("MARK=true", &["a-x: a-x", "bb-x: bb-x x new"], &[]);
}

#[test]
fn one_tag_under_two_values() {
    let body = "axis \"k\" { value \"a\"; value \"b\"; }; tag \"{k}\"; when k=\"a\" var:CH=\"edge\" { tag \"latest\"; }; when k=\"b\" var:CH=\"stable\" { tag \"latest\"; }";
    assert_eq!(tags(&fleet(body, ""))[..2], ["a: a latest", "b: b"]);
    let stable = fleet(body, "CH=stable");
    assert_eq!(tags(&stable)[..2], ["a: a", "b: b latest"]);
    // The other variant has it.
    assert_eq!(stable.conditional.len(), 0);
    let both = body.replace("stable", "edge");
    let outcome = read(&text(&both), &given(""));
    assert_eq!(outcome.faults(), ["two-owners: \"latest\""]);
}

#[test]
fn no_condition_names_a_variant() {
    let body = "when var:MARK=\"true\" { tag \"first\"; }; tag \"x\"";
    for values in ["", "MARK=true"] {
        let fleet = fleet(body, values);
        let app = &fleet.variants[crate::matrix::VariantId(0)];
        assert_eq!(
            (app.name.as_str(), &*app.dir),
            ("x", ".circleci/images/app")
        );
        assert_eq!(app.tags[0].tag.as_str(), "x", "{values}");
    }
    // The tags of a variable that also decides if there are any belong to the runs with that value.
    let fleet = fleet(
        "tag \"x\"; when var:V=\"!\" { tag \"v{var:V}\"; tag \"y\"; }",
        "V=1",
    );
    let app = &fleet.variants[crate::matrix::VariantId(0)];
    let varies: Vec<_> = app
        .tags
        .iter()
        .map(|tag| (tag.tag.as_str(), tag.varies))
        .collect();
    assert_eq!(varies, [("x", false), ("v1", true), ("y", false)]);
}

#[test]
fn an_image_may_have_no_tag_in_this_run() {
    let body = "when var:MARK=\"true\" { tag \"new\"; }";
    assert_eq!(tags(&fleet(body, ""))[0], "latest: ");
    assert_eq!(tags(&fleet(body, "MARK=true"))[0], "latest: new");
    let body = format!("axis \"k\" {{ value \"a\"; value \"b\"; }}; {body}");
    let body = body.replace("{ tag \"new\"", "k=\"a\" { tag \"new\"");
    assert_eq!(tags(&fleet(&body, ""))[..2], ["a: ", "b: "]);
}

#[test]
fn an_empty_value_makes_no_tag() {
    let check = |tag: &str, values: &str, fault: &str, expect: &[&str]| {
        let axis = match tag.contains("{x}") {
            true => "axis \"x\" { value \"p\" default; }; ",
            false => "",
        };
        let body = format!("{axis}tag \"1.0\"; tag \"{tag}\"");
        let outcome = read(&text(&body), &given(values));
        let told = format!("warning {fault}: \"{tag}\"");
        let is_told = outcome.faults().contains(&told);
        assert_eq!(is_told, !fault.is_empty(), "{tag}: {:?}", outcome.faults());
        let fleet = outcome.fleet();
        let tags = fleet.variants.raw[0].tags.iter();
        let tags: Vec<&str> = tags.map(|tag| tag.tag.as_str()).collect();
        assert_eq!(tags, expect, "{tag}: {values}");
    };
    check("{var:MARK}", "MARK=", "empty-tag", &["1.0"]);
    check("{var:MARK:even-empty}", "MARK=", "empty-tag", &["1.0"]);
    check(
        "{var:MARK:without v}-{var:V}",
        "MARK=v",
        "empty-tag",
        &["1.0"],
    );
    // Text beside a slug of which nothing is left may be the tag of a release.
    check("{var:V:slug}", "V=日本語", "tag-not-made", &["1.0"]);
    check("1.0-{var:V:slug}", "V=日本語", "tag-not-made", &["1.0"]);
    check("{var:V:slug}-{x}", "V=日本語", "tag-not-made", &["1.0"]);
    check("{var:V:slug}", "V=a/b", "", &["1.0", "a-b"]);
    check("pr-{var:MARK}", "MARK=", "", &["1.0", "pr"]);
    // An optional end, and a rung that is always empty, are meant to leave `latest`.
    check("{x}-{var:MARK}", "MARK=", "", &["1.0", "p", "latest"]);
    check(
        "{var:MARK:none}-{x}",
        "MARK=1.2",
        "",
        &["1.0", "p", "latest"],
    );
    check("{var:MARK:none}", "MARK=1.2", "", &["1.0", "latest"]);
}

#[test]
fn a_required_tag_may_have_a_condition() {
    let body = "tag \"x\"; must \"latest\"; when var:MARK=\"true\" { tag \"latest\"; }";
    assert_eq!(tags(&fleet(body, ""))[0], "x: x");
    let outcome = read(
        &text(&body.replace("tag \"latest\"", "tag \"late\"")),
        &given(""),
    );
    assert_eq!(outcome.faults(), ["must: \"latest\""]);
}

/// The repositories of each variant, and the tags of other runs.
#[track_caller]
fn check_repositories(body: &str, values: &str, expect: &[&str], other: &[&str]) {
    let fleet = fleet(body, values);
    let variants = fleet.variants.iter().filter(|one| one.image == "app");
    let repositories = variants.map(|one| {
        let all: Vec<String> = one.publish.iter().map(ToString::to_string).collect();
        format!("{}: {}", one.name, all.join(" "))
    });
    let found: Vec<String> = repositories.collect();
    assert_eq!(found, expect, "{body} with {values}");
    let found: Vec<String> = fleet.conditional.iter().map(ToString::to_string).collect();
    assert_eq!(found, other, "{body} with {values}");
}

#[test]
fn a_repository_may_have_a_condition() {
    let body = "tag \"x\"; when var:CH=\"stable\" { publish \"example.com/stable\" \"example.org/stable\"; tag \"y\"; }";
    check_repositories(
        body,
        "",
        &["x: example.com/app"],
        &[
            "example.com/app:y",
            "example.com/stable:x",
            "example.com/stable:y",
            "example.org/stable:x",
            "example.org/stable:y",
        ],
    );
    // Where it applies, the tags of runs without it are not orphaned.
    check_repositories(
        body,
        "CH=stable",
        &["x: example.com/stable example.org/stable"],
        &["example.com/app:x"],
    );
    let own = format!("publish \"example.com/edge\"; {body}");
    check_repositories(
        &own,
        "CH=stable",
        &["x: example.com/stable example.org/stable"],
        &["example.com/edge:x"],
    );
    // Of several, the last one counts.
    check_repositories(
        "tag \"x\"; when var:CH=\"edge\" { publish \"a.b/c\"; }; when var:MARK=\"false\" { publish \"a.b/d\"; }",
        "",
        &["x: a.b/d"],
        &["a.b/c:x"],
    );
    check_repositories(
        "axis \"k\" { value \"a\"; value \"b\"; }; tag \"{k}\"; when k=\"b\" { publish \"a.b/{k}\"; }",
        "",
        &["a: example.com/app", "b: a.b/b"],
        &[],
    );
    check_repositories(
        "tag \"x\"; when var:V=\"!\" { publish \"{var:V:repository}\"; tag \"{var:V:tag}\"; }",
        "V=a.b/c:1.5",
        &["x: a.b/c"],
        &["example.com/app:x"],
    );
    // What a run without the value could not say is not looked at.
    check_repositories(
        "tag \"x\"; when var:V=\"!\" { publish \"{var:V}/app\"; }",
        "",
        &["x: example.com/app"],
        &[],
    );
}

#[test]
fn an_image_needs_a_repository_in_each_run() {
    let check = |publish: &str, values: &str, faults: &[&str]| {
        let text = format!(
            "workspace \"w\" {{}}\nvariable \"CH\" default=\"edge\"\nbase \"os\" from=\"debian:13\"\nimage \"app\" {{ from base=\"os\"; tag \"x\"; {publish} }}"
        );
        let outcome = read(&text, &given(values));
        assert_eq!(outcome.faults(), faults, "{publish} with {values}");
    };
    let some = "when var:CH=\"stable\" { publish \"a.b/c\"; }";
    check(some, "", &["no-publish: \"app\""]);
    check(some, "CH=stable", &[]);
    check(&format!("publish \"a.b/d\"; {some}"), "", &[]);
    check(
        "when var:CH=\"edge\" { publish \"a.b/UPPER\"; }",
        "",
        &["repository: \"a.b/UPPER\""],
    );
    check(
        "publish \"a.b/d\"; when var:CH=\"stable\" { publish \"a.b/{x}\"; }",
        "",
        &["unknown-placeholder: {x}"],
    );
}

#[test]
fn platforms_may_be_the_value_of_a_variable() {
    let check = |body: &str, values: &str, expect: &str| {
        let fleet = fleet(&format!("tag \"x\"; {body}"), values);
        let app = &fleet.variants[crate::matrix::VariantId(0)];
        let found: Vec<String> = app.platforms.iter().map(ToString::to_string).collect();
        assert_eq!(found.join(" "), expect, "{body} with {values}");
    };
    let listed = "platforms \"{var:V}\"";
    check(listed, "V=linux/arm64", "linux/arm64");
    check(
        listed,
        "V=linux/amd64,linux/arm64",
        "linux/amd64 linux/arm64",
    );
    check("platforms \"linux/{var:V}\"", "V=s390x", "linux/s390x");
    check(
        "platforms \"linux/arm64\" \"+{var:V}\"",
        "V=linux/386,linux/arm64",
        "linux/arm64 linux/386",
    );
    let faults = |values: &str, expect: &[&str]| {
        let outcome = read(&text(&format!("tag \"x\"; {listed}")), &given(values));
        assert_eq!(outcome.faults(), expect, "{values}");
    };
    faults("V=", &["platform: \"{var:V}\""]);
    faults("V=linux/amd64,", &["platform: \"{var:V}\""]);
    faults(
        "V=linux/amd64,linux/amd64",
        &["platform-twice: \"{var:V}\""],
    );
}

#[test]
fn faults_of_conditions() {
    let check = |body: &str, faults: &[&str], help: &str| {
        let outcome = read(&text(&format!("tag \"x\"; {body}")), &given(""));
        assert_eq!(outcome.faults(), faults, "{body}");
        let helps = outcome
            .diagnostics
            .iter()
            .filter_map(|one| one.help.as_deref());
        let helps: Vec<&str> = helps.collect();
        assert!(
            help.is_empty() || helps.len() == faults.len() && helps[0].contains(help),
            "{body} {helps:?}"
        );
    };
    let tag = "{ tag \"y\"; }";
    let axis = "axis \"k\" { value \"a\"; value \"b\"; }; tag \"{k}\"; ";
    check(
        &format!("when var:MARC=\"1\" {tag}"),
        &["unknown-variable: var:MARC"],
        "did you mean `MARK`?",
    );
    check(
        &format!("when var:zzzzz=\"1\" {tag}"),
        &["unknown-variable: var:zzzzz"],
        "variable \"zzzzz\" default",
    );
    check(
        &format!("when MARK=\"1\" {tag}"),
        &["unknown-axis: MARK"],
        "write `when var:MARK=",
    );
    let on_axis = |text: &str| format!("}}\nimage \"b\" {{ from base=\"os\"; {axis}{text}");
    check(
        &on_axis(&format!("when var:k=\"a\" {tag}")),
        &["unknown-variable: var:k"],
        "write `k=",
    );
    check(
        &on_axis("exclude var:MARK=\"1\""),
        &["unknown-axis: var:MARK"],
        "only `when`",
    );
    check(
        &on_axis(&format!("when k=\"{{k}}\" {tag}")),
        &["pattern: \"{k}\""],
        "{var:NAME}",
    );
    check(
        &on_axis(&format!("when var:MARK=\"{{k}}\" {tag}")),
        &["pattern: \"{k}\""],
        "{var:NAME}",
    );
    for (pattern, code, help) in [
        (
            "var:CH=\"stabel\"",
            "variable-value: \"stabel\"",
            "did you mean `stable`?",
        ),
        ("var:CH=\"!\"", "variable-value: \"!\"", "value"),
        ("var:CH=\"stable\" \"x\"", "variable-value: \"x\"", "value"),
        ("var:DEBUG=\"yes\"", "variable-value: \"yes\"", "value"),
        ("var:GO=\"newest\"", "variable-value: \"newest\"", "value"),
        ("var:CH=\"x*\"", "when-never: var:CH", "`edge`, `stable`"),
        (
            "var:CH=\"!edge\" \"!stable\"",
            "when-never: var:CH",
            "`edge`, `stable`",
        ),
        (
            "var:DEBUG=\"x*\"",
            "when-never: var:DEBUG",
            "`true`, `false`",
        ),
        ("var:GO=\">=x\"", "range: \">=x\"", "comparisons"),
        ("var:V=\">=1\"", "range: \">=1\"", "kind=\"version\""),
    ] {
        check(&format!("when {pattern} {tag}"), &[code], help);
    }
    // The axes of a `when` that does not apply in this run are looked at, and so is all that is inside.
    let never = format!("{axis}when k=\"a*\" \"!a\" var:MARK=\"true\" {tag}");
    check(
        &format!("}}\nimage \"b\" {{ from base=\"os\"; {never}"),
        &["when-never: when k=\"a*\" \"!a\" var:MARK=\"true\""],
        "values",
    );
    check(
        "when var:MARK=\"true\" { tag \"{vresion}\"; }",
        &["unknown-placeholder: {vresion}"],
        "did you mean",
    );
    check(
        "when var:MARK=\"true\" { use \"missing\"; }",
        &["unknown-toolset: \"missing\""],
        "",
    );
    // A tag that this run could not make needs no warning under a condition that does not hold.
    let outcome = read(
        &text("tag \"x\"; when var:MARK=\"true\" { tag \"{sha:12}\"; }"),
        &given(""),
    );
    assert_eq!(outcome.faults(), [""; 0]);
    let outcome = read(
        &text("tag \"x\"; when var:MARK=\"true\" { tag \"{sha:12}\"; }"),
        &given("MARK=true"),
    );
    assert_eq!(outcome.faults(), ["warning tag-not-made: \"{sha:12}\""]);
}

#[test]
fn a_variable_in_a_condition_is_used() {
    let text = format!(
        "variable \"A\" default=\"\"\n{}",
        app("tag \"x\"; when var:A=\"!\" { tag \"y\"; }")
    );
    assert_eq!(read(&text, &inputs()).faults(), [""; 0]);
    // Without a default, each run must set it, as elsewhere.
    let given_later = text.replace(" default=\"\"", "");
    assert_eq!(
        read(&given_later, &inputs()).faults(),
        ["variable-not-given: \"A\""]
    );
    assert_eq!(tags(&read(&given_later, &given("A=")).fleet()), ["x: x"]);
}
