//! Runs hooks as child processes.
//!
//! Each hook is `sh -c` in a session of its own, without a terminal and with an empty standard input. However it ends,
//! nothing that it has started stays: see [`processes`](super::processes).

use crate::host::Environment;
use crate::host::processes::Processes;
use crate::request::{HookEnd, HookRequest, Hooked, OutputReader};
use async_trait::async_trait;
use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessSession};
use std::convert::Infallible;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe::Receiver;
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// How long a hook may take to end itself after SIGTERM. Shorter than the time that a stopped run has.
const GRACE: Duration = Duration::from_secs(2);
/// How long output is read once every process of a hook has ended.
const REST: Duration = Duration::from_millis(200);

/// What runs hooks.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Runs a hook to its end, to its time limit, or until `stop`. When it returns or is dropped, no process of the hook is
    /// left.
    async fn run(&self, hook: &HookRequest, stop: &CancellationToken) -> Hooked;
}

/// Runs hooks on this machine.
pub struct HostHooks {
    folder: PathBuf,
    /// The marks of the hooks that this run is itself a part of.
    outer: Option<String>,
}

impl HostHooks {
    /// Hooks that run in this folder, on this machine. They keep the marks that kiln itself has, so that a hook that
    /// has started kiln finds them.
    pub fn new(folder: PathBuf, env: &Environment) -> Self {
        let outer = env.get(Processes::MARK).map(str::to_owned);
        Self { folder, outer }
    }

    /// Starts a hook; returns what reads its output.
    fn start(
        &self,
        hook: &HookRequest,
        mark: &str,
    ) -> io::Result<(Box<dyn ChildWrapper>, Receiver)> {
        let (reader, writer) = io::pipe()?;
        let errors = writer.try_clone()?;
        let outer = self.outer.iter().map(String::as_str);
        let marks = outer.chain([mark]).collect::<Vec<_>>().join(" ");
        let mut command = CommandWrap::with_new("sh", |command| {
            command
                .arg("-c")
                .arg(&hook.command)
                .current_dir(&self.folder)
                .envs(hook.env.iter().map(|(name, value)| (name, value)))
                .env(Processes::MARK, &marks)
                .stdin(Stdio::null())
                .stdout(writer)
                .stderr(errors);
        });
        command.wrap(ProcessSession);
        let child = command.spawn()?;
        // `command` has the writing ends of the pipe: it is dropped here, so that the output has an end.
        Ok((child, Receiver::from_owned_fd(OwnedFd::from(reader))?))
    }
}

#[async_trait]
impl Hooks for HostHooks {
    async fn run(&self, hook: &HookRequest, stop: &CancellationToken) -> Hooked {
        let mark = format!("{:032x}", rand::random::<u128>());
        let (child, pipe) = match self.start(hook, &mark) {
            Ok(started) => started,
            Err(why) => {
                let why = format!("{}: {why}", self.folder.display());
                return Hooked {
                    end: HookEnd::NotStarted(why),
                    output: Vec::new(),
                };
            }
        };
        let processes = Processes::new(child.id(), mark);
        let mut output = Output::new(pipe);
        let end = ended(child, &processes, &mut output, hook.within, stop).await;
        // What it left in the background ends, too. Then nothing writes to the pipe any more.
        processes.end().await;
        let _ = timeout(REST, output.read_rest()).await;
        Hooked {
            end,
            output: output.lines.end().tail,
        }
    }
}

/// Waits for the hook itself, and reads what it writes meanwhile.
async fn ended(
    child: Box<dyn ChildWrapper>,
    processes: &Processes,
    output: &mut Output,
    within: Duration,
    stop: &CancellationToken,
) -> HookEnd {
    // The wrapper waits for the whole group on a thread that nothing can end.
    let mut child = child.into_inner();
    let end = tokio::select! {
        status = child.wait() => return exited(status),
        never = output.read_on() => match never {},
        () = sleep(within) => HookEnd::TooLate,
        () = stop.cancelled() => HookEnd::Stopped,
    };
    processes.ask_to_end();
    let all = async {
        let _ = child.wait().await;
        processes.gone().await;
    };
    tokio::select! {
        _ = timeout(GRACE, all) => {}
        never = output.read_on() => match never {},
    }
    processes.kill();
    let _ = timeout(GRACE, child.wait()).await;
    end
}

fn exited(status: io::Result<ExitStatus>) -> HookEnd {
    match status {
        Err(why) => HookEnd::NotStarted(why.to_string()),
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => HookEnd::Exit(code),
            (None, signal) => HookEnd::Signal(signal.unwrap_or_default()),
        },
    }
}

/// What a hook writes; the last lines are kept.
struct Output {
    pipe: Receiver,
    lines: OutputReader,
}

impl Output {
    fn new(pipe: Receiver) -> Self {
        let lines = OutputReader::keeping(Hooked::LINES);
        Self { pipe, lines }
    }

    /// Reads until no process has the other end of the pipe.
    async fn read_rest(&mut self) {
        let mut chunk = vec![0; 64 << 10];
        while let Ok(read @ 1..) = self.pipe.read(&mut chunk).await {
            self.lines.feed(&chunk[..read]);
            // A flood is always ready: without this, the time limit would not be looked at for seconds.
            yield_now().await;
        }
    }

    /// The same, for as long as something else is waited for.
    async fn read_on(&mut self) -> Infallible {
        self.read_rest().await;
        std::future::pending().await
    }
}

#[cfg(test)]
mod tests;
