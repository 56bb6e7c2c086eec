//! What Dockerfiles may mount, and what is said of the rest.

use crate::line::tests::bring;
use crate::matrix::Inputs;

const FILES: [(&str, &str); 4] = [
    (
        "D",
        "FROM debian:12\nRUN --mount=type=secret,id=npm \\\n    --mount=type=ssh make\n",
    ),
    (
        "E",
        "ARG ID\nFROM debian:12\nARG ID\nRUN --mount=type=secret,id=$ID make\n",
    ),
    (
        "F",
        "FROM debian:12 AS dead\nRUN --mount=type=secret,id=npm x\nFROM debian:12\nRUN make\n",
    ),
    (
        "own",
        "FROM {{from}}\n{{#each toolsets}}{{#each runs}}RUN {{this}}\n{{/each}}{{/each}}",
    ),
];

fn line(syntax: &str, images: &str) -> crate::line::tests::Outcome<crate::line::Ready> {
    let text = format!(
        "workspace \"w\" {{ publish \"r.example/f/{{image}}\"; {syntax} }}\nbase \"b\" from=\"debian:12\"\n{images}"
    );
    bring(&text, &Inputs::default(), &FILES)
}

/// What the recipe of the last variant mounts, each with its source and the line that declares it.
#[track_caller]
fn mounts(images: &str, wanted: &[&str]) {
    let outcome = line("", images);
    let Some(ready) = outcome.made else {
        panic!("{images}: {:#?}", outcome.faults);
    };
    let line = |place: &str| place.rsplit_once(':').expect("a column").0.to_owned();
    let recipe = ready.recipes.last().expect("a recipe");
    let secrets = recipe.secrets.secrets.iter();
    let secrets = secrets.map(|one| format!("{}: {} ({})", one.id, one.from, line(&one.place)));
    let agents = recipe.secrets.agents.iter();
    let agents = agents.map(|one| format!("ssh {}: {} ({})", one.id, one.env, line(&one.place)));
    let found: Vec<String> = secrets.chain(agents).collect();
    assert_eq!(found, wanted, "{images}");
}

/// The errors, as `place: message (help)`.
#[track_caller]
fn faulty(syntax: &str, images: &str, wanted: &[&str]) {
    let outcome = line(syntax, images);
    let found: Vec<String> = (outcome.faults.iter())
        .filter(|fault| fault.code != "matrix::unused")
        .map(|fault| {
            let place = outcome.sources.place(fault.labels[0].span);
            let place = match place.starts_with("kiln.kdl") {
                true => place.rsplit_once(':').expect("a column").0.to_owned(),
                false => place,
            };
            let help = fault.help.as_deref().unwrap_or_default();
            format!("{place}: {} ({help})", fault.message)
        })
        .collect();
    assert_eq!(found, wanted, "{images}");
}

#[test]
fn what_is_declared_is_mounted() {
    mounts(
        "image \"i\" { dockerfile \"D\"; tag \"1\"; secret \"npm\" env=\"T\"; ssh \"default\" }",
        &[
            "npm: environment variable T (kiln.kdl:3)",
            "ssh default: SSH_AUTH_SOCK (kiln.kdl:3)",
        ],
    );
    // In a `when`, with a placeholder; the value of an argument is known.
    mounts(
        "image \"i\" { dockerfile \"E\"; arg ID=\"{v}\"; tag \"{v}\"; axis \"v\" { value \"a\"; value \"b\" }
            when v=\"a\" { secret \"a\" env=\"T\" }; when v=\"b\" { secret \"b\" file=\"./keys/{v}.pem\" } }",
        &["b: file keys/b.pem (kiln.kdl:4)"],
    );
    // The id is not known, so it may be any.
    mounts(
        "image \"i\" { dockerfile \"E\"; tag \"1\"; secret \"a\" env=\"A\"; secret \"b\" env=\"B\" }",
        &[
            "a: environment variable A (kiln.kdl:3)",
            "b: environment variable B (kiln.kdl:3)",
        ],
    );
    mounts("image \"i\" { dockerfile \"F\"; tag \"1\" }", &[]);
}

#[test]
fn what_is_not_declared_is_an_error_at_its_line() {
    faulty(
        "",
        "image \"i\" { dockerfile \"D\"; tag \"1\"; secret \"nmp\" env=\"T\" }",
        &[
            "D:2:28: image `i` declares no `secret \"npm\"` (did you mean `nmp`?)",
            "D:3:13: image `i` declares no `ssh \"default\"` (write `ssh \"default\"` in the image)",
        ],
    );
    faulty(
        "",
        "image \"i\" { dockerfile \"F\"; tag \"1\"; secret \"npm\" env=\"T\"; ssh \"default\" }",
        &[
            "kiln.kdl:3: `secret \"npm\"` has no effect: no stage of F that is built mounts it (write `RUN --mount=type=secret,id=npm …`, or remove it here)",
            "kiln.kdl:3: `ssh \"default\"` has no effect: no stage of F that is built mounts it (write `RUN --mount=type=ssh,id=default …`, or remove it here)",
        ],
    );
    faulty(
        "",
        "image \"i\" { dockerfile \"D\"; tag \"1\"; secret \"npm\" env=\"$T\"; ssh \"default\" }",
        &[
            "kiln.kdl:3: `$T` is not the name of an environment variable (write the name without `$`: `env=\"NPM_TOKEN\"`; the value stays outside of the manifest)",
        ],
    );
}

/// G13: credentials go only to their own host.
#[test]
fn no_build_gets_a_credential_of_a_registry() {
    for name in ["KILN_AUTH_GHCR_IO", "DOCKER_AUTH_CONFIG"] {
        let image = format!(
            "image \"i\" {{ dockerfile \"D\"; tag \"1\"; secret \"npm\" env=\"{name}\"; ssh \"default\" }}"
        );
        let wanted = format!(
            "kiln.kdl:3: `{name}` is a credential of a registry, and no build gets one (put what the build needs into a variable of its own)"
        );
        faulty("", &image, &[&wanted]);
    }
}

#[test]
fn classic_files_mount_nothing() {
    faulty(
        "syntax \"classic\"",
        "image \"i\" { dockerfile \"D\"; tag \"1\"; secret \"npm\" env=\"T\"; ssh \"default\" }",
        &[
            "kiln.kdl:3: `secret \"npm\"` needs BuildKit, and the workspace has `syntax \"classic\"` (remove one of the two)",
            "kiln.kdl:3: `ssh \"default\"` needs BuildKit, and the workspace has `syntax \"classic\"` (remove one of the two)",
        ],
    );
}

const SET: &str = "toolset \"t\" { param \"who\"; secret \"npm\" env=\"{who}_TOKEN\" target=\"/root/.npmrc\"; ssh \"default\"
    package \"p\" secret=\"npm\"; package \"q\"; run \"npm ci\" secret=\"npm\" ssh=\"default\"; run \"plain\" }
    image \"i\" { from base=\"b\"; tag \"1\"; use \"t\" who=\"ACME\"";

#[test]
fn steps_of_toolsets_mount_what_they_say() {
    let outcome = line("", &format!("{SET} }}"));
    let ready = outcome.made.expect("no errors");
    let text = &ready.recipes.last().expect("a recipe").dockerfile;
    let runs: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("RUN"))
        .collect();
    assert_eq!(
        runs,
        [
            "RUN --mount=type=secret,id=npm,required=true,target=/root/.npmrc --mount=type=cache,id=apt-debian-12-t,target=/var/cache/apt,sharing=locked \\",
            "RUN --mount=type=secret,id=npm,required=true,target=/root/.npmrc --mount=type=ssh,id=default,required=true npm ci",
            "RUN plain",
        ]
    );
    mounts(
        &format!("{SET} }}"),
        &[
            "npm: environment variable ACME_TOKEN (kiln.kdl:3)",
            "ssh default: SSH_AUTH_SOCK (kiln.kdl:3)",
        ],
    );
    // The image decides.
    mounts(
        &format!("{SET}; secret \"npm\" file=\"npm\" }}"),
        &[
            "npm: file npm (kiln.kdl:5)",
            "ssh default: SSH_AUTH_SOCK (kiln.kdl:3)",
        ],
    );
}

/// Otherwise the step would fail in the build.
#[test]
fn a_template_that_leaves_out_mounts_gets_a_warning() {
    faulty(
        "",
        "toolset \"t\" { secret \"npm\" env=\"T\"; run \"x\" secret=\"npm\" }\nimage \"i\" { from base=\"b\"; template \"own\"; tag \"1\"; use \"t\" }",
        &[
            "kiln.kdl:4: the template does not mount `secret \"npm\"`, which a step of a tool set names (write the step as `RUN {{#each (lookup ../run_mounts @index)}}--mount={{this}} {{/each}}{{this}}`, or use `{{> kiln/toolset this}}`)",
        ],
    );
}

#[test]
fn two_sources_of_one_secret_are_an_error() {
    let other = "toolset \"o\" { secret \"npm\" env=\"OTHER\"; run \"x\" secret=\"npm\" }";
    faulty(
        "",
        &format!("{SET}; use \"o\" }}\n{other}"),
        &[
            "kiln.kdl:6: two tool sets take `npm` from different sources (give one of them another id, or declare it in the image, which decides)",
        ],
    );
    mounts(
        &format!("{SET}; use \"o\"; secret \"npm\" env=\"MINE\" }}\n{other}"),
        &[
            "npm: environment variable MINE (kiln.kdl:5)",
            "ssh default: SSH_AUTH_SOCK (kiln.kdl:3)",
        ],
    );
}

/// Builders share equal steps: with two sources, an image would get the value of another one.
#[test]
fn an_id_has_one_source_in_the_workspace() {
    let image = |name: &str, declared: &str| {
        format!("image \"{name}\" {{ dockerfile \"D\"; tag \"1\"; {declared} }}\n")
    };
    let fault = |line: usize, id: &str, first: &str, other: &str| {
        format!(
            "kiln.kdl:{line}: `{id}` has two sources in the workspace: {first} and {other}; builders share equal steps, so that one image could get what is meant for the other (give one of them another id, here and in its mounts, or the same source)"
        )
    };
    let (one, two) = ("environment variable S1", "environment variable S2");
    let ssh = "ssh \"default\"";
    let same = image("a", &format!("secret \"npm\" env=\"S1\"; {ssh}"));
    faulty(
        "",
        &format!("{same}{}", same.replace("\"a\"", "\"b\"")),
        &[],
    );
    let others = [
        same.clone(),
        image("b", &format!("secret \"npm\" env=\"S2\"; {ssh}")),
        image(
            "c",
            &format!("secret \"npm\" file=\"key\"; {ssh} env=\"OTHER\""),
        ),
    ];
    let agents = (
        "environment variable SSH_AUTH_SOCK",
        "environment variable OTHER",
    );
    faulty(
        "",
        &others.concat(),
        &[
            &fault(4, "secret \"npm\"", one, two),
            &fault(5, "secret \"npm\"", one, "file key"),
            &fault(5, "ssh \"default\"", agents.0, agents.1),
        ],
    );
    // An image that overrides its tool set, beside one that does not.
    faulty(
        "",
        &format!(
            "{SET} }}\n{}",
            "image \"j\" { from base=\"b\"; tag \"1\"; use \"t\" who=\"ACME\"; secret \"npm\" env=\"S1\" }"
        ),
        &[&fault(
            6,
            "secret \"npm\"",
            "environment variable ACME_TOKEN",
            one,
        )],
    );
    // One declaration, another source for each variant.
    faulty(
        "",
        "image \"i\" { dockerfile \"D\"; tag \"{v}\"; axis \"v\" { value \"1\"; value \"2\" }
            ssh \"default\"; secret \"npm\" env=\"S{v}\" }",
        &[&fault(4, "secret \"npm\"", one, two)],
    );
}
