//! The entry point: parses arguments, returns exit codes, and builds the async runtime.

use crate::commands::{
    Exit, Global, Host, Interruption, apply, build, ci, ci_log, complain, diff, doctor, generate,
    graph, has_no_effect, import, init, inspect, list, lock, nightly, plan, print_json, prune,
    release, rollback, set_guard, stale, tags, tell, test, validate, why, write_error,
};
use crate::host::Environment;
use crate::report::{CiLog, ended_json};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::io::IsTerminal;
use std::process::ExitCode;

/// Build a fleet of container images from one manifest and publish it in order
#[derive(Parser)]
#[command(name = "kiln", version, propagate_version = true, after_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes:
  0  success
  1  some steps failed (build), checks failed (test), files differ (generate --check, ci --check),
     something would be done (plan --check), an image is stale (stale), failing (nightly) or not
     ready (release), a tag cannot be moved back (rollback), a base or newer packages could not be
     looked up (nightly, stale), a download does not match kiln.lock (lock), or something would
     stop a run (doctor)
  2  the manifest or the command line is wrong
  3  the engine, a registry or a file server cannot be reached, or the registries refuse the
     credential, and no image ended well; if others did, it is 1
  4  a saved plan does not fit any more: a tag, a file or the commit has changed (apply)
130  stopped by Ctrl-C or SIGTERM; the same command continues, with --force only in a CI system";

#[derive(Subcommand)]
enum Command {
    Validate(validate::Args),
    Generate(generate::Args),
    List(list::Args),
    Graph(graph::Args),
    Tags(tags::Args),
    Lock(lock::Args),
    Plan(plan::Args),
    Why(why::Args),
    Inspect(inspect::Args),
    Diff(diff::Args),
    Build(build::Args),
    Apply(apply::Args),
    Stale(stale::Args),
    Nightly(nightly::Args),
    Release(release::Args),
    Prune(prune::Args),
    Rollback(rollback::Args),
    Test(test::Args),
    Doctor(doctor::Args),
    Init(init::Args),
    Import(import::Args),
    Ci(ci::Args),
}

/// Parses the command line, runs the command, and returns its exit code.
pub fn main() -> ExitCode {
    // One provider for every TLS connection; an error only means that it is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cli = parsed().unwrap_or_else(|wrong| with_way_out(wrong).exit());
    let env = Environment::of_process();
    let log = ci_log::of(&env, &cli.global);
    if let Some(guard) = ci_log::guard(&env, log.as_ref()) {
        set_guard(guard);
    }
    let host = Host {
        env,
        now: crate::host::now(),
        colour: std::io::stderr().is_terminal(),
        log: log.clone(),
        interruption: Interruption::default(),
    };
    write_error(&log.as_ref().map(CiLog::begin).unwrap_or_default());
    let exit = match cli.global.limited(host) {
        Ok(host) => run(cli, &host),
        Err(exit) => exit,
    };
    write_error(&log.as_ref().map(CiLog::end).unwrap_or_default());
    ExitCode::from(exit as u8)
}

/// The command line, and for its help, each command with the options that have an effect there.
fn parsed() -> Result<Cli, clap::Error> {
    let mut all = Cli::command();
    all.build();
    let mut all = all.mut_subcommands(|one| {
        let name = one.get_name().to_owned();
        one.mut_args(|option| {
            let is_idle = has_no_effect(&name, option.get_id().as_str());
            let is_hidden = option.is_hide_set() || is_idle;
            option.hide(is_hidden)
        })
    });
    let matches = all.clone().try_get_matches()?;
    Cli::from_arg_matches(&matches).map_err(|wrong| wrong.format(&mut all))
}

/// An error of the command line, with what to do about options that exclude each other, and without a tip that does not help.
fn with_way_out(mut wrong: clap::Error) -> clap::Error {
    let help = match wrong.kind() {
        ErrorKind::ArgumentConflict => "leave one of them out",
        ErrorKind::UnknownArgument => match of_a_plan(&wrong) {
            Some(help) => {
                // An option that has a similar name does something else.
                wrong.remove(ContextKind::SuggestedArg);
                help
            }
            None => {
                // It says how to write the text as the name of an image, which cannot begin so.
                wrong.remove(ContextKind::Suggested);
                return wrong;
            }
        },
        _ => return wrong,
    };
    let help = vec![help.into()];
    wrong.insert(ContextKind::Suggested, ContextValue::StyledStrs(help));
    wrong
}

/// The help for an option of `kiln plan` or `kiln build` that is given to `kiln apply`.
fn of_a_plan(wrong: &clap::Error) -> Option<&'static str> {
    let text = |kind: ContextKind| wrong.get(kind).map(ToString::to_string);
    if !text(ContextKind::Usage)?.contains("kiln apply") {
        return None;
    }
    match text(ContextKind::InvalidArg)?.as_str() {
        "--push" => Some("`kiln apply` publishes what the plan says: leave it out"),
        "--force" | "--cache" | "--no-cache" | "--retry" | "--allow-older" | "--all-packages" => {
            Some("the plan says it: give it to the command that saves the plan, or leave it out")
        }
        _ => None,
    }
}

fn run(cli: Cli, host: &Host) -> Exit {
    let global = &cli.global;
    match cli.command {
        Command::Validate(args) => validate::run(args, global, host),
        Command::Generate(args) => generate::run(args, global, host),
        Command::List(args) => waiting(host, list::run(args, global, host)),
        Command::Graph(args) => graph::run(args, global, host),
        Command::Import(args) => import::run(args, global, host),
        Command::Ci(args) => ci::run(args, global, host),
        Command::Tags(args) => tags::run(args, global, host),
        Command::Lock(args) => waiting(host, lock::run(args, global, host)),
        Command::Init(args) => waiting(host, init::run(args, global, host)),
        Command::Plan(args) => waiting(host, plan::run(args, global, host)),
        Command::Why(args) => waiting(host, why::run(args, global, host)),
        Command::Inspect(args) => waiting(host, inspect::run(args, global, host)),
        Command::Diff(args) => waiting(host, diff::run(args, global, host)),
        Command::Apply(args) => {
            streaming(host, args.writes_events(), apply::run(args, global, host))
        }
        Command::Build(args) => {
            streaming(host, args.writes_events(), build::run(args, global, host))
        }
        Command::Nightly(args) => {
            streaming(host, args.writes_events(), nightly::run(args, global, host))
        }
        Command::Release(args) => {
            streaming(host, args.writes_events(), release::run(args, global, host))
        }
        Command::Prune(args) => waiting(host, prune::run(args, global, host)),
        Command::Stale(args) => waiting(host, stale::run(args, global, host)),
        Command::Rollback(args) => waiting(host, rollback::run(args, global, host)),
        Command::Test(args) => waiting(host, test::run(args, global, host)),
        Command::Doctor(args) => waiting(host, doctor::run(args, global, host)),
    }
}

/// Runs a command that needs the async runtime, to its end or until a signal stops it.
fn waiting(host: &Host, command: impl Future<Output = Exit>) -> Exit {
    match ended(host, async { Ok(command.await) }) {
        Ok(exit) | Err(exit) => exit,
    }
}

/// The same for a command whose last event says how it ended, also if it ends before it has run anything: with `Err`.
fn streaming(
    host: &Host,
    writes_events: bool,
    command: impl Future<Output = Result<Exit, Exit>>,
) -> Exit {
    ended(host, command).unwrap_or_else(|exit| {
        if writes_events {
            let end = ended_json(exit as u8, exit == Exit::Stopped);
            print_json(&format!("{end}\n"));
        }
        exit
    })
}

/// `Err` also if a signal stops it before it has run anything.
fn ended(host: &Host, command: impl Future<Output = Result<Exit, Exit>>) -> Result<Exit, Exit> {
    match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => {
            let exit = runtime.block_on(async {
                tokio::select! {
                    exit = command => exit,
                    () = host.interruption.before_run() => {
                        tell("stopped before anything was changed; run the same command again");
                        Err(Exit::Stopped)
                    }
                }
            });
            // A blocking call that hangs in its thread must not keep the process alive.
            runtime.shutdown_timeout(std::time::Duration::from_secs(1));
            exit
        }
        Err(why) => {
            complain(&format!("cannot start the async runtime: {why}"));
            Err(Exit::Failed)
        }
    }
}
