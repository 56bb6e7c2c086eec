//! What a run has on one engine.

use crate::memory::packages::Database;
use crate::name::{Digest, Platform};
use crate::plan::Build;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// An image on the engine.
#[derive(Debug, Clone)]
pub(super) struct Present {
    /// The run's own name for it.
    pub name: String,
    pub id: Digest,
    pub layers: Vec<Digest>,
}

/// The image of files of a named context: name and id, once it is built. One build at a time makes it.
pub(super) type FolderImage = Arc<tokio::sync::Mutex<Option<(String, Digest)>>>;

/// The packages of an image on the engine, once they are read; `Some(None)` if it has no database. One step reads them.
pub(super) type KnownDatabase = Arc<tokio::sync::Mutex<Option<Option<Arc<Database>>>>>;

/// What a run has on one engine; locked for moments only.
#[derive(Debug, Default)]
pub(super) struct Local {
    present: Mutex<HashMap<Build, Present>>,
    /// One at a time brings an image to the engine.
    fetching: Mutex<HashMap<Build, Arc<tokio::sync::Mutex<()>>>>,
    /// The images of named contexts, by files and platform.
    folders: Mutex<HashMap<(Digest, Platform), FolderImage>>,
    /// What images have on the engine, by the name of the image.
    databases: Mutex<HashMap<String, KnownDatabase>>,
    /// Names that the run created, to be removed at the end.
    names: Mutex<Vec<String>>,
}

impl Local {
    pub fn arrive(&self, build: &Build, image: Present) {
        let id = image.id;
        // An image that is built again keeps its name.
        self.databases.lock().remove(&image.name);
        let before = self.present.lock().insert(build.clone(), image);
        self.forget(before.filter(|before| before.id != id));
    }

    /// An image that lost its name to another one is removed by its id.
    fn forget(&self, image: Option<Present>) {
        if let Some(image) = image {
            self.remember_name(image.id.to_string());
        }
    }

    pub fn present(&self, build: &Build) -> Option<Present> {
        self.present.lock().get(build).cloned()
    }

    /// The image of a build is not the one that counts any more.
    pub fn remove(&self, build: &Build) {
        let before = self.present.lock().remove(build);
        self.forget(before);
    }

    /// The engine is gone: what it has is not counted on any more. Its names are still removed if it comes back.
    pub fn lose(&self) {
        self.present.lock().clear();
        self.fetching.lock().clear();
        self.folders.lock().clear();
        self.databases.lock().clear();
    }

    pub fn fetching(&self, build: &Build) -> Arc<tokio::sync::Mutex<()>> {
        self.fetching
            .lock()
            .entry(build.clone())
            .or_default()
            .clone()
    }

    /// The image of these files of a named context, for this platform.
    pub fn folder(&self, files: Digest, platform: &Platform) -> FolderImage {
        let mut folders = self.folders.lock();
        folders
            .entry((files, platform.clone()))
            .or_default()
            .clone()
    }

    pub fn database(&self, image: &str) -> KnownDatabase {
        let mut databases = self.databases.lock();
        databases.entry(image.to_owned()).or_default().clone()
    }

    pub fn remember_name(&self, name: impl Into<String>) {
        self.names.lock().push(name.into());
    }

    /// All names, the latest first: children go before their parents.
    pub fn take_names(&self) -> Vec<String> {
        let mut names = std::mem::take(&mut *self.names.lock());
        names.reverse();
        names
    }
}
