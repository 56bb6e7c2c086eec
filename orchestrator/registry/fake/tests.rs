//! The fake behaves as configured, also when it fails.

use super::*;

fn reference(text: &str) -> Reference {
    text.parse().unwrap()
}

#[track_caller]
fn log(fake: &Fake, expect: &[&str]) {
    assert_eq!(
        fake.log()
            .iter()
            .map(|w| w.reference.familiar())
            .collect::<Vec<_>>(),
        expect
    );
}

#[tokio::test]
async fn keeps_what_is_written() {
    let fake = Fake::default();
    let (a, b, one) = (reference("cimg/go:a"), reference("cimg/go:b"), image("one"));
    assert_eq!(fake.head(&a, Patience::READ).await, Ok(None));
    fake.put(&a, &one).await.unwrap();
    fake.push(&b, &one);
    assert_eq!(fake.head(&a, Patience::READ).await, Ok(Some(one.digest)));
    assert_eq!(
        fake.manifest(&b, Patience::READ).await,
        Ok(Some(one.clone()))
    );
    assert_eq!(
        fake.tags(&a.repository, Patience::READ).await.unwrap(),
        ["a", "b"]
    );
    fake.delete(&a).await.unwrap();
    assert_eq!(fake.tagged(&a), None);
    assert_eq!(
        fake.tagged(&Reference::pinned(a.repository, one.digest)),
        Some(one.digest)
    );
    log(&fake, &["cimg/go:a", "cimg/go:b", "cimg/go:a"]);
}

#[tokio::test]
async fn children_come_first() {
    let fake = Fake::default();
    let (one, two) = (image("one"), image("two"));
    let both = index(&[one.clone(), two.clone()]);
    let (from, to) = (reference("stage/go:x"), reference("cimg/go:x"));
    assert!(fake.put(&from, &both).await.is_err());
    for stored in [&one, &two, &both] {
        fake.seed(&from, stored);
    }
    fake.copy(&from.repository, both.digest, &to.repository)
        .await
        .unwrap();
    let order: Vec<_> = fake
        .log()
        .into_iter()
        .map(|write| write.digest.unwrap())
        .collect();
    assert_eq!(order, [one.digest, two.digest, both.digest]);
}

#[tokio::test(start_paused = true)]
async fn faults() {
    let fake = Fake::default();
    let (to, one) = (reference("cimg/go:x"), image("one"));
    let faults = [
        Fault::Unreachable,
        Fault::Status(503),
        Fault::Status(403),
        Fault::Hang,
        Fault::Delay(Duration::from_secs(301)),
    ];
    for fault in faults {
        fake.fault(Operation::Put, ":x", 1, fault.clone());
        assert!(fake.put(&to, &one).await.is_err(), "{fault:?}");
        assert_eq!(fake.tagged(&to), None, "{fault:?}");
    }
    fake.fault(Operation::Put, ":x", 1, Fault::Ignored);
    assert_eq!(
        (fake.put(&to, &one).await, fake.tagged(&to)),
        (Ok(()), None)
    );
    fake.fault(Operation::Put, ":x", 1, Fault::LostAnswer);
    assert!(fake.put(&to, &one).await.is_err() && fake.tagged(&to) == Some(one.digest));
    fake.fault(
        Operation::Put,
        ":x",
        1,
        Fault::Delay(Duration::from_secs(3)),
    );
    assert_eq!(fake.put(&to, &one).await, Ok(()));
    log(&fake, &["cimg/go:x", "cimg/go:x"]);
    assert_eq!((fake.calls().len(), fake.most_in_flight()), (8, 1));
}

#[tokio::test]
async fn blobs_are_stored_without_a_log_entry() {
    let fake = Fake::default();
    let repository = reference("stage/go:x").repository;
    let (bytes, digest): (Arc<[u8]>, _) = (Arc::from(*b"{}"), Digest::of(b"{}"));
    fake.fault(Operation::PutBlob, "stage/go@", 1, Fault::Status(503));
    assert!(fake.put_blob(&repository, bytes.clone()).await.is_err());
    assert!(
        fake.blob(&repository, digest, Patience::READ)
            .await
            .is_err()
    );
    assert_eq!(fake.put_blob(&repository, bytes.clone()).await, Ok(digest));
    assert_eq!(
        fake.blob(&repository, digest, Patience::READ).await,
        Ok(bytes)
    );
    log(&fake, &[]);
    let asked = fake.calls();
    let puts = asked.iter().filter(|(op, _)| *op == Operation::PutBlob);
    assert_eq!(puts.count(), 2);
}
