//! Retries: how often, how long between, and when to stop.

use super::fault::{Again, Fault};
use super::limits::Limits;
use crate::request::{Patience, WorldError};
use backon::Retryable as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// One try of several.
#[derive(Debug, Clone, Copy)]
pub(super) struct Try {
    /// From 0.
    pub(super) number: usize,
    /// The timeout of one small request in it.
    pub(super) each: Duration,
    /// When all tries end.
    pub(super) until: Instant,
}

/// Tries until it works, until a retry makes no sense, or until time runs out. The error is that of the last try.
pub(super) async fn retry<T, F, Fut>(
    limits: &Limits,
    patience: Patience,
    what: &str,
    mut attempt: F,
) -> Result<T, WorldError>
where
    F: FnMut(Try) -> Fut,
    Fut: Future<Output = Result<T, Fault>>,
{
    let until = Instant::now() + patience.total;
    let last = Mutex::new((0, None));
    let step = || {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Try {
            number: last.0,
            each: patience.each,
            until,
        };
        last.0 += 1;
        attempt(now)
    };
    let fits = |fault: &Fault, own: Option<Duration>| match (fault.again, own?) {
        (Again::After(asked), _) if asked > limits.longest_wait => None,
        (Again::After(asked), own) => Some(asked.max(own / 4)),
        (_, own) => Some(own),
    };
    let tries = step
        .retry(delays(limits, patience.tries))
        .when(|fault: &Fault| fault.again != Again::Never)
        .adjust(|fault, own| fits(fault, own).filter(|delay| Instant::now() + *delay < until))
        .notify(|fault, _| {
            last.lock().unwrap_or_else(PoisonError::into_inner).1 = Some(fault.clone())
        });
    let end = tokio::time::timeout_at(until, tries).await;
    let (tried, before) = last.into_inner().unwrap_or_else(PoisonError::into_inner);
    match end {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(fault)) => Err(said_after(fault, tried, limits)),
        Err(_) => {
            let silence = || {
                Fault::unreachable(
                    what,
                    format!("no response within {} s", patience.total.as_secs_f32()),
                )
            };
            Err(said_after(before.unwrap_or_else(silence), tried, limits))
        }
    }
}

/// Adds how often it was tried, and the registry's `Retry-After`, to the error.
fn said_after(fault: Fault, tries: usize, limits: &Limits) -> WorldError {
    let note = match fault.again {
        Again::After(delay) if delay > limits.longest_wait => {
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

/// Twice as long each time, up to the cap, and each half to one and a half times as long as that, so that callers that
/// failed together do not retry together.
fn delays(
    limits: &Limits,
    tries: usize,
) -> impl Iterator<Item = Duration> + Send + Sync + Unpin + use<> {
    let Limits {
        delay,
        longest_delay,
        ..
    } = *limits;
    (1..tries).map(move |n| {
        let doubled = delay
            .saturating_mul(1 << (n - 1).min(16))
            .min(longest_delay);
        doubled.mul_f64(rand::random_range(0.5..1.5))
    })
}
