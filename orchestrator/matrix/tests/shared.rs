//! Axes, platforms and settings that several images share.

use super::{inputs, tags};
use crate::matrix::Fleet;
use crate::text::{Diagnostics, Sources, kdl, show};

const TOP: &str =
    "workspace \"w\" { publish \"example.com/{image}\" }\nbase \"os\" from=\"debian:13\"\n";

fn read(text: &str) -> (Option<Fleet>, String) {
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let text = format!("{TOP}{text}");
    let document = kdl::parse(sources.add("kiln.kdl", text.as_str()), &text, &mut out);
    let manifest = crate::manifest::parse(&[document], Vec::new(), &mut out);
    let fleet = crate::matrix::expand(&manifest, &inputs(), &mut out);
    (fleet, show::text(&out, &sources, false))
}

#[track_caller]
fn fleet(text: &str) -> Fleet {
    let (fleet, faults) = read(text);
    assert_eq!(faults, "", "{text}");
    fleet.unwrap_or_else(|| panic!("{text}"))
}

/// An image with this block.
fn image(name: &str, body: &str) -> String {
    format!("image \"{name}\" {{ from base=\"os\"; {body} }}\n")
}

#[test]
fn images_share_an_axis() {
    let top = "axis \"go\" kind=\"version\" rungs=\"full minor\" { value \"1.27.0\"; value \"1.26.7\" { alias \"old\"; }; }\n";
    let a = image("a", "axis \"version\" use=\"go\"; tag \"{version}\"");
    let b = image("b", "axis \"v\" use=\"go\" rungs=\"full\"; tag \"{v}-x\"");
    assert_eq!(
        tags(&fleet(&format!("{top}{a}{b}"))),
        [
            "1.27.0: 1.27.0 1.27",
            "1.26.7: 1.26.7 1.26 old",
            "1.27.0-x: 1.27.0-x",
            "1.26.7-x: 1.26.7-x old-x",
        ]
    );
}

#[test]
fn images_share_platforms_and_change_them() {
    let top = "platforms \"all\" \"linux/amd64\" \"linux/arm64\" \"linux/s390x\"\n";
    let axis = "axis \"k\" { value \"x\"; value \"y\"; };";
    let check = |body: &str, expect: [&str; 2]| {
        let fleet = fleet(&format!(
            "{top}{}{}",
            image("a", &format!("{axis} {body}")),
            image("b", "platforms \"all\"")
        ));
        let shown = fleet.variants.iter().take(2).map(|variant| {
            let all = variant.platforms.iter().map(ToString::to_string);
            all.collect::<Vec<_>>().join(" ")
        });
        assert_eq!(shown.collect::<Vec<_>>(), expect, "{body}");
    };
    let all = "linux/amd64 linux/arm64 linux/s390x";
    check("platforms \"all\"", [all, all]);
    check(
        "platforms \"all\" \"+linux/386\" \"-linux/s390x\"",
        ["linux/amd64 linux/arm64 linux/386"; 2],
    );
    check("platforms \"+linux/386\"", ["linux/amd64 linux/386"; 2]);
    check(
        "platforms \"all\"; when k=\"y\" { platforms \"-linux/s390x\" \"+linux/386\"; }",
        [all, "linux/amd64 linux/arm64 linux/386"],
    );
    check(
        "platforms \"all\"; when k=\"y\" { platforms \"linux/arm64\"; }; when k=\"*\" { platforms \"+linux/386\"; }",
        [
            "linux/amd64 linux/arm64 linux/s390x linux/386",
            "linux/arm64 linux/386",
        ],
    );
    check("when k=\"y\" { platforms \"+all\"; }", ["linux/amd64", all]);
}

#[test]
fn images_share_settings() {
    let top = "settings \"web\" { env A=\"1\" B=\"1\"; platforms \"linux/arm64\"; tag \"{image}-{k}\"; }\n";
    let axis = "axis \"k\" { value \"x\"; value \"y\"; }; tag \"{k}\";";
    let own = image("a", &format!("{axis} settings \"web\"; env B=\"2\""));
    let when = image(
        "b",
        &format!("{axis} env A=\"3\"; when k=\"y\" {{ settings \"web\"; env C=\"4\"; }}"),
    );
    let fleet = fleet(&format!("{top}{own}{when}"));
    let shown = |variant: &crate::matrix::Variant| {
        let env: Vec<String> = variant
            .env
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        let tags: Vec<&str> = variant.tags.iter().map(|tag| tag.tag.as_str()).collect();
        format!(
            "{} {} {}",
            env.join(" "),
            variant.platforms[0],
            tags.join(" ")
        )
    };
    assert_eq!(
        fleet.variants.iter().map(shown).collect::<Vec<_>>(),
        [
            "A=1 B=2 linux/arm64 a-x x",
            "A=1 B=2 linux/arm64 a-y y",
            "A=3 linux/amd64 x",
            "A=1 B=1 C=4 linux/arm64 y b-y",
        ]
    );
}

#[test]
fn faults_of_what_is_shared() {
    let check = |text: &str, expect: &[&str]| {
        let (_, faults) = read(text);
        for part in expect {
            assert!(faults.contains(part), "{text}\n{faults}");
        }
        let count = faults.matches("error[").count() + faults.matches("warning[").count();
        assert_eq!(count, 1, "{text}\n{faults}");
    };
    let axis = "axis \"go\" kind=\"version\" { value \"1.0\"; }\n";
    let uses = |body: &str| image("a", body);
    check(
        &format!("{axis}{}", uses("axis \"v\" use=\"goo\"")),
        &["no shared axis `goo`", "did you mean `go`?"],
    );
    check(
        &format!("{axis}{}", uses("")),
        &["shared axis `go` is never used"],
    );
    check(
        &format!("{axis}{}", uses("axis \"v\" use=\"go\" { value \"2\"; }")),
        &["an axis with `use`"],
    );
    check(
        &format!("{axis}{axis}{}", uses("axis \"v\" use=\"go\"")),
        &["axis `go` is declared twice"],
    );
    let sets = "platforms \"all\" \"linux/amd64\"\n";
    check(
        &format!("{sets}{}", uses("platforms \"al\"")),
        &["no set of platforms `al`", "did you mean `all`?"],
    );
    check(
        &format!("{sets}{}", uses("")),
        &["set of platforms `all` is never used"],
    );
    check(
        &format!("{sets}{}", uses("platforms \"all\" \"+linux/amd64\"")),
        &["in the list already"],
    );
    check(
        &format!("{sets}{}", uses("platforms \"all\" \"-linux/arm64\"")),
        &["not in the list"],
    );
    check(
        &format!("{sets}{}", uses("platforms \"all\" \"-linux/amd64\"")),
        &["no platform is left"],
    );
    check(
        &format!("{sets}{}", uses("platforms \"+linux/386\" \"all\"")),
        &["a platform follows a change"],
    );
    check(
        &format!("platforms \"linux/amd64\" \"linux/arm64\"\n{}", uses("")),
        &["begins with a name"],
    );
    let wrong = "platforms \"all\" \"linux/amd46\"\n";
    let two = [
        image("a", "platforms \"all\""),
        image("b", "platforms \"all\""),
    ]
    .concat();
    check(&format!("{wrong}{two}"), &["linux/amd46", "kiln.kdl:3"]);
    let settings = "settings \"web\" { env A=\"1\"; }\n";
    check(
        &format!("{settings}{}", uses("settings \"wed\"")),
        &["no block of settings `wed`", "did you mean `web`?"],
    );
    check(
        &format!("{settings}{}", uses("")),
        &["block of settings `web` is never used"],
    );
    let nested = "settings \"x\" { settings \"web\"; }\n";
    check(
        &format!("{settings}{nested}{}", uses("settings \"x\" \"web\"")),
        &["cannot use another one"],
    );
    let wrong = "settings \"web\" { env A=\"{nope}\"; }\n";
    let two = [
        image("a", "settings \"web\""),
        image("b", "settings \"web\""),
    ]
    .concat();
    check(&format!("{wrong}{two}"), &["nope", "kiln.kdl:3"]);
}
