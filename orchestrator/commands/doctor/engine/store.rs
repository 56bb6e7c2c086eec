//! Where the engine keeps its images.

use super::{Examined, Finding};
use crate::request::Store;

const VFS: &str = "the storage driver is vfs: every layer is a full copy, so builds are slow and large\nset `\"storage-driver\": \"overlay2\"` in the engine's daemon.json, or DOCKER_DRIVER=overlay2 for docker:dind; the kernel of its machine must have the module `overlay`";

pub(super) fn check(one: &Examined<'_>) -> Vec<Finding> {
    let driver = &one.info.driver;
    vec![match (driver.as_str(), one.info.store) {
        ("vfs", _) => Finding::note("store", VFS),
        (_, Store::Containerd) => {
            Finding::good("store", format!("the containerd image store, {driver}"))
        }
        (_, Store::GraphDriver) => Finding::good("store", format!("graph drivers, {driver}")),
    }]
}
