//! Sends context files to BuildKit: the sending side of its file synchronisation protocol.
//!
//! We send a `STAT` for every file and folder in walking order, ended by an empty one. The engine requests contents by
//! position (`REQ`) and receives them in chunks (`DATA`, ended by an empty one). It sends `FIN` at the end, and we
//! send it back.
//!
//! Unlike an archive in the request's body, this keeps the Dockerfile out of the context: with an archive, `COPY . .`
//! includes it (seen on 20.10 and 28.5), and its text differs from run to run.

use super::archive::{self, PIECE, TIME};
use crate::tree::{Content, Entry, Tree};
use bollard_buildkit_proto::fsutil::types::packet::PacketType;
use bollard_buildkit_proto::fsutil::types::{Packet, Stat};
use bollard_buildkit_proto::moby::filesync::packet::file_sync_server::FileSync;
use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::sync::{Arc, OnceLock};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming};

/// The Dockerfile's name on the engine; messages contain it.
pub(super) const DOCKERFILE: &str = "Dockerfile";

/// Go's `fs.FileMode` bits.
const FOLDER: u32 = 1 << 31;
const LINK: u32 = 1 << 27;

/// The two folders that a build requests.
pub(super) struct Sync {
    context: Arc<Tree>,
    dockerfile: Arc<Tree>,
    unread: Unread,
}

/// Why a file could not be sent. The engine reports it, too, or only that the build was cancelled for it.
pub(super) type Unread = Arc<OnceLock<String>>;

/// A file, link or folder with its position in the walk.
#[derive(Debug)]
struct Item {
    stat: Stat,
    /// `None` for a folder.
    entry: Option<(String, Entry)>,
}

type Packets = mpsc::Sender<Result<Packet, Status>>;

impl Sync {
    pub fn new(context: Arc<Tree>, dockerfile: &str) -> Self {
        let mut tree = Tree::default();
        tree.add_bytes(DOCKERFILE, crate::tree::Mode::Plain, dockerfile.as_bytes());
        Self {
            context,
            dockerfile: Arc::new(tree),
            unread: Unread::default(),
        }
    }

    /// Will have the reason if a file cannot be sent.
    pub fn unread(&self) -> Unread {
        Arc::clone(&self.unread)
    }

    fn wanted(&self, metadata: &MetadataMap) -> Result<Vec<Item>, Status> {
        let text = |key: &str| texts(metadata, key).unwrap_or_default();
        let follow = text("followpaths");
        match text("dir-name").first().map_or("context", String::as_str) {
            "context" => Ok(walk(&self.context, &follow)),
            "dockerfile" => Ok(walk(&self.dockerfile, &[])),
            other => Err(Status::not_found(format!(
                "this build has no folder {other}"
            ))),
        }
    }
}

/// The values under a key, as BuildKit writes them: with `KEY-encoded: 1` where one is not ASCII, they are all escaped as in a
/// query. 20.10 sends them as they are. `None` if one cannot be read; without paths, everything is sent.
fn texts(metadata: &MetadataMap, key: &str) -> Option<Vec<String>> {
    let encoded = metadata.get(format!("{key}-encoded"));
    let is_encoded = encoded.is_some_and(|value| matches!(value.as_bytes(), b"1" | b"true"));
    let values = metadata.get_all(key).iter().map(|value| {
        let text = std::str::from_utf8(value.as_bytes()).ok()?;
        if !is_encoded {
            return Some(text.to_owned());
        }
        let spaced = text.replace('+', " ");
        let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
        Some(decoded.into_owned())
    });
    values.collect()
}

#[tonic::async_trait]
impl FileSync for Sync {
    type DiffCopyStream = ReceiverStream<Result<Packet, Status>>;
    type TarStreamStream = ReceiverStream<Result<Packet, Status>>;

    async fn diff_copy(
        &self,
        request: Request<Streaming<Packet>>,
    ) -> Result<Response<Self::DiffCopyStream>, Status> {
        let items = Arc::new(self.wanted(request.metadata())?);
        let (packets, received) = mpsc::channel(16);
        // Names and contents are sent concurrently: the engine requests contents before it has read all names.
        tokio::spawn(names(Arc::clone(&items), packets.clone()));
        let unread = self.unread();
        tokio::spawn(contents(items, request.into_inner(), packets, unread));
        Ok(Response::new(ReceiverStream::new(received)))
    }

    async fn tar_stream(
        &self,
        _: Request<Streaming<Packet>>,
    ) -> Result<Response<Self::TarStreamStream>, Status> {
        Err(Status::unimplemented("tar"))
    }
}

async fn names(items: Arc<Vec<Item>>, packets: Packets) {
    let named = items.iter().map(|item| Some(item.stat.clone()));
    for stat in named.chain([None]) {
        let packet = Packet {
            stat,
            ..packet(PacketType::PacketStat, 0, Vec::new())
        };
        if packets.send(Ok(packet)).await.is_err() {
            return;
        }
    }
}

/// The engine's next request.
enum Wanted {
    Content(u32),
    Nothing,
}

/// Reads the engine's requests as fast as they arrive, and serves them from a thread that may block: HTTP/2 servers
/// treat unread requests as a flood.
async fn contents(
    items: Arc<Vec<Item>>,
    mut requests: Streaming<Packet>,
    packets: Packets,
    unread: Unread,
) {
    let (ask, asked) = mpsc::unbounded_channel();
    // An engine requests every file at most once.
    let mut left = items.len();
    tokio::task::spawn_blocking(move || answers(&items, asked, &packets, &unread));
    while let Ok(Some(request)) = requests.message().await {
        let wanted = match request.r#type() {
            PacketType::PacketReq if left == 0 => return,
            PacketType::PacketReq => Wanted::Content(request.id),
            PacketType::PacketFin => Wanted::Nothing,
            _ => continue,
        };
        left = left.saturating_sub(1);
        if ask.send(wanted).is_err() {
            return;
        }
    }
}

fn answers(
    items: &[Item],
    mut asked: mpsc::UnboundedReceiver<Wanted>,
    packets: &Packets,
    unread: &Unread,
) {
    while let Some(wanted) = asked.blocking_recv() {
        let id = match wanted {
            Wanted::Content(id) => id,
            Wanted::Nothing => {
                let _ = packets.blocking_send(Ok(packet(PacketType::PacketFin, 0, Vec::new())));
                return;
            }
        };
        if let Err(error) = content(items, id, packets) {
            // An engine that has hung up is not the file's fault.
            if error.kind() != io::ErrorKind::BrokenPipe {
                let _ = unread.set(error.to_string());
            }
            let _ = packets.blocking_send(Err(Status::data_loss(error.to_string())));
            return;
        }
    }
}

/// Sends one file in chunks, the last of them empty.
fn content(items: &[Item], id: u32, packets: &Packets) -> io::Result<()> {
    let item = items.get(id as usize).and_then(|item| item.entry.as_ref());
    let (path, entry) = item.ok_or_else(|| {
        io::Error::other(format!(
            "the engine requested file {id}, which does not exist"
        ))
    })?;
    let mut file = archive::open(path, entry)?;
    let longest = usize::try_from(entry.size).unwrap_or(PIECE).clamp(1, PIECE);
    loop {
        let mut piece = vec![0; longest];
        let read = file.read(&mut piece)?;
        piece.truncate(read);
        let sent = packets.blocking_send(Ok(packet(PacketType::PacketData, id, piece)));
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        if read == 0 {
            return Ok(());
        }
    }
}

fn packet(kind: PacketType, id: u32, data: Vec<u8>) -> Packet {
    Packet {
        r#type: kind.into(),
        stat: None,
        id,
        data,
    }
}

/// Everything below the wanted paths, a folder before its contents, names of a folder in byte order.
fn walk(tree: &Tree, follow: &[String]) -> Vec<Item> {
    // `/` sorts before every other byte: the contents of `a` come before `a-b`.
    let mut items = BTreeMap::new();
    let key = |path: &str| path.replace('/', "\0");
    let narrowed = narrowed(tree, follow);
    let wanted = |path: &str| narrowed.as_ref().is_none_or(|paths| within(paths, path));
    for (path, entry) in tree.iter().filter(|(path, _)| wanted(path)) {
        for folder in archive::parents(path) {
            items.entry(key(folder)).or_insert_with(|| Item {
                stat: stat(folder, FOLDER | 0o755, 0, ""),
                entry: None,
            });
        }
        let (mode, target) = match &entry.content {
            Content::Link(target) => (LINK | 0o777, target.as_str()),
            Content::Folder => (FOLDER | 0o755, ""),
            Content::Bytes(_) | Content::File(_) => (entry.mode.bits(), ""),
        };
        let size = if target.is_empty() {
            entry.size
        } else {
            target.len() as u64
        };
        items.insert(
            key(path),
            Item {
                stat: stat(path, mode, size, target),
                entry: (entry.content != Content::Folder).then(|| (path.to_owned(), entry.clone())),
            },
        );
    }
    items.into_values().collect()
}

fn stat(path: &str, mode: u32, size: u64, target: &str) -> Stat {
    let nanoseconds = TIME as i64 * 1_000_000_000;
    Stat {
        path: path.into(),
        mode,
        size: i64::try_from(size).unwrap_or(i64::MAX),
        mod_time: nanoseconds,
        linkname: target.into(),
        ..Stat::default()
    }
}

/// The paths that a build names, if they suffice: patterns are not matched and links not followed here, so with any
/// of them everything is sent.
fn narrowed<'a>(tree: &Tree, follow: &'a [String]) -> Option<Vec<&'a str>> {
    let plain = |path: &str| {
        !path.contains(['*', '?', '[', '\\'])
            && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
    };
    let links = tree
        .iter()
        .any(|(_, entry)| matches!(entry.content, Content::Link(_)));
    let paths: Vec<_> = follow.iter().map(|path| path.trim_matches('/')).collect();
    (!links && !paths.is_empty() && paths.iter().all(|path| plain(path))).then_some(paths)
}

fn within(paths: &[&str], path: &str) -> bool {
    paths.iter().any(|p| {
        path.strip_prefix(p)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

#[cfg(test)]
mod tests;
