//! The processes of a hook, and how all of them end.
//!
//! A hook is the leader of a session and of a process group, which one signal reaches. What leaves the group (`setsid`, a
//! daemon) keeps the environment that it was started with; on Linux, `/proc` shows it, and so the process is found by a
//! variable with a random value. Two kinds of processes are not found: those that left the group and cleared
//! or overwrote their environment (a program that sets its title), and those of another user.

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often processes are looked for until none is left: each time, one may have started another.
const ROUNDS: usize = 100;
/// How long a killed process may take to disappear before it is looked for again.
const PAUSE: Duration = Duration::from_millis(10);

/// All processes that a hook has started. They are killed when this is dropped.
pub(super) struct Processes {
    group: Option<Pid>,
    mark: String,
    ended: AtomicBool,
}

impl Processes {
    /// The variable by which the processes of one hook are found.
    pub const MARK: &str = "KILN_HOOK_ID";

    /// Those of the hook with this process id and this mark.
    pub fn new(leader: Option<u32>, mark: String) -> Self {
        let leader = leader.and_then(|id| i32::try_from(id).ok());
        Self {
            group: leader.map(Pid::from_raw),
            mark,
            ended: AtomicBool::new(false),
        }
    }

    /// Sends SIGTERM to all of them.
    pub fn ask_to_end(&self) {
        self.signal(Some(Signal::SIGTERM));
    }

    /// Sends SIGKILL to all of them.
    pub fn kill(&self) {
        self.signal(Some(Signal::SIGKILL));
    }

    /// Waits until none is left.
    pub async fn gone(&self) {
        while self.signal(None) {
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Kills those that are left, until there are none.
    pub async fn end(&self) {
        for _ in 0..ROUNDS {
            if !self.signal(Some(Signal::SIGKILL)) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.ended.store(true, Ordering::Relaxed);
    }

    /// Sends a signal to all of them; whether there is one.
    fn signal(&self, signal: Option<Signal>) -> bool {
        let group = self
            .group
            .is_some_and(|group| killpg(group, signal).is_ok());
        let marked = marked(&self.mark).into_iter();
        let others = marked.filter(|id| kill(*id, signal).is_ok()).count();
        group || others > 0
    }
}

impl Drop for Processes {
    /// Without waiting: the run is given up.
    fn drop(&mut self) {
        if !self.ended.load(Ordering::Relaxed) {
            for _ in 0..3 {
                self.kill();
            }
        }
    }
}

/// The processes that were started with this mark, perhaps among others. None where there is no `/proc`, and none of other users.
fn marked(mark: &str) -> Vec<Pid> {
    let variable = format!("{}=", Processes::MARK);
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let id = |entry: std::fs::DirEntry| entry.file_name().to_str()?.parse::<i32>().ok();
    let has_mark = |id: &i32| {
        let environment = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        let mut variables = environment.split(|byte| *byte == 0);
        let marks = variables.find_map(|one| one.strip_prefix(variable.as_bytes()));
        let mut marks = marks.unwrap_or_default().split(|byte| *byte == b' ');
        marks.any(|one| one == mark.as_bytes())
    };
    let own = i32::try_from(std::process::id()).unwrap_or_default();
    let ids = all.filter_map(id).filter(|id| *id != own);
    ids.filter(has_mark).map(Pid::from_raw).collect()
}
