//! The platforms that the engine runs, and those that the manifest builds for.

use super::{Examined, Finding};
use crate::name::Platform;
use std::collections::BTreeSet;

const CHECK: &str = "platforms";

pub(super) fn check(one: &Examined<'_>) -> Vec<Finding> {
    let Some(reported) = &one.platforms else {
        return vec![unreported(one)];
    };
    let own = &one.info.platform;
    let emulated = listed(reported.iter().filter(|platform| !is_native(own, platform)));
    let text = match emulated.is_empty() {
        true => format!("{own}; it emulates no other"),
        false => format!("{own}; it emulates {emulated}, which is several times slower"),
    };
    let mut all = vec![Finding::good(CHECK, text)];
    let runs = |wanted: &&Platform| reported.iter().any(|platform| platform.runs(wanted));
    let lacks = listed(one.wanted.platforms.iter().filter(|wanted| !runs(wanted)));
    if !lacks.is_empty() {
        all.push(Finding::note(CHECK, format!(
            "the manifest builds for {lacks}, which the engine neither runs nor emulates, so steps and checks that run there are refused\ninstall emulators on its machine (kiln's docs/engines.md), or build on an engine of that platform"
        )));
    }
    all
}

/// What is reported for the engine's own processor is not emulated, such as `linux/amd64/v3`; and amd64 runs programs for 386.
fn is_native(own: &Platform, platform: &Platform) -> bool {
    let is_386 = own.architecture == "amd64" && platform.architecture == "386";
    is_386 || own.architecture == platform.architecture
}

fn unreported(one: &Examined<'_>) -> Finding {
    let own = &one.info.platform;
    let others = listed(one.wanted.platforms.iter().filter(|p| !own.runs(p)));
    let text = format!("{own}; the engine does not report what it emulates");
    match others.is_empty() {
        true => Finding::good(CHECK, text),
        false => Finding::note(
            CHECK,
            format!(
                "{text}, and the manifest builds for {others}\ninstall emulators on its machine (kiln's docs/engines.md), if that was not done"
            ),
        ),
    }
}

fn listed<'a>(platforms: impl IntoIterator<Item = &'a Platform>) -> String {
    let all: BTreeSet<String> = platforms.into_iter().map(Platform::to_string).collect();
    all.into_iter().collect::<Vec<_>>().join(", ")
}
