use super::*;
use crate::text::{Diagnostics, Sources};

#[test]
fn explore() {
    for text in [
        "a 1.",
        "a b=",
        "a =b",
        "a true",
        "1a",
        "a \"x\"y",
        "a (b",
        "a (b)c",
        "a [x]",
        "a #tru",
        "a #\"x\"",
        "a 0x",
        "a 1.26.5",
        "=a",
        "a b=1=2",
        "a b = é 1_000",
        "(",
        "a \"\\q\"",
        "a /- b",
        "a b/c",
        "a,b",
        "a \"\"\"\n  x\n y\n  \"\"\"",
        "-1",
        "a .5",
        "a 1.30 é=\"ü\"  -2.5e10 x=#null",
        "a 'b'",
        "a b:c",
        "a b = ",
        "a \u{7}b",
        "a docker.io/cimg",
        "a x=docker.io/cimg:5",
        "a {;",
        "a {}}",
        "} } a",
        "/- a {b}; c /-{ x } { y } /-{}",
        "image \"go {\n x 1\n}",
        "\"\"\"\"\"",
        "a /* /* */ */ b \\\n c // x\nd",
        "a ++b",
    ] {
        let mut sources = Sources::default();
        let id = sources.add("t", text);
        let mut out = Diagnostics::default();
        let doc = parse(id, text, &mut out);
        println!(
            "=== {text:?}\n{:?}",
            doc.nodes
                .iter()
                .map(|n| (&n.name, &n.entries, n.children.as_ref().map(|c| c.iter().map(|c| &c.name).collect::<Vec<_>>())))
                .collect::<Vec<_>>()
        );
        for d in out.iter() {
            println!(
                "  {:?} {:?} | {:?}",
                d.message,
                d.labels.iter().map(|l| (&text[l.span.start as usize..l.span.end as usize], &l.text)).collect::<Vec<_>>(),
                d.help
            );
        }
    }
}
