use super::*;
use crate::manifest::Syntax;
use crate::request::{Builder, Product, Store};

/// An engine in which nothing is wrong, on this machine.
fn info() -> EngineInfo {
    EngineInfo {
        id: String::new(),
        product: Product::Docker,
        version: "28.5.2".into(),
        api: "1.51".into(),
        store: Store::GraphDriver,
        driver: "overlay2".into(),
        builder: Builder::BuildKit,
        platform: Platform::linux_amd64(),
        cpus: 4,
    }
}

/// The findings of each check as lines, for one that differs from it.
fn found(
    env: &[(&str, &str)],
    host: Endpoint,
    wanted: &Wanted,
    change: impl FnOnce(&mut Examined<'_>),
) -> String {
    let env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    let env: Environment = env.collect();
    let platforms = ["linux/amd64", "linux/amd64/v3", "linux/386", "linux/arm64"];
    let platforms = platforms.map(|text| text.parse().expect("a platform"));
    let mut one = Examined {
        env: &env,
        endpoint: &host,
        named_by: "DOCKER_HOST".into(),
        info: info(),
        condition: Condition {
            time: Some(1_000_000),
            ..Condition::default()
        },
        platforms: Some(platforms.to_vec()),
        now: 1_000_000,
        wanted,
    };
    change(&mut one);
    let findings = CHECKS.iter().flat_map(|check| check(&one));
    let mut section = Section::new("engine");
    section.findings = findings.collect();
    super::super::finding::text(&[section])
}

fn socket() -> Endpoint {
    Endpoint::Unix("/var/run/docker.sock".into())
}

fn tcp(host: &str, port: u16) -> Endpoint {
    let host = host.into();
    Endpoint::Tcp { host, port }
}

#[test]
fn a_good_engine() {
    let wanted = Wanted::default();
    insta::assert_snapshot!(found(&[], socket(), &wanted, |_| {}), @r#"
    engine
      ok       engine      Docker Engine 28.5.2 on linux/amd64, API 1.51, 4 processors; named by DOCKER_HOST
      ok       store       graph drivers, overlay2
      ok       builder     BuildKit
      ok       platforms   linux/amd64; it emulates linux/arm64, which is several times slower
      ok       clock       agrees with that of the engine
      note     disk        the free space of the engine is not known: its folder is not on this machine, and no engine reports it
                           to see what fills it: `docker system df`; the free space itself: `df` on its machine
    1 engine, 0 registries: no problems
    "#);
}

#[test]
fn an_engine_with_everything_wrong() {
    let wanted = Wanted {
        syntax: Some(Syntax::BuildKit),
        platforms: ["linux/amd64", "linux/s390x"]
            .map(|text| text.parse().expect("a platform"))
            .into(),
        loopback: [domain("127.0.0.1:5000")].into(),
    };
    let text = found(&[], tcp("build.example", 2375), &wanted, |one| {
        one.info.driver = "vfs".into();
        one.info.builder = Builder::Classic;
        one.condition.time = Some(1_000_300);
        one.condition.warnings = vec!["WARNING: no swap limit support".into()];
    });
    insta::assert_snapshot!(text, @r#"
    engine
      ok       engine      Docker Engine 28.5.2 on linux/amd64, API 1.51, 4 processors; named by DOCKER_HOST
      note     engine      WARNING: no swap limit support
      note     store       the storage driver is vfs: every layer is a full copy, so builds are slow and large
                           set `"storage-driver": "overlay2"` in the engine's daemon.json, or DOCKER_DRIVER=overlay2 for docker:dind; the kernel of its machine must have the module `overlay`
      problem  builder     Docker Engine 28.5.2 has no BuildKit, and the workspace is written for it (`syntax "buildkit"`, the default)
                           say `syntax "classic"` in kiln.kdl and render again, or use another engine
      ok       platforms   linux/amd64; it emulates linux/arm64, which is several times slower
      note     platforms   the manifest builds for linux/s390x, which the engine neither runs nor emulates, so steps and checks that run there are refused
                           install emulators on its machine (kiln's docs/engines.md), or build on an engine of that platform
      problem  clock       the clock of this machine is 300 s behind that of the engine, so package indexes, certificates and tokens may not be valid in builds
                           set the one that is wrong, or let it follow a time server
      note     disk        the free space of the engine is not known: its folder is not on this machine, and no engine reports it
                           to see what fills it: `docker system df`; the free space itself: `df` on its machine
      note     place       the engine may be on another machine: a hook cannot mount a folder of this one into a container, and a port of a container there is not one of this machine
      note     place       the connection has no TLS: everyone who reaches that port controls the engine and its machine
                           use TLS (DOCKER_TLS_VERIFY=1, DOCKER_CERT_PATH), or ssh://, unless nothing else is in that network
      note     place       to the engine, 127.0.0.1:5000 is a registry on its own machine, not on this one
                           use a name that means the same on both, unless both are one machine
    1 engine, 0 registries: 2 problems
    "#);
}

#[test]
fn podman() {
    let wanted = Wanted {
        platforms: [("linux/arm64").parse().expect("a platform")].into(),
        ..Wanted::default()
    };
    let text = found(&[], socket(), &wanted, |one| {
        one.info.product = Product::Podman;
        one.info.builder = Builder::Classic;
        one.platforms = None;
    });
    insta::assert_snapshot!(text, @r#"
    engine
      ok       engine      Podman 28.5.2 on linux/amd64, API 1.51, 4 processors; named by DOCKER_HOST
      ok       store       graph drivers, overlay2
      note     builder     Podman's own, which takes the requests of the classic builder
      note     platforms   linux/amd64; the engine does not report what it emulates, and the manifest builds for linux/arm64
                           install emulators on its machine (kiln's docs/engines.md), if that was not done
      ok       clock       agrees with that of the engine
      note     disk        the free space of the engine is not known: its folder is not on this machine, and no engine reports it
                           to see what fills it: `docker system df`; the free space itself: `df` on its machine
    1 engine, 0 registries: no problems
    "#);
}

#[track_caller]
fn check_lacks(env: &[(&str, &str)], endpoint: Endpoint, expect: &str) {
    let env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    let why = WorldError::unreachable("the engine", "connection refused");
    let found = place::unreachable(&env.collect(), &endpoint, &why);
    assert!(found[0].is_problem());
    let more: Vec<&str> = found[1..].iter().map(Finding::text).collect();
    assert!(more.concat().contains(expect), "{more:?}");
    assert_eq!(more.is_empty(), expect.is_empty(), "{more:?}");
}

/// What jobs of CI systems lack when no engine answers.
#[test]
fn jobs_without_an_engine() {
    check_lacks(&[], socket(), "");
    check_lacks(&[("CIRCLECI", "true")], socket(), "`setup_remote_docker`");
    let gitlab = ("GITLAB_CI", "true");
    check_lacks(&[gitlab], socket(), "`services: [docker:dind]`");
    check_lacks(&[gitlab], tcp("docker", 2375), "on Kubernetes runners");
    let certificates = ("DOCKER_TLS_CERTDIR", "/certs");
    let with_tls = [gitlab, certificates];
    check_lacks(&with_tls, tcp("docker", 2375), "tcp://docker:2376");
    check_lacks(&[gitlab], tcp("docker", 2376), "DOCKER_TLS_VERIFY=1");
    check_lacks(&[], tcp("build.example", 2375), "");
}

fn domain(text: &str) -> crate::name::Domain {
    let repository: crate::name::Repository = format!("{text}/x").parse().expect("a repository");
    repository.domain().clone()
}

#[test]
fn two_names_of_one_engine_are_one_engine() {
    let names = ["a", "b", "c", "d"].map(String::from);
    let ids = ["1", "", "1", ""].map(String::from);
    let section = |id: String| (id, Section::new("engine"));
    let sections = once_each(&names, ids.map(section).into());
    let notes = |one: &Section| {
        one.findings
            .iter()
            .map(|one| one.text().to_owned())
            .collect()
    };
    let notes: Vec<Vec<String>> = sections.iter().map(notes).collect();
    let same = vec!["c is the same engine; a run uses it once".to_owned()];
    assert_eq!(notes, [same, Vec::new(), Vec::new()]);
}
