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

/// The names of a variant's data, with values and identities.
type Fields = BTreeMap<String, (Option<Value>, Vec<u8>)>;

/// The data of each variant, and for each name its value and the identity of that.
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
        let names = names.iter().map(|name| {
            let mut identity = Vec::new();
            data.identify(name, &mut identity);
            ((*name).to_owned(), (data.get(name), identity))
        });
        (data.all(), names.collect())
    };
    fleet.variants.iter().zip(places).map(one).collect()
}

#[test]
fn one_name_is_what_it_is_among_all() {
    for (all, names) in all() {
        for (name, (value, _)) in &names {
            assert_eq!(all.get(name), value.as_ref(), "{name} of {all}");
        }
        for name in all.as_object().unwrap().keys() {
            assert!(
                names.contains_key(name),
                "{name} is not among the names of this test"
            );
        }
    }
}

#[test]
fn values_that_differ_have_different_identities() {
    let all = all();
    for (_, one) in &all {
        for (_, other) in &all {
            for (name, (value, identity)) in one {
                let (value_of_other, identity_of_other) = &other[name];
                if identity == identity_of_other {
                    assert_eq!(value, value_of_other, "{name}");
                }
            }
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
