use super::*;

/// The answer for a repository whose `origin` fetches this, by both readers.
#[track_caller]
fn check(fetched: Option<&str>, is_shallow: bool, expected: Option<Partial>) {
    let folder = tempfile::tempdir().expect("a folder");
    let repository = Repository::init(folder.path()).expect("a repository");
    if let Some(fetched) = fetched {
        let remote = repository.remote_with_fetch("origin", "https://git.example/f", fetched);
        remote.expect("a remote");
    }
    if is_shallow {
        let line = format!("{}\n", "1".repeat(40));
        std::fs::write(repository.path().join("shallow"), line).expect("a file");
    }
    assert_eq!(partial(folder.path()), expected, "{fetched:?}");
    assert_eq!(of_command(folder.path()), expected, "{fetched:?}");
}

#[test]
fn a_clone_may_lack_branches() {
    let all = Some("+refs/heads/*:refs/remotes/origin/*");
    let one = Some("+refs/heads/main:refs/remotes/origin/main");
    check(None, false, None);
    check(all, false, None);
    check(all, true, Some(Partial::Shallow));
    check(one, false, Some(Partial::SomeBranches));
    check(one, true, Some(Partial::Shallow));
}

#[test]
fn a_folder_may_be_outside_of_git() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(partial(folder.path()), Some(Partial::NoRepository));
}
