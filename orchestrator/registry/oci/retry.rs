//! Retries within the limits of a client and of a call.

use super::OciRegistry;
use crate::http::{self, Budget, Fault, Try};
use crate::request::{Patience, WorldError};

impl OciRegistry {
    /// Tries until it works, until a retry makes no sense, or until time runs out. The error is that of the last try.
    pub(super) async fn retry<T, F, Fut>(
        &self,
        patience: Patience,
        what: &impl ToString,
        attempt: F,
    ) -> Result<T, WorldError>
    where
        F: FnMut(Try) -> Fut,
        Fut: Future<Output = Result<T, Fault>>,
    {
        let limits = &self.0.limits;
        let budget = Budget {
            tries: patience.tries,
            each: patience.each,
            total: patience.total,
            delay: limits.delay,
            longest_delay: limits.longest_delay,
            longest_wait: limits.longest_wait,
        };
        let late = |last: Option<Fault>| {
            last.unwrap_or_else(|| Fault::late(what.to_string(), patience.total))
        };
        http::retry(budget, late, attempt).await
    }
}
