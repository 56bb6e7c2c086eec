//! A build context as a tar stream: the same bytes for the same tree, on every machine.

use super::client::Body;
use crate::tree::{Content, Entry, Tree};
use bytes::Bytes;
use futures_util::StreamExt as _;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use sha2::Digest as _;
use std::collections::BTreeSet;
use std::io::{self, BufWriter, Read, Write};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// The modification time of every file, in seconds: 1980-01-02. The zip format (wheels, jars) has no earlier date, and
/// its tools fail on 1970.
pub(super) const TIME: u64 = 315_619_200;

/// The chunk size for reading and sending, in bytes.
pub(super) const PIECE: usize = 64 << 10;

/// The archive as a request body, written on a separate thread while it is sent. `extra` files are added to the
/// tree's.
pub(super) fn stream(tree: Arc<Tree>, extra: Vec<(String, Arc<[u8]>)>) -> Body {
    let (pieces, received) = mpsc::channel(8);
    tokio::task::spawn_blocking(move || {
        let mut out = BufWriter::with_capacity(PIECE, Pieces(pieces.clone()));
        if let Err(error) = write(&tree, &extra, &mut out).and_then(|()| out.flush()) {
            let _ = pieces.blocking_send(Err(error));
        }
    });
    BodyExt::boxed(StreamBody::new(
        ReceiverStream::new(received).map(|piece| piece.map(Frame::data)),
    ))
}

struct Pieces(mpsc::Sender<io::Result<Bytes>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        self.0
            .blocking_send(Ok(Bytes::copy_from_slice(bytes)))
            .map_err(gone)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes the archive: folders before their contents, paths in byte order, `extra` last.
pub(super) fn write(
    tree: &Tree,
    extra: &[(String, Arc<[u8]>)],
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut archive = tar::Builder::new(out);
    let mut folders = BTreeSet::new();
    let added: BTreeSet<&str> = extra.iter().map(|(path, _)| path.as_str()).collect();
    for (path, entry) in tree.iter().filter(|(path, _)| !added.contains(path)) {
        for folder in parents(path) {
            if folders.insert(folder.to_owned()) {
                append_folder(&mut archive, folder)?;
            }
        }
        match &entry.content {
            Content::Link(target) => {
                archive.append_link(&mut header(tar::EntryType::Symlink, 0o777, 0), path, target)?
            }
            Content::Folder => append_folder(&mut archive, path)?,
            Content::Bytes(_) | Content::File(_) => archive.append_data(
                &mut header(tar::EntryType::Regular, entry.mode.bits(), entry.size),
                path,
                open(path, entry)?,
            )?,
        }
    }
    for (path, bytes) in extra {
        archive.append_data(
            &mut header(tar::EntryType::Regular, 0o644, bytes.len() as u64),
            path,
            &**bytes,
        )?;
    }
    archive.into_inner()?.flush()
}

fn append_folder(archive: &mut tar::Builder<&mut dyn Write>, path: &str) -> io::Result<()> {
    let mut header = header(tar::EntryType::Directory, 0o755, 0);
    archive.append_data(&mut header, format!("{path}/"), io::empty())
}

/// All folders above a path, outermost first.
pub(super) fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

fn header(kind: tar::EntryType, mode: u32, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(size);
    header.set_mtime(TIME);
    header
}

/// Opens an entry's content. Reading fails if the file has changed: its digest is part of the build id.
pub(super) fn open(path: &str, entry: &Entry) -> io::Result<Box<dyn Read + Send>> {
    match &entry.content {
        Content::Bytes(bytes) => Ok(Box::new(io::Cursor::new(Arc::clone(bytes)))),
        Content::Link(target) => Ok(Box::new(io::Cursor::new(target.clone().into_bytes()))),
        Content::Folder => Ok(Box::new(io::empty())),
        Content::File(file) => {
            let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", file.display()));
            let opened = std::fs::File::open(file).map_err(named)?;
            let size = opened.metadata().map_err(named)?.len();
            if size != entry.size {
                return Err(changed(path));
            }
            Ok(Box::new(Verified {
                file: opened,
                path: path.into(),
                left: entry.size,
                expect: entry.digest,
                hash: sha2::Sha256::new(),
            }))
        }
    }
}

fn changed(path: &str) -> io::Error {
    io::Error::other(format!(
        "{path} has changed since kiln read it; run the command again"
    ))
}

/// A reader that checks a file's size and digest.
struct Verified {
    file: std::fs::File,
    path: String,
    left: u64,
    expect: crate::name::Digest,
    hash: sha2::Sha256,
}

impl Read for Verified {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(0);
        }
        let read = self.file.read(&mut buffer[..most])?;
        self.hash.update(&buffer[..read]);
        self.left -= read as u64;
        let done = self.left == 0;
        let wrong = done
            && crate::name::Digest::from_raw(self.hash.clone().finalize().into()) != self.expect;
        if read == 0 || wrong {
            Err(changed(&self.path))
        } else {
            Ok(read)
        }
    }
}

#[cfg(test)]
mod tests;
