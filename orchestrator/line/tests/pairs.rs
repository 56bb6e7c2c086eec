//! Two faults at a time: neither hides the other, and nothing follows from them.

use super::*;

/// A fault: the nodes of its image, the nodes at the top, lines of its Dockerfile or template, and its code.
struct Wrong(&'static str, &'static str, &'static str, &'static str);

/// Faults of an image of which kiln writes the Dockerfile.
const GENERATED: &[Wrong] = &[
    Wrong("cmd \"{n2}\"", "", "", "matrix::unknown-placeholder"),
    Wrong("env B=\"{\"", "", "", "matrix::pattern"),
    Wrong("label a=\"{v.no}\"", "", "", "matrix::unknown-field"),
    Wrong("workdir \"relative\"", "", "", "render::config"),
    Wrong("user \"Bad Name\"", "", "", "render::config"),
    Wrong("retries 99", "", "", "matrix::build"),
    Wrong("platforms \"linux/amd46\"", "", "", "matrix::platform"),
    Wrong("tag \"x y\"", "", "", "matrix::invalid-tag"),
    Wrong("must \"9\"", "", "", "matrix::must"),
    Wrong("default v=\"2\"", "", "", "matrix::unknown-value"),
    Wrong("flibber 1", "", "", "manifest::unknown-node"),
    Wrong("publish \"A b\"", "", "", "matrix::repository"),
    Wrong("path \"../x\"", "", "", "manifest::outside"),
    Wrong("use \"nope\"", "", "", "matrix::unknown-toolset"),
    Wrong("check structure=\"no.yaml\"", "", "", "render::check"),
    Wrong("secret \"s\" env=\"S\"", "", "", "render::unused"),
    Wrong(
        "when no=\"1\" { env C=\"1\" }",
        "",
        "",
        "matrix::unknown-axis",
    ),
    Wrong(
        "use \"t\"",
        "toolset \"t\" { run \"echo {x}\" }",
        "",
        "toolset::place",
    ),
    Wrong(
        "before-move run=\"echo {x}\"",
        "",
        "",
        "matrix::unknown-placeholder",
    ),
    Wrong(
        "",
        "variable \"V\" default=\"z\" one-of=\"x\" \"y\"",
        "",
        "matrix::variable-value",
    ),
    Wrong("", "base \"c\" from=\"a b\"", "", "matrix::reference"),
    Wrong(
        "",
        "platforms \"all\" \"linux/amd46\"",
        "",
        "matrix::platform",
    ),
    Wrong(
        "",
        "settings \"block\" { user \"x\" uid=\"abc\" }",
        "",
        "render::config",
    ),
    Wrong(
        "",
        "toolset \"u\" { run \"echo {x}\" }",
        "",
        "toolset::place",
    ),
    Wrong(
        "",
        "image \"y\" { dockerfile \"gone\"; tag \"1\" }",
        "",
        "render::dockerfile",
    ),
];

/// Faults of which the first may be the reason for the second: the tag that is required may be the one with the fault, a tool
/// set that is not known may need the secret, and a stage whose FROM is not known may need no other one.
const UNSURE: [(&str, &str); 3] = [
    ("matrix::invalid-tag", "matrix::must"),
    ("matrix::unknown-toolset", "render::unused"),
    ("dockerfile::host", "dockerfile::unset"),
];

/// Faults of an image with a Dockerfile.
const WRITTEN: &[Wrong] = &[
    Wrong("workdir \"relative\"", "", "", "render::unused"),
    Wrong("arg FOO=\"1\"", "", "", "render::unused"),
    Wrong("arg BAR=\"{x}\"", "", "", "matrix::unknown-placeholder"),
    Wrong("retries 99", "", "", "matrix::build"),
    Wrong("platforms \"linux/amd46\"", "", "", "matrix::platform"),
    Wrong("tag \"x y\"", "", "", "matrix::invalid-tag"),
    Wrong("context \"../..\"", "", "", "manifest::outside"),
    Wrong("contexts \"stage\" \"./nope\"", "", "", "render::context"),
    Wrong("flibber 1", "", "", "manifest::unknown-node"),
    Wrong(
        "when no=\"1\" { arg C=\"1\" }",
        "",
        "",
        "matrix::unknown-axis",
    ),
    Wrong("check run=\"{x}\"", "", "", "matrix::unknown-placeholder"),
    Wrong("", "", "RUNN x", "dockerfile::instruction"),
    Wrong("", "", "RUN --network=host true", "dockerfile::host"),
    Wrong("", "", "COPY f", "dockerfile::arguments"),
    Wrong("", "", "COPY --nope a b", "dockerfile::flag"),
    Wrong("", "", "FROM $NOPE", "dockerfile::unset"),
    Wrong("", "", "COPY --from=stge a /b", "dockerfile::stage"),
    Wrong(
        "",
        "",
        "RUN --mount=type=secret,id=no true",
        "render::secret",
    ),
    Wrong(
        "",
        "axis \"w\" { value \"1\"; value \"1\" }",
        "",
        "manifest::duplicate",
    ),
];

/// Faults of an image that can only be left out as a whole, with nodes of it that are wrong by themselves.
const WHOLE: &[(&str, &str)] = &[
    (
        "axis \"q\" { value \"1\"; value \"1\" }",
        "manifest::duplicate",
    ),
    (
        "axis \"q\" kind=\"no\" { value \"1\" }",
        "manifest::unknown-word",
    ),
    ("exclude no=\"1\"", "matrix::unknown-axis"),
    ("settings \"no\"", "manifest::unknown-name"),
    ("from base=\"no\"", "matrix::unknown-base"),
    ("from image=\"no\"", "matrix::unknown-image"),
];

const ALONE: &[(&str, &str)] = &[
    ("workdir \"relative\"", "render::config"),
    ("retries 99", "matrix::build"),
    ("platforms \"linux/amd46\"", "matrix::platform"),
    ("check structure=\"no.yaml\"", "render::check"),
    ("use \"t\"", "toolset::place"),
    (
        "when v=\"1\" { expose 99999 }; axis \"v\" { value \"1\" }",
        "render::config",
    ),
];

fn codes(text: &str, dockerfile: &str) -> (Vec<&'static str>, String) {
    let head = "workspace \"w\" { publish \"r.example/f/{image}\"; stage \"r.example/stage\" }\nbase \"b\" from=\"debian:12\"\n";
    let files = [("d", dockerfile), ("a/x", "x")];
    let found = bring(&format!("{head}{text}"), &Inputs::default(), &files);
    let errors = found.faults.iter();
    let errors = errors.filter(|one| one.severity == crate::text::Severity::Error);
    let mut codes: Vec<&str> = errors.map(|fault| fault.code).collect();
    codes.sort_unstable();
    (codes, found.shown())
}

fn all_of(faults: &[&Wrong], body: &str) -> (Vec<&'static str>, String) {
    let join = |part: fn(&Wrong) -> &'static str| {
        let parts: Vec<&str> = faults.iter().map(|one| part(one)).collect();
        parts.join("\n")
    };
    let text = format!(
        "{}\nimage \"x\" {{\n axis \"v\" {{ value \"1\" }}\n {body}\n tag \"{{v}}\"\n {}\n}}",
        join(|one| one.1),
        join(|one| one.0),
    );
    let dockerfile = format!(
        "FROM debian:12 AS stage\nRUN true\nFROM debian:12\n{}\nCOPY --from=stage /x /y\n",
        join(|one| one.2)
    );
    let (codes, shown) = codes(&text, &dockerfile);
    (codes, format!("{text}\n{shown}"))
}

#[test]
fn neither_of_two_faults_hides_the_other() {
    let mut wrong = Vec::new();
    for (body, all) in [
        ("from base=\"b\"", GENERATED),
        ("dockerfile \"d\"", WRITTEN),
    ] {
        for (at, one) in all.iter().enumerate() {
            let (alone, shown) = all_of(&[one], body);
            if alone != [one.3] {
                wrong.push(format!("{alone:?} for {}\n{shown}", one.3));
                continue;
            }
            for other in &all[at + 1..] {
                let (found, shown) = all_of(&[one, other], body);
                if UNSURE.contains(&(one.3, other.3)) {
                    continue;
                }
                let mut expect = [one.3, other.3];
                expect.sort_unstable();
                if found != expect {
                    wrong.push(format!("{found:?} for {expect:?}\n{shown}"));
                }
            }
        }
    }
    for (whole, code) in WHOLE {
        for (alone, other) in ALONE {
            let base = match whole.starts_with("from") {
                true => "",
                false => "from base=\"b\"",
            };
            let set = match alone.starts_with("use") {
                true => "toolset \"t\" { run \"echo {x}\" }",
                false => "",
            };
            let text = format!("{set}\nimage \"x\" {{ {base}; {whole}; {alone}; tag \"1\" }}");
            let (found, shown) = codes(&text, "");
            let mut expect = [*code, *other];
            expect.sort_unstable();
            if found != expect {
                wrong.push(format!("{found:?} for {expect:?}\n{text}\n{shown}"));
            }
        }
    }
    let heads: Vec<&str> = wrong.iter().filter_map(|one| one.lines().next()).collect();
    assert!(wrong.is_empty(), "{}\n\n{heads:#?}", wrong.join("\n----\n"));
}

/// What is not used is checked, whatever has its name; and so is an image that is declared twice.
#[test]
fn what_no_image_uses_is_checked() {
    for (declared, code) in [
        ("toolset \"N\" { run \"echo {zip}\" }", "toolset::place"),
        ("base \"N\" from=\"a b\"", "matrix::reference"),
        ("platforms \"N\" \"linux/amd46\"", "matrix::platform"),
        (
            "settings \"N\" { user \"x\" uid=\"abc\" }",
            "render::config",
        ),
    ] {
        let image = "image \"x\" { axis \"k\" { value \"N\" }; from base=\"b\"; label team=\"N\"; tag \"{k}\" }";
        let (found, shown) = codes(&format!("{declared}\n{image}"), "");
        assert!(found.contains(&code), "{shown}");
    }
    let twice = "image \"x\" { from base=\"b\"; tag \"1\" }\nimage \"x\" { from base=\"b\"; workdir \"rel\"; retries 99; tag \"1\" }";
    let (found, shown) = codes(twice, "");
    assert_eq!(
        found,
        ["manifest::duplicate", "matrix::build", "render::config"],
        "{shown}"
    );
}

/// A fault of a tool set does not hide those of its other nodes.
#[test]
fn faults_of_one_tool_set() {
    for (one, code) in [
        ("needs \"ghost\"", "matrix::unknown-toolset"),
        ("conflicts \"ghost\"", "matrix::unknown-toolset"),
    ] {
        for (other, also) in [
            ("run \"echo {\"", "toolset::place"),
            ("package \"a b\"", "toolset::value"),
        ] {
            let text = format!(
                "toolset \"t\" {{ {one}; {other} }}\nimage \"x\" {{ from base=\"b\"; use \"t\"; tag \"1\" }}"
            );
            let (found, shown) = codes(&text, "");
            assert!(
                found.contains(&code) && found.contains(&also),
                "{text}\n{shown}"
            );
        }
    }
}

/// Tool sets of one image do not depend on what another image names.
#[test]
fn tool_sets_are_checked_beside_other_images() {
    let sets = "toolset \"x1\" { conflicts \"x2\"; run \"true\" }\ntoolset \"x2\" { run \"true\" }\ntoolset \"y1\" { needs \"y2\"; run \"true\" }\ntoolset \"y2\" { param \"p\"; run \"echo {p}\" }";
    for (own, code) in [
        ("use \"x1\"; use \"x2\"", "matrix::conflict"),
        ("use \"y1\"", "matrix::missing-param"),
    ] {
        for (other, also) in [
            ("from base=\"ghost\"", "matrix::unknown-base"),
            ("from base=\"b\"; use \"ghost\"", "matrix::unknown-toolset"),
        ] {
            let text = format!(
                "{sets}\nimage \"x\" {{ from base=\"b\"; {own}; tag \"1\" }}\nimage \"y\" {{ {other}; tag \"1\" }}"
            );
            let (found, shown) = codes(&text, "");
            assert!(
                found.contains(&code) && found.contains(&also),
                "{text}\n{shown}"
            );
        }
    }
}

/// What is based on an image whose tag has a fault, and what shares an image with an unknown base.
#[test]
fn nothing_follows_from_a_parent_or_a_base() {
    let check = |text: &str, expect: &[&str]| {
        let (found, shown) = codes(text, "");
        assert_eq!(found, expect, "{text}\n{shown}");
    };
    for (tag, code) in [
        ("tag \"{q}\"", "matrix::unknown-placeholder"),
        ("tag \"x:y\"", "matrix::invalid-tag"),
    ] {
        let child = "image \"c\" { from image=\"p\"; tag \"1\"; workdir \"x\" }";
        let text = format!("image \"p\" {{ from base=\"b\"; {tag} }}\n{child}");
        check(&text, &[code, "render::config"]);
    }
    let ring = "image \"x\" { from image=\"y\"; tag \"1\" }\nimage \"y\" { from image=\"z\"; tag \"1\" }\nimage \"z\" { from image=\"x\"; tag \"{q}\" }";
    check(ring, &["matrix::unknown-placeholder"]);
    let one = "toolset \"t\" { file \"nope\" into=\"/x\"; check run=\"a {b}\" }\nimage \"a\" { axis \"d\" { value \"p\"; value \"q\" }; when d=\"p\" { from base=\"debain\" }; when d=\"q\" { from base=\"b\" }; use \"t\"; tag \"{d}\"; expose 99999; workdir \"x\" }\nimage \"c\" { from image=\"a\" d=\"p\"; tag \"1\"; workdir \"y\" }";
    check(
        one,
        &[
            "matrix::unknown-base",
            "render::config",
            "render::config",
            "render::config",
            "render::context",
            "toolset::check",
        ],
    );
}
