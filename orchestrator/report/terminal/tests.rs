//! What a person sees on a terminal while a run goes on.

use super::*;
use crate::request::WorldError;
use crate::run::{CacheUse, Failure};
use indicatif::InMemoryTerm;

/// The screen, without what differs from moment to moment: the frames of spinners, and seconds.
fn seen(term: &InMemoryTerm) -> String {
    let spinner = |c: char| {
        if ('\u{2800}'..='\u{28ff}').contains(&c) {
            ' '
        } else {
            c
        }
    };
    let second = |word: &str| {
        word.strip_suffix('s')
            .is_some_and(|n| n.parse::<u32>().is_ok())
    };
    let word = |word: &str| {
        if second(word) {
            "0s".to_owned()
        } else {
            word.to_owned()
        }
    };
    let lines = term.contents();
    let lines = lines
        .lines()
        .map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" "));
    let lines = lines.collect::<Vec<_>>().join("\n");
    let lines = lines
        .lines()
        .map(|line| line.chars().map(spinner).collect::<String>());
    lines
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

#[test]
fn a_run_on_a_terminal() {
    let steps = [
        ("go:1.27.0", "build"),
        ("app:1", "build"),
        ("tool:1", "keep"),
        ("go:1.27.0", "move"),
    ];
    let labels = Labels {
        steps: steps
            .into_iter()
            .map(|(name, action)| (name.into(), action))
            .collect(),
        builds: 2,
    };
    let term = InMemoryTerm::new(24, 100);
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(term.clone()), 255);
    let mut terminal = Terminal::on(target, labels);
    let (go, app, tool) = (StepId(0), StepId(1), StepId(2));
    let mut shown = String::new();
    let mut happens = |kind: EventKind| {
        terminal.event(&Event {
            at: Duration::ZERO,
            kind,
        });
        // The next frame is due.
        std::thread::sleep(Duration::from_millis(20));
        terminal.running.values().for_each(ProgressBar::tick);
        terminal.fleet.tick();
        shown += &format!("{}----\n", seen(&term));
    };
    for step in [go, app, tool] {
        happens(EventKind::StepStarted { step, engine: None });
    }
    happens(EventKind::Progress {
        step: go,
        text: "[2/3] RUN make\nall".into(),
        cached: false,
    });
    happens(EventKind::Note {
        step: app,
        text: "no cache: the registry did not answer".into(),
    });
    happens(EventKind::StepDone {
        step: go,
        done: Done::Built {
            image: crate::name::Digest::of("go"),
            cached: 2,
            ran: 1,
            cache: CacheUse::None("no previous image".into()),
        },
    });
    happens(EventKind::StepFailed {
        step: app,
        failure: Failure::from(WorldError::refused("app:1", "the step ended with 2")),
    });
    happens(EventKind::Stopping);
    insta::assert_snapshot!(shown);
}
