//! Templates: values, names that are missing, and what a value cannot change.

use super::*;

#[test]
fn values() {
    check("", "FROM {{from}}\n", "FROM debian:12\n");
    check("", "FROM {{from}}", "FROM debian:12\n");
    check(
        "",
        "FROM {{from}}\n# {{image}} {{name}} {{syntax}}{{#each platforms}} {{this}}{{/each}}\n",
        "FROM debian:12\n# i x buildkit linux/amd64\n",
    );
    check(
        "axis \"version\" kind=\"version\" { value \"1.26.5\" { set build=\"7\" } }",
        "FROM {{from}}\n# {{version}} {{axis.version}} {{cells.version.major}} {{cells.version.minor}} {{cells.version.build}} {{build}}\n",
        "FROM debian:12\n# 1.26.5 1.26.5 1 1.26 7 7\n",
    );
    check(
        "arg A=\"1\"; env B=\"a b\\\"c\\\\\"",
        "FROM {{from}}\nARG A={{args.A}}\nENV B={{quote env.B}}\n",
        "FROM debian:12\nARG A=1\nENV B=\"a b\\\"c\\\\\"\n",
    );
    check(
        "env B=\"1\"; env C=\"$B:2\"",
        "FROM {{from}}\n{{> kiln/env}}\n",
        "FROM debian:12\nENV B=\"1\"\nENV C=\"$B:2\"\n",
    );
    check(
        "",
        "FROM {{from}}\n{{#if (has args \"A\")}}A{{else}}# none{{/if}}\n",
        "FROM debian:12\n# none\n",
    );
    check(
        "",
        "FROM {{from}}\nENV A={{default args \"A\" \"d\"}} B={{default this \"nope\" \"e\"}}\n",
        "FROM debian:12\nENV A=d B=e\n",
    );
    check(
        "",
        "FROM {{from}}\nCMD {{json \"a b\" image}}\nRUN echo {{shell \"a'b\"}} {{shell image}} {{bs}}\n  && x\n",
        "FROM debian:12\nCMD [\"a b\",\"i\"]\nRUN echo 'a'\\''b' i \\\n  && x\n",
    );
    check(
        "",
        "# syntax=docker/dockerfile:1\n# escape=`\nFROM {{from}}\nRUN a `\n b\n",
        "# syntax=docker/dockerfile:1\n# escape=`\nFROM debian:12\nRUN a `\n b\n",
    );
    check(
        "",
        "FROM {{from}}\n# <&>\"' {{{image}}}\n",
        "FROM debian:12\n# <&>\"' i\n",
    );
    check(
        "",
        "FROM {{from}}\n{{#with (lookup platforms 0)}}# {{this}} {{@root.image}} {{../image}}\n{{/with}}\n",
        "FROM debian:12\n# linux/amd64 i i\n",
    );
}

#[test]
fn names_that_are_missing() {
    refuse(
        "",
        "FROM {{from}}\n\n# {{nope}}\n",
        "template::render t:3:3 `nope` does not exist",
    );
    refuse(
        "",
        "FROM {{from}}\n{{#if nope}}x{{/if}}\n",
        "template::render t:2:1 `nope` does not exist",
    );
    refuse(
        "",
        "FROM {{from}}\n{{#unless axis.nope}}x{{/unless}}\n",
        "t:2:1 `axis.nope` does not exist",
    );
    refuse(
        "",
        "FROM {{from}}\n{{#if image}}\n\n {{#if (eq nope 1)}}{{/if}}{{/if}}\n",
        "t:4:2 `nope` does not exist",
    );
    refuse(
        "",
        "FROM {{from}}\n{{#each nope}}{{/each}}\n",
        "t:2:1 `nope` does not exist",
    );
    refuse(
        "",
        "FROM {{from}}\n{{#with nope}}{{/with}}\n",
        "t:2:1 `nope` does not exist",
    );
}

#[test]
fn names_that_are_missing_in_partials_and_lookups() {
    refuse(
        "",
        "FROM {{from}}\n{{> kiln/env env=nope}}\n",
        "t:2:1 `nope` does not exist",
    );
    refuse(
        "",
        "FROM {{from}}\n{{> kiln/env nope}}\n",
        "t:2:1 `nope` does not exist",
    );
    refuse(
        "",
        "FROM {{from}}\n{{#each platforms}}{{this.nope}}{{/each}}\n",
        "t:2:20 `this.nope` does not exist",
    );
    refuse(
        "",
        "FROM {{from}}\n{{lookup args \"x\"}}\n",
        "t:2:1 a name does not exist",
    );
}

#[test]
fn helpers_that_are_misused() {
    refuse(
        "",
        "FROM {{from}}\n{{nope image}}\n",
        "t:2:1 helper `nope` does not exist",
    );
    refuse(
        "",
        "FROM {{from}}\n{{has image \"x\"}}\n",
        "t:2:1 `has` needs an object",
    );
    refuse(
        "",
        "FROM {{from}}\n{{default args}}\n",
        "t:2:1 `default` needs an argument number 2",
    );
}

#[test]
fn invalid_templates() {
    refuse("", "FROM {{from}}\n{{#if image}}\n", "template::syntax");
    refuse("", "FROM {{from}\n", "template::syntax");
    refuse(
        "",
        "FROM {{from}}\n{{#if image}}{{> nope}}{{/if}}\n",
        "template::missing t:2:14 partial `nope` does not exist: there is no file `templates/nope.hbs`",
    );
    refuse(
        "",
        "FROM {{from}}\n{{> (lookup platforms 0)}}\n",
        "a partial must be included by name",
    );
    refuse(
        "",
        &format!("FROM {{{{from}}}}\n{}", "{{#if image}}".repeat(100)),
        "nested more than",
    );
    refuse(
        "",
        &format!("FROM {{{{from}}}}\n{{{{x {}", "(x ".repeat(5000)),
        "nested more than",
    );
    refuse("", "FROM {{from}}\n\u{f8f0}", "private-use");
    refuse("", &"x".repeat(300_000), "bytes");
    refuse("", "", "dockerfile::empty");
    refuse(
        "",
        "FROM {{from}}\nRUNN x\n",
        "`RUNN` is not an instruction",
    );
    let ring = [
        ("t", "{{> a}}"),
        ("templates/a.hbs", "{{> b}}"),
        ("templates/b.hbs", "{{> a}}"),
    ];
    let reported = reported(
        "image \"i\" { from base=\"b\"; template \"t\"; tag \"x\" }",
        &ring,
    );
    assert!(
        reported.iter().any(|s| s.contains("template::ring")),
        "{reported:?}"
    );
    let inline = "FROM {{from}}\n{{#*inline \"a\"}}{{> a}}{{/inline}}{{> a}}";
    refuse("", inline, "includes itself");
}

/// G15: no value adds an instruction or changes one.
#[test]
fn values_cannot_leave_their_place() {
    refuse(
        "arg A=\"1 B=2\"",
        "FROM {{from}}\nENV A={{args.A}}\n",
        "render::injection",
    );
    refuse(
        "arg A=\"x \\\\\"",
        "FROM {{from}}\nRUN {{args.A}}\nUSER a\n",
        "render::injection",
    );
    refuse(
        "arg A=\"a\\nUSER root\"",
        "FROM {{from}}\nRUN {{args.A}}\n",
        "render::value",
    );
    refuse(
        "arg A=\"<<E\"",
        "FROM {{from}}\nRUN {{args.A}}\nE\n",
        "render::injection",
    );
    refuse(
        "arg A=\"--mount=type=bind\"",
        "FROM {{from}}\nRUN {{{args.A}}} x\n",
        "render::injection",
    );
    check(
        "arg A=\"1 B=2\"",
        "FROM {{from}}\nENV A={{quote args.A}}\n",
        "FROM debian:12\nENV A=\"1 B=2\"\n",
    );
    check(
        "arg A=\"ls | wc\"",
        "FROM {{from}}\nRUN {{args.A}}\n",
        "FROM debian:12\nRUN ls | wc\n",
    );
}
