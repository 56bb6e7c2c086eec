//! Bars on a terminal: one per running step, and one for the whole run.

use super::screen::Screen;
use crate::plan::StepId;
use crate::report::failures::Shown;
use crate::report::{Labels, Reporter, Summary, words};
use crate::run::{Done, Event, EventKind, Outcome};
use crate::text::{harmless, one_line};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::HashMap;
use std::time::Duration;

/// Draws with indicatif on standard error.
pub struct Terminal {
    screen: MultiProgress,
    fleet: ProgressBar,
    running: HashMap<StepId, ProgressBar>,
    labels: Labels,
    failed: usize,
    failures: Shown,
    /// Whether clocks and spinners move between two events.
    ticks: bool,
}

/// How often the bar of the whole run is drawn.
const FLEET_TICK: Duration = Duration::from_millis(200);
/// How often the spinner of a step turns.
const STEP_TICK: Duration = Duration::from_millis(120);

impl Terminal {
    /// Starts drawing.
    pub fn new(labels: Labels) -> Self {
        let terminal = Self::on(Screen::target(), labels);
        terminal.fleet.enable_steady_tick(FLEET_TICK);
        Self {
            ticks: true,
            ..terminal
        }
    }

    fn on(target: ProgressDrawTarget, labels: Labels) -> Self {
        let screen = MultiProgress::with_draw_target(target);
        let fleet = screen.add(ProgressBar::new(labels.len() as u64));
        fleet.set_style(style("{bar:24} {pos}/{len} steps  {elapsed}  {msg}"));
        Self {
            screen,
            fleet,
            running: HashMap::new(),
            labels,
            failed: 0,
            failures: Shown::default(),
            ticks: false,
        }
    }

    fn begin(&mut self, step: StepId) {
        if matches!(self.labels.action(step), "keep" | "name") {
            return;
        }
        let bar = self
            .screen
            .insert_before(&self.fleet, ProgressBar::new_spinner());
        bar.set_style(style("{spinner} {prefix} {elapsed:>4} {wide_msg}"));
        bar.set_prefix(one_line(self.labels.of(step)).into_owned());
        bar.set_message(self.labels.action(step));
        if self.ticks {
            bar.enable_steady_tick(STEP_TICK);
        }
        self.running.insert(step, bar);
    }

    fn end(&mut self, step: StepId, line: Option<String>) {
        if let Some(bar) = self.running.remove(&step) {
            bar.finish_and_clear();
        }
        self.fleet.inc(1);
        if let Some(line) = line {
            self.print(&line);
        }
    }

    /// A step is not running any more, and has not ended.
    fn take_back(&mut self, step: StepId) {
        if let Some(bar) = self.running.remove(&step) {
            bar.finish_and_clear();
        }
    }

    fn print(&self, text: &str) {
        let _ = self.screen.println(harmless(text.trim_end()));
    }

    fn show(&self, step: StepId, text: &str) {
        if let Some(bar) = self.running.get(&step) {
            bar.set_message(one_line(text).into_owned());
        }
    }
}

/// The style of a template in this file. An invalid template falls back to the default style.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

impl Reporter for Terminal {
    fn event(&mut self, event: &Event) {
        match &event.kind {
            EventKind::StepStarted { step, .. } => self.begin(*step),
            EventKind::Progress { step, text, .. } => self.show(*step, text),
            EventKind::Checked { step, result } => self.show(*step, &result.check.title),
            EventKind::HookStarted { step, phase, title } => {
                self.show(*step, &format!("{}: {title}", phase.word()));
            }
            EventKind::Hooked { step, result } => self.show(*step, &words::hooked(result)),
            EventKind::Output { .. } => {}
            EventKind::Note { step, text } => {
                self.print(&format!("  {} note: {text}", self.labels.of(*step)))
            }
            EventKind::StepDone { step, done } => {
                let is_shown = !matches!(
                    done,
                    Done::Staged { adopted: false, .. } | Done::Kept { .. }
                );
                let text = words::done_at(self.labels.action(*step), done);
                let line = text.filter(|_| is_shown).map(|text| {
                    let is_done = !matches!(done, Done::Skipped { .. });
                    let mark = if is_done { '✔' } else { '○' };
                    format!("{mark} {} {text}", self.labels.of(*step))
                });
                self.end(*step, line);
            }
            EventKind::StepFailed { step, failure } if words::is_stopped(failure) => {
                let text =
                    words::failure(self.labels.of(*step), self.labels.action(*step), failure);
                self.end(*step, Some(format!("■ {text}")));
            }
            EventKind::StepFailed { step, failure } => {
                self.failed += 1;
                self.fleet.set_message(format!("{} failed", self.failed));
                let (label, action) = (self.labels.of(*step), self.labels.action(*step));
                let text = self.failures.text(label, action, failure);
                self.end(*step, Some(format!("✘ {text}")));
            }
            EventKind::Blocked { step, .. } => self.end(*step, None),
            EventKind::EngineGone { engine, why, steps } => {
                steps.iter().for_each(|step| self.take_back(*step));
                self.print(&words::engine_gone(engine, why, steps.len()));
            }
            EventKind::EngineBack { engine, is_new } => {
                self.print(&words::engine_back(engine, *is_new));
            }
            EventKind::EngineRefused { engine, why } => {
                self.print(&words::engine_refused(engine, why));
            }
            EventKind::Stopping => self.fleet.set_message("stopping"),
        }
    }

    fn close(&mut self, _: &Outcome, _: &Summary) {
        self.running
            .drain()
            .for_each(|(_, bar)| bar.finish_and_clear());
        self.fleet.finish_and_clear();
    }
}

#[cfg(test)]
mod tests;
