use crate::line::tests as line;
use crate::matrix::Inputs;

const FLEET: &str = "workspace \"w\" { publish \"r.example/f/{image}\"; stage \"r.example/f/stage\" }
base \"b\" from=\"debian:12\"
image \"go.net\" { axis \"v\" { value \"1\"; value \"2\" }; from base=\"b\"; template \"t\"; arg X=\"manifest\"; when v=\"2\" { arg X=\"when\" }; platforms \"linux/amd64\"; tag \"{v}\" }
image \"app\" { from base=\"b\"; tag \"a\" }";

fn inputs(changes: &[&str]) -> Inputs {
    Inputs {
        set: changes.iter().map(|one| String::from(*one)).collect(),
        ..Inputs::default()
    }
}

/// The argument and the platforms of each variant.
#[track_caller]
fn check(changes: &[&str], expect: &[&str]) {
    let fleet = line::fleet(FLEET, &inputs(changes)).made();
    let shown: Vec<String> = fleet
        .variants
        .iter()
        .map(|variant| {
            let platforms: Vec<String> =
                variant.platforms.iter().map(ToString::to_string).collect();
            let arg = variant.args.get("X").map_or("-", String::as_str);
            format!("{} {arg} {}", variant.label(), platforms.join(","))
        })
        .collect();
    assert_eq!(shown, expect, "{changes:?}");
}

#[test]
fn a_run_changes_arguments_and_platforms_of_one_image() {
    let app = "app:a - linux/amd64";
    check(
        &[],
        &[
            "go.net:1 manifest linux/amd64",
            "go.net:2 when linux/amd64",
            app,
        ],
    );
    check(
        &["go.net.arg.X=a=b.platforms=c"],
        &[
            "go.net:1 a=b.platforms=c linux/amd64",
            "go.net:2 a=b.platforms=c linux/amd64",
            app,
        ],
    );
    check(
        &["go.net.arg.X=", "go.net.platforms=linux/arm64, linux/amd64"],
        &[
            "go.net:1  linux/arm64,linux/amd64",
            "go.net:2  linux/arm64,linux/amd64",
            app,
        ],
    );
    check(
        &["go.net.platforms=+linux/arm64", "app.platforms=linux/386"],
        &[
            "go.net:1 manifest linux/amd64,linux/arm64",
            "go.net:2 when linux/amd64,linux/arm64",
            "app:a - linux/386",
        ],
    );
    check(
        &["go.net.arg.X={v}"],
        &["go.net:1 1 linux/amd64", "go.net:2 2 linux/amd64", app],
    );
}

#[test]
fn changes_that_cannot_be_made_are_reported() {
    for (changes, expect) in [
        (
            &["go.net"][..],
            "--set go.net: it is not clear what it changes",
        ),
        (&["go.net.X=1"], "it is not clear what it changes"),
        (&["go.net.arg.=1"], "it is not clear what it changes"),
        (&[".arg.X=1"], "it is not clear what it changes"),
        (&["go.net.platforms="], "it is not clear what it changes"),
        (&["gonet.arg.X=1"], "did you mean `go.net`?"),
        (&["app.arg.X=1", "app.arg.X=2"], "`app.arg.X` is set twice"),
        (&["app.platforms=linux/amd46"], "linux/amd46"),
        (&["app.platforms=linux/386,linux/386"], "listed twice"),
        (&["app.arg.X={nope}"], "nope"),
    ] {
        let expanded = line::fleet(FLEET, &inputs(changes));
        let shown = expanded.shown();
        assert!(expanded.faults.has_errors(), "{changes:?}");
        assert!(shown.contains(expect), "{changes:?}:\n{shown}");
        assert!(shown.contains("--set"), "no place in {changes:?}:\n{shown}");
    }
}

#[test]
fn an_argument_that_no_arg_takes_is_reported_at_its_place() {
    let files = [("t", "FROM {{from}}\nARG VERSION\nRUN echo $VERSION\n")];
    let text = "workspace \"w\" { publish \"r.example/f/{image}\"; stage \"r.example/f/stage\" }
base \"b\" from=\"debian:12\"
image \"app\" { from base=\"b\"; template \"t\"; tag \"a\" }";
    let shown = line::bring(text, &inputs(&["app.arg.VERSON=1"]), &files).shown();
    assert!(shown.contains("--set:1:9"), "{shown}");
    assert!(shown.contains("did you mean `VERSION`?"), "{shown}");
}
