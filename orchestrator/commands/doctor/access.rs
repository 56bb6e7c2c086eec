//! Whether a run may read and push what it needs.

use super::Examination;
use super::finding::Finding;
use crate::registry::Registry as _;
use crate::request::Patience;

pub(super) async fn check(one: &Examination<'_>) -> Vec<Finding> {
    let registry = one.registry;
    let reads = one.subject.reads.iter().map(|image| async move {
        match registry.head(image, Patience::CACHE).await {
            // The tag need not exist.
            Ok(_) => Finding::good("read", format!("may read {}", image.repository.familiar())),
            Err(why) => Finding::problem("read", why),
        }
    });
    let pushes = one.subject.pushes.iter().map(|repository| async move {
        let shown = repository.familiar();
        if !registry.credentials().is_open() {
            return Finding::note("push", format!("{shown}: not tried with --untrusted"));
        }
        match registry.try_upload(repository).await {
            Ok(()) => Finding::good("push", format!("may push to {shown}")),
            Err(why) => Finding::problem("push", why),
        }
    });
    let mut all = futures_util::future::join_all(reads).await;
    // Several tags of one repository are one finding.
    all.dedup();
    all.extend(futures_util::future::join_all(pushes).await);
    all
}
