use crate::memory::{Details, RecipeChange};
use crate::name::Digest;
use std::sync::Arc;

fn details(dockerfile: &str, args: &[(&str, &str)], files: &[(&str, &str)]) -> Details {
    Details {
        dockerfile: dockerfile.into(),
        args: args
            .iter()
            .map(|(k, v)| ((*k).into(), (*v).into()))
            .collect(),
        files: Arc::new(
            files
                .iter()
                .map(|(k, v)| ((*k).into(), Digest::of(v)))
                .collect(),
        ),
        settings: Default::default(),
        packages: None,
        unpackaged: false,
        executable: Default::default(),
    }
}

#[test]
fn modes_that_changed() {
    let old = details("FROM a\n", &[], &[("a", "1"), ("b", "1"), ("c", "1")]);
    let with = |paths: &[&str]| Details {
        executable: paths.iter().map(|path| (*path).into()).collect(),
        ..old.clone()
    };
    let change = with(&["a", "c"]).change(&with(&["b", "c"]));
    let expected = ["~a (not executable any more)", "~b (executable now)"];
    assert_eq!(change.files, expected);
}

#[test]
fn what_changed() {
    let old = details(
        "FROM a\nRUN x\nUSER u\n",
        &[("A", "1"), ("B", "1"), ("C", "1")],
        &[("a", "1"), ("b", "1"), ("c", "1")],
    );
    let new = details(
        "FROM a\nRUN y\nUSER u\nCMD z\n",
        &[("A", "1"), ("B", "2"), ("D", "1")],
        &[("a", "1"), ("b", "2"), ("d", "1")],
    );
    let change = old.change(&new);
    assert_eq!(change.lines, ["-RUN x", "+RUN y", "+CMD z"]);
    assert_eq!(change.files, ["~b", "-c", "+d"]);
    assert_eq!(change.args, ["B=1 -> 2", "-C=1", "+D=1"]);
    assert_eq!(old.change(&old), RecipeChange::default());
    let with = |target: &str| Details {
        settings: [("target".to_owned(), target.to_owned())].into(),
        ..old.clone()
    };
    assert_eq!(with("a").change(&with("b")).settings, ["target=a -> b"]);
    assert_eq!(with("a").change(&old).settings, ["-target=a"]);
}

#[test]
fn they_are_read_back() {
    let details = details("FROM a\n", &[("A", "1")], &[("a", "1")]);
    assert_eq!(Details::read(&details.blob()), Some(details.clone()));
    assert_eq!(Details::read(b"damaged"), None);
    assert_eq!(Details::read(&details.blob()[..20]), None);
}

#[test]
fn arguments_are_written_by_name() {
    let args = details("", &[("B", "1"), ("A", "2")], &[]).args;
    let text = serde_json::to_string(&args).unwrap();
    assert_eq!(text, r#"{"A":"2","B":"1"}"#);
}
