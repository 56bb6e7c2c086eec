//! Package URLs: `pkg:deb/debian/curl@8.14.1-2?arch=amd64`.

use crate::memory::packages::{Package, Packages, System};
use crate::name::{Digest, Platform, Reference};
use std::fmt::Write as _;

/// The URL of a package.
pub(super) fn of_package(packages: &Packages, package: &Package) -> String {
    let distribution = packages.distribution.as_ref();
    let (kind, usual) = match packages.system {
        System::Dpkg => ("deb", "debian"),
        System::Apk => ("apk", "alpine"),
        System::Rpm => ("rpm", "redhat"),
    };
    let namespace = distribution.map_or(usual, |one| one.id.as_str());
    let epoch = package.version.split_once(':');
    let (epoch, version) = match (packages.system, epoch) {
        (System::Rpm, Some((epoch, version))) => (Some(epoch), version),
        _ => (None, package.version.as_str()),
    };
    let release = distribution.and_then(|one| one.version.as_ref());
    let distro = release.map(|release| format!("{namespace}-{release}"));
    let qualifiers = [
        (
            "arch",
            Some(package.architecture.as_str()).filter(|arch| !arch.is_empty()),
        ),
        ("distro", distro.as_deref()),
        ("epoch", epoch),
        ("upstream", package.source.as_deref()),
    ];
    let path = [namespace, &package.name];
    url(kind, &path, version, &qualifiers)
}

/// The URL of an image under a name; its version is the digest.
pub(super) fn of_image(reference: &Reference, digest: Digest) -> String {
    let repository = &reference.repository;
    let name = repository.path().rsplit('/').next().unwrap_or_default();
    let at = repository.to_string();
    let tag = reference.tag.as_ref().map(ToString::to_string);
    let qualifiers = [
        ("repository_url", Some(at.as_str())),
        ("tag", tag.as_deref()),
    ];
    url("oci", &[name], &digest.to_string(), &qualifiers)
}

/// The URL of an image of the fleet, which has the same digest in all repositories.
pub(super) fn of_own(variant: &str, digest: Digest, platform: Option<&Platform>) -> String {
    let name = variant.split([':', ' ']).next().unwrap_or_default();
    let name = name
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let architecture = platform.map(|platform| platform.architecture.as_str());
    url(
        "oci",
        &[&name],
        &digest.to_string(),
        &[("arch", architecture)],
    )
}

/// Qualifiers are sorted by name; in their values, a slash is plain.
fn url(kind: &str, path: &[&str], version: &str, qualifiers: &[(&str, Option<&str>)]) -> String {
    let path: Vec<String> = path.iter().map(|part| escaped(part)).collect();
    let mut url = format!("pkg:{kind}/{}@{}", path.join("/"), escaped(version));
    let given = qualifiers
        .iter()
        .filter_map(|(name, value)| Some((name, (*value)?)));
    for (place, (name, value)) in given.enumerate() {
        let sign = if place == 0 { '?' } else { '&' };
        let _ = write!(url, "{sign}{name}={}", escaped(value).replace("%2F", "/"));
    }
    url
}

/// Percent-encoded but for what is plain in all parts of a package URL; the specification never encodes a colon.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b':' => {
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}
