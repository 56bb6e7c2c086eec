//! Words without an effect: which are errors, where, and with which help.

use crate::line::tests::bring;
use crate::manifest::Settings;
use crate::matrix::Inputs;
use crate::text::{Severity, Sources};

const ALL: &str = "{{> kiln/stages}}FROM {{from}}\nCOPY f /srv/\n{{> kiln/user}}{{> kiln/toolsets}}{{> kiln/env}}ARG A={{default args \"A\" \"\"}}\n{{> kiln/labels}}{{> kiln/config}}";

const FILES: [(&str, &str); 14] = [
    ("P", "FROM scratch\nONBUILD ARG LATER\n"),
    ("Q", "FROM r.example/f/p:1\n"),
    ("R", "FROM r.example/f/q:1\n"),
    ("O", "FROM debian:11\n"),
    (
        "S",
        "FROM scratch AS app\nFROM debian:12 AS tools\nARG HERE\n",
    ),
    (
        "G",
        "FROM debian:12 AS tools\nFROM scratch AS late\nFROM scratch\nCOPY --from=tools /f /f\nCOPY --from=late /f /g\n",
    ),
    ("all", ALL),
    ("other", "FROM {{from}}\n"),
    (
        "D/Dockerfile",
        "FROM debian:12\nARG VERSION=none\nCOPY f .\n",
    ),
    ("D/f", "f"),
    ("E/Dockerfile", "FROM debian:12\nCOPY f .\nRUN true\n"),
    ("E/f", "g"),
    (
        "F",
        "ARG TAG=1\nARG BASE=debian:$TAG\nARG LOST\nARG IDLE=$LOST\nFROM $BASE\nARG HERE\nRUN echo $LOST\n",
    ),
    ("ctx/f", "h"),
];

fn manifest(images: &str) -> String {
    let shared = match images.contains("settings \"s\"") {
        true => "settings \"s\" { check run=\"true\" }",
        false => "",
    };
    format!(
        "{shared}\nworkspace \"w\" {{ publish \"r.example/f/{{image}}\"; stage \"r.example/f/stage\" }}\nbase \"b\" from=\"debian:12\"\nbase \"c\" from=\"debian:13\"\ntoolset \"t\" {{ package \"curl\"; run \"true\" }}\n{images}"
    )
}

/// What the line makes of a manifest, or its errors: `code @ text at the place`.
fn made(text: &str) -> Result<String, Vec<String>> {
    let outcome = bring(text, &Inputs::default(), &FILES);
    let Some(ready) = outcome.made else {
        let errors = outcome
            .faults
            .iter()
            .filter(|fault| fault.severity == Severity::Error);
        return Err(errors
            .map(|fault| format!("{} @ {}", fault.code, marked(fault, &outcome.sources)))
            .collect());
    };
    let each = ready
        .fleet
        .variants
        .iter()
        .zip(&ready.recipes)
        .map(|(variant, recipe)| {
            let tags: Vec<String> = variant
                .references()
                .map(|(name, _)| name.to_string())
                .collect();
            let checks: Vec<&str> = variant
                .checks
                .iter()
                .map(|check| check.title.as_str())
                .collect();
            let ids = variant
                .platforms
                .iter()
                .map(|on| ready.ids.recipe(variant.id, on));
            let ids: Vec<_> = ids.collect();
            format!(
                "{tags:?} {checks:?} {:?} {:?} {ids:?} {:?} {} {}\n",
                variant.hooks, variant.platforms, variant.build, variant.retries, recipe.dockerfile
            )
        });
    Ok(each.collect())
}

fn marked(fault: &crate::text::Diagnostic, sources: &Sources) -> String {
    let span = fault.labels.first().map(|label| label.span);
    let text = span.and_then(|span| {
        sources
            .get(span.source)?
            .text
            .get(span.start as usize..span.end as usize)
    });
    text.unwrap_or("(no place)").to_owned()
}

/// For each word of settings, an example.
const EXAMPLES: [(&str, &str); 34] = [
    ("publish", "publish \"r.example/g/{image}\""),
    ("contexts", "contexts \"debian:12\" \"debian:13\""),
    ("before-move", "before-move run=\"scan\""),
    ("after-move", "after-move run=\"sign\""),
    ("settings", "settings \"s\""),
    ("target", "target \"0\""),
    ("network", "network \"none\""),
    ("shm-size", "shm-size \"1g\""),
    ("extra-host", "extra-host \"a:10.0.0.1\""),
    ("ulimit", "ulimit \"nofile=9\""),
    ("retries", "retries 2"),
    ("secret", "secret \"k\" env=\"K\""),
    ("ssh", "ssh \"default\""),
    ("from", "from base=\"c\""),
    ("family", "family \"alpine\""),
    ("template", "template \"other\""),
    ("dockerfile", "dockerfile \"E/Dockerfile\""),
    ("context", "context \"ctx\""),
    ("platforms", "platforms \"linux/arm64\""),
    ("use", "use \"t\""),
    ("tag", "tag \"more-{v}\""),
    ("arg", "arg A=\"1\""),
    ("env", "env E=\"1\""),
    ("default", "default v=\"1\""),
    ("token", "token v=\"one\""),
    ("check", "check run=\"true\""),
    ("user", "user \"me\""),
    ("workdir", "workdir \"/srv\""),
    ("entrypoint", "entrypoint \"/bin/app\""),
    ("cmd", "cmd \"serve\""),
    ("expose", "expose 8080"),
    ("volume", "volume \"/data\""),
    ("stopsignal", "stopsignal \"SIGINT\""),
    ("label", "label a=\"b\""),
];

#[test]
fn no_settings_word_parses_without_effect() {
    let words: Vec<&str> = EXAMPLES.iter().map(|(word, _)| *word).collect();
    let mut known = Settings::words();
    known.sort_by_key(|word| words.iter().position(|own| own == word));
    assert_eq!(known, words, "each word of the tables has an example");
    let axis = "axis \"v\" { value \"1\"; value \"2\" }; tag \"{v}\"; user \"root\"";
    let template = "from base=\"b\"; template \"all\"; use \"t\"";
    let (whole, dockerfile) = ("from base=\"b\"; use \"t\"", "dockerfile \"D/Dockerfile\"");
    for kind in [template, whole, dockerfile] {
        let axis = match kind == dockerfile {
            true => axis.trim_end_matches("; user \"root\""),
            false => axis,
        };
        let before = made(&manifest(&format!("image \"i\" {{ {axis}; {kind} }}")));
        let before = before.unwrap_or_else(|errors| panic!("{kind}: {errors:?}"));
        for (word, example) in EXAMPLES {
            if word == "use" && kind != dockerfile {
                continue;
            }
            let text = manifest(&format!(
                "image \"i\" {{ {axis}; {kind}; when v=\"1\" {{ {example} }} }}"
            ));
            match made(&text) {
                Ok(after) => assert!(before != after, "{example} changes nothing in {kind}"),
                Err(errors) => assert!(
                    errors.iter().all(is_in(example)),
                    "{example} in {kind}: {errors:?}"
                ),
            }
        }
    }
}

/// Whether the place of an error is in the example.
fn is_in(example: &str) -> impl Fn(&String) -> bool {
    move |error| {
        error
            .split_once(" @ ")
            .is_some_and(|(_, text)| example.contains(text))
    }
}

/// The errors and warnings about words without an effect: `text at the place: message (help)`.
#[track_caller]
fn check(images: &str, expect: &[&str]) {
    let text = manifest(images);
    let outcome = bring(&text, &Inputs::default(), &FILES);
    let found: Vec<String> = (outcome.faults.iter())
        .filter(|fault| !["matrix::unused", "render::absent"].contains(&fault.code))
        .map(|fault| {
            let warning = if fault.severity == Severity::Warning {
                "warning "
            } else {
                ""
            };
            let help = fault.help.as_deref().unwrap_or_default();
            format!(
                "{warning}{}: {} ({help})",
                marked(fault, &outcome.sources),
                fault.message
            )
        })
        .collect();
    let fits = |(found, expect): (&String, &&str)| found.contains(expect);
    assert!(
        found.len() == expect.len() && found.iter().zip(expect).all(fits),
        "{images}\n{found:#?}\n{expect:#?}"
    );
}

#[test]
fn words_beside_a_dockerfile() {
    for (word, node) in EXAMPLES.iter().filter(|(word, _)| {
        !matches!(
            *word,
            "from"
                | "publish"
                | "template"
                | "dockerfile"
                | "context"
                | "contexts"
                | "platforms"
                | "tag"
                | "arg"
                | "default"
                | "token"
                | "check"
                | "settings"
                | "target"
                | "network"
                | "shm-size"
                | "extra-host"
                | "before-move"
                | "after-move"
                | "secret"
                | "ssh"
                | "ulimit"
                | "retries"
        )
    }) {
        let expect = format!("`{word}` has no effect: D/Dockerfile is a hand-written Dockerfile");
        check(
            &format!("image \"i\" {{ dockerfile \"D/Dockerfile\"; {node} }}"),
            &[&format!("{node}: {expect}")],
        );
    }
    check(
        "image \"i\" { dockerfile \"D/Dockerfile\"; user \"me\" uid=5 }",
        &["write USER into D/Dockerfile, or use `template`"],
    );
    check(
        "image \"i\" { dockerfile \"D/Dockerfile\"; path \"x\" }",
        &["path \"x\": `path` has no effect"],
    );
    check(
        "image \"i\" { dockerfile \"D/Dockerfile\"; from base=\"c\" }",
        &[
            "from base=\"c\": `i:latest` declares `from` `debian:13`, but D/Dockerfile never names it (remove `from`",
        ],
    );
    check(
        "image \"i\" { dockerfile \"D/Dockerfile\"; from base=\"b\" }",
        &[],
    );
    // What is based on it with a template counts.
    let child = "image \"j\" { from image=\"i\"; user \"you\" }";
    check(
        &format!(
            "image \"i\" {{ dockerfile \"D/Dockerfile\"; user \"me\" existing; family \"debian\" }}\n{child}"
        ),
        &[],
    );
    check(
        &format!("image \"i\" {{ dockerfile \"D/Dockerfile\"; workdir \"/x\" }}\n{child}"),
        &["workdir \"/x\": "],
    );
}

#[test]
fn one_error_for_a_word_and_only_if_no_variant_uses_it() {
    let image = |body: &str| {
        format!("image \"i\" {{ axis \"v\" {{ value \"1\"; value \"2\"; value \"3\" }}; {body} }}")
    };
    let mixed = "when v=\"1\" { from base=\"b\"; template \"all\" }; when v=\"2\" \"3\" { dockerfile \"D/Dockerfile\" }";
    check(&image(&format!("workdir \"/x\"; {mixed}")), &[]);
    check(
        &image(&format!(
            "workdir \"/x\"; user \"me\"; label a=\"b\"; env A=\"1\"; use \"t\"; {mixed}"
        )),
        &[],
    );
    check(
        &image("workdir \"/x\"; dockerfile \"D/Dockerfile\""),
        &["workdir \"/x\": "],
    );
    check(
        &image(&format!("{mixed}; when v=\"2\" {{ workdir \"/x\" }}")),
        &["workdir \"/x\": "],
    );
    // A template that forgets what another one uses.
    let two =
        "from base=\"b\"; template \"all\"; when v=\"1\" { template \"other\" }; workdir \"/x\"";
    check(
        &image(two),
        &[
            "warning \"other\": the manifest sets `config`, but the template never uses it (write `{{> kiln/config}}`",
        ],
    );
    let other = "image \"i\" { from base=\"b\"; template \"other\"; workdir \"/x\" }";
    check(
        other,
        &[
            "workdir \"/x\": `workdir` has no effect: other never uses `config` (write `{{> kiln/config}}` in other",
        ],
    );
}

#[test]
fn contexts_that_no_stage_uses() {
    let image = |more: &str| format!("image \"i\" {{ dockerfile \"G\"; {more} }}");
    for used in ["tools", "debian:12", "docker.io/library/debian:12", "late"] {
        check(&image(&format!("contexts \"{used}\" \"./ctx\"")), &[]);
    }
    check(
        &image("contexts \"tool\" \"./ctx\""),
        &[
            "\"tool\": `contexts \"tool\"` has no effect: no stage of G that is built uses this name (did you mean `tools`?)",
        ],
    );
    check(
        &image("contexts \"other\" \"./ctx\""),
        &[
            "\"other\": `contexts \"other\"` has no effect: no stage of G that is built uses this name (name it in FROM, `COPY --from` or a mount, or remove it here)",
        ],
    );
    // The stage is in the file, but this target does not need it.
    check(
        &image("contexts \"late\" \"./ctx\"; target \"tools\""),
        &["\"late\": `contexts \"late\"` has no effect"],
    );
    // What a replaced stage names does not count.
    check(
        &image("contexts \"tools\" \"./ctx\"; contexts \"debian:12\" \"./ctx\""),
        &["\"debian:12\": `contexts \"debian:12\"` has no effect"],
    );
    // One variant that uses it is enough.
    check(
        "image \"i\" { axis \"v\" { value \"1\"; value \"2\" }; contexts \"tools\" \"./ctx\"; when v=\"1\" { dockerfile \"G\" }; when v=\"2\" { dockerfile \"E/Dockerfile\" } }",
        &[],
    );
    check(
        "image \"i\" { from base=\"b\"; template \"other\"; contexts \"tools\" \"./ctx\" }",
        &["\"tools\": `contexts \"tools\"` has no effect: no stage of other that is built"],
    );
}

#[test]
fn arguments_that_no_arg_takes() {
    let hand =
        |file: &str, arg: &str| format!("image \"i\" {{ dockerfile \"{file}\"; arg {arg}=\"1\" }}");
    check(&hand("D/Dockerfile", "VERSION"), &[]);
    check(
        &hand("D/Dockerfile", "VERSON"),
        &[
            "VERSON: `arg VERSON` has no effect: no ARG of D/Dockerfile takes it (did you mean `VERSION`?)",
        ],
    );
    check(
        &hand("D/Dockerfile", "OTHER"),
        &["(declare it where it is used, `ARG OTHER`, or remove it here)"],
    );
    for built_in in [
        "HTTP_PROXY",
        "https_proxy",
        "no_proxy",
        "BUILDKIT_INLINE_CACHE",
        "SOURCE_DATE_EPOCH",
    ] {
        check(&hand("D/Dockerfile", built_in), &[]);
    }
    check(&hand("D/Dockerfile", "Http_Proxy"), &["Http_Proxy: "]);
    check(&hand("F", "TAG"), &[]);
    check(&hand("F", "BASE"), &["dockerfile::"][1..]);
    check(&hand("F", "HERE"), &[]);
    // Its stage is in the file, and this target does not need it.
    let staged = |target: &str| {
        format!("image \"i\" {{ dockerfile \"S\"; arg HERE=\"1\"; target \"{target}\" }}")
    };
    check(&staged("tools"), &[]);
    check(
        &staged("app"),
        &[
            "HERE: `arg HERE` has no effect: no ARG of S takes it (only a stage that is not built has `ARG HERE`: repeat it in a stage that is, or remove it here)",
        ],
    );
    check(
        &hand("F", "LOST"),
        &[
            "(an ARG before the first FROM counts in FROM only: repeat `ARG LOST` in the stage that uses it)",
        ],
    );
    let template = |name: &str, arg: &str| {
        format!("image \"i\" {{ from base=\"b\"; template \"{name}\"; arg {arg}=\"1\" }}")
    };
    check(&template("all", "A"), &[]);
    check(
        &template("other", "A"),
        &["A: `arg A` has no effect: no ARG of other takes it"],
    );
    check(
        "image \"i\" { from base=\"b\"; arg A=\"1\" }",
        &["A: `arg A` has no effect"],
    );
    // ONBUILD of the parent takes it, or may do so.
    let below = "image \"q\" { dockerfile \"Q\"; tag \"1\"; arg LATER=\"1\" }";
    check(
        &format!("{below}\nimage \"p\" {{ dockerfile \"P\"; tag \"1\" }}"),
        &[],
    );
    check(&hand("P", "LATER"), &["LATER: `arg LATER` has no effect"]);
    // The builds of what is based on `q` do not carry out what `p` leaves to `q`, and an image beside it has nothing to do with it.
    let fleet =
        "image \"q\" { dockerfile \"Q\"; tag \"1\" }\nimage \"p\" { dockerfile \"P\"; tag \"1\" }";
    for file in ["R", "O"] {
        check(
            &format!("{fleet}\n{}", hand(file, "LATER")),
            &["LATER: `arg LATER` has no effect"],
        );
    }
    // Other letters are the first guess.
    check(
        &hand("D/Dockerfile", "version"),
        &["no ARG of D/Dockerfile takes it (did you mean `VERSION`?)"],
    );
    let below = "image \"i\" { from base=\"o\"; dockerfile \"O\"; arg X=\"1\" }";
    check(
        &format!("base \"o\" from=\"debian:11\" onbuild\n{below}"),
        &[],
    );
    // One of several variants takes it.
    let both = "image \"i\" { axis \"v\" { value \"D/Dockerfile\" token=\"d\"; value \"F\" token=\"f\" }; dockerfile \"{v}\"; arg VERSION=\"1\" HERE=\"2\" GONE=\"3\"; context \"D\" }";
    check(both, &["GONE: "]);
}

#[test]
fn a_context_that_the_dockerfile_of_an_image_without_a_recipe_does_not_read() {
    check(
        "image \"i\" { from base=\"b\"; context \"ctx\" }",
        &[
            "context \"ctx\": `context` has no effect: kiln writes the Dockerfile of an image without `template` and `dockerfile`, and it reads no folder (remove it, or write a `template` that copies from the folder)",
        ],
    );
    // A variant with a template uses it.
    check(
        "image \"i\" { axis \"v\" { value \"1\"; value \"2\" }; from base=\"b\"; context \"ctx\"; when v=\"1\" { template \"all\" } }",
        &[],
    );
}

/// What is an error at its place already is not reported for its value, too.
#[test]
fn a_word_without_effect_is_one_error() {
    let text = manifest(
        "image \"a\" { dockerfile \"D/Dockerfile\"; user \"1000\"; workdir \"x\"; tag \"1\" }",
    );
    let errors = made(&text).expect_err("words without an effect");
    let codes: Vec<&str> = errors
        .iter()
        .filter_map(|one| one.split(' ').next())
        .collect();
    assert_eq!(codes, ["render::unused", "render::unused"], "{errors:?}");
}

#[test]
fn a_stage_that_does_not_exist_is_marked_where_it_is_named() {
    let text = manifest("image \"a\" { dockerfile \"D/Dockerfile\"; target \"'app'\"; tag \"1\" }");
    let shown = bring(&text, &Inputs::default(), &FILES).shown();
    let first = "error[dockerfile::target]: the file has no stage `'app'`, which is the target\n --> kiln.kdl:6:";
    assert!(shown.contains(first), "{shown}");
    assert!(
        shown.contains("D/Dockerfile:1:1") && shown.contains("this stage"),
        "{shown}"
    );
    // Kiln writes the file, so its stages cannot be named.
    let text = manifest("image \"a\" { from base=\"b\"; target \"app\"; tag \"1\" }");
    let shown = bring(&text, &Inputs::default(), &FILES).shown();
    for part in [
        "`target` has no effect",
        "remove it, or name a file with this stage",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains(".circleci"), "{shown}");
}
