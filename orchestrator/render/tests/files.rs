//! Files of the workspace: Dockerfiles, contexts, and the paths that Dockerfiles take from them.

use super::*;

#[test]
fn hand_written_files_and_contexts() {
    let files = [
        ("a/Dockerfile", "FROM debian:12\nCOPY . /\n"),
        ("a/x", "1"),
        ("a/y.log", "2"),
        ("a/sub/z", "3"),
        ("a/.dockerignore", "*.log\n"),
        ("b/app.Dockerfile", "FROM debian:12\n"),
        ("b/app.Dockerfile.dockerignore", "*\n!keep\n"),
        ("b/.dockerignore", "keep\n"),
        ("b/keep", "4"),
        ("b/drop", "5"),
    ];
    let context = |settings: &str| {
        let outcome = run(&format!("image \"i\" {{ tag \"x\"; {settings} }}"), &files);
        assert!(
            outcome.faults.is_empty(),
            "{}",
            crate::text::show::text(&outcome.faults, &outcome.sources, false)
        );
        let recipe = &outcome.recipes[0];
        assert!(!recipe.generated && recipe.beside.is_empty());
        recipe
            .context
            .iter()
            .map(|(path, _)| path.to_owned())
            .collect::<Vec<_>>()
    };
    // As Docker: Dockerfile and ignore file are part of the context unless a pattern matches them.
    assert_eq!(
        context("dockerfile \"a/Dockerfile\""),
        [".dockerignore", "Dockerfile", "sub/z", "x"]
    );
    assert_eq!(context("dockerfile \"b/app.Dockerfile\""), ["keep"]);
    assert_eq!(
        context("dockerfile \"b/app.Dockerfile\"; context \"a/sub\""),
        Vec::<String>::new()
    );
    assert_eq!(
        context("dockerfile \"a/Dockerfile\"; context \"b\""),
        [
            ".dockerignore",
            "app.Dockerfile",
            "app.Dockerfile.dockerignore",
            "drop"
        ]
    );
}

/// Kiln never sends these folders, so an instruction that takes them has a word of its own, wherever the context begins.
#[test]
fn what_is_never_sent_is_refused_at_its_line() {
    let check = |settings: &str, line: &str, expect: Option<&str>| {
        let file = format!("FROM debian:12\n{line}\n");
        let files = [("app/Dockerfile", file.as_str()), (".git/HEAD", "x")];
        let nodes =
            format!("image \"i\" {{ dockerfile \"app/Dockerfile\"; tag \"x\"; {settings} }}");
        let said = reported(&nodes, &files).join("\n");
        let place = format!("app/Dockerfile:{}:", 1 + line.lines().count());
        match expect {
            Some(name) => assert!(
                said.contains(&place) && said.contains(name),
                "{settings}: {line}: {said}"
            ),
            None => assert!(
                !said.contains("render::unsent"),
                "{settings}: {line}: {said}"
            ),
        }
    };
    let whole = "context \".\"";
    for (settings, line, expect) in [
        (whole, "COPY .git /c", Some("`.git` does not reach")),
        (whole, "COPY a ./.git/ /c/", Some("`.git` does not reach")),
        (whole, "ADD /.git/HEAD /c", Some("`.git/HEAD` does not")),
        (
            whole,
            "RUN --mount=type=bind,source=.git,target=/g true",
            Some("`.git` does not reach"),
        ),
        (
            whole,
            "ARG D=.git\nCOPY a ${D}/refs /c/",
            Some("`.git/refs` does not"),
        ),
        (whole, "COPY .kiln/x /c", Some("`.kiln/x` does not reach")),
        (
            "contexts \"all\" \".\"",
            "COPY --from=all .git /c",
            Some("`.git` does"),
        ),
        (
            "contexts \"git\" \"./.git\"",
            "COPY --from=git HEAD /c",
            None,
        ),
        (whole, "COPY .gitignore /c", None),
        (whole, "COPY . /c", None),
        ("", "COPY .git /c", None),
        (whole, "COPY app/.git /c", None),
    ] {
        check(settings, line, expect);
    }
}

/// A path that no file of the context has is a warning at its line, if builders need it.
#[test]
fn what_a_context_lacks_is_warned_about_at_its_line() {
    let files = [("app/src/main.c", ""), ("app/README.md", ""), ("lib/x", "")];
    for (line, expect) in [
        (
            "COPY nofile /x",
            Some("`nofile` is not in the build context"),
        ),
        ("COPY src nofile /x/", Some("`nofile` is not in")),
        ("ADD src/mian.c /x", Some("`src/mian.c` is not in")),
        ("COPY ../lib /x", Some("`lib` is not in")),
        ("ARG X=nofile\nCOPY $X /x", Some("`nofile` is not in")),
        (
            "RUN --mount=source=nofile,target=/x y",
            Some("`nofile` is not in"),
        ),
        (
            "COPY --from=lib nofile /x",
            Some("`nofile` is not in the named context `lib`"),
        ),
        ("COPY --from=lib x /x", None),
        ("COPY --fro=lib nofile /x", None),
        ("COPY --FROM=lib nofile /x", None),
        ("RUN --mount=form=lib,source=nofile,target=/x y", None),
        ("COPY src/ ./README.md /x/", None),
        ("COPY . /x", None),
        ("COPY no* /x/", None),
        ("COPY --from=debian:12 nofile /x", None),
        ("COPY $NONE /x", None),
        ("ADD https://example.com/nofile#x /x", None),
        ("COPY <<nofile /x\ntext\nnofile", None),
        ("RUN nofile", None),
        ("COPY Dockerfile /x", None),
    ] {
        let file = format!("FROM debian:12 AS dead\nCOPY nowhere /x\nFROM debian:12\n{line}\n");
        let files: Vec<_> = [("app/Dockerfile", file.as_str())]
            .into_iter()
            .chain(files)
            .collect();
        let nodes =
            "image \"i\" { dockerfile \"app/Dockerfile\"; contexts \"lib\" \"./lib\"; tag \"x\" }";
        let said: Vec<String> = reported(nodes, &files)
            .into_iter()
            .filter(|one| one.starts_with("render::absent"))
            .collect();
        let at = 3 + line.lines().count();
        let expect = expect.map(|text| (format!("app/Dockerfile:{at}:"), text));
        match expect {
            Some((place, text)) => assert!(
                said.len() == 1 && said[0].contains(&place) && said[0].contains(text),
                "{line}: {said:?}"
            ),
            None => assert!(said.is_empty(), "{line}: {said:?}"),
        }
    }
}

/// An ignore file that leaves a path out is named; only without it is a path that is alike meant, or one that comes later.
#[test]
fn the_help_says_why_a_context_lacks_a_path() {
    let ignored = "`app/.dockerignore` leaves it out: write `!";
    for (ignore, path, expect) in [
        ("dist\n", "dist/app.js", ignored),
        ("**\n!src\n", "README.md", ignored),
        (
            "dist\n!dist/x\n",
            "src/mian.c",
            "did you mean `src/main.c`?",
        ),
        (
            "dist\n",
            "build/x",
            "another step may write it before the build",
        ),
    ] {
        let file = format!("FROM debian:12\nCOPY {path} /x\n");
        let files = [
            ("app/Dockerfile", file.as_str()),
            ("app/.dockerignore", ignore),
            ("app/src/main.c", ""),
        ];
        let outcome = run(
            "image \"i\" { dockerfile \"app/Dockerfile\"; tag \"x\" }",
            &files,
        );
        let mut absent = outcome.faults.iter();
        let absent = absent.find(|one| one.code == "render::absent");
        let help = absent.and_then(|one| one.help.clone()).unwrap_or_default();
        assert!(help.contains(expect), "{ignore}: {path}: {help}");
        assert!(!help.contains("may leave"), "{ignore}: {path}: {help}");
    }
}

/// Builders skip comments, so their encoding does not matter. The mark in these texts is a byte that is not UTF-8.
#[test]
fn a_dockerfile_that_is_not_utf8_is_refused_outside_of_its_comments() {
    let place = |file: &str| {
        let nodes = "image \"i\" { dockerfile \"Dockerfile\"; tag \"x\" }";
        reported(nodes, &[("Dockerfile", file)])
    };
    for (file, expect) in [
        ("FROM debian:12\n# caf\u{fffd}\nRUN true\n", None),
        ("FROM debian:12\nRUN a \\\n  # caf\u{fffd}\n  b\n", None),
        (
            "FROM debian:12\nRUN echo caf\u{fffd}\n",
            Some("Dockerfile:2:13"),
        ),
        (
            "FROM debian:12\nRUN <<X\n# caf\u{fffd}\nX\n",
            Some("Dockerfile:3:6"),
        ),
    ] {
        let expect: Vec<String> = expect
            .map(|at| {
                format!("render::encoding {at} `Dockerfile` is not UTF-8 outside of its comments")
            })
            .into_iter()
            .collect();
        assert_eq!(place(file), expect, "{file}");
    }
}

/// A Dockerfile that does not exist is one error, with the one that was probably meant.
#[test]
fn a_missing_dockerfile_is_looked_for_nearby() {
    let check = |nodes: &str, expect: &str| {
        let image = format!("image \"app\" {{ {nodes}; tag \"1\" }}");
        let outcome = run(&image, &[("app/Dockerfile", "FROM b"), ("web/x", "")]);
        let found = outcome.faults.iter();
        let found: Vec<_> = found.map(|d| (d.code, d.help.as_deref())).collect();
        let help = format!("{expect}{RELATIVE}");
        assert_eq!(
            found,
            [("render::dockerfile", Some(help.as_str()))],
            "{nodes}"
        );
    };
    let near = "did you mean `app/Dockerfile`? ";
    check("context \"app\"; dockerfile \"Dockerfile\"", near);
    check("dockerfile \"app/Dockerfil\"", near);
    check("dockerfile \"app\"", near);
    check("dockerfile \"nowhere/Dockerfile\"", "");
    check("dockerfile \"ap/Dokcerfile\"", near);
}
