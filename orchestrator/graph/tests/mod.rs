//! Graphs of small fleets, and the time that large ones take.

mod select;

use super::*;
use crate::dockerfile::{ImageRef, ImageRefKind, RunsOn};
use crate::manifest::Syntax;
use crate::matrix::{Base, BaseId, Body, Fleet, Parent, Permission, PublicTag, TagKind, Variant};
use crate::name::{Platform, Reference, Repository};
use crate::render::Recipe;
use crate::text::{Diagnostics, SourceId, Span, Spanned};
use std::sync::Arc;
use typed_index_collections::TiSlice;

const NOWHERE: Span = Span {
    source: SourceId(0),
    start: 0,
    end: 0,
};

/// `name[@platform[+platform]] image…`: one line per variant. All are variants of one image with one tag each, and their
/// Dockerfiles name these images. `=` marks a parent that the manifest declares, too, `=!` one that only the manifest
/// declares, `~` a stage on the build platform, and `+` a COPY.
fn fleet(text: &str) -> (Fleet, Vec<Recipe>) {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let name_of = |line: &str| line.split(['@', ' ']).next().unwrap_or_default().to_owned();
    let names: Names = (0..)
        .map(VariantId)
        .zip(&lines)
        .map(|(id, line)| (name_of(line), id))
        .collect();
    let (variants, recipes) = (0..)
        .map(VariantId)
        .zip(&lines)
        .map(|(id, line)| variant_and_recipe(id, line, &names))
        .unzip();
    (fleet_of(variants), recipes)
}

type Names = std::collections::HashMap<String, VariantId>;

fn variant_and_recipe(id: VariantId, line: &str, names: &Names) -> (Variant, Recipe) {
    let mut words = line.split(' ');
    let (name, platform) = words
        .next()
        .map(|word| word.split_once('@').unwrap_or((word, "linux/amd64")))
        .unwrap();
    let mut parent = None;
    let mut image_refs = Vec::new();
    for word in words {
        let (declared, word) = strip(word, '=');
        let (only_declared, word) = strip(word, '!');
        let (unneeded, word) = strip(word, '-');
        let (native, word) = strip(word, '~');
        let (copied, image) = strip(word, '+');
        if declared {
            parent = Some(
                names
                    .get(image)
                    .map_or(Parent::Base(BaseId(0)), |id| Parent::Variant(*id)),
            );
        }
        if !only_declared {
            let on = if native {
                RunsOn::Build
            } else {
                RunsOn::Target
            };
            let need = (!unneeded).then_some(on);
            let needs = platform.split('+').map(|_| need.clone()).collect();
            image_refs.push(ImageRef {
                needs,
                ..image_ref(image, copied, names)
            });
        }
    }
    (variant(id, name, platform, parent), recipe(id, image_refs))
}

/// Whether the word has this prefix, and the rest of the word.
fn strip(word: &str, prefix: char) -> (bool, &str) {
    word.strip_prefix(prefix)
        .map_or((false, word), |rest| (true, rest))
}

fn image_ref(image: &str, copied: bool, names: &Names) -> ImageRef {
    let image = if names.contains_key(image) {
        format!("r.example/f/i:{image}")
    } else {
        image.to_owned()
    };
    ImageRef {
        kind: if copied {
            ImageRefKind::CopyFrom
        } else {
            ImageRefKind::From
        },
        reference: image.parse().unwrap(),
        bytes: 0..0,
        line: 1,
        needs: Vec::new(),
        context: None,
    }
}

fn fleet_of(variants: Vec<Variant>) -> Fleet {
    let base = Base {
        name: "b".into(),
        reference: "base".parse().unwrap(),
        span: NOWHERE,
        distribution: None,
        user: None,
        onbuild: false,
    };
    Fleet {
        ended: Default::default(),
        conditional: Default::default(),
        name: "f".into(),
        syntax: Syntax::BuildKit,
        engine: Default::default(),
        attest: Default::default(),
        bases: vec![base].into(),
        toolsets: Default::default(),
        variants: variants.into(),
    }
}

fn variant(id: VariantId, name: &str, platform: &str, parent: Option<Parent>) -> Variant {
    let repository: Repository = "r.example/f/i".parse().unwrap();
    // `a/x` and `b/x` are two variants that share the tag `x`.
    let tag = name.rsplit('/').next().unwrap().parse().unwrap();
    let tags = vec![PublicTag {
        tag,
        kind: TagKind::Moving,
        shared: false,
        span: NOWHERE,
        how: None,
        permission: Permission::Granted,
        git_version: None,
        varies: false,
        variable: false,
    }];
    Variant {
        id,
        image: "i".into(),
        name: name.into(),
        dir: name.into(),
        cells: Default::default(),
        parent,
        body: Body::Template(Spanned::new("t".into(), NOWHERE)),
        context: None,
        contexts: Default::default(),
        build: Default::default(),
        secrets: Default::default(),
        agents: Default::default(),
        target: None,
        retries: 0,
        uses: Arc::default(),
        platforms: platform
            .split('+')
            .map(|one| one.parse::<Platform>().unwrap())
            .collect::<Vec<Platform>>()
            .into(),
        args: Default::default(),
        env: Default::default(),
        distribution: None,
        config: Default::default(),
        checks: [].into(),
        hooks: Default::default(),
        publish: vec![repository.clone()].into(),
        staging: Some(repository),
        trusted_staging: None,
        permissions: vec![Permission::Granted].into(),
        tags: tags.into(),
        deferred: Default::default(),
        said: Arc::default(),
        span: NOWHERE,
    }
}

fn recipe(variant: VariantId, image_refs: Vec<ImageRef>) -> Recipe {
    let empty = Arc::default();
    let is_ground = |at: &ImageRef| at.kind == ImageRefKind::From && at.is_needed();
    Recipe {
        variant,
        path: "D".into(),
        dockerfile: "".into(),
        source: SourceId(0),
        context: Arc::clone(&empty),
        beside: empty,
        final_base: image_refs.iter().rposition(is_ground),
        image_refs: image_refs.into(),
        native: None,
        secrets: Default::default(),
        executed: Arc::default(),
        features: Arc::default(),
        map: Default::default(),
        fetching: Default::default(),
        refreshed: Default::default(),
        reads: Arc::default(),
        onbuild_reads: Default::default(),
        unneeded: Default::default(),
        idle: Default::default(),
        declared: "kiln.kdl:1:1".into(),
        based: None,
        contexts: None,
        is_unsound: false,
        generated: true,
    }
}

/// The graph, and what was reported: one code, message and help per diagnostic.
fn connect(text: &str) -> (Fleet, Graph, Vec<String>) {
    let (fleet, recipes) = fleet(text);
    let mut faults = Diagnostics::default();
    let graph = Graph::connect(&fleet, TiSlice::from_ref(&recipes), &mut faults);
    let lacking = graph.lacking();
    lacking.for_each(|(_, fault)| faults.push(fault.clone()));
    let reported = faults
        .iter()
        .map(|d| {
            format!(
                "{} {} | {}",
                d.code,
                d.message,
                d.help.clone().unwrap_or_default()
            )
        })
        .collect();
    (fleet, graph, reported)
}

/// Expects a graph without errors; `order` by name, and `parents` as `child<parent+parent`.
#[track_caller]
fn check(text: &str, order: &str, parents: &str) {
    let (fleet, graph, reported) = connect(text);
    assert_eq!(reported, Vec::<String>::new());
    let name = |v: &VariantId| fleet.variant(*v).name.clone();
    assert_eq!(
        graph.order().iter().map(name).collect::<Vec<_>>().join(" "),
        order
    );
    let edges = fleet
        .variants
        .iter()
        .filter(|v| graph.parents(v.id).next().is_some());
    let edges = edges.map(|v| {
        format!(
            "{}<{}",
            v.name,
            graph
                .parents(v.id)
                .map(|parent| name(&parent))
                .collect::<Vec<_>>()
                .join("+")
        )
    });
    assert_eq!(edges.collect::<Vec<_>>().join(" "), parents);
}

#[track_caller]
fn refuse(text: &str, expect: &str) {
    let (_, graph, reported) = connect(text);
    assert_eq!(reported.len(), 1, "{reported:#?}");
    assert!(
        reported[0].contains(expect),
        "{} should contain {expect}",
        reported[0]
    );
    // The rest of a broken graph can still be queried.
    let _ = graph.levels();
}

#[test]
fn edges() {
    check("a =base\nb =a\nc =b", "a b c", "b<a c<b");
    check("c =b\nb =a\na =base", "a b c", "c<b b<a");
    check("a base\nb a", "a b", "b<a");
    check("a base\nx base\nb base +a +x:9", "a x b", "b<a");
    check("a =base\nb =base\nc =a +b +a", "a b c", "c<a+b");
    check(
        "a =base\nb r.example/f/other:1 a@sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "a b",
        "",
    );
    check("latest =base\nb r.example/f/i", "latest b", "b<latest");
    check("a base", "a", "");
    check("", "", "");
}

#[test]
fn shared_tags_are_chosen_by_platform() {
    check(
        "1/x@linux/amd64 =base\n2/x@linux/arm64 =base\nc@linux/arm64 r.example/f/i:x",
        "1/x 2/x c",
        "c<2/x",
    );
    refuse(
        "1/x@linux/amd64 =base\n2/x@linux/arm64 =base\nc@linux/s390x r.example/f/i:x",
        "graph::shared `r.example/f/i:x` is a shared tag of several images",
    );
}

#[test]
fn faults() {
    refuse(
        "node =base\nb r.example/f/i:nod",
        "did you mean `r.example/f/i:node`?",
    );
    refuse(
        "node =base\nb r.example/f/i:1.20",
        "declare `base \"old\" from=\"r.example/f/i:1.20\"`, and in the image `from base=\"old\"`",
    );
    refuse(
        "a =base\nb base =!a",
        "graph::unnamed-parent `i:b` declares `from` `i:a`",
    );
    refuse(
        "a other =!base",
        "graph::unnamed-parent `i:a` declares `from` `base`",
    );
}

#[test]
fn parents_have_the_platforms_of_their_children() {
    const BOTH: &str = "linux/amd64+linux/arm64";
    let lacks = "graph::platform `i:b` needs `i:a` for linux/arm64, but `i:a` is built only for linux/amd64";
    refuse("a =base\nb@linux/arm64 =a", lacks);
    refuse(&format!("a =base\nb@{BOTH} =a"), lacks);
    check(&format!("a@{BOTH} =base\nb@linux/arm64 =a"), "a b", "b<a");
    check(&format!("a@{BOTH} =base\nb@{BOTH} =a"), "a b", "b<a");
    // Engines look for the target platform of an image that files are copied from.
    refuse(&format!("a =base\nb@{BOTH} +a"), lacks);
    refuse(
        &format!("a@{BOTH} =base\nb@linux/arm/v7 +a"),
        "`i:b` needs `i:a` for linux/arm/v7, but `i:a` is built only for linux/amd64, linux/arm64",
    );
    check(&format!("a =base\nb@{BOTH} ~a"), "a b", "b<a");
    let (_, graph, _) = connect("a =base\nb ~a\nc a");
    assert!(graph.crosses(VariantId(1), VariantId(0)));
    assert!(!graph.crosses(VariantId(2), VariantId(0)));
}

#[test]
fn rings() {
    refuse(
        "a =b\nb =c\nc =a\nd base",
        "these variants depend on each other: i:a -> i:b -> i:c -> i:a",
    );
    refuse("a a", "`i:a` is based on itself");
    refuse("a base +b\nb =a", "i:a -> i:b -> i:a");
    refuse(
        "z =base\na =z +c\nb =a\nc =b\nd =c",
        "i:a -> i:c -> i:b -> i:a",
    );
    let (_, _, reported) = connect("a b\nb a\nc d\nd c\ne base");
    assert_eq!(reported.len(), 2);
    let long: String = (0..3000)
        .map(|i| format!("v{i} v{}\n", (i + 1) % 3000))
        .collect();
    refuse(&long, "(2937 more)");
}

#[test]
fn reach_and_levels() {
    let (_, graph, _) = connect("a =base\nb =a\nc =b\nd =a\ne =base");
    let ids = |ids: &[u32]| ids.iter().map(|id| VariantId(*id)).collect::<BTreeSet<_>>();
    assert_eq!(graph.with_ancestors(&ids(&[2])), ids(&[0, 1, 2]));
    assert_eq!(graph.with_descendants(&ids(&[1, 4])), ids(&[1, 2, 4]));
    assert_eq!(graph.levels().raw, [0, 1, 2, 1, 0]);
    assert!(graph.children(VariantId(0)).eq([1, 3].map(VariantId)));
    assert_eq!(graph.targets(VariantId(1)), [Target::Variant(VariantId(0))]);
    assert_eq!(
        graph.targets(VariantId(0)),
        [Target::Base("base".parse::<Reference>().unwrap())]
    );
}

/// An image that only an unneeded stage names is neither a parent nor looked up.
#[test]
fn unneeded_stages() {
    check("a =base\nb -a base", "a b", "");
    check("a -b base\nb -a base", "a b", "");
    check("a =base\nb -r.example/f/i:9 a", "a b", "b<a");
}

#[test]
fn pictures() {
    let text = "a =base\nb =a\nc =b +a\nd =a\ne debian:12\nf scratchless\ng -tests:1 +a base\nh +b\ni -b a";
    let (fleet, graph, _) = connect(text);
    let (_, recipes) = self::fleet(text);
    insta::assert_snapshot!(format!(
        "{}\n{}\n{}\n{:#}",
        graph.text(&fleet),
        graph.dot(&fleet),
        graph.mermaid(&fleet),
        graph.json(&fleet, TiSlice::from_ref(&recipes))
    ));
}

/// A subgraph has only its own edges; a child of a variant that is left out is listed under that variant.
#[test]
fn parts() {
    let (fleet, graph, _) = connect("a =base\nb =a\nc =b +a\nd =a\ne debian:12");
    let part = graph.part(&[1, 2, 4].map(VariantId).into());
    assert_eq!(part.order(), [1, 2, 4].map(VariantId));
    let label = |v: u32| fleet.variant(VariantId(v)).label();
    assert_eq!(
        part.text(&fleet),
        format!(
            "debian:12\n└── {}\n{}\n└── {}\n    └── {}\n",
            label(4),
            label(0),
            label(1),
            label(2)
        )
    );
    assert_eq!(part.mermaid(&fleet).matches("-->").count(), 1);
    assert_eq!(part.dot(&fleet).matches("->").count(), 1);
}

/// G22: in bounded time and memory.
#[test]
fn large_fleets_take_no_time_and_no_stack() {
    let chain: String = (0..10_000)
        .map(|i| {
            if i == 0 {
                "v0 =base\n".into()
            } else {
                format!("v{i} =v{} +v{}\n", i - 1, i / 2)
            }
        })
        .collect();
    let (fleet, recipes) = fleet(&chain);
    let begun = std::time::Instant::now();
    let mut faults = Diagnostics::default();
    let graph = Graph::connect(&fleet, TiSlice::from_ref(&recipes), &mut faults);
    assert!(faults.is_empty());
    assert_eq!(graph.levels().raw[9_999], 9_999);
    // Generous: the goal is a tenth of a second in a release build on an idle machine.
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    let broken: String = (0..3000)
        .map(|i| format!("v{i} r.example/f/i:w{i}\n"))
        .collect();
    assert_eq!(connect(&broken).2.len(), Diagnostics::SHOWN);
}
