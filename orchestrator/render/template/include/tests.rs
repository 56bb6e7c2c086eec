use super::*;
use crate::render::helper;
use crate::render::template::compile::compile;
use serde_json::json;

fn engine(template: &str, partial: &str) -> Handlebars<'static> {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    helper::register(&mut engine);
    register(&mut engine);
    for (name, text) in [("t", template), ("p", partial), ("q", "<{{this.x}}>")] {
        let (compiled, _) = compile(name, 0, text).unwrap();
        engine.register_template(name, compiled);
    }
    engine
}

/// A partial writes the same, with the crate's own way to include it and with the helper.
#[test]
fn partials_have_the_same_scope() {
    let data = json!({
        "x": "top",
        "one": {"x": "in one", "two": {"x": "in two"}},
        "list": [{"x": "a", "of": ["1", "2"]}, {"x": "b", "of": []}],
        "map": {"k": {"x": "v"}},
    });
    for (template, partial) in [
        ("{{> p}}", "{{x}} {{this.x}} {{@root.x}} {{one.two.x}}"),
        ("{{> p one}}", "{{x}} {{../x}} {{@root.x}} {{two.x}}"),
        ("{{> p one.two}}{{x}}", "{{x}} {{../x}} {{../../x}}"),
        (
            "{{#with one}}{{> p}}{{/with}}",
            "{{x}} {{../x}} {{../../x}}",
        ),
        (
            "{{#with one}}{{> p two}}{{/with}}",
            "{{x}} {{../x}} {{../../x}}",
        ),
        (
            "{{#each list}}{{> p this}}{{/each}}",
            "{{x}}{{@index}}{{@last}}{{../x}}{{#each of}}{{this}}{{../x}}{{../../x}}{{/each}}",
        ),
        (
            "{{#each list}}{{> p}}{{/each}}",
            "{{x}}{{@first}}{{#each of}}{{this}}{{@index}}{{../x}}{{/each}}",
        ),
        (
            "{{#each map}}{{> p this}}{{/each}}",
            "{{@key}}={{x}}{{> q}}{{@key}}",
        ),
        ("{{#each list as |item|}}{{> p}}{{/each}}", "{{item.x}}"),
        (
            "{{> p (lookup list 1)}}",
            "{{x}}{{> q}}{{#if of}}some{{else}}none{{/if}}",
        ),
        ("{{> p \"text\"}}", "{{this}}{{@root.x}}"),
        ("{{> p one y=\"own\"}}", "{{x}} {{y}}{{> q}}"),
        ("a\n{{> p}}\nb {{> p}} c\n", "{{x}}\n"),
    ] {
        let mut engine = engine(template, partial);
        let before = engine.render("t", &data);
        replace(&mut engine);
        let after = engine.render("t", &data);
        assert_eq!(after.unwrap(), before.unwrap(), "{template} with {partial}");
    }
}

/// What only the crate's own partials do keeps working in all templates.
#[test]
fn blocks_and_definitions_stay() {
    for template in [
        "{{#> p}}inside{{/p}}{{> q}}",
        "{{#*inline \"q\"}}mine{{/inline}}{{> q}}",
        "a\n  {{> q}}\n",
    ] {
        let mut engine = engine(template, "({{> @partial-block}})");
        let data = json!({"x": "1"});
        let before = engine.render("t", &data).unwrap();
        replace(&mut engine);
        assert_eq!(engine.render("t", &data).unwrap(), before, "{template}");
    }
}

/// Kiln's own templates are included by the helper, wherever they are used.
#[test]
fn own_templates_are_included_without_copies() {
    let (files, mut sources) = (
        crate::render::Texts::default(),
        crate::text::Sources::default(),
    );
    let place = crate::text::Span::default();
    let whole = crate::text::Spanned::new(String::from("kiln/image"), place);
    let (templates, faults) =
        crate::render::template::Templates::load([&whole], &files, &mut sources);
    assert!(faults.is_empty());
    for (name, template) in templates.engine.get_templates() {
        let text = format!("{template:?}");
        assert!(!text.contains("PartialExpression"), "{name}: {text}");
    }
}
