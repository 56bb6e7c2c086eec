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
    check("a\r\nb\r\n", "a b", "c");
    check("! a\n*\n!b", "a c", "b");
    check("\u{feff}a", "a", "b");
    check("é*", "éx", "e");
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
