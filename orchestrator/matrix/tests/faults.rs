//! Invalid manifests: each fault with its code and the text that it marks.

mod variables;
mod ways_out;

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
        &["alias: \"lts\""],
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
    check(
        &format!("{TWO} tag \"{{k}}-{{v}}\" per=\"cell\""),
        &["per: tag \"{k}-{v}\" per=\"cell\""],
    );
    let climbing = TWO.replace("kind=\"version\"", "kind=\"version\" rungs=\"full major\"");
    check(&format!("{climbing} tag \"{{k}}-{{v}}\" per=\"cell\""), &[]);
    for written in [
        "{image:lower}",
        "{image.name}",
        "{workspace:lower}",
        "{tag.minor}",
        "{now.%Y}",
    ] {
        let expect = format!("unknown-placeholder: {written}");
        check(&format!("tag \"a\"; tag \"{written}\""), &[&expect]);
    }
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
    at("tag \"{v:minor}-{k}\" rungs=\"full\"", &["rungs: full"]);
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
        &["unknown-toolset: \"og\""],
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

/// A word that changes nothing in any variant is an error, wherever it is; one that changes a single variant is none.
#[test]
fn words_that_change_nothing() {
    let axes = "axis \"v\" { value \"x\"; value \"y\" }; tag \"{v}\"";
    for (settings, expect) in [
        (
            "when v=\"x\" { platforms \"-linux/s390x\" }",
            &["no-effect: \"-linux/s390x\""][..],
        ),
        (
            "when v=\"x\" { platforms \"+linux/amd64\" }",
            &["no-effect: \"+linux/amd64\""],
        ),
        (
            "platforms \"+linux/amd64\"",
            &["no-effect: \"+linux/amd64\""],
        ),
        (
            "platforms \"linux/amd64\" \"linux/arm64\"; when v=\"x\" { platforms \"-linux/arm64\" }; when v=\"*\" { platforms \"-linux/arm64\" }",
            &[],
        ),
        (
            "platforms \"linux/amd64\" \"linux/arm64\"; when v=\"*\" { platforms \"-linux/arm64\" }; when v=\"x\" { platforms \"-linux/arm64\" }",
            &["no-effect: \"-linux/arm64\""],
        ),
        ("when v=\"x\" { platforms \"+linux/arm64\" }", &[]),
    ] {
        check(&format!("{axes}; {settings}"), expect);
    }
    let idle = "axis \"v\" { value \"x\" }; axis \"w\" ";
    for (body, expect) in [
        (
            "{ value \"a\" default; value \"b\" }; tag \"{v}-{w.name}\"",
            &["no-effect: default"][..],
        ),
        (
            "{ value \"a\"; value \"b\" }; default w=\"a\"; tag \"{v}-{w.name}\"",
            &["no-effect: w"],
        ),
        (
            "{ value \"a\" token=\"c\"; value \"b\" }; tag \"{v}-{w.name}\"",
            &[],
        ),
        (
            "{ value \"a\" { alias \"z\" }; value \"b\" }; tag \"{v}-{w.name}\"",
            &["no-effect: \"z\""],
        ),
        ("{ value \"a\" default; value \"b\" }; tag \"{v}-{w}\"", &[]),
        (
            "{ value \"a\" shared; value \"b\" shared }; tag \"{v}-{w}\"",
            &["no-effect: shared", "no-effect: shared"],
        ),
        (
            "{ value \"a\" shared { alias \"z\" }; value \"b\" shared { alias \"z\" } }; tag \"{v}-{w}\"; when w=\"b\" { platforms \"linux/arm64\" }",
            &[],
        ),
    ] {
        check(&format!("{idle}{body}"), expect);
    }
    // Without a template, nothing else reads a token.
    let whole = app(&format!(
        "{idle}{{ value \"a\" token=\"c\"; value \"b\" }}; when w=\"a\" {{ tag \"{{v}}\" }}; when w=\"b\" {{ tag \"{{v}}-b\" }}"
    ));
    check_all(
        &whole.replace("template \"t.hbs\"", ""),
        &["no-effect: \"c\""],
    );
}

#[test]
fn fixed_on_tags_that_all_move() {
    let minor = "axis \"v\" kind=\"version\" rungs=\"minor\" { value \"1.2.3\"; value \"1.3.0\" }";
    for (body, expect) in [
        (
            format!("{minor}; tag \"{{v}}\" fixed"),
            &["no-effect: tag \"{v}\" fixed"][..],
        ),
        (
            String::from("tag \"a\"; tag \"{tag:minor}\" fixed on=\"tag:*\""),
            &["no-effect: tag \"{tag:minor}\" fixed on=\"tag:*\""],
        ),
        (
            String::from("tag \"a\"; tag \"{tag:full}\" fixed on=\"tag:*\""),
            &[],
        ),
        (
            minor.replace("1.3.0\"", "1.3.0\" default") + "; tag \"x-{v}\" fixed",
            &[],
        ),
    ] {
        check(&body, expect);
    }
    let variable = "variable \"V\" default=\"1.2.3\"";
    let rung = app("tag \"{var:V:full}\" fixed; tag \"{var:V:minor}\" fixed") + variable;
    check_all(&rung, &["no-effect: tag \"{var:V:minor}\" fixed"]);
}

/// What depends on the run may have an effect in another run.
#[test]
fn words_that_change_something_in_another_run() {
    let check = |variables: &str, body: &str| {
        let text = format!(
            "{}\n{variables}",
            app(&format!(
                "axis \"v\" {{ value \"x\"; value \"y\" }}; tag \"{{v}}\"; {body}"
            ))
        );
        check_all(&text, &[]);
    };
    let change = "when v=\"x\" { platforms \"-linux/arm64\" }";
    let variable = "variable \"A\" default=\"0\"";
    check(
        variable,
        &format!("when var:A=\"1\" {{ platforms \"linux/amd64\" \"linux/arm64\" }}; {change}"),
    );
    check(
        "variable \"P\" default=\"linux/amd64\"",
        &format!("platforms \"{{var:P}}\"; {change}"),
    );
    // Sets of platforms are taken away as a whole.
    check(
        "platforms \"more\" \"linux/arm64\" \"linux/s390x\"",
        "platforms \"linux/amd64\" \"linux/arm64\"; when v=\"x\" { platforms \"-more\" }",
    );
}
