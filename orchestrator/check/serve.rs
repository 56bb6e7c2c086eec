//! `check serve port=5432 within="30s" run="pg_isready"`: the image as shipped does its work.
//!
//! The image is started with its own entry point and command. A second container of it shares its network
//! and runs the probe, again and again, until it ends with 0 or the time is over. Without a probe of one's
//! own, something must listen on the port. The two see each other as `127.0.0.1` and nobody else, unless
//! `network` is said.

use super::command::{self, MEMORY, Program};
use super::options::Options;
use super::{Expect, Verdict, units};
use crate::request::{self, Ended, ImageConfig, Served};
use serde::Serialize;
use std::time::Duration;

/// What may stand beside `serve`.
pub(super) const TAKES: &[&str] = &[
    "port", "run", "argv", "contains", "lacks", "matches", "user", "network", "within", "memory",
    "env",
];

/// How long a service may take to be ready where nothing is said.
const WITHIN: Duration = Duration::from_secs(30);

/// A service and what proves that it is ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Serve {
    pub port: Option<u16>,
    /// Ends with 0 once the service is ready.
    pub probe: Option<Program>,
    /// Of what the probe printed.
    pub output: Expect,
    /// Who runs the probe, instead of the image's user.
    pub user: Option<String>,
    /// For the service and the probe.
    pub env: Vec<(String, String)>,
    pub network: bool,
    pub within: Duration,
    pub memory: u64,
}

pub(super) fn read(options: &mut Options) -> Option<Serve> {
    let said = options.has("port") || options.has("run") || options.has("argv");
    let port = options.parsed(
        "port",
        |text| {
            text.parse::<u16>()
                .ok()
                .filter(|p| *p > 0)
                .ok_or(format!("`{text}` is no port"))
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
    if !said {
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
            "write `run=\"…\"` too",
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

    /// What the engine is asked.
    pub fn request(&self, image: &ImageConfig) -> request::Service {
        let env = command::expanded(&self.env, image);
        let probe = request::Command {
            argv: self.argv(),
            user: self.user.clone(),
            workdir: None,
            env: env.clone(),
            // The probe is in the service's network, whatever that reaches.
            network: self.network,
            within: self.within,
            memory: self.memory,
        };
        request::Service {
            env,
            network: self.network,
            memory: self.memory,
            probe,
            within: self.within,
        }
    }

    /// The port where one is given, then the command.
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

    /// What became of the service.
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
                format!("the service ended with code {code} instead of serving")
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

/// Looks for a listening socket in the kernel's own table, which the two containers share: no program
/// but a shell is needed. A listening socket has state 0A, and the port is four hexadecimal digits.
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
