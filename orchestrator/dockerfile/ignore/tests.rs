use super::*;

#[track_caller]
fn check(file: &str, excluded: &str, kept: &str) {
    let (ignore, faults) = Ignore::parse(file);
    assert_eq!(faults, []);
    for path in excluded.split_whitespace() {
        assert!(ignore.excludes(path), "{file:?} should exclude {path}");
    }
    for path in kept.split_whitespace() {
        assert!(!ignore.excludes(path), "{file:?} should keep {path}");
    }
}

#[test]
fn patterns() {
    check("", "", "a a/b");
    check("docs", "docs docs/a docs/a/b", "x/docs docs2");
    check("/docs/", "docs docs/a", "x/docs");
    check("./docs", "docs/a", "x/docs");
    check("a/../docs", "docs/a", "a");
    check("*.md", "a.md", "x/a.md a.mdx");
    check("*/*.md", "x/a.md", "a.md x/y/a.md");
    check("**/*.md", "a.md x/a.md x/y/a.md", "a.mdx");
    check("**/docs", "docs docs/a x/docs x/y/docs/z", "xdocs");
    check("**docs", "docs xdocs a/xdocs", "docsx");
    check("**d?cs", "docs a/docs", "xdocs");
    check("x/**", "x/a x/a/b", "xa a");
    check("x/**/y", "x/y x/a/y x/a/b/y", "xy");
    check("**", "a a/b", "");
    check("*", "a a/b", "");
    check("temp?", "tempa tempb/x", "temp x/tempa temp/a");
    check("*\n!src", "a b/c", "src src/a.rs src/x/y");
    check("*\n!src\nsrc/secret", "a src/secret src/secret/x", "src/a");
    check("docs\n!docs/keep.md", "docs/a", "docs/keep.md");
    check("!docs/keep.md\ndocs", "docs/a docs/keep.md", "");
    check(
        "*.md\n!README*.md\nREADME-secret.md",
        "a.md README-secret.md",
        "README.md README-x.md",
    );
    check("# comment\n\n  \n #not", "#not", "#comment comment");
    check("  a  ", "a", "b");
    check("[a-c]x", "ax bx", "dx");
    check("[^a-c]x", "dx", "ax");
    check("a\\*b", "a*b", "axb");
    check("a.b", "a.b", "axb");
    check("a+(b)|{c}$", "a+(b)|{c}$", "aab");
    check(".\n/", "", "a a/b");
    check("..", "", "a");
    check("../a\nb/../../c", "", "a c");
    check("/../a", "a", "c");
    check("a\r\nb\r\n", "a b", "c");
    check("! a\n*\n!b", "a c", "b");
    check("\u{feff}a", "a", "b");
    check("é*", "éx", "e");
}

/// The files of the folder that the table is about.
const FILES: &str = ".dockerignore Dockerfile r.md docs/x.md docs/y.txt docs/sub/z.md b/f b/c/f certs/k.pem certs/p/l.pem";

#[test]
fn what_is_taken_back_is_what_buildx_takes_back() {
    let table = include_str!("../../../tests/fixtures/ignored.txt");
    let is_row = |row: &&str| !row.is_empty() && !row.starts_with('#');
    let rows: Vec<_> = table.lines().filter(is_row).collect();
    assert!(rows.len() > 70);
    for row in rows {
        let (file, left_out) = row.split_once(':').unwrap();
        let (ignore, faults) = Ignore::parse(&file.trim().replace(' ', "\n").replace("!\n", "! "));
        assert_eq!(faults, [], "{file}");
        let (listed, is_left_out) = match left_out.trim().strip_prefix("all but ") {
            Some(kept) => (kept, false),
            None => (left_out, true),
        };
        let listed: Vec<_> = listed.split_whitespace().collect();
        for path in FILES.split(' ') {
            let expect = listed.contains(&path) == is_left_out;
            assert_eq!(ignore.excludes(path), expect, "{file}: {path}");
        }
    }
}

#[test]
fn faults() {
    let lines = |file: &str| {
        Ignore::parse(file)
            .1
            .into_iter()
            .map(|f| f.line)
            .collect::<Vec<_>>()
    };
    assert_eq!(lines("a\n[\nb[]\n!\n\\"), [2, 3, 4, 5]);
    assert_eq!(
        lines("[a-]\n[-a]\n[]a]\n[a-b-c]\n[^-a]\n[a\\-]\n[z-a]\n[a-b]"),
        [1, 2, 3, 4, 5, 7]
    );
    assert_eq!(lines("a\rb\nc\0d\n\te\r\nf\tg"), [1, 2, 4]);
    assert_eq!(lines(&format!("{0}\n#{0}\n{0}", "a".repeat(65_535))), [2]);
    assert_eq!(lines("# b\u{fffd}\na\u{fffd}\nb"), [2]);
    assert_eq!(lines("*\n!/\n!//.\n!.\n/"), [2, 3]);
    let codes = "\\a.txt\nx\\node_modules\n\\*.txt\n[\\d]\na\\.b\n!\\w*\n\\#a";
    assert_eq!(lines(codes), [1, 2, 4, 6]);
    let (_, faults) = Ignore::parse("\\a.txt");
    let expect = "`\\a.txt`: Docker takes `\\a` for a code of regular expressions, which is not `a`; write `a`, or `/` between folders";
    assert_eq!(faults[0].message, expect);
}

#[test]
fn folders_are_skipped_only_where_nothing_is_taken_back() {
    assert!(
        Ignore::parse("node_modules")
            .0
            .excludes_all_below("node_modules")
    );
    assert!(
        !Ignore::parse("node_modules\n!node_modules/a")
            .0
            .excludes_all_below("node_modules")
    );
    assert!(!Ignore::parse("node_modules").0.excludes_all_below("src"));
}
