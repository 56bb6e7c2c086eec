//! New workspaces are valid fleets, written as a person would write them.

mod layouts;

use super::*;
use crate::name::Domain;
use crate::text::{Diagnostics, Sources, show};
use std::collections::BTreeSet;

/// `--name`, `--registry`, and the facts of the machine: the remote, the folder, the logins (`user@domain`).
#[track_caller]
fn check(asked: [&str; 2], remote: &str, folder: &str, logins: &[&str], expect: &str) {
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let login = |text: &&str| {
        let (user, domain) = text.split_once('@').unwrap_or(("", text));
        let domain: Domain = format!("{domain}/x")
            .parse::<crate::name::Repository>()
            .unwrap()
            .domain()
            .clone();
        Login {
            domain,
            user: said(user),
        }
    };
    let machine = Machine {
        remote: said(remote),
        folder: said(folder),
        logins: logins.iter().map(login).collect(),
    };
    let place = place(
        &Asked {
            name: said(asked[0]),
            registry: said(asked[1]),
        },
        &machine,
    );
    let shown = place.map_or_else(
        |fault| fault.message,
        |place| {
            format!(
                "{} {} {}",
                place.name.value,
                place.publish.value,
                place.stage()
            )
        },
    );
    assert_eq!(shown, expect);
}

#[test]
fn a_place_is_what_the_user_requests() {
    check(
        ["x", "ghcr.io/acme"],
        "",
        "f",
        &[],
        "x ghcr.io/acme/{image} ghcr.io/acme/kiln-stage",
    );
    check(
        ["x", "ghcr.io/acme/{image}/ci"],
        "",
        "f",
        &[],
        "x ghcr.io/acme/{image}/ci ghcr.io/acme/kiln-stage/ci",
    );
    check(
        ["x", "127.0.0.1:5000"],
        "",
        "f",
        &[],
        "x 127.0.0.1:5000/x/{image} 127.0.0.1:5000/x/kiln-stage",
    );
    check(
        ["x", "acme/"],
        "",
        "f",
        &[],
        "x docker.io/acme/{image} docker.io/acme/kiln-stage",
    );
    check(
        ["Big Fleet", ""],
        "",
        "f",
        &[],
        "`Big Fleet` cannot be the name of a workspace",
    );
    check(
        ["x", "ghcr.io/A b"],
        "",
        "f",
        &[],
        "--registry: `ghcr.io/A b/image` is not a repository: `A b` must be lower-case letters and digits, with `.`, `_`, `__` or `-` between them",
    );
}

#[test]
fn without_options_the_place_comes_from_remote_and_logins() {
    let github = "git@github.com:Acme/Images.git";
    check(
        ["", ""],
        "",
        "My Fleet",
        &[],
        "my-fleet 127.0.0.1:5000/my-fleet/{image} 127.0.0.1:5000/my-fleet/kiln-stage",
    );
    check(
        ["", ""],
        github,
        "f",
        &[],
        "images ghcr.io/acme/{image} ghcr.io/acme/kiln-stage",
    );
    check(
        ["", ""],
        github,
        "f",
        &["docker.io", "ghcr.io"],
        "images ghcr.io/acme/{image} ghcr.io/acme/kiln-stage",
    );
    check(
        ["", ""],
        github,
        "f",
        &["quay.io", "jo@docker.io"],
        "images docker.io/jo/{image} docker.io/jo/kiln-stage",
    );
    check(
        ["", ""],
        github,
        "f",
        &["quay.io"],
        "images quay.io/acme/{image} quay.io/acme/kiln-stage",
    );
}

#[test]
fn the_registry_of_another_git_host_needs_a_login() {
    let gitlab = "https://jo:secret@gitlab.acme.example:8443/ops/ci/images";
    check(
        ["", ""],
        gitlab,
        "f",
        &[],
        "images 127.0.0.1:5000/images/{image} 127.0.0.1:5000/images/kiln-stage",
    );
    let stage = "registry.gitlab.acme.example/ops/ci/images/kiln-stage";
    check(
        ["", ""],
        gitlab,
        "f",
        &["registry.gitlab.acme.example"],
        &format!("images registry.gitlab.acme.example/ops/ci/images/{{image}} {stage}"),
    );
    check(
        ["", ""],
        "/srv/git/thing.git",
        "f",
        &["r.example"],
        "f r.example/f/{image} r.example/f/kiln-stage",
    );
}

#[test]
fn remotes_are_read() {
    let read = |text: &str| {
        remote::read(text).map(|remote| format!("{} {}", remote.host, remote.path.join("/")))
    };
    for (text, expect) in [
        ("https://github.com/a/b.git", Some("github.com a/b")),
        ("https://user:pass@GitHub.com/a/b/", Some("github.com a/b")),
        ("ssh://git@host.example:2222/a/b", Some("host.example a/b")),
        ("git@github.com:a/b.git", Some("github.com a/b")),
        ("host:b", Some("host b")),
        ("/srv/a.git", None),
        ("../a:b", None),
        ("file:///srv/a.git", None),
        ("https://", None),
        ("", None),
        ("é:☃", Some("é ☃")),
    ] {
        assert_eq!(read(text).as_deref(), expect, "{text}");
    }
}

fn somewhere(registry: Option<&str>) -> Place {
    let machine = Machine {
        folder: Some(String::from("acme")),
        ..Machine::default()
    };
    place(
        &Asked {
            name: None,
            registry: registry.map(str::to_owned),
        },
        &machine,
    )
    .expect("a place")
}

#[test]
fn a_new_workspace_is_a_fleet_on_every_family() {
    for base in [
        None,
        Some("debian:13"),
        Some("alpine:3.22"),
        Some("r.example/ubi9/ubi-minimal:9.6"),
        Some(
            "127.0.0.1:5000/x@sha256:0000000000000000000000000000000000000000000000000000000000000000",
        ),
    ] {
        let (begun, _) = fresh(&somewhere(None), base)
            .unwrap_or_else(|fault| panic!("{base:?}: {}", fault.message));
        assert_eq!(begun.fleet.variants.len(), 2);
        assert!(
            !begun.files[0].1.contains('@') || base.is_some_and(|base| base.contains('@')),
            "{}",
            begun.files[0].1
        );
        let parents = begun.graph.parents(begun.fleet.variants.raw[1].id);
        assert!(parents.eq([begun.fleet.variants.raw[0].id]));
    }
    assert!(fresh(&somewhere(None), Some("no base")).is_err());
}

/// A workspace from files; `files` are further paths that exist.
fn of(registry: Option<&str>, dockerfiles: &[(&str, &str)], files: &[&str]) -> String {
    let mut sources = Sources::default();
    let mut out = Diagnostics::default();
    let written = |(below, text): &(&str, &str)| {
        let path = format!(".circleci/images/{below}");
        Written {
            source: sources.add(path.as_str(), *text),
            path,
            below: (*below).to_owned(),
            text: (*text).into(),
        }
    };
    let all: Vec<Written> = dockerfiles.iter().map(written).collect();
    let there: BTreeSet<&str> = files.iter().copied().collect();
    let has = |path: &str| there.contains(path);
    let begun = super::dockerfiles(
        &somewhere(registry),
        ".circleci/images",
        &all,
        &has,
        &mut out,
    );
    let text = match begun {
        Ok((begun, said)) => format!(
            "{}---\n{}--- {}\n",
            begun.files[0].1,
            begun.graph.text(&begun.fleet),
            said.from
        ),
        Err(fault) => format!("refused: {}\n", fault.message),
    };
    text + &show::text(&out, &sources, false)
}

#[test]
fn folders_of_dockerfiles_become_a_fleet_with_edges() {
    let go = "ARG GO=1.26\nFROM acme/base:2026.03\nCOPY --from=acme/tools /bin/tool /bin/\nCOPY files/go.sh /usr/local/bin/\n";
    insta::assert_snapshot!(of(
        None,
        &[
            (
                "app/Dockerfile",
                "FROM acme/go:1.26 AS build\nCOPY src /src\nFROM acme/base:2026.03\nCOPY --from=build /src /srv\n"
            ),
            ("base/2026.03/Dockerfile", "FROM debian:trixie\n"),
            ("go/1.25/Dockerfile", go),
            ("go/1.26/Dockerfile", go),
            ("node/22/Dockerfile", "FROM node:22\n"),
            ("old/Dockerfile", "FROM acme/base:2025.01\n"),
            ("tools/7/Dockerfile", "FROM acme/base:2026.03\nCOPY . /\n"),
        ],
        &[
            "src",
            ".circleci/images/go/1.25/files/go.sh",
            ".circleci/images/files/go.sh"
        ],
    ));
}

#[test]
fn what_cannot_be_imported_is_reported() {
    insta::assert_snapshot!(of(
        Some("r.example/mine"),
        &[
            ("Dockerfile", "FROM base\nCOPY nothing /\n"),
            (
                "ours/Dockerfile",
                "# Generated by kiln from kiln/image\nFROM debian:trixie\n"
            ),
            ("base/Dockerfile", "FROM debian:trixie\n"),
            ("base/Dockerfile.latest", "FROM debian:trixie\n"),
            ("odd/1/Dockerfile", "ARG BASE\nFROM $BASE\n"),
            ("odd/2/Dockerfile", "FROM debian:trixie\n"),
            ("Odd One/Dockerfile", "FROM r.example/other/base:latest\n"),
            (
                "worse/Dockerfile",
                "FROM debian:trixie\nCOPY --from=$X / /\n"
            ),
        ],
        &[],
    ));
}

#[test]
fn an_invalid_fleet_is_refused() {
    let ring = [
        ("a/1/Dockerfile", "FROM x/b:1\n"),
        ("b/1/Dockerfile", "FROM x/a:1\n"),
    ];
    insta::assert_snapshot!(
        of(None, &ring, &[]) + &of(None, &[("a/Dockerfile", "")], &[]) + &of(None, &[], &[])
    );
}

/// For any file there is a workspace or an error, never a panic.
#[test]
fn odd_files_are_imported_or_refused() {
    let odd = [
        "",
        "\u{feff}",
        "FROM",
        "FROM [",
        "FROM x\nCOPY [",
        "FROM x\nCOPY [] []",
        "FROM x\nCOPY",
        "FROM x\nADD <<E /x\nE",
        "FROM x\nCOPY é* [a] /",
        "FROM x@y",
    ];
    for path in [
        "Dockerfile",
        "é/Dockerfile",
        "a/b/c/d/Dockerfile.\u{1b}",
        "{x}/{y}/Dockerfile",
        "a/\"/Dockerfile",
        "a/}/Dockerfile",
    ] {
        for text in odd {
            let shown = of(
                None,
                &[("ok/Dockerfile", "FROM debian:trixie\n"), (path, text)],
                &[],
            );
            assert!(
                shown.starts_with("// Begun by kiln init") && shown.contains("ok:latest"),
                "{path} {text:?}\n{shown}"
            );
        }
    }
}
