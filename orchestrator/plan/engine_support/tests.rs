use super::*;
use crate::dockerfile::{self, Given};
use crate::graph::Graph;
use crate::line;
use crate::matrix::{Inputs, VariantId};
use crate::memory::NoHistory;
use crate::plan::{Facts, Materials, Options, build, ids};
use crate::render::Recipe;
use crate::request::{Product, Store};
use crate::text::{Diagnostics, SourceId};
use indexmap::IndexMap;
use typed_index_collections::TiVec;

/// The error for one image with this Dockerfile.
fn said(syntax: &str, dockerfile: &str, version: &str, builder: Builder) -> Option<String> {
    said_on("linux/amd64", syntax, dockerfile, version, builder)
}

/// The same on an engine of this platform.
fn said_on(
    platform: &str,
    syntax: &str,
    dockerfile: &str,
    version: &str,
    builder: Builder,
) -> Option<String> {
    said_with("", platform, syntax, dockerfile, version, builder)
}

/// The same with more settings of the image.
fn said_with(
    settings: &str,
    platform: &str,
    syntax: &str,
    dockerfile: &str,
    version: &str,
    builder: Builder,
) -> Option<String> {
    let docker = (Product::Docker, version);
    said_by(docker, settings, platform, syntax, dockerfile, builder)
}

/// The same on an engine of this kind and version.
fn said_by(
    (product, version): (Product, &str),
    settings: &str,
    platform: &str,
    syntax: &str,
    dockerfile: &str,
    builder: Builder,
) -> Option<String> {
    let text = format!(
        "workspace \"w\" {{ publish \"r.example/f/{{image}}\"; syntax {syntax} }}\nbase \"b\" from=\"debian:12\"\nimage \"a\" {{ from base=\"b\"; tag \"1\"; {settings} }}"
    );
    let mut faults = Diagnostics::default();
    let fleet = line::fleet_of(&text, &Inputs::default(), &mut faults).expect("a fleet");
    let given = Given {
        args: &IndexMap::new(),
        platforms: &fleet.variants.raw[0].platforms,
        target: None,
        contexts: &[],
    };
    let read = dockerfile::read(dockerfile, given);
    let recipe = Recipe {
        native: read.native,
        secrets: Default::default(),
        executed: read.executed.clone().into(),
        features: read.features(&Default::default()).into(),
        variant: VariantId(0),
        path: "D".into(),
        dockerfile: dockerfile.into(),
        source: SourceId(0),
        context: Default::default(),
        beside: Default::default(),
        image_refs: Default::default(),
        final_base: None,
        map: Default::default(),
        fetching: Default::default(),
        refreshed: Default::default(),
        reads: Default::default(),
        onbuild_reads: Default::default(),
        unneeded: Default::default(),
        idle: Default::default(),
        declared: "kiln.kdl:1:1".into(),
        based: None,
        contexts: None,
        is_unsound: false,
        generated: true,
    };
    let info = EngineInfo {
        id: String::new(),
        product,
        version: version.into(),
        api: "1.41".into(),
        store: Store::GraphDriver,
        driver: "overlay2".into(),
        builder,
        platform: platform.parse().unwrap(),
        cpus: 2,
    };
    let recipes = TiVec::from(vec![recipe]);
    let graph = Graph::connect(&fleet, &recipes, &mut faults);
    let materials = Materials {
        fleet: &fleet,
        names: &VariantName::all(&fleet),
        recipes: &recipes,
        graph: &graph,
        ids: &ids(&fleet, &recipes, &graph),
        lock: &crate::lockfile::Lockfile::default(),
    };
    let options = Options::new(false, [VariantId(0)].into(), &NoHistory);
    let plan = build(&materials, &Facts::default(), &options);
    let lacking = supports(&plan, &info).err()?;
    let lacking: Vec<String> = lacking.iter().map(ToString::to_string).collect();
    Some(lacking.join("\n"))
}

#[track_caller]
fn check(syntax: &str, dockerfile: &str, version: &str, builder: Builder, expect: Option<&str>) {
    let found = said(syntax, dockerfile, version, builder);
    match (&found, expect) {
        (None, None) => {}
        (Some(found), Some(expect)) => assert!(found.contains(expect), "{found}"),
        _ => panic!("{found:?}"),
    }
}

#[test]
fn a_last_stage_on_the_build_platform_needs_the_right_engine() {
    let said = |platform: &str, dockerfile: &str| {
        said_on(
            platform,
            "\"buildkit\"",
            dockerfile,
            "28.5.2",
            Builder::BuildKit,
        )
    };
    let native = "FROM --platform=$BUILDPLATFORM a AS b\nFROM b\n";
    assert_eq!(said("linux/amd64", native), None);
    let refused = said("linux/arm64", native).unwrap();
    assert!(
            refused.starts_with("a:1: D:1: the last stage runs on the build platform, here linux/arm64, and the image is built for linux/amd64"),
            "{refused}"
        );
    let tools = "FROM --platform=$BUILDPLATFORM a AS b\nFROM scratch\nCOPY --from=b / /\n";
    assert_eq!(said("linux/arm64", tools), None);
    let platform = "D:1: a FROM that depends on the platform needs BuildKit";
    check(
        "\"buildkit\"",
        tools,
        "28.5.2",
        Builder::Classic,
        Some(platform),
    );
    let own = "ARG BUILD_BASE=a\nFROM $BUILD_BASE\n";
    check("\"buildkit\"", own, "28.5.2", Builder::Classic, None);
}

#[test]
fn options_need_an_engine_that_has_them() {
    let said = |settings: &str, version: &str, builder: Builder| {
        said_with(
            settings,
            "linux/amd64",
            "\"buildkit\"",
            "FROM a\n",
            version,
            builder,
        )
    };
    let (old, new) = ("20.10.24", "28.5.2");
    let shm_size = said("shm-size \"1g\"", old, Builder::BuildKit).unwrap();
    assert!(
        shm_size.contains("`shm-size` is known to BuildKit"),
        "{shm_size}"
    );
    let ulimit = said("ulimit \"nofile=5\"", old, Builder::BuildKit).unwrap();
    assert!(ulimit.contains("`ulimit` is known to BuildKit"), "{ulimit}");
    for (settings, version, builder) in [
        (
            "shm-size \"1g\"; ulimit \"nofile=5\"",
            old,
            Builder::Classic,
        ),
        (
            "shm-size \"1g\"; ulimit \"nofile=5\"",
            new,
            Builder::BuildKit,
        ),
        (
            "network \"none\"; extra-host \"a:10.0.0.1\"",
            old,
            Builder::BuildKit,
        ),
    ] {
        assert_eq!(
            said(settings, version, builder),
            None,
            "{settings} {version}"
        );
    }
}

#[test]
fn engines_and_builders_are_compared() {
    let (mount, link) = (
        "FROM a\nRUN --mount=type=cache,target=/x y\n",
        "FROM a\nCOPY --link a b\n",
    );
    check("\"buildkit\"", mount, "20.10.24", Builder::BuildKit, None);
    check(
        "\"buildkit\"",
        "FROM a\n",
        "20.10.24",
        Builder::Classic,
        None,
    );
    check(
        "\"buildkit\"",
        mount,
        "28.5.2",
        Builder::Classic,
        Some("a:1: D:2: RUN --mount needs BuildKit"),
    );
    check(
        "\"buildkit\"",
        mount,
        "28.5.2",
        Builder::Classic,
        Some("say `syntax \"classic\"`"),
    );
    check(
        "\"classic\"",
        mount,
        "28.5.2",
        Builder::Classic,
        Some("write the file without it"),
    );
    check(
        "\"buildkit\"",
        link,
        "20.10.24",
        Builder::BuildKit,
        Some("COPY --link is known to engines from 23.0 on, and this one is 20.10.24"),
    );
    check("\"buildkit\"", link, "dev", Builder::BuildKit, None);
    let outdated = "FROM a\nSHELL [\"/bin/sh\"] # c\n";
    check(
        "\"buildkit\"",
        outdated,
        "28.5.2",
        Builder::BuildKit,
        Some(
            "D:2: more than a list follows SHELL: engines from 27.1 on refuse it, and this one is 28.5.2",
        ),
    );
    for builder in [Builder::BuildKit, Builder::Classic] {
        check("\"buildkit\"", outdated, "20.10.24", builder, None);
    }
    check(
        "\"buildkit\" engine=\"23.0\"",
        "FROM a\n",
        "20.10.24",
        Builder::BuildKit,
        Some("declares an engine from 23.0 on"),
    );
    check(
        "\"buildkit\" engine=\"23.0\"",
        link,
        "28.5.2",
        Builder::BuildKit,
        None,
    );
}

/// The same as [`said`], on Podman.
fn said_on_podman(syntax: &str, dockerfile: &str, builder: Builder) -> Option<String> {
    let (settings, platform) = ("", "linux/amd64");
    let podman = (Product::Podman, "4.3.1");
    said_by(podman, settings, platform, syntax, dockerfile, builder)
}

#[test]
fn podman_has_no_buildkit() {
    let said = said_on_podman("\"buildkit\"", "FROM a\n", Builder::Classic).unwrap();
    let expect = "(`syntax \"buildkit\"`, the default), and Podman 4.3.1 has none\n  say `syntax \"classic\"`";
    assert!(said.contains(expect), "{said}");
    assert_eq!(
        said_on_podman("\"classic\"", "FROM a\n", Builder::Classic),
        None
    );
    let mount = "FROM a\nRUN --mount=type=cache,target=/x y\n";
    let said = said_on_podman("\"classic\"", mount, Builder::Classic).unwrap();
    let expect = "a:1: D:2: RUN --mount needs BuildKit, and Podman 4.3.1 has none";
    assert!(said.contains(expect), "{said}");
    let said = said_on_podman("\"classic\"", "FROM a\n", Builder::BuildKit).unwrap();
    assert!(said.contains("leave out `--builder buildkit`"), "{said}");
}

/// What Podman would ignore, or refuse without a reason.
#[test]
fn podman_does_not_take_all_options() {
    let said = |settings: &str| {
        let podman = (Product::Podman, "4.3.1");
        let on = "linux/amd64";
        said_by(
            podman,
            settings,
            on,
            "\"classic\"",
            "FROM a\n",
            Builder::Classic,
        )
    };
    for (settings, word) in [
        ("network \"none\"", "network"),
        ("extra-host \"a:10.0.0.1\"", "extra-host"),
        ("ulimit \"nofile=5\"", "ulimit"),
    ] {
        let expect = format!("a:1: Podman 4.3.1 does not take `{word}`");
        let refused = said(settings).unwrap();
        assert!(refused.starts_with(&expect), "{refused}");
    }
    assert_eq!(said("shm-size \"1g\""), None);
}

#[test]
fn all_that_an_engine_lacks_is_one_answer() {
    let said = said_with(
        "shm-size \"1g\"; ulimit \"nofile=5\"",
        "linux/amd64",
        "\"buildkit\"",
        "FROM a\nCOPY --link a b\nRUN <<E\nx\nE\n",
        "20.10.24",
        Builder::BuildKit,
    );
    let said = said.unwrap();
    let messages = said.lines().filter(|line| line.starts_with("a:1: "));
    let messages: Vec<&str> = messages.collect();
    let starts = [
        "a:1: D:2: COPY --link is known",
        "a:1: D:3: ",
        "a:1: `shm-size` is known",
        "a:1: `ulimit` is known",
    ];
    assert_eq!(messages.len(), starts.len(), "{said}");
    for (message, start) in messages.iter().zip(starts) {
        assert!(message.starts_with(start), "{said}");
    }
}
