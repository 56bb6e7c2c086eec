//! Remote files: downloaded to learn their size and digest, and not kept.
//!
//! No credentials are ever sent: addresses with a password are refused, cookies are not kept, and `.netrc` and the
//! like are not read.

mod file;

#[cfg(test)]
mod tests;

use crate::host::Environment;
use crate::http::{Budget, Fault, Try, client, retry};
use crate::name::Digest;
use crate::request::WorldError;
use file::{File, TRUST};
use futures_util::StreamExt as _;
use reqwest::Client;
use std::time::Duration;
use tokio::time::timeout;

/// The limits of one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connect timeout.
    pub connect: Duration,
    /// Timeout until a response begins, and between two chunks of it.
    pub stall: Duration,
    /// Time limit for one file, all tries together.
    pub total: Duration,
    /// The number of tries per file.
    pub tries: usize,
    /// Before the second try; each further delay is twice as long, ± 50 %.
    pub delay: Duration,
    /// The longest `Retry-After` that is obeyed.
    pub longest_wait: Duration,
    /// The largest file, in bytes.
    pub size: u64,
    /// Concurrent downloads.
    pub files: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            stall: Duration::from_secs(60),
            total: Duration::from_secs(3600),
            tries: 4,
            delay: Duration::from_secs(1),
            longest_wait: Duration::from_secs(120),
            size: 16 << 30,
            files: 4,
        }
    }
}

/// The size and digest of a downloaded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// The digest of the content.
    pub digest: Digest,
    /// In bytes.
    pub size: u64,
}

/// A client for files at any URL.
#[derive(Clone)]
pub struct Downloads {
    client: Client,
    limits: Limits,
}

impl Downloads {
    /// Sends nothing yet. Reads certificates from disk.
    ///
    /// # Errors
    /// This machine's certificates or proxies are not usable.
    pub fn open(env: &Environment, limits: Limits) -> Result<Self, WorldError> {
        let refused = |why: String| WorldError::refused("connections to fetch files", why);
        let client = client(env, limits.connect).map_err(refused)?;
        Ok(Self { client, limits })
    }

    /// Downloads each file once, a few at a time, and reports each result as soon as it is known.
    pub async fn measure(
        &self,
        urls: Vec<String>,
        mut said: impl FnMut(String, Result<Measured, WorldError>),
    ) {
        let each = |url: String| async move {
            let measured = self.one(&url).await;
            (url, measured)
        };
        let mut all = futures_util::stream::iter(urls)
            .map(each)
            .buffer_unordered(self.limits.files);
        while let Some((url, measured)) = all.next().await {
            said(url, measured);
        }
    }

    /// Downloads one file, with retries where they make sense.
    ///
    /// # Errors
    /// Its server is not reachable, or does not have it.
    pub async fn one(&self, url: &str) -> Result<Measured, WorldError> {
        let budget = Budget {
            tries: self.limits.tries,
            each: self.limits.stall,
            total: self.limits.total,
            delay: self.limits.delay,
            longest_delay: self.limits.longest_wait,
            longest_wait: self.limits.longest_wait,
        };
        let minutes = budget.total.as_secs() / 60;
        let late = |_| {
            let why = format!("the download takes longer than {minutes} minutes");
            Fault::unreachable(url, why)
        };
        retry(budget, late, |now| self.once(url, now)).await
    }

    /// One try, from the first request to the last byte.
    async fn once(&self, url: &str, now: Try) -> Result<Measured, Fault> {
        use sha2::Digest as _;
        let Limits {
            longest_wait,
            size: largest,
            ..
        } = self.limits;
        let file = File {
            client: &self.client,
            url,
            stall: now.each,
            longest_wait,
        };
        let large = || {
            Fault::refused(
                url,
                format!("the file is larger than {} GiB", largest >> 30),
            )
        };
        let mut response = file.answer().await?;
        if response.content_length().is_some_and(|size| size > largest) {
            return Err(large());
        }
        let (mut hasher, mut size) = (sha2::Sha256::new(), 0u64);
        loop {
            let stalled = |_| {
                let why = format!("no data for {} s after {size} bytes", now.each.as_secs());
                Fault::unreachable(url, why)
            };
            let piece = timeout(now.each, response.chunk()).await.map_err(stalled)?;
            let Some(piece) = piece.map_err(|error| Fault::transport(url, error, TRUST))? else {
                break;
            };
            size += piece.len() as u64;
            if size > largest {
                return Err(large());
            }
            hasher.update(&piece);
        }
        Ok(Measured {
            digest: Digest::from_raw(hasher.finalize().into()),
            size,
        })
    }
}
