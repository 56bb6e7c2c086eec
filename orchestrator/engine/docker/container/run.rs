//! Runs one command in an image until it ends or times out.

use super::{Container, ContainerError, Plan, Setup, answered};
use crate::engine::docker::client::SMALL;
use crate::request::{Command, Ended, Output, OutputReader, Ran, WorldError};
use bollard::container::LogOutput;
use bollard::query_parameters::{
    InspectContainerOptions, KillContainerOptionsBuilder, LogsOptionsBuilder, WaitContainerOptions,
};
use futures_util::StreamExt as _;
use std::time::Duration;

/// How long kiln waits before it asks the engine again whether a command has ended.
const AGAIN: Duration = Duration::from_millis(100);

/// The state of a container.
pub(super) struct State {
    pub running: bool,
    pub code: i64,
    pub out_of_memory: bool,
}

/// Runs a command, in a separate network or (`beside`) in that of another container.
pub(super) async fn run(
    setup: &Setup<'_>,
    command: &Command,
    beside: Option<&Container>,
) -> Result<Ran, WorldError> {
    heard(command.prints, || once(setup, command, beside)).await
}

/// Runs what prints once more if nothing was heard of it.
async fn heard<F: Future<Output = Result<Ran, WorldError>>>(
    prints: bool,
    once: impl Fn() -> F,
) -> Result<Ran, WorldError> {
    let ran = once().await?;
    match prints && is_silent(&ran) {
        true => once().await,
        false => Ok(ran),
    }
}

/// Whether it ended by itself and printed nothing, as far as the engine knows.
fn is_silent(ran: &Ran) -> bool {
    matches!(ran.ended, Ended::Exit(_)) && ran.stdout.text.is_empty() && ran.stderr.text.is_empty()
}

async fn once(
    setup: &Setup<'_>,
    command: &Command,
    beside: Option<&Container>,
) -> Result<Ran, WorldError> {
    let own = if command.network { "bridge" } else { "none" };
    let plan = Plan {
        argv: Some(command.argv.clone()),
        user: command.user.clone(),
        workdir: command.workdir.clone(),
        env: &command.env,
        network: beside.map_or_else(|| own.to_owned(), |other| format!("container:{}", other.id)),
        memory: command.memory,
    };
    let container = match setup.create(plan).await {
        Ok(container) => container,
        Err(trouble) => return not_started(trouble),
    };
    let ran = to_its_end(&container, command.within).await;
    container.remove().await;
    ran.or_else(not_started)
}

fn not_started(trouble: ContainerError) -> Result<Ran, WorldError> {
    match trouble {
        ContainerError::NotStarted(why) => Ok(Ran {
            ended: Ended::NotStarted(why),
            stdout: Output::default(),
            stderr: Output::default(),
        }),
        ContainerError::World(error) => Err(error),
    }
}

async fn to_its_end(container: &Container, within: Duration) -> Result<Ran, ContainerError> {
    container.start().await?;
    let last = tokio::time::timeout(within, last(container)).await;
    if last.is_err() {
        let kill = KillContainerOptionsBuilder::default()
            .signal("KILL")
            .build();
        let killed = container
            .client
            .docker()
            .kill_container(&container.id, Some(kill));
        // It may have ended at this very moment; in either case it no longer runs.
        let _ = answered(&container.client, killed).await?;
    }
    let (stdout, stderr) = container.output().await?;
    let ended = match last {
        Err(_) => Ended::TooLate,
        Ok(last) => match last? {
            Some(state) => state.ended(),
            None => Ended::NotStarted("its container was removed by another client".into()),
        },
    };
    Ok(Ran {
        ended,
        stdout,
        stderr,
    })
}

/// Waits until the command has ended: its last state, or `None` if the container no longer exists. The engine may end the wait itself, such as when the connection breaks: then the
/// command still runs, and what it printed so far is not all.
async fn last(container: &Container) -> Result<Option<State>, WorldError> {
    let docker = container.client.docker();
    loop {
        let mut over = Box::pin(docker.wait_container(&container.id, None::<WaitContainerOptions>));
        over.next().await;
        match container.state().await? {
            Some(state) if state.running => tokio::time::sleep(AGAIN).await,
            last => return Ok(last),
        }
    }
}

impl State {
    pub fn ended(&self) -> Ended {
        if self.out_of_memory && self.code != 0 {
            Ended::OutOfMemory
        } else {
            Ended::Exit(self.code)
        }
    }
}

impl Container {
    /// `None` if it no longer exists.
    pub(super) async fn state(&self) -> Result<Option<State>, WorldError> {
        let inspect = self
            .client
            .docker()
            .inspect_container(&self.id, None::<InspectContainerOptions>);
        let state = self
            .client
            .found(inspect)
            .await?
            .and_then(|found| found.state);
        Ok(state.map(|state| State {
            running: state.running.unwrap_or_default(),
            code: state.exit_code.unwrap_or_default(),
            out_of_memory: state.oom_killed.unwrap_or_default(),
        }))
    }

    /// Its output so far: standard output, standard error.
    pub(super) async fn output(&self) -> Result<(Output, Output), WorldError> {
        let options = LogsOptionsBuilder::default()
            .stdout(true)
            .stderr(true)
            .build();
        let mut pieces = Box::pin(self.client.docker().logs(&self.id, Some(options)));
        let (mut stdout, mut stderr) = (OutputReader::default(), OutputReader::default());
        let read = async {
            while let Some(piece) = pieces.next().await {
                match piece {
                    Ok(LogOutput::StdErr { message }) => stderr.feed(&message),
                    Ok(LogOutput::StdOut { message } | LogOutput::Console { message }) => {
                        stdout.feed(&message)
                    }
                    Ok(LogOutput::StdIn { .. }) => {}
                    Err(error) => {
                        return Err(self
                            .client
                            .unreachable(format!("its output was interrupted: {error}")));
                    }
                }
            }
            Ok(())
        };
        tokio::time::timeout(SMALL, read).await.unwrap_or(Ok(()))?;
        Ok((stdout.end(), stderr.end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn ran(ended: &Ended, text: &str) -> Ran {
        let output = |text: &str| {
            let mut reader = OutputReader::default();
            reader.feed(text.as_bytes());
            reader.end()
        };
        Ran {
            ended: ended.clone(),
            stdout: output(text),
            stderr: output(""),
        }
    }

    #[tokio::test]
    async fn what_the_engine_lost_is_run_once_more() {
        let ended = Ended::Exit(0);
        for (prints, ended, texts, expect, runs) in [
            (true, &ended, ["", "a"], "a", 2),
            (true, &ended, ["", ""], "", 2),
            (true, &ended, ["a", "b"], "a", 1),
            (false, &ended, ["", "a"], "", 1),
            (true, &Ended::Exit(3), ["", "a"], "a", 2),
            (true, &Ended::TooLate, ["", "a"], "", 1),
        ] {
            let done = Cell::new(0);
            let once = || async {
                done.set(done.get() + 1);
                Ok(ran(ended, texts[done.get() - 1]))
            };
            let found = heard(prints, once).await.expect("an answer");
            assert_eq!(
                (found.stdout.text.as_str(), done.get()),
                (expect, runs),
                "{texts:?}"
            );
        }
    }
}
