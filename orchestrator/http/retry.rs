//! Retries: how often, how long between, and when to stop.

use super::fault::{Again, Fault};
use crate::request::WorldError;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// What one call may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// The number of tries, the first one included.
    pub tries: usize,
    /// The timeout of one small request.
    pub each: Duration,
    /// The time limit of all tries together.
    pub total: Duration,
    /// Before the second try; each further delay is twice as long, ± 50 %.
    pub delay: Duration,
    /// The longest of these delays.
    pub longest_delay: Duration,
    /// The longest `Retry-After` that is obeyed; a longer one is an error.
    pub longest_wait: Duration,
}

/// One try of several.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Try {
    /// From 0.
    pub number: usize,
    /// The timeout of one small request in it.
    pub each: Duration,
    /// When all tries end.
    pub until: Instant,
}

/// Tries until it works, until a retry makes no sense, or until time runs out: then `late` makes the error from that of
/// the last complete try. Otherwise the error is that of the last try.
pub(crate) async fn retry<T, F, Fut>(
    budget: Budget,
    late: impl FnOnce(Option<Fault>) -> Fault,
    mut attempt: F,
) -> Result<T, WorldError>
where
    F: FnMut(Try) -> Fut,
    Fut: Future<Output = Result<T, Fault>>,
{
    let mut now = Try {
        number: 0,
        each: budget.each,
        until: Instant::now() + budget.total,
    };
    let mut last = None;
    loop {
        let fault = match timeout_at(now.until, attempt(now)).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(fault)) => fault,
            Err(_) => return Err(budget.error(late(last), now.number + 1)),
        };
        now.number += 1;
        let delay = budget.delay_after(&fault, now.number);
        match delay.filter(|delay| Instant::now() + *delay < now.until) {
            Some(delay) => sleep(delay).await,
            None => return Err(budget.error(fault, now.number)),
        }
        last = Some(fault);
    }
}

impl Budget {
    /// The delay before another try; `None` if there is none.
    fn delay_after(&self, fault: &Fault, tries: usize) -> Option<Duration> {
        if tries >= self.tries {
            return None;
        }
        match fault.again {
            Again::Never => None,
            Again::Soon => Some(self.own_delay(tries)),
            Again::After(asked) if asked > self.longest_wait => None,
            Again::After(asked) => Some(asked.max(self.own_delay(tries) / 4)),
        }
    }

    /// Twice as long each time, up to the cap, and each half to one and a half times as long as that, so that callers
    /// that failed together do not retry together.
    fn own_delay(&self, tries: usize) -> Duration {
        let doubled = self.delay.saturating_mul(1 << (tries - 1).min(16));
        let delay = doubled.min(self.longest_delay);
        delay.mul_f64(rand::random_range(0.5..1.5))
    }

    /// Adds how often it was tried, and the server's `Retry-After`, to the error.
    fn error(&self, fault: Fault, tries: usize) -> WorldError {
        let note = match fault.again {
            Again::After(delay) if delay > self.longest_wait => {
                format!(" (retry after {} s)", delay.as_secs())
            }
            _ if tries > 1 => format!(" ({tries} tries)"),
            _ => return fault.error,
        };
        match fault.error {
            WorldError::Fault { kind, what, why } => WorldError::fault(kind, what, why + &note),
            other => other,
        }
    }
}
