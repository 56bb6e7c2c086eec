//! A build context as a value: its paths, modes, sizes and digests, without the file contents.

use crate::name::Digest;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Files, links and empty folders by path, in byte order of the path: the order they are archived and hashed in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    entries: BTreeMap<String, Entry>,
}

/// One file, link or empty folder of a context. Other folders are implied by the paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// 0644 or 0755: any other mode comes from the umask of the checkout.
    pub mode: Mode,
    /// In bytes; 0 for a link and for a folder.
    pub size: u64,
    /// The digest of the content; for a link, of the text of its target; for a folder, of no bytes.
    pub digest: Digest,
    /// The content.
    pub content: Content,
}

/// The two modes a context file can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// 0644
    Plain,
    /// 0755
    Executable,
}

impl Mode {
    /// The permission bits that the archive stores.
    pub fn bits(self) -> u32 {
        match self {
            Mode::Plain => 0o644,
            Mode::Executable => 0o755,
        }
    }
}

/// Where an entry's bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Rendered by kiln.
    Bytes(Arc<[u8]>),
    /// On disk, opened when streamed; an absolute path inside the workspace.
    File(PathBuf),
    /// A symbolic link, kept as one: following it could leave the workspace.
    Link(String),
    /// A folder with nothing in it that is sent.
    Folder,
}

impl Tree {
    /// Adds a rendered file.
    pub fn add_bytes(&mut self, path: impl Into<String>, mode: Mode, bytes: impl Into<Arc<[u8]>>) {
        let bytes = bytes.into();
        let entry = Entry {
            mode,
            size: bytes.len() as u64,
            digest: Digest::of(&bytes),
            content: Content::Bytes(bytes),
        };
        self.entries.insert(path.into(), entry);
    }

    /// Adds a folder, unless the tree has something in it.
    pub fn add_folder(&mut self, path: impl Into<String>) {
        let path = path.into();
        if self.below(&path).next().is_some() {
            return;
        }
        let entry = Entry {
            mode: Mode::Executable,
            size: 0,
            digest: Digest::of(""),
            content: Content::Folder,
        };
        self.entries.insert(path, entry);
    }

    /// The entries in a folder and in its folders, by path.
    pub fn below(&self, folder: &str) -> impl Iterator<Item = (&str, &Entry)> {
        let prefix = match folder {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        self.entries
            .range(prefix.clone()..)
            .take_while(move |(path, _)| path.starts_with(&prefix))
            .map(|(path, entry)| (path.as_str(), entry))
    }

    /// Adds an entry whose digest is known.
    pub fn add(&mut self, path: impl Into<String>, entry: Entry) {
        self.entries.insert(path.into(), entry);
    }

    /// Removes the entry at a path and returns it.
    pub fn remove(&mut self, path: &str) -> Option<Entry> {
        self.entries.remove(path)
    }

    /// The entry at a path.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// All entries, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(path, entry)| (path.as_str(), entry))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The sum of all sizes, in bytes.
    pub fn size(&self) -> u64 {
        self.entries.values().map(|entry| entry.size).sum()
    }

    /// One digest over paths, modes, kinds and content digests: the same on every machine.
    pub fn digest(&self) -> Digest {
        let mut text = String::new();
        for (path, entry) in &self.entries {
            let kind = match entry.content {
                Content::Bytes(_) | Content::File(_) => 'f',
                Content::Link(_) => 'l',
                Content::Folder => 'd',
            };
            text.push_str(&format!(
                "{kind} {:o} {} {}:{path}\n",
                entry.mode.bits(),
                entry.digest,
                path.len()
            ));
        }
        Digest::of(text)
    }
}
