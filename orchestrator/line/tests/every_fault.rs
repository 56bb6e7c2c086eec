//! Faults of every stage, alone and together.

use super::*;

/// The faults of the matrix do not hide those of templates, and point at what is meant in texts of several lines.
#[test]
fn faults_of_the_matrix_hide_no_others() {
    let head =
        "workspace \"w\" { publish \"r.example/f/{image}\" }\nbase \"b\" from=\"debian:12\"\n";
    let check = |body: &str, expect: &[&str]| {
        let text = format!("{head}{body}");
        let files = [("t", "FROM {{from}}\n{{> lost}}\n")];
        let found = bring(&text, &Inputs::default(), &files);
        let place = |fault: &crate::text::Diagnostic| {
            let span = fault.labels.first().map(|label| label.span);
            let span = span.expect("it has a place");
            let text = &found.sources.get(span.source).expect("a source").text;
            let marked = &text[span.start as usize..span.end as usize];
            format!("{}: {marked}", fault.code)
        };
        let all: Vec<String> = found.faults.iter().map(place).collect();
        assert_eq!(all, expect, "{}", found.shown());
    };
    check(
        "image \"a\" { from base=\"b\"; template \"t\"; tag \"{nope}\" }",
        &[
            "matrix::unknown-placeholder: {nope}",
            "template::missing: {{> lost}}",
        ],
    );
    check(
        "image \"a\" { from base=\"b\"; template \"gone\"; tag \"{nope}\" }",
        &[
            "matrix::unknown-placeholder: {nope}",
            "template::missing: \"gone\"",
        ],
    );
    // A tag that is left out changes no template.
    check(
        "image \"a\" { axis \"v\" { value \"1\" }; from base=\"b\"; template \"{v}\"; tag \"{nope}\" }",
        &[
            "matrix::unknown-placeholder: {nope}",
            "template::missing: \"{v}\"",
        ],
    );
    // Both of what is declared twice are looked at.
    check(
        "image \"a\" { from base=\"b\"; template \"gone\"; tag \"1\" }\nimage \"a\" { from base=\"b\"; template \"other\"; tag \"2\" }",
        &[
            "manifest::duplicate: \"a\"",
            "template::missing: \"gone\"",
            "template::missing: \"other\"",
        ],
    );
    check(
        "base \"b\" from=\"debian:13\"\nimage \"a\" { from base=\"b\"; template \"gone\"; tag \"1\" }",
        &["manifest::duplicate: \"b\"", "template::missing: \"gone\""],
    );
    check(
        "workspace \"v\" { }\nimage \"a\" { from base=\"b\"; template \"gone\"; tag \"1\" }",
        &[
            "manifest::duplicate: workspace \"v\"",
            "template::missing: \"gone\"",
        ],
    );
    check(
        "toolset \"s\" { run \"\"\"\n    if true; then\n      echo ${HOME} {x y}\n    fi\n    \"\"\" }\nimage \"a\" { from base=\"b\"; use \"s\"; tag \"1\" }",
        &["toolset::place: {x y}"],
    );
}

/// One run finds all that is wrong with a text, a template and a file of checks.
#[test]
fn every_fault_of_a_text() {
    let head =
        "workspace \"w\" { publish \"r.example/f/{image}\" }\nbase \"b\" from=\"debian:12\"\n";
    let check = |body: &str, template: &str, expect: &[&str]| {
        let text = format!("{head}{body}");
        let found = bring(&text, &Inputs::default(), &[("t", template)]);
        let all = found.faults.iter();
        let all: Vec<String> = all.map(|d| format!("{}: {}", d.code, d.message)).collect();
        assert_eq!(all, expect, "{}", found.shown());
    };
    let image = |settings: &str| {
        format!("image \"a\" {{ from base=\"b\"; template \"t\"; tag \"1\"; {settings} }}")
    };
    check(
        &image("label a=\"{q} } {r} {p p}\""),
        "FROM {{from}}\n",
        &[
            "matrix::pattern: this `}` closes nothing",
            "matrix::pattern: this placeholder has no valid name",
            "matrix::unknown-placeholder: `{q}` is neither an axis nor a placeholder",
            "matrix::unknown-placeholder: `{r}` is neither an axis nor a placeholder",
        ],
    );
    check(
        &image(""),
        "FROM {{from}}\nRUN {{foo}} {{bar}} {{foo}}\nRUN {{#if from}}{{baz}}{{/if}}\n",
        &[
            "template::render: `foo` does not exist",
            "template::render: `bar` does not exist",
            "template::render: `foo` does not exist",
            "template::render: `baz` does not exist",
        ],
    );
    check(
        &image("check structure=\"no.yaml\""),
        "FROM {{from}}\n",
        &["render::check: file `no.yaml` does not exist"],
    );
    let set = "toolset \"s\" { run \"echo {x} {p p} }\"; check run=\"echo {y} {z}\" }\n";
    check(
        &format!("{set}{}", image("use \"s\"")),
        "FROM {{from}}\n{{> kiln/toolsets}}\n",
        &[
            "toolset::check: parameter `y` does not exist",
            "toolset::check: parameter `z` does not exist",
            "toolset::place: tool set `s`: this placeholder has no valid name",
            "toolset::place: tool set `s`: this `}` closes nothing",
            "toolset::place: tool set `s`: parameter `x` does not exist",
        ],
    );
}

/// A fault: what it is called, the nodes of the manifest with a name `N` of its own, its files, and its code.
type Wrong = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

/// Faults of every stage.
const WRONG: &[Wrong] = &[
    (
        "tag",
        "image \"N\" { from base=\"b\"; template \"t\"; tag \"x y\" }",
        &[],
        "matrix::invalid-tag",
    ),
    (
        "token",
        "image \"N\" { axis \"v\" { value \"x y\" }; from base=\"b\"; template \"t\"; tag \"{v}\" }",
        &[],
        "matrix::invalid-tag",
    ),
    (
        "two owners",
        "image \"N\" { axis \"v\" { value \"1\"; value \"2\" }; path \"{v}\"; from base=\"b\"; template \"t\"; tag \"latest\" }",
        &[],
        "matrix::two-owners",
    ),
    (
        "placeholder",
        "image \"N\" { from base=\"b\"; template \"t\"; tag \"{nope}\" }",
        &[],
        "matrix::unknown-placeholder",
    ),
    (
        "text",
        "image \"N\" { from base=\"b\"; template \"t\"; tag \"1\"; env A=\"{var:nope}\" }",
        &[],
        "matrix::placeholder",
    ),
    (
        "word of an axis",
        "image \"N\" { axis \"v\" kind=\"versions\" { value \"1\" }; from base=\"b\"; template \"t\"; tag \"1\" }",
        &[],
        "manifest::unknown-word",
    ),
    (
        "node",
        "image \"N\" { from base=\"b\"; template \"t\"; tag \"1\"; flibber \"x\" }",
        &[],
        "manifest::unknown-node",
    ),
    (
        "base",
        "image \"N\" { from base=\"nope\"; template \"t\"; tag \"1\" }",
        &[],
        "matrix::unknown-base",
    ),
    (
        "parent",
        "image \"N\" { from image=\"nope\"; template \"t\"; tag \"1\" }",
        &[],
        "matrix::unknown-image",
    ),
    (
        "tool set",
        "image \"N\" { from base=\"b\"; use \"nope\"; tag \"1\" }",
        &[],
        "matrix::unknown-toolset",
    ),
    (
        "when",
        "image \"N\" { from base=\"b\"; template \"t\"; tag \"1\"; when nope=\"1\" { env A=\"1\" } }",
        &[],
        "matrix::unknown-axis",
    ),
    (
        "pattern",
        "image \"N\" { axis \"v\" { value \"1\" }; from base=\"b\"; template \"t\"; tag \"{v}\"; when v=\"2\" { env A=\"1\" } }",
        &[],
        "matrix::unknown-value",
    ),
    (
        "variable",
        "variable \"N\" default=\"z\" one-of=\"x\" \"y\"\nimage \"N\" { from base=\"b\"; template \"t\"; tag \"{var:N}\" }",
        &[],
        "matrix::variable-value",
    ),
    (
        "must",
        "image \"N\" { from base=\"b\"; template \"t\"; tag \"1\"; must \"2\" }",
        &[],
        "matrix::must",
    ),
    (
        "base image",
        "base \"N\" from=\"a b\"\nimage \"N\" { from base=\"N\"; template \"t\"; tag \"1\" }",
        &[],
        "matrix::reference",
    ),
    (
        "no template",
        "image \"N\" { from base=\"b\"; template \"gone/N\"; tag \"1\" }",
        &[],
        "template::missing",
    ),
    (
        "name in a template",
        "image \"N\" { from base=\"b\"; template \"N/t\"; tag \"1\" }",
        &[("N/t", "FROM {{from}}\nRUN {{nope}}\n")],
        "template::render",
    ),
    (
        "partial",
        "image \"N\" { from base=\"b\"; template \"N/t\"; tag \"1\" }",
        &[("N/t", "FROM {{from}}\n{{> lostN}}\n")],
        "template::missing",
    ),
    (
        "block",
        "image \"N\" { from base=\"b\"; template \"N/t\"; tag \"1\" }",
        &[("N/t", "FROM {{from}}\n{{#if from}}\n")],
        "template::syntax",
    ),
    (
        "no Dockerfile",
        "image \"N\" { dockerfile \"N/Dockerfile\"; tag \"1\" }",
        &[],
        "render::dockerfile",
    ),
    (
        "instruction",
        "image \"N\" { dockerfile \"N/Dockerfile\"; tag \"1\" }",
        &[("N/Dockerfile", "FROM debian:12\nRUNN x\n")],
        "dockerfile::instruction",
    ),
    (
        "FROM",
        "image \"N\" { dockerfile \"N/Dockerfile\"; tag \"1\" }",
        &[("N/Dockerfile", "FROM r.example/f/good:2\n")],
        "graph::unowned",
    ),
    (
        "ring",
        "image \"N\" { dockerfile \"N/Dockerfile\"; tag \"1\" }",
        &[("N/Dockerfile", "FROM r.example/f/N:1\n")],
        "graph::ring",
    ),
    (
        "stage",
        "image \"N\" { dockerfile \"N/Dockerfile\"; tag \"1\" }",
        &[("N/Dockerfile", "FROM debian:12 AS runtime\nFROM runtim\n")],
        "dockerfile::stage",
    ),
    (
        "arg",
        "image \"N\" { dockerfile \"N/Dockerfile\"; tag \"1\"; arg VERSON=\"1\" }",
        &[(
            "N/Dockerfile",
            "FROM debian:12\nARG VERSION\nRUN x $VERSION\n",
        )],
        "render::unused",
    ),
    (
        "structure",
        "image \"N\" { from base=\"b\"; template \"t\"; tag \"1\"; check structure=\"N.yaml\" }",
        &[],
        "render::check",
    ),
    (
        "text of a tool set",
        "toolset \"N\" { run \"echo {x}\" }\nimage \"N\" { from base=\"b\"; use \"N\"; tag \"1\" }",
        &[],
        "toolset::place",
    ),
];

/// A fault of one image does not hide those of another image.
#[test]
fn every_fault_of_every_image() {
    let found_in = |named: &[(&str, &Wrong)]| {
        let mut text = String::from(
            "workspace \"w\" { publish \"r.example/f/{image}\"; stage \"r.example/stage\" }\nbase \"b\" from=\"debian:12\"\nimage \"good\" { from base=\"b\"; template \"t\"; tag \"1\" }\n",
        );
        let mut files = vec![(String::from("t"), String::from("FROM {{from}}\n"))];
        for (name, (_, nodes, own, _)) in named {
            let own_name = |text: &str| text.replace('N', name);
            text += &format!("{}\n", own_name(nodes));
            files.extend(own.iter().map(|(path, text)| {
                (
                    own_name(path),
                    text.replace("/N:", &format!("/{name}:"))
                        .replace("lostN", &format!("lost{name}")),
                )
            }));
        }
        let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (&**p, &**t)).collect();
        let found = bring(&text, &Inputs::default(), &files);
        let mut codes: Vec<&str> = found.faults.iter().map(|fault| fault.code).collect();
        codes.sort_unstable();
        (codes, found.shown())
    };
    for (at, one) in WRONG.iter().enumerate() {
        let (codes, shown) = found_in(&[("x", one)]);
        assert_eq!(codes, [one.3], "{}\n{shown}", one.0);
        for other in &WRONG[at..] {
            let (codes, shown) = found_in(&[("x", one), ("y", other)]);
            let mut expect = [one.3, other.3];
            expect.sort_unstable();
            assert_eq!(codes, expect, "{} and {}\n{shown}", one.0, other.0);
        }
    }
}

/// A fault of a template is one error at its line, for however many variants.
#[test]
fn a_fault_of_a_template_is_reported_where_the_author_wrote_it() {
    let image = |body: &str| {
        format!(
            "workspace \"w\" {{ publish \"r.example/f/{{image}}\" }}\nbase \"b\" from=\"debian:12\"\nimage \"a\" {{ axis \"v\" {{ value \"1\"; value \"2\"; value \"3\" }}; from base=\"b\"; {body}; tag \"{{v}}\" }}"
        )
    };
    let template = "template \"t.hbs\"";
    for (line, expect) in [
        ("FRM x", "t.hbs:2: FRM"),
        ("FRM {{axis.v}}", "t.hbs:2: FRM"),
        ("COPY --from=x:$V a b", "t.hbs:2: x:$V"),
        (
            "COPY --from=biuld:{{axis.v}}$V a b",
            "t.hbs:2: COPY --from=biuld:{{axis.v}}$V a b",
        ),
        ("RUN --mount=type=secret,id=npm true", "t.hbs:2: npm"),
        ("RUN <<E", "t.hbs:2: RUN <<E"),
        (
            "ADD https://x.example/f /",
            "t.hbs:2: ADD https://x.example/f /",
        ),
        ("{{#if true}}\nFRM x\n{{/if}}", "t.hbs:3: FRM"),
    ] {
        let text = format!("FROM {{{{from}}}}\n{line}\n");
        let files = [("t.hbs", text.as_str())];
        let found = bring(&image(template), &Inputs::default(), &files);
        let places: Vec<String> = found
            .faults
            .iter()
            .map(|fault| {
                let span = fault.labels[0].span;
                let source = found.sources.get(span.source).expect("a source");
                let (line, _) = source.position(span.start as usize);
                let marked = &source.text[span.start as usize..span.end as usize];
                format!("{}:{line}: {marked}", source.path)
            })
            .collect();
        assert_eq!(places, [expect], "{}", found.shown());
    }
}

/// A `;` that is missing hides no other fault: what follows is read as if it were written.
#[test]
fn a_missing_end_hides_no_others() {
    let check = |body: &str, expect: &[&str]| {
        let text = format!(
            "workspace \"w\" {{ publish \"r.example/f/{{image}}\" }}\nbase \"b\" from=\"debian:12\"\n{body}"
        );
        let files = [("b/Dockerfile", "FROM debian:12\nFRM x\n")];
        let found = bring(&text, &Inputs::default(), &files);
        let mut all: Vec<&str> = found.faults.iter().map(|fault| fault.code).collect();
        all.retain(|code| *code != "matrix::unused");
        all.sort_unstable();
        assert_eq!(all, expect, "{}", found.shown());
    };
    check(
        "image \"a\" { from base=\"b\" tag \"1\" }\nimage \"b\" { dockerfile \"b/Dockerfile\"; tag \"1\" }\nimage \"c\" { from base=\"nope\"; tag \"1\" }",
        &[
            "dockerfile::instruction",
            "manifest::missing-end",
            "matrix::unknown-base",
        ],
    );
    // Three in one line, the last one with a block.
    check(
        "base \"c\" from=\"debian:13\" base \"d\" from=\"debian:11\" image \"a\" { from base=\"c\"; tag \"1\" }\nimage \"e\" { from base=\"d\"; tag \"{nope}\" }",
        &[
            "manifest::missing-end",
            "manifest::missing-end",
            "matrix::unknown-placeholder",
        ],
    );
    // What the word begins is not a node: that is one fault.
    check(
        "image \"a\" { from base=\"b\" tga \"1\" }",
        &["manifest::missing-end"],
    );
}
