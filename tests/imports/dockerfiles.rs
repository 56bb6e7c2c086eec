//! Variables in Dockerfiles inside a bake file: they are build arguments where Docker inserts these as bake does.

use super::run;
use super::switches::published;
use kiln::import::{Format, Input, import_with};
use kiln::text::{Diagnostics, Sources, show};

/// The Dockerfile that an import writes for this one, and its manifest.
fn imported(variables: &str, inline: &str) -> (String, String) {
    let text = format!(
        "{variables}\ntarget \"a\" {{\n  tags = [\"x.io/a:${{V}}\"]\n  dockerfile-inline = \"{inline}\"\n}}\n"
    );
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
    let found = found.unwrap_or_else(|| panic!("{text}\n{notes}"));
    let file = found.files.into_iter().next();
    (
        file.map(|file| file.text).unwrap_or_default(),
        found.manifest,
    )
}

#[test]
fn variables_are_arguments() {
    let rows = [
        // Before and in a FROM.
        (
            "FROM x:${V}-slim\\nRUN true\\n",
            "ARG V=1\nFROM x:${V}-slim\nRUN true\n",
            "V=2",
        ),
        (
            "# syntax=docker/dockerfile:1\\nARG B=x:${V}\\nFROM $B\\n",
            "# syntax=docker/dockerfile:1\nARG V=1\nARG B=x:${V}\nFROM $B\n",
            "V=2",
        ),
        // A stage declares it, and images may set a variable of the usual name.
        (
            "FROM x AS b\\nFROM y\\nRUN a\\nENV E=${V}\\nRUN get ${V}\\n",
            "ARG BAKE_V=1\nFROM x AS b\nFROM y\nRUN a\nARG BAKE_V\nENV E=${BAKE_V}\nRUN get ${BAKE_V}\n",
            "BAKE_V=2",
        ),
        // The Dockerfile has an argument of that name itself.
        (
            "ARG V=9\\nFROM x:${V}\\n",
            "ARG BAKE_V=1\nARG V=9\nFROM x:${BAKE_V}\n",
            "BAKE_V=2",
        ),
        // The text does not have it.
        ("FROM x\\nRUN true\\n", "FROM x\nRUN true\n", ""),
    ];
    for (inline, wanted, args) in rows {
        let (file, manifest) = imported("variable \"V\" { default = \"1\" }", inline);
        assert_eq!(file, wanted, "{manifest}");
        let made = published(&manifest, &[("V", "2")]).unwrap_or_default();
        let wanted = format!("x.io/a:2 {args}");
        let made: Vec<&str> = made.iter().map(String::as_str).collect();
        assert_eq!(made, [wanted.trim()], "{manifest}");
    }
}

/// What Docker does not insert, or not as it is, stays as it is today.
#[test]
fn other_variables_keep_their_value() {
    let rows = [
        ("1", "FROM x\\nCOPY --from=y:${V} /y /y\\n"),
        ("1", "FROM x\\nCMD run ${V}\\n"),
        ("1", "FROM x\\nRUN echo '${V}'\\n"),
        ("1", "FROM x\\nRUN [\\\"echo\\\", \\\"${V}\\\"]\\n"),
        ("1", "FROM x\\nRUN <<E\\necho ${V}\\nE\\n"),
        ("1", "FROM x\\nSHELL [\\\"pwsh\\\"]\\nRUN echo ${V}\\n"),
        ("a && b", "FROM x\\nRUN ${V}\\n"),
    ];
    for (default, inline) in rows {
        let variables = format!(
            "variable \"V\" {{ default = \"t\" }}\nvariable \"W\" {{ default = \"{default}\" }}"
        );
        let inline = inline.replace("${V}", "${W}");
        let (file, manifest) = imported(&variables, &inline);
        assert!(!file.contains("ARG"), "{file}");
        assert!(file.contains(default), "{file}");
        assert!(!manifest.contains("variable \"W\""), "{manifest}");
    }
}

/// The Dockerfiles that an import writes for a matrix with these values, and its manifest.
fn of_matrix(values: &str, inline: &str) -> (Vec<String>, String) {
    let text = format!(
        "variable \"V\" {{ default = \"1\" }}\ntarget \"a\" {{\n  name = \"a-${{i.n}}\"\n  matrix = {{ i = [{values}] }}\n  tags = [\"x.io/a:${{i.n}}-${{V}}\"]\n  dockerfile-inline = {inline}\n}}\n"
    );
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", &text);
    let found = found.unwrap_or_else(|| panic!("{text}\n{notes}"));
    let files = found.files.into_iter().map(|file| file.text);
    (files.collect(), found.manifest)
}

/// What a matrix gives is an argument, too, so that its targets share one Dockerfile.
#[test]
fn values_of_a_matrix_are_arguments() {
    let values = r#"{ n = "p", d = "3" }, { n = "q", d = "4" }"#;
    let rows = [
        (
            r#""FROM x:${i.n}@${i.d}\nRUN true\n""#,
            "ARG I=p\nARG I_D=3\nFROM x:${I}@${I_D}\nRUN true\n",
            ["x.io/a:p-2 I=p I_D=3", "x.io/a:q-2 I=q I_D=4"],
        ),
        (
            r#""FROM x\nRUN get ${i.d} ${V}\n""#,
            "ARG BAKE_V=1\nARG BAKE_I_D=3\nFROM x\nARG BAKE_I_D\nARG BAKE_V\nRUN get ${BAKE_I_D} ${BAKE_V}\n",
            [
                "x.io/a:p-2 BAKE_V=2 BAKE_I_D=3",
                "x.io/a:q-2 BAKE_V=2 BAKE_I_D=4",
            ],
        ),
        // The spaces of a heredoc.
        (
            "<<E\n    FROM x:${i.d}\n\n    RUN a \\\n      b\nE",
            "ARG I_D=3\nFROM x:${I_D}\n\nRUN a \\\n  b\n",
            ["x.io/a:p-2 I_D=3", "x.io/a:q-2 I_D=4"],
        ),
    ];
    for (inline, wanted, references) in rows {
        let (files, manifest) = of_matrix(values, inline);
        assert_eq!(files, [wanted], "{manifest}");
        let made = published(&manifest, &[("V", "2")]).unwrap_or_default();
        assert!(made.iter().eq(references.iter()), "{made:?}\n{manifest}");
        assert!(!manifest.contains("one-of"), "{manifest}");
    }
    // Docker inserts nothing here, and one text differs.
    for inline in [
        r#""FROM x\nCOPY --from=y:${i.d} /y /y\n""#,
        r#""FROM x\nRUN echo '${i.d}'\n""#,
        r#""FROM x:${i.n == "p" ? "slim" : "full"}\n""#,
    ] {
        let (files, manifest) = of_matrix(values, inline);
        assert_eq!(files.len(), 2, "{files:?}\n{manifest}");
        assert!(files.iter().all(|file| !file.contains("ARG")), "{files:?}");
    }
    // Spaces that are part of a text stay.
    let (files, _) = of_matrix(values, "<<E\n  FROM x\n  RUN echo \"a\n  b\"\nE");
    assert!(files[0].starts_with("  FROM x\n"), "{files:?}");
}

/// A matrix of one value is an axis: the next version is one edit.
#[test]
fn a_matrix_of_one_value_is_an_axis() {
    let text = r#"
variable "VERSIONS" { default = ["2.18.13"] }
target "a" {
  name = "a-${kind}"
  matrix = { v = VERSIONS, kind = ["plain"] }
  args = { V = v, KIND = kind }
  tags = ["x.io/a:${v}", "x.io/a:v${v}"]
}
"#;
    let (found, notes) = run(Format::Bake, "docker-bake.hcl", text);
    let manifest = found.unwrap_or_else(|| panic!("{notes}")).manifest;
    assert_eq!(manifest.matches("2.18.13").count(), 1, "{manifest}");
    assert!(manifest.contains("arg V=\"{v}\""), "{manifest}");
    assert!(manifest.contains("arg KIND=\"plain\""), "{manifest}");
}

/// A Dockerfile that names an image which has another name with other values: the edge would be lost.
#[test]
fn a_parent_with_another_name_is_reported() {
    let text = r#"
variable "REL" { default = "" }
target "base" { tags = [REL != "" ? "ghcr.io/acme/base:1" : "acme/base:dev"] }
target "app" {
  dockerfile = "app.Dockerfile"
  tags = ["acme/app:1"]
}
target "arg" {
  dockerfile = "arg.Dockerfile"
  args = { BASE = REL != "" ? "ghcr.io/acme/base:1" : "acme/base:dev" }
  tags = ["acme/arg:1"]
}
target "named" {
  dockerfile = "named.Dockerfile"
  contexts = { base = "target:base" }
  tags = ["acme/named:1"]
}
"#;
    let read = |path: &str| match path {
        "app.Dockerfile" => Some(String::from("FROM debian\nCOPY --from=acme/base:dev / /\n")),
        "arg.Dockerfile" => Some(String::from("ARG BASE\nFROM $BASE\n")),
        "named.Dockerfile" => Some(String::from("FROM base\n")),
        _ => Some(String::from("FROM debian\n")),
    };
    let (mut sources, mut out) = (Sources::default(), Diagnostics::default());
    let source = sources.add("docker-bake.hcl", text);
    let name = "docker-bake";
    let input = Input { source, text, name };
    let found = import_with(Format::Bake, &[input], &[], &read, &mut out);
    let notes = show::text(&out, &sources, false);
    found.unwrap_or_else(|| panic!("{notes}"));
    let said = "with another value of `REL`, `docker.io/acme/base:dev` is not built here: line 2 of app.Dockerfile names it";
    assert!(notes.contains(said), "{notes}");
    assert_eq!(notes.matches("is not built here").count(), 1, "{notes}");
}
