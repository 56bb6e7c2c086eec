use super::*;

fn read(text: &str) -> Result<Parts, String> {
    let bytes = text.as_bytes();
    Parts::read(&Stored {
        digest: Digest::of(bytes),
        media_type: String::new(),
        bytes: bytes.into(),
    })
}

#[track_caller]
fn check(text: &str, children: &[Digest], blobs: &[(Digest, u64)]) {
    let parts = read(text).unwrap();
    let blobs: Vec<Blob> = blobs
        .iter()
        .map(|(digest, size)| Blob {
            digest: *digest,
            size: *size,
        })
        .collect();
    assert_eq!(
        (parts.children.as_slice(), parts.blobs),
        (children, blobs),
        "{text}"
    );
}

#[test]
fn parts() {
    let (a, b) = (Digest::of("a"), Digest::of("b"));
    check("{}", &[], &[]);
    check(
        &format!(r#"{{"manifests":[{{"digest":"{a}","size":1}},{{"digest":"{a}","size":1}}]}}"#),
        &[a],
        &[],
    );
    check(
        &format!(
            r#"{{"config":{{"digest":"{a}","size":1}},"layers":[{{"digest":"{b}","size":2}}]}}"#
        ),
        &[],
        &[(a, 1), (b, 2)],
    );
    let twice =
        format!(r#"{{"layers":[{{"digest":"{b}","size":2}},{{"digest":"{b}","size":2}}]}}"#);
    check(&twice, &[], &[(b, 2)]);
    let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    check(
        &format!(r#"{{"layers":[{{"mediaType":"{foreign}","digest":"{b}","size":2}}]}}"#),
        &[],
        &[],
    );
    assert!(read("[]").is_err());
    assert!(read(r#"{"layers":[{"digest":"sha512:00","size":2}]}"#).is_err());
    assert!(read(r#"{"layers":[{"digest":"../../x","size":2}]}"#).is_err());
}
