//! Ctrl-C from a terminal, and SIGTERM from a CI system that cancels a job.

use crate::run::Stop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How a command ends when it is interrupted: at once while it has changed nothing, and step by step during a run.
#[derive(Debug, Clone, Default)]
pub struct Interruption {
    stop: Stop,
    is_running: Arc<AtomicBool>,
}

impl Interruption {
    /// Hands interruptions to a run: the first one stops it and cleans up, the second one only stops it.
    pub fn for_run(&self) -> Stop {
        self.is_running.store(true, Ordering::Relaxed);
        self.stop.clone()
    }

    /// Completes when the command is interrupted before it runs a plan: then nothing needs an end. The third interruption
    /// of a run ends the process.
    pub async fn before_run(&self) {
        let Some(mut signals) = Signals::open() else {
            return std::future::pending().await;
        };
        signals.next().await;
        if !self.is_running.load(Ordering::Relaxed) {
            return;
        }
        self.stop.soon.cancel();
        signals.next().await;
        self.stop.now.cancel();
        signals.next().await;
        std::process::exit(super::Exit::Stopped as i32)
    }
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// `None` if the process cannot listen: then a signal ends it at once.
    fn open() -> Option<Self> {
        Some(Self {
            interrupt: signal(SignalKind::interrupt()).ok()?,
            terminate: signal(SignalKind::terminate()).ok()?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
