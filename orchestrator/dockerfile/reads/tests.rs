use super::*;
use crate::dockerfile::{Given, read};
use crate::name::{Digest, Platform};
use crate::tree::{Entry, Mode};
use indexmap::IndexMap;

/// The context of the rows below. `a/` is an empty folder, `a -> b` a link.
const CONTEXT: [&str; 20] = [
    "Dockerfile",
    "README.md",
    "a.txt",
    "b.txt",
    "bin-amd64",
    "bin-arm64",
    "deep/one/package.json",
    "deep/two/package.json",
    "deep/two/x.c",
    "empty/",
    "go -> tool/go.sh",
    "kit -> tool",
    "loop -> loop",
    "out -> ../../etc/passwd",
    "src/main.c",
    "src/main.h",
    "src/peer -> ../a.txt",
    "tool/go.sh",
    "tool/up -> /src",
    "with space",
];

fn context() -> Arc<Tree> {
    let mut tree = Tree::default();
    for line in CONTEXT {
        match (line.split_once(" -> "), line.strip_suffix('/')) {
            (Some((path, target)), _) => tree.add(
                path,
                Entry {
                    mode: Mode::Plain,
                    size: 0,
                    digest: Digest::of(target),
                    content: Content::Link(target.into()),
                },
            ),
            (_, Some(folder)) => tree.add_folder(folder),
            _ => tree.add_bytes(line, Mode::Plain, line.as_bytes()),
        }
    }
    Arc::new(tree)
}

/// What is read on linux/arm64, with `NAME=a` as build argument; `*` for the whole context.
#[track_caller]
fn check(dockerfile: &str, expect: &str) {
    let args = IndexMap::from([(String::from("NAME"), String::from("a"))]);
    let platforms = ["linux/arm64".parse::<Platform>().unwrap()];
    let given = Given {
        args: &args,
        platforms: &platforms,
        target: None,
        contexts: &[],
    };
    let file = read(dockerfile, given);
    assert!(file.faults.is_empty(), "{dockerfile}: {:?}", file.faults);
    let tree = context();
    let got = file.reads[0].of(&tree);
    let got: Vec<&str> = match got.len() == tree.len() {
        true => vec!["*"],
        false => got.iter().map(|(path, _)| path).collect(),
    };
    assert_eq!(got.join(" "), expect, "{dockerfile}");
}

/// The same for an instruction in a file of one stage.
#[track_caller]
fn line(instruction: &str, expect: &str) {
    check(&format!("FROM debian:12\n{instruction}\n"), expect);
}

#[test]
fn copied_paths() {
    line("RUN make", "");
    line("COPY a.txt /", "a.txt");
    line(
        "COPY ./a.txt //b.txt src/../README.md /x/",
        "README.md a.txt b.txt",
    );
    line(
        "COPY [\"with space\", \"a.txt\", \"/\"]",
        "a.txt with space",
    );
    line("COPY src /s", "src/main.c src/main.h src/peer");
    line("COPY src/ /s", "src/main.c src/main.h src/peer");
    line("COPY empty /e", "empty");
    line("COPY nothing /e", "");
    line("COPY . /app", "*");
    line("COPY / /app", "*");
    line("COPY ../../ /app", "*");
    line("ADD --chown=1:1 b.txt /", "b.txt");
    line("COPY --from=debian:11 a.txt /", "");
    line(
        "COPY --exclude=*.h src /s",
        "src/main.c src/main.h src/peer",
    );
    line("COPY <<EOF /x\na.txt\nEOF", "");
    line("COPY <<A b.txt /x/\na.txt\nA", "b.txt");
    line("COPY a.txt \\\n  # b.txt\n  b.txt /", "a.txt b.txt");
}

#[test]
fn patterns() {
    line("COPY *.txt /", "a.txt b.txt");
    line("COPY ?.txt /", "a.txt b.txt");
    line("COPY [a].txt /", "a.txt");
    line("COPY src/*.h /", "src/main.h");
    line("COPY sr? /", "src/main.c src/main.h src/peer");
    line(
        "COPY deep/*/package.json /",
        "deep/one/package.json deep/two/package.json",
    );
    line("COPY --parents deep/**/x.c /", "deep/two/x.c");
    line(
        "COPY --parents ./deep/./**/package.json /",
        "deep/one/package.json deep/two/package.json",
    );
    line("COPY * /", "*");
    line("COPY [a /", "*");
}

#[test]
fn links() {
    // BuildKit and the classic builder follow a link that is a source, or on the way to one.
    line("COPY go /", "go tool/go.sh");
    line("COPY kit/go.sh /", "kit tool/go.sh");
    line("COPY kit /", "kit tool/go.sh tool/up");
    line("COPY kit/up/main.c /", "kit src/main.c tool/up");
    line("COPY k*t/go.sh /", "kit tool/go.sh");
    // A link below a copied folder is copied as one.
    line("COPY src /", "src/main.c src/main.h src/peer");
    line("COPY loop /", "loop");
    line("COPY out /", "out");
}

#[test]
fn variables() {
    line("ARG F=b\nCOPY ${F}.txt /", "b.txt");
    line("ARG NAME\nCOPY $NAME.txt /", "a.txt");
    line("ARG NAME=b\nCOPY $NAME.txt /", "a.txt");
    line("COPY $NAME.txt /", "*");
    line("ENV F=b\nCOPY $F.txt /", "b.txt");
    line("ENV F b\nCOPY $F.txt /", "b.txt");
    line("ENV F=b G=\"$NAME x\"\nCOPY $F.txt /", "b.txt");
    line("ARG F=b\nENV F=a\nCOPY $F.txt /", "a.txt");
    // Releases of BuildKit differ in which of the two counts.
    line("ENV NAME=b\nARG NAME\nCOPY $NAME.txt /", "*");
    line("ENV F=b\nARG F=a\nCOPY $F.txt /", "*");
    line("ENV F=b\nARG F=a\nENV F=b\nCOPY $F.txt /", "b.txt");
    line("ENV F=b\nARG F\nCOPY $F.txt /", "b.txt");
    line("ENV F=b\nARG F=b\nCOPY $F.txt /", "b.txt");
    line("ARG TARGETARCH\nCOPY bin-$TARGETARCH /", "bin-arm64");
    line("COPY bin-$TARGETARCH /", "*");
    line("ARG BUILDARCH\nCOPY bin-$BUILDARCH /", "*");
    line("COPY ${WHO:-b}.txt /", "*");
    line("ARG U\nCOPY $U /", "*");
    line("COPY \\$x /", "");
    check("ARG F=b\nFROM debian\nARG F\nCOPY $F.txt /", "b.txt");
    check("ARG F=b\nFROM debian\nCOPY $F.txt /", "*");
    check("FROM debian AS x\nENV F=b\nFROM x\nCOPY $F.txt /", "b.txt");
    check("FROM debian AS x\nENV F=b\nFROM debian\nCOPY $F.txt /", "*");
}

#[test]
fn mounts() {
    line(
        "RUN --mount=type=bind,source=src,target=/s make",
        "src/main.c src/main.h src/peer",
    );
    line("RUN --mount=src=a.txt,target=/s make", "a.txt");
    line("RUN --mount=target=/s make", "*");
    line("RUN --mount=type=bind,source=/,target=/s make", "*");
    line("RUN --mount=type=bind,source=$F,target=/s make", "*");
    line(
        "ARG F=a.txt\nRUN --mount=type=bind,source=$F,target=/s make",
        "a.txt",
    );
    line(
        "ENV F=b\nRUN --mount=source=${F}.txt,target=/s make",
        "b.txt",
    );
    line("RUN --mount=type=bind,from=debian:11,target=/s make", "");
    line("RUN --mount=type=cache,target=/s make", "");
    line("RUN --mount=type=secret,id=x,source=a.txt make", "");
    line(
        "RUN --mount=type=tmpfs,target=/s --mount=target=/k,source=b.txt make",
        "b.txt",
    );
}

#[test]
fn addresses() {
    line("ADD https://example.com/a.txt /", "");
    line("ADD git@example.com:a/b.git /", "");
    line("ADD https://example.com/$X b.txt /", "b.txt");
    line("ARG U=https://example.com/x\nADD $U /", "");
}

#[test]
fn stages() {
    check(
        "FROM debian AS test\nCOPY README.md /\nFROM debian\nCOPY a.txt /",
        "a.txt",
    );
    check(
        "FROM debian AS make\nCOPY src /\nFROM debian\nCOPY --from=make /x /\nCOPY a.txt /",
        "a.txt src/main.c src/main.h src/peer",
    );
    check(
        "FROM debian AS a\nCOPY a.txt /\nFROM a AS b\nFROM b\n",
        "a.txt",
    );
}

#[test]
fn what_cannot_be_known_is_everything() {
    check(
        "# syntax=example.com/own/frontend:1\nFROM debian\nCOPY a.txt /",
        "*",
    );
    check(
        "# syntax=docker/dockerfile:1.7-labs\nFROM debian\nCOPY a.txt /",
        "a.txt",
    );
    check(
        "FROM debian AS a\nONBUILD COPY b.txt /\nFROM a\nCOPY a.txt /",
        "a.txt b.txt",
    );
    check(
        "FROM debian AS a\nONBUILD RUN make\nFROM a\nCOPY a.txt /",
        "a.txt",
    );
}

#[test]
fn onbuild() {
    let reads = |instruction: &str| {
        let args = IndexMap::new();
        let given = Given {
            args: &args,
            platforms: &[],
            target: None,
            contexts: &[],
        };
        match read(&format!("FROM debian\n{instruction}\n"), given).onbuild_reads {
            Reads::All => String::from("*"),
            Reads::Paths(paths) => paths
                .iter()
                .map(ReadPath::text)
                .collect::<Vec<_>>()
                .join(" "),
        }
    };
    for (instruction, expect) in [
        ("ONBUILD COPY . /", "*"),
        ("ONBUILD add a b* /", "a b*"),
        ("ONBUILD COPY a /\nONBUILD COPY [\"b c\", \"/\"]", "a b c"),
        ("ONBUILD COPY $A /", "*"),
        ("ONBUILD RUN --mount=target=/x y", "*"),
        ("ONBUILD RUN --mount=source=a,target=/x y", "a"),
        ("ONBUILD RUN y", ""),
        ("ONBUILD USER 1", ""),
        ("COPY . /", ""),
        ("ONBUILD RUN --mount=type=cache,target=/x y", ""),
        ("ONBUILD COPY --from=b a /", ""),
        // The stage that is based on it carries it out.
        ("ONBUILD COPY a /\nFROM debian\nONBUILD COPY b /", "b"),
    ] {
        assert_eq!(reads(instruction), expect, "{instruction}");
    }
}

#[test]
fn a_target_needs_its_own_stages_alone() {
    let args = IndexMap::new();
    let platforms = [Platform::linux_amd64()];
    let text =
        "FROM debian:1 AS a\nCOPY a.txt /\nFROM debian:2 AS b\nCOPY b.txt /\nFROM b\nCOPY src /\n";
    let reads = |target| {
        let given = Given {
            args: &args,
            platforms: &platforms,
            target,
            contexts: &[],
        };
        let file = read(text, given);
        let paths: Vec<String> = file.reads[0]
            .of(&context())
            .iter()
            .map(|(path, _)| path.to_owned())
            .collect();
        let base = file
            .final_base
            .map(|base| file.image_refs[base].reference.to_string());
        (
            paths.join(" "),
            base.unwrap_or_default(),
            file.faults.first().map(|f| f.message.clone()),
        )
    };
    let on = |paths: &str, base: &str| {
        (
            paths.to_owned(),
            format!("docker.io/library/debian:{base}"),
            None,
        )
    };
    assert_eq!(reads(Some("a")), on("a.txt", "1"));
    assert_eq!(reads(Some("B")), on("b.txt", "2"));
    assert_eq!(reads(None), on("b.txt src/main.c src/main.h src/peer", "2"));
    assert_eq!(
        reads(Some("c")).2.as_deref(),
        Some("the file has no stage `c`, which is the target")
    );
}

/// What ONBUILD of a stage copies counts for the stage that is based on it, and nothing else of the context.
#[test]
fn onbuild_of_an_own_stage() {
    let read_of = |deferred: &str| {
        let args = IndexMap::new();
        let platforms = [Platform::linux_amd64()];
        let given = Given {
            args: &args,
            platforms: &platforms,
            target: None,
            contexts: &[],
        };
        let text = format!("FROM debian AS a\n{deferred}\nFROM a\n");
        let file = read(&text, given);
        let read = file.reads[0].of(&context());
        let paths: Vec<&str> = read.iter().map(|(path, _)| path).collect();
        paths.join(" ")
    };
    assert_eq!(read_of("ONBUILD COPY a.txt /"), "a.txt");
    assert_eq!(
        read_of("ONBUILD RUN --mount=source=b.txt,target=/x y"),
        "b.txt"
    );
    assert_eq!(read_of("ONBUILD RUN x"), "");
    let all = read_of("ONBUILD COPY . /");
    assert!(all.contains("a.txt") && all.contains("b.txt"), "{all}");
    assert_eq!(read_of("ONBUILD ARG X=a.txt\nONBUILD COPY $X /"), all);
}

#[test]
fn paths_that_a_context_lacks() {
    let tree = context();
    for (path, expect) in [
        ("a.txt", "there"),
        ("src", "there"),
        ("empty", "there"),
        ("go", "there"),
        ("kit/go.sh", "there"),
        ("kit/up/main.c", "there"),
        ("src/peer", "there"),
        ("none", "nothing"),
        ("src/none", "nothing"),
        ("kit/none", "kit -> tool"),
        ("kit/up/none", "tool/up -> /src"),
        ("out", "out -> ../../etc/passwd"),
        ("loop", "loop -> loop"),
    ] {
        let found = match absent(&tree, path) {
            None => String::from("there"),
            Some(Absent::Nothing) => String::from("nothing"),
            Some(Absent::Link(link, target)) => format!("{link} -> {target}"),
        };
        assert_eq!(found, expect, "{path}");
    }
}
