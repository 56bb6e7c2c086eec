//! The door: arguments in, exit codes out, and the one place where a runtime is built.

use crate::commands::{
    Exit, Global, Host, build, generate, graph, import, init, list, lock, plan, tags, test,
    validate,
};
use crate::host::Environment;
use clap::{Parser, Subcommand};
use std::io::IsTerminal;
use std::process::ExitCode;

/// Builds a fleet of container images from one manifest, and publishes it in order.
#[derive(Parser)]
#[command(name = "kiln", version, propagate_version = true, after_help = EXIT_CODES)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes:
  0  all done
  1  some steps failed (build), checks failed (test), files differ (generate --check),
     or what is fetched is not what is locked (lock)
  2  the manifest or the call is wrong
  3  the engine, a registry or a server of files is out of reach";

#[derive(Subcommand)]
enum Command {
    Validate(validate::Args),
    Generate(generate::Args),
    List(list::Args),
    Graph(graph::Args),
    Tags(tags::Args),
    Lock(lock::Args),
    Plan(plan::Args),
    Build(build::Args),
    Test(test::Args),
    Init(init::Args),
    Import(import::Args),
}

/// Parses the call, runs it, and says how it went.
pub fn main() -> ExitCode {
    // One provider for every TLS connection; a second call finds it there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cli = Cli::parse();
    let host = Host {
        env: Environment::of_process(),
        now: crate::host::now(),
        colour: std::io::stderr().is_terminal(),
    };
    ExitCode::from(run(cli, &host) as u8)
}

fn run(cli: Cli, host: &Host) -> Exit {
    let global = &cli.global;
    match cli.command {
        Command::Validate(args) => validate::run(args, global, host),
        Command::Generate(args) => generate::run(args, global, host),
        Command::List(args) => list::run(args, global, host),
        Command::Graph(args) => graph::run(args, global, host),
        Command::Import(args) => import::run(args, global, host),
        Command::Tags(args) => tags::run(args, global, host),
        Command::Lock(args) => waiting(lock::run(args, global, host)),
        Command::Init(args) => waiting(init::run(args, global, host)),
        Command::Plan(args) => waiting(plan::run(args, global, host)),
        Command::Build(args) => waiting(build::run(args, global, host)),
        Command::Test(args) => waiting(test::run(args, global, host)),
    }
}

/// Runs what waits for the world.
fn waiting(future: impl Future<Output = Exit>) -> Exit {
    match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => {
            let exit = runtime.block_on(future);
            // A call that hangs in a thread of its own must not keep the process.
            runtime.shutdown_timeout(std::time::Duration::from_secs(1));
            exit
        }
        Err(why) => {
            eprintln!("error: no threads to run on: {why}");
            Exit::Failed
        }
    }
}
