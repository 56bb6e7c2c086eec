use super::*;
use crate::render::Texts;
use crate::render::template::Templates;
use crate::text::{Sources, Span, Spanned};

/// The names that a template may read, `*` for all of them. `p` is a partial with the second text.
#[track_caller]
fn check(template: &str, partial: &str, expect: &str) {
    let texts = [("t", template), ("templates/p.hbs", partial)];
    let texts = texts.map(|(path, text)| (path.to_owned(), text.into()));
    let (files, mut sources) = (Texts(texts.into()), Sources::default());
    let path = Spanned::new(String::from("t"), Span::default());
    let (templates, _) = Templates::load([&path], &files, &mut sources);
    let mut all = BTreeSet::new();
    for element in &templates.engine.get_template("t").unwrap().elements {
        match reads(element, &templates.engine) {
            Reads::All => drop(all.insert(String::from("*"))),
            Reads::Names(names) => all.extend(names.names),
        }
    }
    let all: Vec<String> = all.into_iter().collect();
    assert_eq!(all.join(" "), expect, "{template} with {partial}");
}

#[test]
fn names_of_the_data() {
    for (template, expect) in [
        ("text", ""),
        ("{{x}}", "x"),
        (
            "{{x.y}} {{this.z}} {{./u}} {{@root.v.w}} {{[a b].c}}",
            "a b u v x z",
        ),
        (
            "{{#if x}}{{y}}{{else if z}}{{u}}{{else}}{{v}}{{/if}}",
            "u v x y z",
        ),
        ("{{#unless (eq x y)}}{{/unless}}", "x y"),
        ("{{default args \"A\" (join list \" \")}}", "args list"),
        ("{{lookup x y}}", "x y"),
        (
            "{{#each x}}{{y}}{{this}}{{@index}}{{@key}}{{else}}{{z}}{{/each}}",
            "x z",
        ),
        (
            "{{#each x}}{{../y}}{{@root.z}}{{#if ../../u}}{{/if}}{{/each}}",
            "u x y z",
        ),
        ("{{#each x as |item|}}{{item.y}}{{/each}}", "item x"),
        ("{{#with x}}{{y}}{{#each z}}{{u}}{{/each}}{{/with}}", "x"),
        ("{{bs}}", "bs"),
    ] {
        check(template, "", expect);
    }
}

#[test]
fn names_of_partials() {
    for (template, partial, expect) in [
        ("{{> p}}", "{{x}}{{#each y}}{{z}}{{/each}}", "x y"),
        ("{{> p x}}", "{{y}}{{this}}{{../z}}{{@root.u}}", "u x z"),
        ("{{#each x}}{{> p}}{{> p this}}{{/each}}", "{{y}}", "x"),
        ("{{> p}}{{#each x}}{{> p}}{{/each}}", "{{y}}", "x y"),
        ("{{> p (lookup x 1)}}", "{{y}}", "x"),
        ("{{> p y=x}}", "{{y}}{{z}}", "x y z"),
        ("{{> p x y=z}}", "{{u}}", "x z"),
    ] {
        check(template, partial, expect);
    }
}

#[test]
fn all_of_the_data() {
    for (template, partial) in [
        ("{{#each this}}{{/each}}", ""),
        ("{{has this \"x\"}}", ""),
        ("{{lookup this x}}", ""),
        ("{{#each x}}{{lookup ../this \"y\"}}{{/each}}", ""),
        ("{{#each x}}{{#with ../this}}{{y}}{{/with}}{{/each}}", ""),
        ("{{#with this}}{{x}}{{/with}}", ""),
        ("{{> p}}", "{{json this}}"),
        ("{{> p this}}", "{{x}}"),
        ("{{> p y=this}}", "{{x}}"),
        ("{{#> p}}x{{/p}}", ""),
        ("{{> p}}", "{{> @partial-block}}"),
        ("{{#*inline \"q\"}}{{x}}{{/inline}}{{> q}}", ""),
        ("a\n  {{> p}}\n", "{{x}}"),
    ] {
        check(template, partial, "*");
    }
}

/// The names whose values a template looks at, `*` for all of them.
#[test]
fn names_that_are_looked_at() {
    let check = |template: &str, partial: &str, expect: &str| {
        let texts = [("t", template), ("templates/p.hbs", partial)];
        let texts = texts.map(|(path, text)| (path.to_owned(), text.into()));
        let (files, mut sources) = (Texts(texts.into()), Sources::default());
        let path = Spanned::new(String::from("t"), Span::default());
        let (templates, _) = Templates::load([&path], &files, &mut sources);
        let mut all = BTreeSet::new();
        for element in &templates.engine.get_template("t").unwrap().elements {
            let Reads::Names(names) = reads(element, &templates.engine) else {
                panic!("{template}");
            };
            all.extend(names.exact.unwrap_or_else(|| ["*".to_owned()].into()));
        }
        let all: Vec<String> = all.into_iter().collect();
        assert_eq!(all.join(" "), expect, "{template} with {partial}");
    };
    for (template, partial, expect) in [
        ("{{x}}{{x.y}}{{#if x}}{{z}}{{/if}}", "", ""),
        ("{{#each x}}{{this}}{{@key}}{{y}}{{/each}}", "", ""),
        (
            "{{lookup x 1}}{{has x \"a\"}}{{#if (and x y)}}{{/if}}",
            "",
            "",
        ),
        (
            "{{> p}}{{> p x}}",
            "{{this.y}}{{#with z}}{{this}}{{/with}}",
            "",
        ),
        ("{{quote x}}{{shell y.z}}", "", "x z"),
        ("{{json x.y.0}}", "", "0 y"),
        ("{{#if (eq x \"a\")}}{{y}}{{/if}}", "", "x"),
        ("{{lookup x y}}{{has x y.z}}", "", "y z"),
        ("{{quote (lookup x \"y\")}}", "", "x"),
        ("{{#each x}}{{shell this}}{{/each}}", "", "x"),
        (
            "{{#each x}}{{#each y}}{{shell this}}{{/each}}{{shell z}}{{/each}}",
            "",
            "y z",
        ),
        ("{{#each (lookup x y)}}{{len this}}{{/each}}", "", "x y"),
        ("{{> p x}}{{> p y}}", "{{shell this}}", "x y"),
        ("{{> p y=x}}", "{{quote y}}", "x y"),
        ("{{#each x as |v|}}{{quote v}}{{/each}}", "", "*"),
    ] {
        check(template, partial, expect);
    }
}
