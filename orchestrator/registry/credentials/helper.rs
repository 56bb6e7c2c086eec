//! Runs a credential helper: `docker-credential-<name> get`, with the registry on stdin and JSON on stdout.

use super::of_user;
use crate::host::Environment;
use crate::request::Credential;
use crate::text::Shown;
use serde::Deserialize;
use std::process::{Output, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

/// The output limit, in bytes.
const LARGEST: u64 = 64 << 10;

/// The response of the protocol. No `Debug`: it contains a secret.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

/// Runs a helper; `None` if it has no credential. The helper gets kiln's environment.
pub(super) async fn get(
    env: &Environment,
    name: &str,
    server: &str,
    patience: Duration,
) -> Result<Option<Credential>, String> {
    let program = format!("docker-credential-{name}");
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || !name.chars().all(word) {
        return Err(format!(
            "`{}` is not a valid name of a credential helper",
            name.shown()
        ));
    }
    let mut command = Command::new(&program);
    command
        .arg("get")
        .env_clear()
        .envs(env.iter())
        .kill_on_drop(true);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command
        .spawn()
        .map_err(|e| format!("{program} cannot be started: {e}"))?;
    let output = tokio::time::timeout(patience, talk(child, server))
        .await
        .map_err(|_| {
            let within = patience.as_secs_f32();
            format!("{program} did not finish within {within} s")
        })?
        .map_err(|e| format!("{program}: {e}"))?;
    answer(&program, &output)
}

async fn talk(mut child: Child, server: &str) -> std::io::Result<Output> {
    if let Some(mut input) = child.stdin.take() {
        // A helper that does not read its input may still have written its response.
        let _ = input.write_all(server.as_bytes()).await;
    }
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let read_out = async {
        match out {
            Some(out) => out.take(LARGEST).read_to_end(&mut stdout).await,
            None => Ok(0),
        }
    };
    let read_err = async {
        match err {
            Some(err) => err.take(LARGEST).read_to_end(&mut stderr).await,
            None => Ok(0),
        }
    };
    tokio::try_join!(read_out, read_err)?;
    let status = child.wait().await?;
    Ok(Output {
        status,
        stdout,
        stderr,
    })
}

/// In this protocol, an error is text on stdout, and secrets are only in the output of a successful call.
fn answer(program: &str, output: &Output) -> Result<Option<Credential>, String> {
    if !output.status.success() {
        let said = if output.stdout.trim_ascii().is_empty() {
            &output.stderr
        } else {
            &output.stdout
        };
        let said = String::from_utf8_lossy(said);
        let said = said.trim();
        if said.contains("credentials not found") || said.contains("no credentials server URL") {
            return Ok(None);
        }
        let line: String = said
            .lines()
            .next()
            .unwrap_or("without a message")
            .chars()
            .filter(|c| !c.is_control())
            .take(200)
            .collect();
        return Err(format!("{program} failed ({}): {line}", output.status));
    }
    let Ok(answer) = serde_json::from_slice::<Answer>(&output.stdout) else {
        return Err(format!(
            "the output of {program} is not JSON with Username and Secret"
        ));
    };
    let known = !answer.secret.is_empty();
    Ok(known.then(|| of_user(&answer.username, &answer.secret)))
}
