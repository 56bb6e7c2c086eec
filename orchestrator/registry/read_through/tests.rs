use super::*;
use crate::registry::fake::{Fake, Fault, Operation, image};

fn repository(name: &str) -> Repository {
    name.parse().unwrap()
}

fn reference(name: &str) -> Reference {
    name.parse().unwrap()
}

/// `r.example/pr` is read through to `r.example/main`.
fn world() -> (Fake, Arc<dyn Registry>) {
    let fake = Fake::default();
    let below = BTreeMap::from([(repository("r.example/pr"), repository("r.example/main"))]);
    let registry = read_through(Arc::new(fake.clone()), below);
    (fake, registry)
}

#[tokio::test]
async fn tags_are_read_through_and_digests_are_not() {
    let (fake, registry) = world();
    let (one, other) = (image("one"), image("other"));
    fake.seed(&reference("r.example/main:b-1"), &one);
    fake.seed(&reference("r.example/main:b-2"), &one);
    fake.seed(&reference("r.example/pr:b-2"), &other);
    let head = async |name: &str| registry.head(&reference(name), Patience::READ).await;
    assert_eq!(head("r.example/pr:b-1").await, Ok(Some(one.digest)));
    assert_eq!(head("r.example/pr:b-2").await, Ok(Some(other.digest)));
    assert_eq!(head("r.example/main:b-2").await, Ok(Some(one.digest)));
    assert_eq!(head("r.example/pr:b-3").await, Ok(None));
    let pinned = format!("r.example/pr@{}", one.digest);
    assert_eq!(head(&pinned).await, Ok(None));
}

#[tokio::test]
async fn a_repository_that_may_not_be_read_has_nothing() {
    let (fake, registry) = world();
    fake.seed(&reference("r.example/main:b-1"), &image("one"));
    fake.fault(Operation::Head, "r.example/main", 9, Fault::Status(403));
    let tag = reference("r.example/pr:b-1");
    assert_eq!(registry.head(&tag, Patience::READ).await, Ok(None));
    fake.heal(Operation::Head);
    fake.fault(Operation::Head, "r.example/main", 9, Fault::Unreachable);
    assert!(registry.head(&tag, Patience::READ).await.is_err());
}

/// G24: what a pull request is to read is never written.
#[tokio::test]
async fn nothing_is_written_below() {
    let (fake, registry) = world();
    let one = image("one");
    fake.seed(&reference("r.example/main:b-1"), &one);
    let main = repository("r.example/main");
    let tag = reference("r.example/main:b-2");
    let pinned = repository("r.example/pr");
    let kind = |result: Result<(), WorldError>| result.map_err(|why| why.kind());
    assert_eq!(kind(registry.put(&tag, &one).await), Err(FaultKind::Ours));
    assert_eq!(kind(registry.delete(&tag).await), Err(FaultKind::Ours));
    let copied = registry.copy(&pinned, one.digest, &main).await;
    assert_eq!(kind(copied), Err(FaultKind::Ours));
    let blob = registry.put_blob(&main, Arc::from(*b"x")).await;
    assert_eq!(kind(blob.map(drop)), Err(FaultKind::Ours));
    assert!(fake.log().is_empty());
}

#[tokio::test]
async fn an_image_below_is_copied_before_a_tag_names_it() {
    let (fake, registry) = world();
    let one = image("one");
    fake.seed(&reference("r.example/main:b-1"), &one);
    let tag = reference("r.example/pr:b-9");
    registry.put(&tag, &one).await.unwrap();
    let pinned = Reference::pinned(repository("r.example/pr"), one.digest);
    assert!(fake.get(&pinned).is_some(), "{:?}", fake.log());
}
