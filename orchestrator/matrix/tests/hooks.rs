//! The hooks of variants: those of the workspace and of the image, with what is known before a tag moves.

use super::{inputs, read};

fn fleet(workspace: &str, image: &str) -> String {
    format!(
        "workspace \"w\" {{ publish \"example.com/{{image}}\"\n{workspace}\n}}
        variable \"LEVEL\" default=\"HIGH\"
        base \"os\" from=\"debian:13\"
        image \"app\" {{ axis \"v\" {{ value \"1\"; value \"2\" }}; axis \"digest\" {{ value \"d\" }}
            from base=\"os\"; template \"t.hbs\"; tag \"{{v}}\"\n{image}\n}}"
    )
}

/// The hooks of each variant: `1: before-move scan {reference}`.
#[track_caller]
fn check(workspace: &str, image: &str, expect: &[&str]) {
    let fleet = read(&fleet(workspace, image), &inputs()).fleet();
    let lines = fleet.variants.iter().flat_map(|variant| {
        let hooks = variant.hooks.iter();
        hooks.map(|hook| format!("{}: {} {}", variant.name, hook.phase.word(), hook.written()))
    });
    assert_eq!(lines.collect::<Vec<_>>(), expect);
}

#[track_caller]
fn wrong(workspace: &str, image: &str, expect: &[&str]) {
    let outcome = read(&fleet(workspace, image), &inputs());
    assert_eq!(outcome.faults(), expect);
    assert!(outcome.diagnostics.iter().all(|fault| fault.help.is_some()));
}

#[test]
fn a_variant_has_those_of_the_workspace_first() {
    check(
        "after-move run=\"sign {reference} {repository} {var:LEVEL}\"",
        "before-move run=\"scan {reference} {image} {v}\"; when v=\"2\" { after-move run=\"tell ${HOME} {{}}\" }",
        &[
            "1: after-move sign {reference} {repository} HIGH",
            "1: before-move scan {reference} app 1",
            "2: after-move sign {reference} {repository} HIGH",
            "2: before-move scan {reference} app 2",
            "2: after-move tell ${HOME} {}",
        ],
    );
    // An axis does not hide what a hook of the workspace is given.
    check(
        "after-move run=\"sign {digest} {digest.name}\"",
        "before-move run=\"{var:LEVEL}\"",
        &[
            "1: after-move sign {digest} d",
            "1: before-move HIGH",
            "2: after-move sign {digest} d",
            "2: before-move HIGH",
        ],
    );
}

#[test]
fn unknown_places_are_faults() {
    let used = "before-move run=\"{var:LEVEL}\"";
    wrong(
        used,
        "before-move run=\"scan {referense}\"",
        &["unknown-placeholder: {referense}"],
    );
    wrong(
        "before-move run=\"scan {w}\"",
        used,
        &["unknown-placeholder: {w}"],
    );
    wrong(
        used,
        "after-move run=\"tell {sha}\"",
        &["placeholder-place: {sha}"],
    );
    wrong(
        used,
        "after-move run=\"awk {print}\"",
        &["unknown-placeholder: {print}"],
    );
    wrong(used, "after-move run=\"scan {reference\"", &["pattern: {"]);
}

/// The faults of a workspace whose hook has a variable with this value in its command.
fn with_variable(run: &str, value: &str) -> Vec<String> {
    let text = fleet(
        &format!("after-move run=\"{run}\""),
        "before-move run=\"{var:LEVEL}\"",
    );
    let mut inputs = inputs();
    inputs.variables.insert("LEVEL".into(), value.into());
    read(
        &text.replace("; axis \"digest\"", "; axis \"word\""),
        &inputs,
    )
    .faults()
}

/// A shell reads the command, so a value cannot be code, wherever the author has put the placeholder.
#[test]
fn values_cannot_be_code() {
    let hostile = [
        "x #",
        "$(touch X)",
        "`touch X`",
        "a;b",
        "a&b",
        "a|b",
        "a>b",
        "a<b",
        "a b",
        "a\nb",
        "a\tb",
        "'",
        "\\\"",
        "\\",
        "$HOME",
        "*",
        "?",
        "[a]",
        "{a,b}",
        "~",
        "!",
        "(a)",
        "ä",
        "\u{e300}",
        "\u{a0}",
        "^",
    ];
    for value in hostile {
        for place in ["{var:LEVEL}", "'{var:LEVEL}'", "x{var:LEVEL}y"] {
            let found = with_variable(&format!("echo {place}; ./scan"), value);
            let here = ["hook-value: {var:LEVEL}"];
            assert!(
                found.starts_with(&here.map(String::from)),
                "{value}: {found:?}"
            );
        }
    }
    for value in [
        "",
        "HIGH,CRITICAL",
        "v1.2.3-rc_1+a",
        "user@host:/a/b",
        "--level=3",
        "50%",
    ] {
        assert_eq!(with_variable("echo {var:LEVEL}", value), [""; 0], "{value}");
    }
}

/// Axes, their data and their names are values, too.
#[test]
fn values_of_axes_cannot_be_code() {
    let used = "before-move run=\"{var:LEVEL}\"";
    let cell = |run: &str| {
        let axis = "axis \"os\" { value \"x\" { set args=\"a; b\" } }\n";
        let image = format!("{axis}after-move run=\"{run}\"");
        read(&fleet(used, &image), &inputs()).faults()
    };
    assert_eq!(cell("scan {os.args}"), ["hook-value: {os.args}"]);
    assert_eq!(cell("scan {args}"), ["hook-value: {args}"]);
    assert_eq!(cell("scan {os} {reference} '{digest}'"), [""; 0]);
}
