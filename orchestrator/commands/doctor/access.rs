//! Whether a run may read and push what it needs.

use super::Examination;
use super::finding::Finding;
use crate::name::{Reference, Repository};
use crate::registry::Registry as _;
use crate::request::{FaultKind, Patience, WorldError};

pub(super) async fn check(one: &Examination<'_>) -> Vec<Finding> {
    let registry = one.registry;
    let reads = one.subject.reads.iter().map(|image| async move {
        match registry.head(image, Patience::CACHE).await {
            // The tag need not exist.
            Ok(_) => Finding::good("read", format!("may read {}", image.repository.familiar())),
            Err(why) => Finding::problem("read", why),
        }
    });
    let tries = one.subject.tries.iter().map(|(image, own)| async move {
        let read = registry.head(image, Patience::CACHE).await;
        tried(image, own, read.map(drop))
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
    all.extend(futures_util::future::join_all(tries).await);
    // Several tags of one repository are one finding.
    all.dedup();
    all.extend(futures_util::future::join_all(pushes).await);
    all
}

/// What other runs have staged: a pull request that may not read it takes only what is in its `own` repository.
fn tried(image: &Reference, own: &Repository, read: Result<(), WorldError>) -> Finding {
    match read {
        Ok(()) => Finding::good("read", format!("may read {}", image.repository.familiar())),
        Err(why) if why.kind() == FaultKind::NotAllowed => {
            let (image, own) = (image.repository.familiar(), own.familiar());
            let text = format!("{image} is not readable: pull requests take only what is in {own}");
            Finding::note("read", text)
        }
        Err(why) => Finding::problem("read", why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_staging_repository_of_other_runs_is_a_note() {
        let image = "r.example/f/stage:latest".parse().expect("a reference");
        let own = "r.example/f/pr".parse().expect("a repository");
        let closed = WorldError::fault(FaultKind::NotAllowed, "r.example", "access denied: 401");
        let found = tried(&image, &own, Err(closed));
        assert!(!found.is_problem());
        assert_eq!(
            found.text(),
            "r.example/f/stage is not readable: pull requests take only what is in r.example/f/pr"
        );
        let silent = WorldError::unreachable("r.example", "connection refused");
        assert!(tried(&image, &own, Err(silent)).is_problem());
        assert!(!tried(&image, &own, Ok(())).is_problem());
    }
}
