//! A remote engine over `ssh`: a child process whose standard streams are the connection.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::Stdio;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

/// How much of ssh's error output is kept, in bytes.
const STDERR_LIMIT: u64 = 4096;

/// The child and its streams; dropping it ends the child.
pub(super) struct Tunnel {
    stdin: ChildStdin,
    stdout: ChildStdout,
    /// The child's standard error, once it is closed.
    error_output: JoinHandle<String>,
    responded: bool,
    _child: Child,
}

/// Starts `ssh … docker system dial-stdio`, which joins its standard streams to the engine's socket.
pub(super) fn dial(
    user: Option<&str>,
    host: &str,
    port: Option<u16>,
    socket: Option<&str>,
    path: Option<&str>,
) -> io::Result<Tunnel> {
    let mut child = command(user, host, port, socket, path)
        .spawn()
        .map_err(|e| {
            io::Error::new(
                e.kind(),
                format!("cannot start `ssh`: {e}; is it installed?"),
            )
        })?;
    let missing = || io::Error::other("ssh has no standard streams");
    let stdin = child.stdin.take().ok_or_else(missing)?;
    let stdout = child.stdout.take().ok_or_else(missing)?;
    let stderr = child.stderr.take().ok_or_else(missing)?;
    Ok(Tunnel {
        stdin,
        stdout,
        error_output: tokio::spawn(error_output(stderr)),
        responded: false,
        _child: child,
    })
}

fn command(
    user: Option<&str>,
    host: &str,
    port: Option<u16>,
    socket: Option<&str>,
    path: Option<&str>,
) -> Command {
    let mut command = Command::new("ssh");
    // There is no terminal for a prompt: only keys and an agent can authenticate.
    command.args([
        "-T",
        "-o",
        "BatchMode=yes",
        "-o",
        "ConnectTimeout=10",
        "-o",
        "ServerAliveInterval=30",
    ]);
    if let Some(path) = path {
        command.env("PATH", path);
    }
    if let Some(user) = user {
        command.args(["-l", user]);
    }
    if let Some(port) = port {
        command.args(["-p", &port.to_string()]);
    }
    command.args(["--", host, "docker"]);
    if let Some(socket) = socket {
        command.args(["--host", &format!("unix://{socket}")]);
    }
    command
        .args(["system", "dial-stdio"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Ctrl-C reaches all processes of a terminal's group, and kiln still needs the engine to clean up.
        .process_group(0)
        .kill_on_drop(true);
    command
}

/// The beginning of what ssh prints on standard error, until it closes it.
async fn error_output(mut stderr: ChildStderr) -> String {
    let mut text = Vec::new();
    let _ = (&mut stderr)
        .take(STDERR_LIMIT)
        .read_to_end(&mut text)
        .await;
    // The rest is read and dropped: a full pipe would block ssh.
    tokio::spawn(async move { tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await });
    String::from_utf8_lossy(&text).trim().to_owned()
}

impl AsyncRead for Tunnel {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stdout).poll_read(cx, buf))?;
        self.responded |= buf.filled().len() > before;
        if self.responded {
            return Poll::Ready(Ok(()));
        }
        // Closed before the engine sent anything: ssh or the remote side has reported why.
        let said = ready!(Pin::new(&mut self.error_output).poll(cx)).unwrap_or_default();
        self.responded = true;
        // ssh begins some of its own messages so.
        let said = match said.strip_prefix("ssh: ").unwrap_or(&said) {
            "" => "closed without a response",
            said => said,
        };
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::ConnectionRefused,
            format!("ssh: {said}"),
        )))
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stdin).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stdin).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stdin).poll_shutdown(cx)
    }
}
