//! `check serve port=5432 within="30s" run="pg_isready"`: the service in the image becomes ready.
//!
//! The image is started with its own entry point and command. A second container of it shares its network and
//! runs the probe repeatedly until it exits with 0 or the time is over. Without a probe, a process must listen
//! on the port. The two containers reach each other at `127.0.0.1`, and nothing else unless `network` is set.

use super::command::{self, MEMORY, Program};
use super::options::Options;
use super::{Expect, Verdict, units};
use crate::request::{self, Ended, ImageConfig, Served};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What may follow `serve`.
pub(super) const TAKES: &[&str] = &[
    "port", "run", "argv", "contains", "lacks", "matches", "user", "network", "within", "memory",
    "env",
];

/// The default time limit until a service is ready.
const WITHIN: Duration = Duration::from_secs(30);

/// A service and how to detect that it is ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Serve {
    /// The port that must accept connections.
    pub port: Option<u16>,
    /// Exits with 0 when the service is ready.
    pub probe: Option<Program>,
    /// Conditions on the output of the probe.
    pub output: Expect,
    /// The user of the probe; `None` for the image's user.
    pub user: Option<String>,
    /// Variables of the service and the probe.
    pub env: Vec<(String, String)>,
    /// Whether the container has a network.
    pub network: bool,
    /// The time limit.
    pub within: Duration,
    /// The memory limit, in bytes.
    pub memory: u64,
}

pub(super) fn read(options: &mut Options) -> Option<Serve> {
    let has_condition = options.has("port") || options.has("run") || options.has("argv");
    let port = options.parsed(
        "port",
        |text| {
            text.parse::<u16>()
                .ok()
                .filter(|p| *p > 0)
                .ok_or(format!("`{text}` is not a port"))
        },
        "port=5432",
    );
    let probe = command::program(options);
    let serve = Serve {
        port,
        probe,
        output: options.expect(),
        user: options.text("user").map(|text| text.value),
        env: options.env(),
        network: options.flag("network").is_some(),
        within: options.within(WITHIN),
        memory: options.memory(MEMORY),
    };
    if !has_condition {
        options.fault(
            options.span,
            "`serve` does not say when the service is ready",
            "write `check serve port=8080`, or a command: `check serve run=\"pg_isready\"`",
        );
    }
    if serve.probe.is_none() && !serve.output.is_empty() {
        options.fault(
            options.span,
            "without a command there is no output",
            "add `run=\"…\"`",
        );
    }
    Some(serve)
}

impl Serve {
    pub(super) fn title(&self) -> String {
        let port = self
            .port
            .map(|port| format!(" port {port}"))
            .unwrap_or_default();
        let probe = self
            .probe
            .as_ref()
            .map(|probe| format!(" run {}", probe.title()))
            .unwrap_or_default();
        format!("serve{port}{probe}")
    }

    /// The request to the engine.
    pub fn request(&self, image: &ImageConfig) -> request::Service {
        let env = command::expanded(&self.env, image);
        let probe = request::Command {
            argv: self.argv(),
            user: self.user.clone(),
            workdir: None,
            env: env.clone(),
            // The probe shares the network of the service.
            network: self.network,
            within: self.within,
            memory: self.memory,
            // Only its exit code counts.
            prints: false,
        };
        request::Service {
            env,
            network: self.network,
            memory: self.memory,
            probe,
            within: self.within,
        }
    }

    /// Checks the port if there is one, then runs the probe.
    fn argv(&self) -> Vec<String> {
        let script = match (self.port, &self.probe) {
            (None, Some(probe)) => return probe.argv(),
            (None, None) => "exit 1".to_owned(),
            (Some(port), None) => listens(port),
            (Some(port), Some(Program::Shell(line))) => {
                format!("({}) || exit 1\n{line}", listens(port))
            }
            (Some(port), Some(Program::Argv(words))) => format!(
                "({}) || exit 1\nexec {}",
                listens(port),
                command::line(words)
            ),
        };
        ["/bin/sh".into(), "-c".into(), script].to_vec()
    }

    /// The verdict on the service.
    pub fn judge(&self, served: &Served) -> Verdict {
        if !served.ready {
            return self.unready(served);
        }
        let fault = served.probe.as_ref().and_then(|ran| {
            let both = format!("{}\n{}", ran.stdout.text, ran.stderr.text);
            self.output
                .fault("the output", &both)
                .map(|why| Verdict::fail(why).shown_by(ran))
        });
        fault.unwrap_or_else(|| Verdict::pass(format!("ready after {} probes", served.tries)))
    }

    fn unready(&self, served: &Served) -> Verdict {
        let time = units::show_duration(self.within);
        let why = match (&served.ended, served.probe.as_ref().map(|ran| &ran.ended)) {
            (Some(Ended::Exit(code)), _) => {
                format!("the service ended with code {code} before it was ready")
            }
            (Some(ended), _) => format!(
                "the service: {}",
                command::broken(ended, self.within, self.memory, false)
            ),
            (None, Some(Ended::Exit(code))) if self.probe.is_some() => {
                format!("not ready after {time}: the probe ended with code {code}")
            }
            (None, Some(Ended::Exit(_))) => format!(
                "nothing listens on port {} after {time}",
                self.port.unwrap_or_default()
            ),
            (None, Some(Ended::TooLate)) => {
                format!("not ready after {time}: the probe was still running")
            }
            (None, Some(ended)) => format!(
                "the probe: {}",
                command::broken(ended, self.within, self.memory, true)
            ),
            (None, None) => format!("not ready after {time}"),
        };
        let printed = served
            .output
            .tail
            .iter()
            .map(|line| format!("service: {line}\n"));
        let probe = served
            .probe
            .iter()
            .flat_map(|ran| ran.stdout.tail.iter().chain(&ran.stderr.tail))
            .map(|line| format!("probe: {line}\n"));
        Verdict::fail(why).seen(&printed.chain(probe).collect::<String>())
    }
}

/// Searches the kernel's socket table, which the two containers share, for a listening socket. This needs
/// only a shell. A listening socket has state 0A, and the port has four hexadecimal digits.
fn listens(port: u16) -> String {
    format!(
        "for table in /proc/net/tcp /proc/net/tcp6; do
    test -r $table || continue
    while read -r number local remote state rest; do
        case \"$local $state\" in *:{port:04X}\\ 0A) exit 0 ;; esac
    done <$table
done
echo 'nothing listens on port {port}' >&2
exit 1"
    )
}
