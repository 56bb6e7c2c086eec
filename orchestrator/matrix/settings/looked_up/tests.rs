//! The effective settings of cells.

use crate::matrix::tests::{app, inputs, read, tags};
use crate::matrix::{Body, Fleet, Parent, Variant};

fn fleet(text: &str) -> Fleet {
    read(text, &inputs()).fleet()
}

/// One line per variant of an image with this body.
#[track_caller]
fn check(body: &str, show: fn(&Fleet, &Variant) -> String, expect: &[&str]) {
    let fleet = fleet(&app(body));
    assert_eq!(
        fleet
            .variants
            .iter()
            .map(|variant| show(&fleet, variant))
            .collect::<Vec<_>>(),
        expect,
        "{body}"
    );
}

const AXES: &str = "axis \"v\" kind=\"version\" { value \"1.2\"; value \"1.1\"; value \"tip\"; }; axis \"k\" { value \"a\"; value \"b\"; }\n";

#[test]
fn cells() {
    let name = |_: &Fleet, variant: &Variant| variant.name.clone();
    check(
        AXES,
        name,
        &["1.2-a", "1.2-b", "1.1-a", "1.1-b", "tip-a", "tip-b"],
    );
    check(
        &format!("{AXES} exclude k=\"b\""),
        name,
        &["1.2-a", "1.1-a", "tip-a"],
    );
    check(
        &format!("{AXES} exclude v=\"<1.2\" k=\"b\""),
        name,
        &["1.2-a", "1.2-b", "1.1-a", "tip-a", "tip-b"],
    );
    check(
        &format!("{AXES} exclude v=\"!1.2\""),
        name,
        &["1.2-a", "1.2-b"],
    );
    check(
        &format!("{AXES} exclude v=\"*\"; include v=\"tip\" k=\"a\""),
        name,
        &["tip-a"],
    );
    check(
        &format!("{AXES} exclude v=\"1.*\" \"!1.1\""),
        name,
        &["1.1-a", "1.1-b", "tip-a", "tip-b"],
    );
    check(
        &format!("{AXES} exclude v=\"t*\""),
        name,
        &["1.2-a", "1.2-b", "1.1-a", "1.1-b"],
    );
}

#[test]
fn later_settings_replace_and_lists_add() {
    let show = |_: &Fleet, variant: &Variant| {
        let body = match &variant.body {
            Body::Template(path) => format!("t:{}", path.as_str()),
            Body::Dockerfile(path) => format!("d:{}", path.as_str()),
        };
        let pairs = |all: &indexmap::IndexMap<String, String>| {
            all.iter()
                .map(|(k, v)| format!("{k}={v}"))
                .collect::<Vec<_>>()
                .join(",")
        };
        let platforms = variant
            .platforms
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(",");
        format!(
            "{} {body} {platforms} [{}] [{}]",
            variant.name,
            pairs(&variant.args),
            pairs(&variant.env)
        )
    };
    let body = "axis \"k\" { value \"a\"; value \"b\"; value \"c\"; }
        arg X=\"1\"; env N=\"{image}-{k}\"
        when k=\"a\" \"b\" { arg X=\"2\" Y=\"{k}\"; platforms \"linux/arm64\"; }
        when k=\"b\" { arg X=\"3\"; dockerfile \"{k}/Dockerfile\"; platforms \"linux/amd64\" \"linux/arm64\"; }
        when k=\"!a\" { env Z=\"${HOME}\"; }";
    check(
        body,
        show,
        &[
            "a t:t.hbs linux/arm64 [X=2,Y=a] [N=app-a]",
            "b d:b/Dockerfile linux/amd64,linux/arm64 [X=3,Y=b] [N=app-b,Z=${HOME}]",
            "c t:t.hbs linux/amd64 [X=1] [N=app-c,Z=${HOME}]",
        ],
    );
}

#[test]
fn a_when_may_change_tokens_defaults_and_tags() {
    let body =
        "axis \"k\" { value \"a\" default; value \"b\"; }; axis \"v\" kind=\"version\" rungs=\"full none\" { value \"2\"; value \"1\"; }
        when v=\"1\" { default k=\"b\"; token v=\"one\"; tag \"old-{k}\"; }
        tag \"{v}-{k}\"";
    let expect = [
        "2-a: 2-a a 2 latest",
        "one-a: one-a old-a",
        "2-b: 2-b b",
        "one-b: one-b one old-b old",
    ];
    assert_eq!(tags(&fleet(&app(body))), expect);
}

#[test]
fn parents_agree() {
    let text = format!(
        "{}image \"child\" {{ axis \"k\" {{ value \"b\"; value \"x\"; }}; template \"t.hbs\"
            when k=\"b\" {{ from image=\"app\" v=\"1.2\"; }}
            when k=\"x\" {{ from image=\"app\" v=\">=1.2\" k=\"a\"; }} }}",
        app(AXES)
    );
    let fleet = fleet(&text);
    let parents: Vec<String> = fleet.variants.raw[6..]
        .iter()
        .map(|variant| match variant.parent {
            Some(Parent::Variant(id)) => fleet.variant(id).label(),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(parents, ["app:1.2-b", "app:1.2-a"]);
}

#[test]
fn bases_are_filled_in_once_per_expansion() {
    let text = "workspace \"w\" { publish \"x.y/{image}\"; }
        variable \"registry\" default=\"mirror.example.com\"
        base \"lang\" from=\"{var:registry}/golang:{v}-{d}\"
        image \"app\" { axis \"v\" { value \"1\"; value \"2\"; }; axis \"d\" { value \"trixie\"; }; axis \"k\" { value \"a\"; value \"b\"; }
            from base=\"lang\"; template \"t.hbs\"; }";
    let fleet = fleet(text);
    let bases: Vec<String> = fleet
        .bases
        .iter()
        .map(|base| base.reference.to_string())
        .collect();
    assert_eq!(
        bases,
        [
            "mirror.example.com/golang:1-trixie",
            "mirror.example.com/golang:2-trixie"
        ]
    );
    assert_eq!(
        fleet
            .variants
            .iter()
            .map(|variant| variant.parent)
            .collect::<Vec<_>>()[1],
        fleet.variants.raw[0].parent
    );
}

#[test]
fn folders() {
    let dir = |_: &Fleet, variant: &Variant| variant.dir.clone();
    check("tag \"a\"", dir, &[".circleci/images/app"]);
    check(
        "axis \"k\" { value \"a\"; }",
        dir,
        &[".circleci/images/app/a"],
    );
    check(
        "axis \"v\" kind=\"version\" rungs=\"full minor\" { value \"1.26.5\"; value \"tip\"; }; axis \"k\" { value \"plain\" token=\"\"; }; tag \"{v}-{k}\"; path \"{v.minor}/{k}\"",
        dir,
        &[
            ".circleci/images/app/1.26/plain",
            ".circleci/images/app/tip/plain",
        ],
    );
    check(
        "axis \"k\" { value \"a\"; }; tag \"{now}-{k}\"; tag \"x-{k}\"",
        dir,
        &[".circleci/images/app/x-a"],
    );
    check(
        "axis \"k\" { value \"a\"; }; tag \"{now}-{k}\"",
        dir,
        &[".circleci/images/app/a"],
    );
    check(
        "axis \"k\" { value \"a\" token=\"{now:%Y.%m}\"; }; tag \"{k}\"",
        dir,
        &[".circleci/images/app/a"],
    );
    check(
        "axis \"v\" kind=\"version\" rungs=\"minor\" { value \"1.2.3\"; }; tag \"{v}\"",
        dir,
        &[".circleci/images/app/1.2.3"],
    );
}

#[test]
fn tool_sets_get_their_parameters_and_variables() {
    let text = format!(
        "variable \"mirror\" default=\"dl.example.com\"
         toolset \"go\" {{ param \"version\"; param \"os\" default=\"{{image}}-linux\"; archive \"https://{{var:mirror}}/go{{version}}.tgz\" into=\"/usr\"; check run=\"go version\" contains=\"go{{version}} of {{var:mirror}}\"; }}
         {}",
        app("axis \"v\" kind=\"version\" { value \"1.26.5\"; }; use \"go\" version=\"{v.minor}\"; use \"go\" version=\"{v.minor}\"; check run=\"app\" contains=\"{v}\"")
    );
    let fleet = fleet(&text);
    let [one] = &*fleet.variants.raw[0].uses else {
        panic!("{:?}", fleet.variants.raw[0].uses)
    };
    assert_eq!(
        one.params
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect::<Vec<_>>(),
        ["version=1.26", "os=app-linux"]
    );
    let item = format!("{:?}", fleet.toolsets["go"].items[0]);
    assert!(
        item.contains("https://dl.example.com/go{version}.tgz"),
        "{item}"
    );
    // The parameters of a tool set's checks are filled in when they are rendered, for each platform.
    assert_eq!(
        fleet.toolsets["go"].checks[0].item.open()[0].value,
        "go{version} of dl.example.com"
    );
    let checks = format!("{:?}", fleet.variants.raw[0].checks);
    assert!(checks.contains("\"1.26.5\""), "{checks}");
}

#[test]
fn content_tags_live_in_the_stage() {
    let stage = |text: &str| {
        fleet(text).variants.raw[0]
            .staging
            .as_ref()
            .map(ToString::to_string)
    };
    assert_eq!(stage(&app("tag \"a\"")), None);
    let staged = app("tag \"a\"").replace("publish \"", "stage \"example.com/stage\"; publish \"");
    assert_eq!(stage(&staged).as_deref(), Some("example.com/stage"));
}
