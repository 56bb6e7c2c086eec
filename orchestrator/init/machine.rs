//! Words of paths that are platforms: `Dockerfile.arm64` beside `Dockerfile` is the same image for other machines.

use super::found::listed;
use super::row::Row;
use super::written::Image;
use crate::text::{Diagnostic, Diagnostics};
use std::collections::HashSet;

/// Words for platforms, in lower case.
const PLATFORMS: [(&str, &str); 20] = [
    ("amd64", "linux/amd64"),
    ("x86_64", "linux/amd64"),
    ("x86-64", "linux/amd64"),
    ("linux", "linux/amd64"),
    ("arm64", "linux/arm64"),
    ("arm64v8", "linux/arm64"),
    ("aarch64", "linux/arm64"),
    ("arm", "linux/arm/v7"),
    ("armhf", "linux/arm/v7"),
    ("armv7", "linux/arm/v7"),
    ("arm32v7", "linux/arm/v7"),
    ("armv6", "linux/arm/v6"),
    ("arm32v6", "linux/arm/v6"),
    ("386", "linux/386"),
    ("i386", "linux/386"),
    ("ppc64le", "linux/ppc64le"),
    ("riscv64", "linux/riscv64"),
    ("s390x", "linux/s390x"),
    ("windows", "windows/amd64"),
    ("win", "windows/amd64"),
];

/// What kiln builds for where nothing is said.
const USUAL: &str = PLATFORMS[0].1;

/// The platform of images for Windows.
const WINDOWS: &str = "windows/amd64";

/// The platform that the last word of a path names.
pub(super) fn platform(words: &[String]) -> Option<&'static str> {
    let last = words.last()?.to_ascii_lowercase();
    let known = PLATFORMS.into_iter().find(|(word, _)| *word == last);
    known.map(|(_, platform)| platform)
}

/// The platform of a Dockerfile: a Windows image stays one if its path only names the processor.
pub(super) fn platform_of(words: &[String], is_windows: bool) -> Option<&'static str> {
    let named = platform(words);
    match is_windows {
        true => named.filter(|named| *named != USUAL).or(Some(WINDOWS)),
        false => named,
    }
}

/// The platform of each Dockerfile, if they are one image for several platforms: one has no word of its own, each other
/// one has that of another platform, and no FROM line names that as a tag.
pub(super) fn platforms(rows: &[Row]) -> Option<Vec<&'static str>> {
    let of = |row: &Row| match row.words.as_slice() {
        [] => Some(row.platform.unwrap_or(USUAL)),
        [_] if !row.is_named => row.platform,
        _ => None,
    };
    let all: Vec<&str> = rows
        .iter()
        .map(|row| of(row).filter(|_| row.sound))
        .collect::<Option<_>>()?;
    let distinct: HashSet<&&str> = all.iter().collect();
    let has_usual = rows.iter().any(|row| row.words.is_empty());
    (has_usual && all.len() > 1 && distinct.len() == all.len()).then_some(all)
}

/// The name of a platform as a value: `arm-v7`, `windows`.
pub(super) fn name(platform: &str) -> String {
    match platform.strip_prefix("linux/") {
        Some(machine) => machine.replace('/', "-"),
        None => platform.split('/').next().unwrap_or(platform).to_owned(),
    }
}

/// Warns about platforms that are taken from names, since they decide what is built.
pub(super) fn told(images: &[Image], out: &mut Diagnostics) {
    for (image, named) in images.iter().filter_map(named) {
        let (what, help) = match platforms(&image.rows) {
            Some(_) => (
                "is one image for several platforms",
                "an engine must build for each of them; remove the values of `machine` that you do not want",
            ),
            None => (
                "has Dockerfiles that are called like platforms, and publishes each under a tag of its own",
                "to publish them under one tag, make them values with token=\"\" and `shared`: docs/tags.md",
            ),
        };
        let message = format!("`{}` {what}: {named}", image.name);
        out.push(Diagnostic::warning("init::platform", message).help(help));
    }
    let rows = images.iter().flat_map(|image| &image.rows);
    let windows = rows.filter(|row| row.sound && row.platform == Some(WINDOWS));
    let windows = windows.filter(|row| platform(&row.words) != Some(WINDOWS));
    let windows: Vec<String> = windows.map(|row| format!("`{}`", row.path)).collect();
    if !windows.is_empty() {
        let message = format!(
            "these are built for {WINDOWS}, since they are based on images for Windows or their folder is called so: {}",
            listed(&windows)
        );
        let help =
            "an engine that runs Windows containers must build them; else change their `platforms`";
        out.push(Diagnostic::warning("init::platform", message).help(help));
    }
}

/// The images without platforms from names, which is reported.
pub(super) fn ignored(images: Vec<Image>, out: &mut Diagnostics) -> Vec<Image> {
    for (image, named) in images.iter().filter_map(all_named) {
        let message = format!(
            "`{}` has Dockerfiles for other platforms, by their names or bases, and all are built for {USUAL}: {named}",
            image.name
        );
        let help = "other images of the folder need them for that, or are not built for their platforms; set `platforms` for all of these";
        out.push(Diagnostic::warning("init::platform", message).help(help));
    }
    let without = |mut image: Image| {
        image.rows.iter_mut().for_each(|row| row.platform = None);
        image
    };
    images.into_iter().map(without).collect()
}

/// An image with Dockerfiles that are called like platforms, and their list.
fn named(image: &Image) -> Option<(&Image, String)> {
    list_of(image, |row| platform(&row.words).is_some())
}

/// The same with those that are for Windows by what they are based on.
fn all_named(image: &Image) -> Option<(&Image, String)> {
    list_of(image, |_| true)
}

fn list_of(image: &Image, is: impl Fn(&Row) -> bool) -> Option<(&Image, String)> {
    let rows = image.rows.iter().filter(|row| row.sound && is(row));
    let named = rows.filter_map(|row| Some((row, row.platform?)));
    let named = named.map(|(row, platform)| format!("`{}` for {platform}", row.path));
    let named: Vec<String> = named.collect();
    (!named.is_empty()).then(|| (image, listed(&named)))
}
