use super::*;

#[track_caller]
fn link(path: &str, target: &str, expect: &str) {
    assert_eq!(joined(path, target), expect, "{path} -> {target}");
}

#[test]
fn links_lead_somewhere() {
    link(
        "/usr/bin/java",
        "/etc/alternatives/java",
        "/etc/alternatives/java",
    );
    link("/usr/bin/awk", "mawk", "/usr/bin/mawk");
    link("/lib/x/y", "../../usr/lib/./z", "/usr/lib/z");
    link("/bin", "usr/bin", "/usr/bin");
    link("/a", "../../b", "/b");
}

fn archive(kind: tar::EntryType, content: &[u8], target: Option<&str>) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(0o4755);
    header.set_uid(1000);
    header.set_gid(50);
    header.set_size(content.len() as u64);
    let mut builder = tar::Builder::new(Vec::new());
    match target {
        Some(target) => builder.append_link(&mut header, "x", target).unwrap(),
        None => builder.append_data(&mut header, "x", content).unwrap(),
    }
    builder.into_inner().unwrap()
}

#[test]
fn the_first_entry_is_the_requested_path() {
    let file = first(&archive(tar::EntryType::Regular, b"abc", None), true).unwrap();
    let expect = Found {
        kind: FileKind::File,
        mode: 0o4755,
        uid: 1000,
        gid: 50,
        size: 3,
        target: None,
        content: Some(b"abc".to_vec()),
    };
    assert_eq!(file, expect);
    let link = first(&archive(tar::EntryType::Symlink, b"", Some("/y")), true).unwrap();
    assert_eq!(
        (link.kind, link.target.as_deref(), link.content),
        (FileKind::Link, Some("/y"), None)
    );
    let long = vec![b'x'; Found::LARGEST + 10_000];
    let mut cut = archive(tar::EntryType::Regular, &long, None);
    cut.truncate(Found::LARGEST + 5000);
    let large = first(&cut, true).unwrap();
    assert_eq!(
        (large.size, large.content.map(|c| c.len())),
        (long.len() as u64, Some(Found::LARGEST))
    );
    assert!(first(b"", true).is_err());
    assert!(first(&[7; 2000], true).is_err());
}
