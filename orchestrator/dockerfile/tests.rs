//! Files as people and tools write them, compared with how Docker's own builders parse them.

mod grammar;
mod platforms;
mod stages;
mod syntax;
mod values;

use super::*;
use crate::dockerfile::{ImageRefKind, RunsOn};
use crate::name::Reference;
use proptest::prelude::*;

const ONE: &str = "linux/amd64";

const TWO: &str = "linux/amd64 linux/arm64";

/// Parses with these build arguments (`A=1 B=2`) and platforms; returns one line per finding:
/// `line:kind reference <bytes>` for images, `line!code` for faults.
fn found(text: &str, args: &str, platforms: &str) -> Vec<String> {
    let args = args
        .split_whitespace()
        .filter_map(|a| a.split_once('='))
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .collect();
    let platforms: Vec<Platform> = platforms
        .split_whitespace()
        .map(|p| p.parse().unwrap())
        .collect();
    let file = read(text, given(&args, &platforms, None));
    let kind = |kind| match kind {
        ImageRefKind::From => "from",
        ImageRefKind::CopyFrom => "copy",
        ImageRefKind::MountFrom => "mount",
        ImageRefKind::Syntax => "syntax",
    };
    let image_refs = file.image_refs.iter().map(|s| {
        let platform = s.needs.iter().flatten().find_map(|on| match on {
            RunsOn::Target => None,
            RunsOn::Build => Some(String::from(" on the engine's")),
            RunsOn::Platform(platform) => Some(format!(" on {platform}")),
        });
        let platform = platform.unwrap_or_default();
        (
            s.bytes.start,
            format!(
                "{}:{} {}{platform} <{}>",
                s.line,
                kind(s.kind),
                s.reference.familiar(),
                &text[s.bytes.clone()]
            ),
        )
    });
    let faults = file.faults.iter().map(|f| {
        (
            f.bytes.start,
            format!("{}!{}", f.line, f.code.trim_start_matches("dockerfile::")),
        )
    });
    let mut all: Vec<_> = image_refs.chain(faults).collect();
    all.sort();
    all.into_iter().map(|(_, text)| text).collect()
}

/// Parses without arguments and platforms.
fn plain(text: &str) -> Dockerfile {
    let args = IndexMap::new();
    read(text, given(&args, &[], None))
}

fn given<'a>(
    args: &'a IndexMap<String, String>,
    platforms: &'a [Platform],
    target: Option<&'a str>,
) -> Given<'a> {
    Given {
        args,
        platforms,
        target,
        contexts: &[],
    }
}

#[track_caller]
fn check(text: &str, expect: &[&str]) {
    assert_eq!(found(text, "", ONE), expect, "\n{text}");
}

#[track_caller]
fn check_args(text: &str, args: &str, platforms: &str, expect: &[&str]) {
    assert_eq!(found(text, args, platforms), expect, "\n{text}");
}

#[test]
fn rewriting() {
    let check = |text: &str, changes: &[(Range<usize>, &str)], expect: &str| {
        let changes: Vec<_> = changes
            .iter()
            .map(|(range, new)| (range.clone(), (*new).to_owned()))
            .collect();
        assert_eq!(rewrite(text, &changes), expect);
    };
    check("FROM a AS b", &[(5..6, "xyz")], "FROM xyz AS b");
    check("abc", &[(2..3, "C"), (0..1, "A")], "AbC");
    check("abc", &[(0..2, "x"), (1..3, "y")], "xc");
    check("abc", &[(1..9, "x")], "abc");
    check("é", &[(1..2, "x")], "é");
    check("abc", &[(1..1, "-")], "a-bc");
}

/// Text made of the pieces that are special to the parser.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "FROM ", "COPY ", "RUN ", "ARG ", "ONBUILD ", "--from=", "--mount=", "from=", " AS ",
            "<<", "<<-", "EOF", "\n", "\n", "\r\n", "\\", "\\\n", "`", "# ", "escape=", "syntax=",
            "$", "${", "}", ":-", "A", "A=", "\"", "'", " ", "\t", ",", "0", "scratch", "é",
            "\u{feff}", "\u{a0}", "/", "%%", "[",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,4}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]
    #[test]
    fn any_text_is_read(text in nasty()) {
        let args = [("A".to_owned(), "x".to_owned())].into_iter().collect();
        let file = read(&text, given(&args, &[Platform::linux_amd64()], None));
        let lines = text.split('\n').count();
        let places = file.image_refs.iter().map(|s| (&s.bytes, s.line)).chain(file.faults.iter().map(|f| (&f.bytes, f.line)));
        for (bytes, line) in places.chain(file.instructions.iter().map(|i| (&i.bytes, *i.lines.end()))) {
            prop_assert!(text.get(bytes.clone()).is_some(), "{bytes:?}");
            prop_assert!((1..=lines).contains(&line));
        }
        // A replaced name parses as its replacement: no edge is lost or split.
        if file.faults.is_empty() {
            let new: Reference = "r.example/kiln:x".parse().unwrap();
            let changes: Vec<_> = file.image_refs.iter().map(|s| (s.bytes.clone(), new.to_string())).collect();
            let again = read(&rewrite(&text, &changes), given(&args, &[Platform::linux_amd64()], None));
            prop_assert_eq!(again.image_refs.len(), file.image_refs.len());
            prop_assert!(again.image_refs.iter().all(|s| s.reference == new), "{:?}", again.image_refs);
            prop_assert_eq!(again.instructions.len(), file.instructions.len());
        }
    }
}

/// The features that the classic builder refuses, with their line and first engine version.
#[test]
fn features() {
    let check = |text: &str, expect: &[&str]| {
        let found = plain(text).features(&Default::default());
        let shown = |f: &Feature| {
            format!(
                "{} {}{}",
                f.line,
                f.name,
                f.since.map(|since| format!(" {since}")).unwrap_or_default()
            )
        };
        assert_eq!(
            found.iter().map(shown).collect::<Vec<_>>(),
            expect,
            "{text}"
        );
    };
    check(
        "FROM --platform=linux/amd64 a AS b\nFROM a\nCOPY --from=b --chown=1 /x /x\nADD --chown=1 x /x\nHEALTHCHECK --interval=1s CMD x\n",
        &[],
    );
    check(
        "FROM a\nRUN --mount=type=cache,target=/x \\\n  y\nCOPY --link --chmod=0 a b\n",
        &[
            "2 RUN --mount 20.10",
            "4 COPY --link 23.0",
            "4 COPY --chmod 20.10",
        ],
    );
    check(
        "FROM a\nRUN --network=none x\nRUN --security=sandbox x\n",
        &["2 RUN --network 23.0", "3 RUN --security 29.1"],
    );
    check(
        "FROM a\nRUN <<E\nx\nE\nADD --checksum=sha256:0 https://x /y\n",
        &["2 a here-document after RUN 23.0", "5 ADD --checksum 25.0"],
    );
    check(
        "FROM a\nRUN --mount=type=secret,id=a --mount=type=ssh,id=$B x\nRUN --mount=type=secret,id=a,target=$B x\n",
        &[
            "2 RUN --mount 20.10",
            "2 RUN --mount 20.10",
            "2 a variable in the id of RUN --mount 23.0",
            "3 RUN --mount 20.10",
            "3 a variable in the target of RUN --mount 23.0",
        ],
    );
    check(
        "FROM a AS x-amd64\nFROM x-${TARGETARCH}\nCOPY --parents a b\n",
        &[
            "2 a FROM that depends on the platform 20.10",
            "3 COPY --parents 29.1",
        ],
    );
    // The variable of the platform is the default of another one.
    check(
        "ARG P=$BUILDPLATFORM\nARG Q=\"${P}\"\nFROM --platform=$Q a\nFROM ${Q:-b}\nARG P=$BUILDPLATFORM\nFROM b-$NONE\n",
        &[
            "3 a FROM that depends on the platform 20.10",
            "4 a FROM that depends on the platform 20.10",
        ],
    );
    check(
        "ARG A=${B#x}\nFROM a\nHEALTHCHECK --start-interval=1s --retries=0 CMD x\nENV A=${A#b}${C-d} B=\\${A#b}\nUSER ${A:-${A/f}}\nRUN ${A#b}\n",
        &[
            "3 HEALTHCHECK --start-interval 25.0",
            "3 HEALTHCHECK --retries=0 23.0",
            "4 `${X#…}` 26.0",
            "4 `${X-…}` 25.0",
            "5 `${X/…}` 26.0",
        ],
    );
    check(
        "FROM a AS b\nENV A=${A#b}\nFROM c\nCOPY --chmod=u+x a b\nADD --chmod=$M --keep-git-dir --unpack --exclude=x a b\nRUN --mount=type=ssh,env=A true\n",
        &[
            "2 `${X#…}` 26.0",
            "4 COPY --chmod 20.10",
            "4 letters in COPY --chmod 28.0",
            "5 ADD --chmod 20.10",
            "5 a variable in ADD --chmod 27.3",
            "5 ADD --keep-git-dir 25.0",
            "5 ADD --unpack 28.3",
            "5 ADD --exclude 28.5",
            "6 RUN --mount 20.10",
            "6 `env` of RUN --mount=type=ssh 27.3",
        ],
    );
    check(
        "# syntax=docker/dockerfile:1\nFROM a\nCOPY --link a b\n",
        &["3 COPY --link"],
    );
}
