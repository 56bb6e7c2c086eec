use super::*;

fn part(platform: &str) -> IndexEntry {
    IndexEntry {
        platform: platform.parse().unwrap(),
        digest: Digest::of(platform),
        media_type: "application/vnd.oci.image.manifest.v1+json".into(),
        size: 7,
    }
}

#[test]
fn an_index_depends_on_its_parts_and_not_on_their_order() {
    let [amd, arm, windows] = ["linux/amd64", "linux/arm/v6", "windows/amd64"].map(part);
    let index = Stored::index([windows.clone(), amd.clone(), arm.clone()]);
    assert!(index.is_index());
    assert_eq!(index, Stored::index([arm, windows, amd]));
    let read: Value = serde_json::from_slice(&index.bytes).unwrap();
    let platforms: Vec<&Value> = (0..3)
        .map(|at| &read["manifests"][at]["platform"])
        .collect();
    assert_eq!(platforms[1]["variant"], "v6");
    assert_eq!(platforms[2]["os"], "windows");
    assert_eq!(read["manifests"][0]["size"], 7);
}
