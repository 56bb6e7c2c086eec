use super::*;

#[track_caller]
fn check(info: &str, driver: &str, kept: Store, built: &str) {
    let info: Info = serde_json::from_str(info).unwrap();
    assert_eq!(info.driver, driver);
    assert_eq!(store(&info), kept);
    assert_eq!(platform(&info.os, &info.machine).to_string(), built);
}

#[test]
fn stores_and_platforms() {
    let old = r#"{"Driver":"overlay2","DriverStatus":[["Backing Filesystem","extfs"]],"OSType":"linux","Architecture":"x86_64"}"#;
    check(old, "overlay2", Store::GraphDriver, "linux/amd64");
    let new = r#"{"Driver":"overlayfs","DriverStatus":[["driver-type","io.containerd.snapshotter.v1"]],"OSType":"linux","Architecture":"aarch64"}"#;
    check(new, "overlayfs", Store::Containerd, "linux/arm64");
    check(
        r#"{"Driver":"vfs","DriverStatus":null,"Architecture":"armv7l"}"#,
        "vfs",
        Store::GraphDriver,
        "linux/arm/v7",
    );
    check("{}", "", Store::GraphDriver, "linux/");
}
