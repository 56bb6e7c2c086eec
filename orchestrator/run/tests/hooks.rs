//! What runs hooks, in memory.

use crate::host::Hooks;
use crate::request::{HookEnd, HookRequest, Hooked};
use async_trait::async_trait;
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Hooks that succeed unless they are made to fail. Each takes a minute. Clones are one.
#[derive(Clone, Default)]
pub struct Fake {
    /// Parts of the commands that fail.
    failing: Arc<Mutex<BTreeSet<String>>>,
    /// What has run since the last look.
    ran: Arc<Mutex<Vec<HookRequest>>>,
}

impl Fake {
    /// Commands that contain this text fail from now on.
    pub fn fail(&self, part: &str) {
        self.failing.lock().insert(part.to_owned());
    }

    /// All succeed again.
    pub fn mend(&self) {
        self.failing.lock().clear();
    }

    /// What has run since the last call.
    pub fn ran(&self) -> Vec<HookRequest> {
        std::mem::take(&mut *self.ran.lock())
    }

    /// The same as lines, without digests: `hook scan stage for root:1.27.0 root:latest`.
    pub fn heard(&self) -> Vec<String> {
        let line = |hook: HookRequest| {
            let tags = hook.env.iter().find(|(name, _)| name == "KILN_TAGS");
            let tags = tags
                .map_or("", |(_, tags)| tags)
                .replace("r.example/f/", "");
            let words = hook.command.replace("r.example/f/", "");
            let words = words
                .split(' ')
                .map(|word| word.split('@').next().unwrap_or_default());
            let words: Vec<&str> = words.collect();
            format!("hook {} for {tags}", words.join(" "))
        };
        self.ran().into_iter().map(line).collect()
    }
}

#[async_trait]
impl Hooks for Fake {
    async fn run(&self, hook: &HookRequest, stop: &CancellationToken) -> Hooked {
        self.ran.lock().push(hook.clone());
        let end = tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(60)) => {
                let fails = self.failing.lock().iter().any(|part| hook.command.contains(part));
                HookEnd::Exit(i32::from(fails))
            }
            () = stop.cancelled() => HookEnd::Stopped,
        };
        let output = match end {
            HookEnd::Exit(0) | HookEnd::Stopped => Vec::new(),
            _ => vec!["CVE-2026-1".to_owned()],
        };
        Hooked { end, output }
    }
}
