//! Which engine answers, and why it is this one.

use super::{Examined, Finding};

pub(super) fn check(one: &Examined<'_>) -> Vec<Finding> {
    let (title, platform) = (one.info.title(), &one.info.platform);
    let (api, cpus) = (&one.info.api, one.info.cpus);
    let text = format!(
        "{title} on {platform}, API {api}, {cpus} processors; named by {}",
        one.named_by
    );
    let warnings = one.condition.warnings.iter();
    let warnings = warnings.map(|text| Finding::note("engine", text.trim()));
    std::iter::once(Finding::good("engine", text))
        .chain(warnings)
        .collect()
}
