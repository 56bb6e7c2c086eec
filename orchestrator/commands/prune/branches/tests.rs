use super::*;

/// The start of what is said if `--orphans` finds nothing.
#[track_caller]
fn check(scope: Option<Scope>, default: Option<&str>, git_tag: Option<&str>, said: Option<&str>) {
    let origin = Origin {
        scope,
        default: default.map(|name| Scope::Branch(name.into())),
        git_tag: git_tag.map(Into::into),
        ..Origin::default()
    };
    let said = said.map(|here| {
        format!(
            "--orphans looked only for tags that runs {here} wrote, and found none\n  for the others, run it on the newest commit of `main`"
        )
    });
    assert_eq!(elsewhere(&origin), said);
}

#[test]
fn a_run_elsewhere_says_why_it_finds_no_orphaned_tags() {
    let branch = |name: &str| Some(Scope::Branch(name.into()));
    let request = Some(Scope::PullRequest("7".into()));
    check(branch("main"), None, None, None);
    check(None, Some("main"), None, None);
    check(branch("f"), Some("main"), None, Some("on `f`"));
    check(request, Some("main"), None, Some("for pull request 7"));
    check(None, Some("main"), Some("v1"), Some("for the git tag `v1`"));
}
