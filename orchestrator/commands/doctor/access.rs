//! Whether a run may read and push what it needs.

use super::Examination;
use super::finding::Finding;
use crate::registry::Registry as _;
use crate::request::Patience;

pub(super) async fn check(one: &Examination<'_>) -> Vec<Finding> {
    let registry = one.registry;
    let reads = one.subject.reads.iter().map(|image| async move {
        let shown = image.familiar();
        match registry.head(image, Patience::CACHE).await {
            Ok(_) => Finding::good("read", shown),
            Err(why) => Finding::problem("read", why),
        }
    });
    let pushes = one.subject.pushes.iter().map(|repository| async move {
        let shown = repository.familiar();
        if !registry.credentials().is_open() {
            return Finding::note("push", format!("{shown}: not tried with --untrusted"));
        }
        match registry.try_upload(repository).await {
            Ok(()) => Finding::good("push", shown),
            Err(why) => Finding::problem("push", why),
        }
    });
    let mut all = futures_util::future::join_all(reads).await;
    all.extend(futures_util::future::join_all(pushes).await);
    all
}
