//! Hooks that end, hang, flood and fork. Each leaves nothing behind.

use super::*;
use std::time::Instant;

fn request(command: &str, within: u64) -> HookRequest {
    HookRequest {
        command: command.into(),
        env: vec![("KILN_DIGEST".into(), "sha256:1".into())],
        within: Duration::from_millis(within),
    }
}

async fn run_in(folder: &str, command: &str, within: u64) -> Hooked {
    let hooks = HostHooks::new(folder.into(), &Environment::default());
    let stop = CancellationToken::new();
    hooks.run(&request(command, within), &stop).await
}

/// How a hook ends, and the last of its lines.
async fn check(command: &str, end: HookEnd, last: &str) {
    let hooked = run_in("/", command, 20_000).await;
    assert_eq!(hooked.end, end, "{command}: {hooked:?}");
    let line = hooked.output.last().map_or("", String::as_str);
    assert_eq!(line, last, "{command}");
}

#[tokio::test]
async fn a_hook_ends() {
    check("exit 0", HookEnd::Exit(0), "").await;
    check("echo out; echo err >&2; exit 3", HookEnd::Exit(3), "err").await;
    check("echo $KILN_DIGEST; pwd", HookEnd::Exit(0), "/").await;
    check("kill -9 $$", HookEnd::Signal(9), "").await;
    // Standard input is empty.
    check("cat; echo read", HookEnd::Exit(0), "read").await;
    // There is no terminal to ask for a password.
    check(
        "(: < /dev/tty) 2> /dev/null || echo none",
        HookEnd::Exit(0),
        "none",
    )
    .await;
    // A terminal is not controlled.
    check("printf '\\033[2Jgone\\n'", HookEnd::Exit(0), "·[2Jgone").await;
    let missing = run_in("/", "no-such-program", 20_000).await;
    assert_eq!(missing.end, HookEnd::Exit(127));
    assert!(missing.output[0].contains("no-such-program"), "{missing:?}");
}

#[tokio::test]
async fn a_folder_that_is_gone_is_named() {
    let hooked = run_in("/no/such/folder", "true", 1000).await;
    let HookEnd::NotStarted(why) = hooked.end else {
        panic!("{hooked:?}");
    };
    assert!(why.starts_with("/no/such/folder: "), "{why}");
}

#[tokio::test]
async fn a_flood_is_read_and_not_kept() {
    // 200 MB, with lines of 2 MB.
    let flood = "for i in 1 2 3 4 5 6 7 8 9 0; do for j in 1 2 3 4 5 6 7 8 9 0; do head -c 2000000 /dev/zero; echo; done; done; echo end";
    let hooked = run_in("/", flood, 300_000).await;
    assert_eq!(hooked.end, HookEnd::Exit(0));
    assert_eq!(hooked.output.len(), Hooked::LINES);
    let kept: usize = hooked.output.iter().map(String::len).sum();
    assert!(kept < 64_000, "{kept}");
    assert_eq!(hooked.output.last().unwrap(), "end");
}

/// The processes that have this text in their command line.
fn alive(text: &str) -> usize {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let lines =
        entries.map(|entry| std::fs::read(entry.path().join("cmdline")).unwrap_or_default());
    lines
        .filter(|line| String::from_utf8_lossy(line).contains(text))
        .count()
}

/// How long a hook may take here until it and everything that it has started is gone.
const SOON: Duration = Duration::from_secs(8);

/// A hook with a process that is known by how long it sleeps. It ends with `end`, and nothing is left.
async fn leaves_nothing(command: &str, seconds: &str, end: HookEnd) {
    let began = Instant::now();
    let hooked = run_in("/", command, 700).await;
    assert_eq!(hooked.end, end, "{command}: {hooked:?}");
    assert_eq!(alive(&format!("sleep\0{seconds}")), 0, "{command}");
    assert!(began.elapsed() < SOON, "{command}: {:?}", began.elapsed());
}

#[tokio::test]
async fn a_hook_leaves_nothing() {
    let late = HookEnd::TooLate;
    leaves_nothing("sleep 31001", "31001", late.clone()).await;
    leaves_nothing(
        "trap '' TERM; sleep 31002; sleep 31002",
        "31002",
        late.clone(),
    )
    .await;
    leaves_nothing("sleep 31003 & wait", "31003", late).await;
    // What ends well leaves nothing either, not even in another session.
    let done = HookEnd::Exit(0);
    leaves_nothing("sleep 31004 & exit 0", "31004", done.clone()).await;
    leaves_nothing("setsid sleep 31005 & exit 0", "31005", done.clone()).await;
    let daemon =
        "(setsid sh -c 'sleep 31006 & sleep 31006' < /dev/null > /dev/null 2>&1 &); exit 0";
    leaves_nothing(daemon, "31006", done).await;
}

#[tokio::test]
async fn a_stopped_run_ends_its_hooks() {
    let hooks = HostHooks::new("/".into(), &Environment::default());
    let stop = CancellationToken::new();
    let soon = stop.clone();
    tokio::spawn(async move {
        sleep(Duration::from_millis(300)).await;
        soon.cancel();
    });
    let command = request(
        "trap 'echo cleaned up; exit 1' TERM; setsid sleep 31007 & sleep 31007 & wait",
        60_000,
    );
    let hooked = hooks.run(&command, &stop).await;
    assert_eq!(hooked.end, HookEnd::Stopped);
    assert_eq!(hooked.output, ["cleaned up"]);
    assert_eq!(alive("sleep\x0031007"), 0);
}

/// The second Ctrl-C drops the steps of a run.
#[tokio::test]
async fn a_dropped_hook_ends() {
    let hooks = HostHooks::new("/".into(), &Environment::default());
    let stop = CancellationToken::new();
    let command = request(
        "trap '' TERM; setsid sleep 31008 & sleep 31008 & wait",
        60_000,
    );
    let run = hooks.run(&command, &stop);
    assert!(timeout(Duration::from_millis(500), run).await.is_err());
    for _ in 0..100 {
        if alive("sleep\x0031008") == 0 {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("the hook is still running");
}

/// The hook of a run that is itself part of a hook is found by the outer one.
#[tokio::test]
async fn a_hook_keeps_outer_marks() {
    let outer = ("KILN_HOOK_ID".to_owned(), "first second".to_owned());
    let hooks = HostHooks::new("/".into(), &Environment::from_iter([outer]));
    let stop = CancellationToken::new();
    let hook = request("echo $KILN_HOOK_ID; setsid sleep 31009 & exit 0", 20_000);
    let hooked = hooks.run(&hook, &stop).await;
    let marks: Vec<&str> = hooked.output[0].split(' ').collect();
    assert_eq!(
        (marks.len(), &marks[..2]),
        (3, ["first", "second"].as_slice())
    );
    assert_eq!(alive("sleep\x0031009"), 0);
}

/// A flood of short lines does not keep the time limit waiting.
#[tokio::test]
async fn a_flood_ends_in_time() {
    let began = Instant::now();
    let hooked = run_in("/", "yes", 1_000).await;
    assert_eq!(hooked.end, HookEnd::TooLate);
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "{:?}",
        began.elapsed()
    );
}
