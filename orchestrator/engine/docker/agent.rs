//! Agents of ssh for a build's session: the build may list keys and sign with them, as with Docker's own client. Everything
//! else, such as adding or removing keys, fails.

use crate::request::BuildSecrets;
use bollard_buildkit_proto::moby::sshforward::v1::ssh_server::Ssh;
use bollard_buildkit_proto::moby::sshforward::v1::{
    BytesMessage, CheckAgentRequest, CheckAgentResponse,
};
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

/// The methods that a session with agents serves.
pub(super) const METHODS: [&str; 2] = [
    "/moby.sshforward.v1.SSH/CheckAgent",
    "/moby.sshforward.v1.SSH/ForwardAgent",
];

/// The header with the id of the wanted agent.
const ID: &str = "buildkit.ssh.id";

/// The agent that a mount without an id means.
const DEFAULT: &str = "default";

/// The requests of the agent protocol (draft-miller-ssh-agent) that only read: list the keys, sign.
const READING: [u8; 2] = [11, 13];

/// SSH_AGENT_FAILURE as a whole message.
const FAILURE: [u8; 5] = [0, 0, 0, 1, 5];

/// The longest message of an agent, in bytes; the same as in OpenSSH.
const LONGEST: usize = 256 * 1024;

/// The longest piece that is sent to the engine, in bytes.
const PIECE: usize = 32 * 1024;

/// The agents of one build.
pub(super) struct Agents(pub Arc<BuildSecrets>);

type Answers = mpsc::Sender<Result<BytesMessage, Status>>;

impl Agents {
    /// 20.10 asks for the default agent with an empty id.
    fn socket(&self, id: &str) -> Result<&Path, Status> {
        let id = if id.is_empty() { DEFAULT } else { id };
        let socket = self.0.sockets.get(id);
        let missing = || Status::not_found(format!("the build has no ssh agent {id}"));
        Ok(socket.ok_or_else(missing)?)
    }
}

#[tonic::async_trait]
impl Ssh for Agents {
    async fn check_agent(
        &self,
        request: Request<CheckAgentRequest>,
    ) -> Result<Response<CheckAgentResponse>, Status> {
        self.socket(&request.get_ref().id)?;
        Ok(Response::new(CheckAgentResponse {}))
    }

    type ForwardAgentStream = ReceiverStream<Result<BytesMessage, Status>>;

    async fn forward_agent(
        &self,
        request: Request<Streaming<BytesMessage>>,
    ) -> Result<Response<Self::ForwardAgentStream>, Status> {
        let id = request.metadata().get(ID);
        let socket = self.socket(id.and_then(|id| id.to_str().ok()).unwrap_or_default())?;
        let failed = |why: io::Error| Status::unavailable(format!("the ssh agent: {why}"));
        let agent = UnixStream::connect(socket).await.map_err(failed)?;
        let (answers, received) = mpsc::channel(16);
        tokio::spawn(async move {
            let ended = tokio::select! {
                ended = converse(agent, request.into_inner(), &answers) => ended,
                () = answers.closed() => Ok(()),
            };
            if let Err(why) = ended {
                let _ = answers.send(Err(why)).await;
            }
        });
        Ok(Response::new(ReceiverStream::new(received)))
    }
}

/// Passes requests to the agent one by one until the build closes the connection.
async fn converse(
    mut agent: UnixStream,
    mut asked: Streaming<BytesMessage>,
    answers: &Answers,
) -> Result<(), Status> {
    let failed = |why: io::Error| Status::unavailable(format!("the ssh agent: {why}"));
    let mut pending = Vec::new();
    while let Some(message) = asked.message().await? {
        pending.extend_from_slice(&message.data);
        while let Some(request) = next(&mut pending).map_err(failed)? {
            let answer = match request.get(4).is_some_and(|kind| READING.contains(kind)) {
                true => ask(&mut agent, &request).await.map_err(failed)?,
                false => FAILURE.to_vec(),
            };
            for piece in answer.chunks(PIECE) {
                let data = piece.to_vec();
                if answers.send(Ok(BytesMessage { data })).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// Takes a whole message off the front: four bytes of length, and as many bytes.
fn next(pending: &mut Vec<u8>) -> io::Result<Option<Vec<u8>>> {
    let Some(length) = pending.first_chunk::<4>() else {
        return Ok(None);
    };
    let length = length_of(*length)?;
    if pending.len() < 4 + length {
        return Ok(None);
    }
    let rest = pending.split_off(4 + length);
    Ok(Some(std::mem::replace(pending, rest)))
}

fn length_of(bytes: [u8; 4]) -> io::Result<usize> {
    let length = u32::from_be_bytes(bytes) as usize;
    match length <= LONGEST {
        true => Ok(length),
        false => Err(io::Error::other("a message of its protocol is too long")),
    }
}

/// The agent's answer to a message.
async fn ask(agent: &mut UnixStream, request: &[u8]) -> io::Result<Vec<u8>> {
    agent.write_all(request).await?;
    let mut answer = vec![0; 4];
    agent.read_exact(&mut answer).await?;
    let length = length_of([answer[0], answer[1], answer[2], answer[3]])?;
    answer.resize(4 + length, 0);
    agent.read_exact(&mut answer[4..]).await?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_taken_whole() {
        let mut pending = vec![0, 0, 0];
        assert_eq!(next(&mut pending).unwrap(), None);
        pending.extend([1, 11, 0, 0, 0, 2, 13]);
        assert_eq!(next(&mut pending).unwrap(), Some(vec![0, 0, 0, 1, 11]));
        assert_eq!(next(&mut pending).unwrap(), None);
        pending.push(7);
        assert_eq!(next(&mut pending).unwrap(), Some(vec![0, 0, 0, 2, 13, 7]));
        assert!(pending.is_empty());
        next(&mut vec![255_u8; 4]).unwrap_err();
    }

    /// G12: a build has no other agent than the one that it declares.
    #[test]
    fn only_declared_agents_exist() {
        let sockets = [("default".into(), "/agent".into())].into();
        let agents = Agents(Arc::new(BuildSecrets {
            sockets,
            ..BuildSecrets::default()
        }));
        assert_eq!(agents.socket("").unwrap(), Path::new("/agent"));
        assert_eq!(agents.socket("default").unwrap(), Path::new("/agent"));
        let none = agents.socket("deploy").unwrap_err();
        assert_eq!(none.code(), tonic::Code::NotFound);
    }
}
