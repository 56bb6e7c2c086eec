//! Variables in Dockerfiles inside a bake file: they are build arguments where Docker inserts these as bake does.

use super::run;
use super::switches::published;
use kiln::import::Format;

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
