use crate::line::tests as line;
use crate::lockfile::Lockfile;
use crate::matrix::Inputs;
use crate::render::data::{Installed, installed, shared};

/// The fleet's variants have this many values in common, and each has the one that it would have alone.
#[track_caller]
fn check(nodes: &str, expect: usize) {
    let text = format!(
        r#"workspace "w" {{ publish "r.example/f/{{image}}"; stage "r.example/f/stage" }}
        base "b" from="debian:12"
        base "by-v" from="debian:{{v}}"
        toolset "t" {{ param "v" default="1"; package "curl"; run "x {{v}}"; fetch "https://e.example/{{arch}}" into="/usr/bin/x" }}
        {nodes}"#
    );
    let fleet = line::fleet(&text, &Inputs::default()).made();
    let lock = Lockfile::default();
    let (values, places) = shared(&fleet, &fleet.variants.raw, &lock);
    assert_eq!(values.len(), expect, "{nodes}");
    let text = |one: &Installed<'_>| format!("{one:?}");
    for (variant, place) in fleet.variants.iter().zip(places) {
        let alone = installed(&fleet, variant, &lock);
        assert_eq!(text(&alone), text(&values[place].1), "{}", variant.label());
    }
}

#[test]
fn variants_share_what_they_install() {
    let axes =
        r#"axis "v" { value "1"; value "2" }; axis "o" { value "x"; value "y" }; tag "{v}-{o}""#;
    let check =
        |settings: &str, expect| check(&format!("image \"i\" {{ {axes}; {settings} }}"), expect);
    check("from base=\"b\"; use \"t\"", 1);
    check("from base=\"b\"", 1);
    check("from base=\"b\"; use \"t\" v=\"{v}\"", 2);
    check("from base=\"b\"; use \"t\" v=\"{o}\"", 2);
    check("from base=\"b\"; use \"t\" v=\"{v}{o}\"", 4);
    check("from base=\"by-v\"; use \"t\"", 2);
    check(
        "from base=\"b\"; use \"t\"; when o=\"x\" { platforms \"linux/arm64\" }",
        2,
    );
    check(
        "from base=\"b\"; use \"t\"; when o=\"x\" { family \"alpine\" }",
        2,
    );
    check("from base=\"b\"; when o=\"x\" { use \"t\" }", 2);
}

/// What an ancestor installs is left out.
#[test]
fn a_parent_tells_them_apart() {
    check(
        r#"image "p" { axis "o" { value "x"; value "y" }; from base="b"; when o="x" { use "t" }; tag "{o}" }
        image "c" { axis "o" { value "x"; value "y" }; from image="p" o="{o}"; use "t"; tag "{o}" }"#,
        4,
    );
}
