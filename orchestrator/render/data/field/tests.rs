use crate::line::tests as line;
use crate::lockfile::Lockfile;
use crate::matrix::Inputs;
use crate::render::data;
use serde_json::Value;
use std::collections::BTreeMap;

const FLEET: &str = r#"
workspace "w" { publish "r.example/f/i"; stage "r.example/f/stage"; }
base "b" from="debian:12"
toolset "t" { package "curl"; }
image "i" {
    axis "os" { value "x" { set build="1" only="2" value="own" image="hidden" this="no" }; value "y" }
    axis "level" { value "1" { set build="3" }; value "2" { set build="4" os="hidden" } }
    axis "name" { value "n" }
    from base="b"
    when os="y" { use "t"; platforms "linux/arm64"; user "u"; label "l" "m"; env E="e" }
    tag "{os}-{level}"
}
"#;

/// The names of a variant's data, with values and those as JSON.
type Fields = BTreeMap<String, (Option<Value>, Option<String>)>;

/// The data of each variant, and for each name its value.
fn all() -> Vec<(Value, Fields)> {
    let fleet = line::fleet(FLEET, &Inputs::default()).made();
    let lock = Lockfile::default();
    let (installed, places) = data::shared(&fleet, &fleet.variants.raw, &lock);
    let names = [
        "image",
        "name",
        "axis",
        "cells",
        "args",
        "env",
        "platforms",
        "toolsets",
        "stages",
        "family",
        "manager",
        "syntax",
        "account",
        "user",
        "labels",
        "config",
        "from",
        "os",
        "level",
        "build",
        "only",
        "value",
        "this",
        "nothing",
        "",
    ];
    let one = |(variant, place): (_, usize)| {
        let (data, _) = data::of(&fleet, variant, &installed[place].1);
        let names = names
            .iter()
            .map(|name| ((*name).to_owned(), (data.get(name), data.json(name))));
        (data.all(), names.collect())
    };
    fleet.variants.iter().zip(places).map(one).collect()
}

#[test]
fn one_name_is_what_it_is_among_all() {
    for (all, names) in all() {
        for (name, (value, json)) in &names {
            assert_eq!(all.get(name), value.as_ref(), "{name} of {all}");
            let json = json
                .as_ref()
                .map(|json| serde_json::from_str(json).unwrap());
            assert_eq!(json.as_ref(), value.as_ref(), "{name} of {all}");
        }
        for name in all.as_object().unwrap().keys() {
            assert!(
                names.contains_key(name),
                "{name} is not among the names of this test"
            );
        }
    }
}

/// Data of a value hides the parts of the same name, and data that two axes have has no short form.
#[test]
fn short_names() {
    let (first, _) = &all()[0];
    for (path, expect) in [
        ("/cells/os/value", Some("own")),
        ("/cells/os/token", Some("x")),
        ("/cells/os/build", Some("1")),
        ("/only", Some("2")),
        ("/build", None),
        ("/image", Some("i")),
        ("/name", Some("x-1")),
        ("/axis/name", Some("n")),
        ("/this", None),
    ] {
        assert_eq!(
            first.pointer(path).and_then(Value::as_str),
            expect,
            "{path}"
        );
    }
}
