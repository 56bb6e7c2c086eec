//! Starts an image as it is, and probes it from a second container in its network.

use super::run::run;
use super::{Container, ContainerError, Plan, Setup};
use crate::request::{Command, Ended, Output, Served, Service, WorldError};
use std::time::Duration;
use tokio::time::Instant;

/// The interval between two probes.
const PAUSE: Duration = Duration::from_millis(250);

/// Starts the service and probes it until it is ready, has ended, or times out.
pub(super) async fn serve(setup: &Setup<'_>, service: &Service) -> Result<Served, WorldError> {
    // Without a network there is still the loopback device, which the second container shares.
    let network = if service.network { "bridge" } else { "none" };
    let plan = Plan {
        env: &service.env,
        network: network.into(),
        memory: service.memory,
        ..Plan::default()
    };
    let container = match setup.create(plan).await {
        Ok(container) => container,
        Err(trouble) => return not_started(trouble),
    };
    let served = match container.start().await {
        Ok(()) => probed(setup, &container, service).await,
        Err(trouble) => not_started(trouble),
    };
    container.remove().await;
    served
}

fn not_started(trouble: ContainerError) -> Result<Served, WorldError> {
    match trouble {
        ContainerError::NotStarted(why) => Ok(Served {
            ready: false,
            tries: 0,
            ended: Some(Ended::NotStarted(why)),
            probe: None,
            output: Output::default(),
        }),
        ContainerError::World(error) => Err(error),
    }
}

async fn probed(
    setup: &Setup<'_>,
    container: &Container,
    service: &Service,
) -> Result<Served, WorldError> {
    let began = Instant::now();
    let mut served = Served {
        ready: false,
        tries: 0,
        ended: None,
        probe: None,
        output: Output::default(),
    };
    loop {
        let left = service.within.saturating_sub(began.elapsed());
        if left.is_zero() {
            break;
        }
        let probe = Command {
            within: left.min(service.probe.within),
            ..service.probe.clone()
        };
        let ran = run(setup, &probe, Some(container)).await?;
        served.tries += 1;
        served.ready = ran.ended == Ended::Exit(0);
        // A probe that cannot start will not start later either, unless the service itself has ended.
        let hopeless = matches!(ran.ended, Ended::NotStarted(_));
        let state = container.state().await?;
        served.ended = match state {
            Some(state) if state.running => None,
            Some(state) => Some(state.ended()),
            None => Some(Ended::NotStarted(
                "its container was removed by another client".into(),
            )),
        };
        // The output of the last complete probe is more useful than a timeout during a later one.
        let cut = ran.ended == Ended::TooLate && served.probe.is_some();
        if !cut && (served.ended.is_none() || !hopeless) {
            served.probe = Some(ran);
        }
        if served.ready || hopeless || served.ended.is_some() {
            break;
        }
        tokio::time::sleep(PAUSE.min(left)).await;
    }
    let (stdout, stderr) = container.output().await?;
    served.output = joined(stdout, stderr);
    Ok(served)
}

/// Both streams of a service as one, as on a terminal.
fn joined(stdout: Output, stderr: Output) -> Output {
    let mut tail = stdout.tail;
    tail.extend(stderr.tail);
    tail.drain(..tail.len().saturating_sub(Output::LINES));
    Output {
        text: format!("{}\n{}", stdout.text, stderr.text),
        tail,
        cut: stdout.cut || stderr.cut,
    }
}
