//! A template writes the same in parts as it does at once, for every variant and every name.

use super::*;
use crate::line::tests as line;
use crate::lockfile::Lockfile;
use crate::matrix::{Fleet, Inputs};
use crate::render::Texts;
use crate::render::data::{self, TemplateData};
use crate::render::template::{TemplateFault, Templates, fault};
use crate::text::{Sources, Span, Spanned};

/// Two images, each with variants that differ in every way and variants that are the same but for their names.
const FLEET: &str = r#"
workspace "w" { publish "r.example/f/{image}"; stage "r.example/f/stage"; }
base "b" from="debian:12"
toolset "t" {
    param "v" default="1"
    package "curl" "git"
    env A="{v}"
    run "echo {v}"
    fetch "https://e.example/{arch}/{v}" into="/usr/local/bin/f"
    file "f.txt" into="/etc/f"
    check run="true"
}
image "above" {
    axis "os" { value "x"; value "y" }
    from base="b"
    use "t" v="{os}"
    user "u" uid="1000"
    tag "{os}"
}
image "i" {
    axis "version" kind="version" rungs="full" { value "1.2.3"; value "1.2.4" { set build="7" } }
    axis "os" { value "x"; value "y" { set also="z" } }
    from image="above" os="{os}"
    env E="{version}" F="same"
    arg A="{os}"
    label "l" "{version}"
    workdir "/srv"
    cmd "a" "{version}"
    expose "80"
    platforms "linux/amd64" "linux/arm64"
    tag "{version}-{os}"
    when os="y" { use "t" v="{version}" }
}
"#;

/// What reads a name, which stands for `P`, and the partial `p` that it includes.
const WAYS: [(&str, &str); 39] = [
    ("{{#if (eq P \"1.2.3\")}}a{{else}}b{{/if}}", ""),
    (
        "{{#each cells}}{{#if (eq value \"x\")}}{{../P}}{{/if}}{{/each}}",
        "",
    ),
    (
        "{{#each P}}{{#if (eq this \"x\")}}a{{else}}{{quote this}}{{/if}}{{/each}}",
        "",
    ),
    (
        "{{#each P}}{{#each this}}{{#if (ne this \"y\")}}{{this}}{{/if}}{{/each}}{{/each}}",
        "",
    ),
    (
        "{{#with P}}{{shell this}}{{/with}}{{#with os}}{{#if (lt this \"y\")}}a{{/if}}{{/with}}",
        "",
    ),
    ("{{#each P as |v|}}{{quote v}}{{/each}}", ""),
    (
        "{{#if (lookup args P)}}a{{/if}}{{lookup P \"os\"}}{{has cells P}}",
        "",
    ),
    (
        "{{quote (lookup axis \"os\")}}{{default axis \"os\" P}}",
        "",
    ),
    ("{{> p x=P}}{{> p x=os}}", "{{quote x}}"),
    (
        "{{#each axis}}{{> p this}}{{/each}}{{> p P}}",
        "{{literal this}}",
    ),
    (
        "{{#with os}}{{#each ../P}}{{json this ../this}}{{/each}}{{/with}}",
        "",
    ),
    (
        "{{#if (and P (or os P))}}{{P}}{{/if}}{{#if (not P)}}n{{/if}}{{#if (gt (len P) 1)}}l{{/if}}",
        "",
    ),
    (
        "{{#each toolsets}}{{#each packages}}{{join ../packages this}}{{/each}}{{#if (eq params.v P)}}p{{/if}}{{/each}}",
        "",
    ),
    ("{{P}}", ""),
    ("{{this.P}}|{{./P}}", ""),
    ("{{@root.P}}", ""),
    ("{{#if P}}y{{P}}{{else}}n{{/if}}", ""),
    ("{{#unless P}}y{{else}}n{{P}}{{/unless}}", ""),
    (
        "{{#each P}}{{@key}}{{@index}}={{this}},{{@root.P}}{{../P}}{{/each}}",
        "",
    ),
    ("{{#each P as |v k|}}{{k}}={{v}}{{image}}{{/each}}", ""),
    ("{{#with P}}{{this}}{{@root.name}}{{/with}}", ""),
    ("{{#with P as |x|}}{{x}}{{name}}{{/with}}", ""),
    ("{{#with this}}{{P}}{{/with}}", ""),
    ("{{#each toolsets}}{{@root.P}}{{../P}}{{name}}{{/each}}", ""),
    (
        "{{#each cells}}{{#with ../this}}{{P}}{{/with}}{{/each}}",
        "",
    ),
    (
        "{{#each axis}}{{#each ../env}}{{../../P}}{{@../key}}{{/each}}{{/each}}",
        "",
    ),
    ("{{#each this}}{{@key}}={{this}};{{/each}}", ""),
    ("{{lookup this \"P\"}}|{{lookup @root \"P\"}}", ""),
    ("{{#each axis}}{{lookup ../this \"P\"}}{{/each}}", ""),
    ("{{has this \"P\"}}{{default this \"P\" \"d\"}}", ""),
    ("{{quote P}}{{literal P}}{{shell P}}", ""),
    ("{{json P}}{{len P}}", ""),
    ("{{> p}}", "{{P}}{{#each P}}{{this}}{{/each}}"),
    ("{{> p this}}", "{{P}}{{../P}}"),
    ("{{> p P}}", "{{this}}{{name}}{{@root.P}}{{../P}}"),
    ("{{> p x=P}}", "{{x}}{{P}}{{name}}"),
    (
        "{{#each toolsets}}{{> p this x=../P}}{{/each}}",
        "{{x}}{{name}}",
    ),
    ("{{#*inline \"q\"}}{{P}}{{/inline}}{{> q}}{{> p}}", "{{P}}"),
    (
        "{{#> p}}{{P}}{{/p}}\n  {{> p}}\n",
        "({{P}}{{> @partial-block}})\n",
    ),
];

fn templates(template: &str, partial: &str) -> Templates {
    let stages = "{{#each stages}}{{stage}}{{/each}}\n";
    let texts = [
        ("t", template),
        ("templates/p.hbs", partial),
        ("templates/kiln/stages.hbs", stages),
    ];
    let texts = texts.map(|(path, text)| (path.to_owned(), text.into()));
    let path = Spanned::new(String::from("t"), Span::default());
    Templates::load([&path], &Texts(texts.into()), &mut Sources::default()).0
}

/// What the template writes if nothing is split, left out or kept.
fn at_once(templates: &Templates, data: &TemplateData<'_>) -> Result<String, TemplateFault> {
    let mut out = Bounded(Vec::new());
    let context = Context::from(data.all());
    let written = (templates.engine).render_with_context_to_write("t", &context, &mut out);
    written.map_err(fault)?;
    Ok(String::from_utf8(out.0).unwrap())
}

fn same(template: &str, partial: &str, data: &[TemplateData<'_>]) {
    let templates = templates(template, partial);
    assert!(templates.has("t"), "{template} with {partial}");
    for one in data.iter().chain(data) {
        let (parts, whole) = (templates.render("t", one), at_once(&templates, one));
        assert_eq!(parts, whole, "{template} with {partial}");
    }
}

fn with_data(run: impl Fn(&[TemplateData<'_>])) {
    let fleet: Fleet = line::fleet(FLEET, &Inputs::default()).made();
    let lock = Lockfile::default();
    let (installed, places) = data::shared(&fleet, &fleet.variants.raw, &lock);
    let data = fleet.variants.iter().zip(places);
    let data = data.map(|(variant, place)| data::of(&fleet, variant, &installed[place].1).0);
    run(&data.collect::<Vec<_>>());
}

/// All names of the data, some paths in it, and one that does not exist.
fn paths(data: &[TemplateData<'_>]) -> BTreeSet<String> {
    let deep = [
        "axis.os",
        "cells.version.minor",
        "args.A",
        "user.run",
        "toolsets.0.runs",
    ];
    let mut paths: BTreeSet<String> = deep.map(String::from).into();
    paths.insert(String::from("nothing"));
    for one in data {
        let Value::Object(all) = one.all() else {
            panic!()
        };
        paths.extend(all.into_iter().map(|(name, _)| name));
    }
    paths
}

#[test]
fn every_name_is_seen_in_every_way() {
    with_data(|data| {
        for path in &paths(data) {
            for (template, partial) in WAYS {
                let filled = |text: &str| text.replace('P', path);
                same(&filled(template), &filled(partial), data);
            }
        }
    });
}

/// A part between others, after one that is kept.
#[test]
fn parts_follow_each_other() {
    let pieces = [
        "a\n",
        "{{name}}\n",
        "{{> kiln/toolsets}}\n",
        "{{#if user.root}}\n{{version}}\n{{/if}}\n",
        "{{#each args}}\n{{@key}}={{this}}\n{{/each}}\n",
        "{{> kiln/labels}}",
        "{{> kiln/config}}\n",
        "{{~#if os~}} x {{~/if~}}\n",
        "{{!-- a comment --}}\n",
        "{{> kiln/stages}}\n",
        "{{missing}}\n",
    ];
    with_data(|data| {
        for first in pieces {
            for second in pieces {
                same(&format!("{first}{second}{{{{os}}}}\n{first}"), "", data);
            }
        }
        same("{{> kiln/image}}", "", data);
    });
}

/// What is the same for all variants is rendered once, which is what parts are for.
#[test]
fn what_was_written_is_kept() {
    with_data(|data| {
        let templates = templates("FROM {{from}}\n{{> kiln/toolsets}}\nRUN {{version}}\n", "");
        let of_i: Vec<_> = data.iter().filter(|one| one.image == "i").collect();
        of_i.iter()
            .for_each(|one| drop(templates.render("t", one).unwrap()));
        let kept = templates.parts["t"].iter();
        let kept = kept.map(|part| part.written.read().len());
        // No tool sets for the value `x`; for `y` one for each version, which is in a quoted value.
        assert_eq!(kept.collect::<Vec<_>>(), [1, 3, 1]);
        assert_eq!(of_i.len(), 4);
        let own = "{{#each toolsets}}{{params.v}}{{#each runs}}{{this}}{{/each}}{{/each}}";
        let templates = self::templates(own, "");
        of_i.iter()
            .for_each(|one| drop(templates.render("t", one).unwrap()));
        // One without tool sets, and one for all versions.
        assert_eq!(templates.parts["t"][0].written.read().len(), 2);
    });
}
