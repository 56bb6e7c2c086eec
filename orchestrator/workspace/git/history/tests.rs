//! Histories of real repositories, read with libgit2 and with the `git` command.

use super::*;

/// A repository whose commits are named by their messages.
struct Fixture {
    folder: tempfile::TempDir,
}

impl Fixture {
    /// `options` are those of `git init`.
    fn new(options: &[&str]) -> Self {
        let fixture = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        fixture.git(&[&["init", "-q", "-b", "main"], options].concat());
        fixture
    }

    /// A main line a-b-c, and a branch from a with d, merged as m; e comes after m.
    fn merged(options: &[&str]) -> Self {
        let fixture = Self::new(options);
        fixture.commits(&["a"]);
        fixture.git(&["branch", "side"]);
        fixture.commits(&["b", "c"]);
        fixture.git(&["checkout", "-q", "side"]);
        fixture.commits(&["d"]);
        fixture.git(&["checkout", "-q", "main"]);
        fixture.git(&["merge", "-q", "--no-ff", "-m", "m", "side"]);
        fixture.commits(&["e"]);
        fixture
    }

    fn commits(&self, names: &[&str]) {
        for name in names {
            self.git(&["commit", "-q", "--allow-empty", "-m", name]);
        }
    }

    /// A clone with as many commits per line.
    fn clone_of(&self, depth: u8) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let from = format!("file://{}", self.folder.path().display());
        let clone = Self { folder };
        let depth = format!("--depth={depth}");
        clone.git(&["clone", "-q", "--no-single-branch", &depth, &from, "."]);
        clone
    }

    /// The output of a git command that knows nothing of this machine's configuration.
    fn git(&self, args: &[&str]) -> String {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@example.com"]);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        let output = git.args(args).current_dir(self.folder.path()).output();
        let output = output.expect("git runs");
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// The ids of all commits by their messages.
    fn ids(&self) -> HashMap<String, String> {
        let log = self.git(&["log", "--all", "--format=%s %H"]);
        let pair = |line: &str| line.split_once(' ').map(|(a, b)| (a.into(), b.into()));
        log.lines().filter_map(pair).collect()
    }

    /// What both readers say about pairs of commits: `a<b` for yes, `a>b` for no, `a?b` where they cannot say.
    #[track_caller]
    fn check(&self, ids: &HashMap<String, String>, expect: &str) {
        let root = self.folder.path();
        let history = History::open(root);
        for pair in expect.split_whitespace() {
            let (older, newer) = (&ids[&pair[..1]], &ids[&pair[2..]]);
            let wanted = match &pair[1..2] {
                "<" => Some(true),
                ">" => Some(false),
                _ => None,
            };
            assert_eq!(history.is_ancestor(older, newer), wanted, "{pair}");
            assert_eq!(history.is_ancestor(older, newer), wanted, "{pair} again");
            assert_eq!(of_command(root, older, newer), wanted, "{pair} by command");
        }
    }
}

#[test]
fn a_whole_history_says_yes_or_no() {
    let line = Fixture::new(&[]);
    line.commits(&["a", "b", "c"]);
    line.check(&line.ids(), "a<a a<b a<c b<c c>a c>b b>a");

    let merged = Fixture::merged(&[]);
    merged.check(&merged.ids(), "a<m b<m d<m d<e c>d d>c d>b m>d e>a");
}

#[test]
fn histories_without_a_common_commit_are_not_related() {
    let fixture = Fixture::new(&[]);
    fixture.commits(&["a"]);
    fixture.git(&["checkout", "-q", "--orphan", "other"]);
    fixture.commits(&["b"]);
    fixture.check(&fixture.ids(), "a>b b>a");
}

#[test]
fn the_git_command_reads_what_libgit2_cannot() {
    let merged = Fixture::merged(&["--object-format=sha256"]);
    assert!(Repository::discover(merged.folder.path()).is_err());
    merged.check(&merged.ids(), "a<m b<m d<e c>d d>b m>d e<e");

    let all = merged.ids();
    let clone = merged.clone_of(2);
    clone.check(&all, "m<e e>m a?e b?m");
}

#[test]
fn a_shallow_clone_does_not_guess() {
    let merged = Fixture::merged(&[]);
    let all = merged.ids();

    let one = merged.clone_of(1);
    // It has e and d, each without parents.
    one.check(&all, "e<e d<d d?e e?d m?e a?e e?m");

    let two = merged.clone_of(2);
    // It has m-e and a-d. Git marks a as an end, too, although it has no parents.
    two.check(&all, "m<e e>m a<d d>a c?e b?e c?d a?e e?a e?d");
}

#[test]
fn unknown_commits_and_other_texts_have_no_answer() {
    let fixture = Fixture::new(&[]);
    fixture.commits(&["a"]);
    let mut ids = fixture.ids();
    ids.insert(String::from("x"), "1".repeat(40));
    fixture.check(&ids, "x?a a?x x?x");

    let history = History::open(fixture.folder.path());
    for text in ["", "main", "HEAD", "--all", &ids["a"][..12]] {
        assert_eq!(history.is_ancestor(text, &ids["a"]), None, "{text}");
        assert_eq!(history.is_ancestor(&ids["a"], text), None, "{text}");
    }
    let tree = fixture.git(&["rev-parse", "HEAD^{tree}"]);
    assert_eq!(history.is_ancestor(tree.trim(), &ids["a"]), None);
    let upper = ids["a"].to_uppercase();
    assert_eq!(history.is_ancestor(&upper, &ids["a"]), Some(true));
}

#[test]
fn without_a_repository_no_commit_is_known() {
    let folder = tempfile::tempdir().expect("a folder");
    let history = History::open(folder.path()).clone();
    assert_eq!(history.is_ancestor(&"1".repeat(40), &"2".repeat(40)), None);
}

#[test]
fn a_history_is_shared_between_threads() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    shared::<History>();
}

/// The branches of a clone and of its remote, whichever program reads them.
#[test]
fn branches_are_those_of_the_clone_and_its_remotes() {
    for options in [&[][..], &["--object-format=sha256"]] {
        let fixture = Fixture::merged(options);
        let known = |fixture: &Fixture| {
            let all = crate::workspace::git::branches(fixture.folder.path());
            all.into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(known(&fixture), "main side");
        let clone = fixture.clone_of(1);
        clone.git(&["checkout", "-q", "-b", "own/topic"]);
        assert_eq!(known(&clone), "main own/topic side");
    }
    let outside = tempfile::tempdir().expect("a folder");
    assert!(crate::workspace::git::branches(outside.path()).is_empty());
}
