//! The ways out that faults name.

use super::*;

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
    check(&app("tag \"'1.0'\""), "use double quotes: `\"1.0\"`");
    check(
        &app("tag \"example.com/app:1.0\""),
        "write only `1.0`: `publish` has the repository",
    );
    check(
        &app("tag \"1\"; platforms \"linux/amd64, linux/arm64\""),
        "separate them with spaces: `platforms \"linux/amd64\" \"linux/arm64\"`",
    );
    for (written, help) in [
        (
            "{image:lower}",
            "write `{image}`; only variables have filters, such as `{var:NAME:lower}`",
        ),
        (
            "{image.name}",
            "write `{image}`; only variables have filters, such as `{var:NAME:lower}`",
        ),
        ("{tag.minor}", "did you mean `{tag:minor}`?"),
        ("{var.NAME:lower}", "did you mean `{var:NAME:lower}`?"),
    ] {
        check(&app(&format!("tag \"1-{written}\"")), help);
    }
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
    for nearest in ["app/v1.2", "v1.0.0+build5", "rel@3"] {
        let git = crate::tag::GitFacts {
            describe: Some(nearest.into()),
            ..Default::default()
        };
        let run = crate::matrix::Inputs { git, ..inputs() };
        let help = "`{describe:slug}` replaces what a tag cannot contain by `-`";
        let text = app("tag \"{describe}\"");
        let found = read(&text, &run).diagnostics;
        let found: Vec<_> = found
            .iter()
            .filter_map(|fault| fault.help.clone())
            .collect();
        assert_eq!(found, [help], "{nearest}");
        let text = text.replace("{describe}", "{describe:slug}");
        assert_eq!(read(&text, &run).faults(), [""; 0], "{nearest}");
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
