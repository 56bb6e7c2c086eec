//! Replacing a file that a user names, so that no reader sees half of it.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Writes a file aside and renames it. A file that exists keeps its mode, and a link stays a link to it. What cannot be
/// renamed is written in place: a file that is mounted, a device, and a file in a folder that takes no new one.
///
/// # Errors
/// It cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // An output of this process may be a file that others have open.
    if path.starts_with("/dev") || path.starts_with("/proc") {
        let mut file = OpenOptions::new().append(true).open(path)?;
        return file.write_all(bytes);
    }
    let path = followed(path);
    let Ok(there) = fs::metadata(&path) else {
        return aside(&path, bytes, None);
    };
    if !there.is_file() {
        return in_place(&path, bytes);
    }
    match aside(&path, bytes, Some(there.permissions())) {
        Err(why) if is_fixed(&why) => in_place(&path, bytes),
        done => done,
    }
}

/// Whether [`replace`] can write a file, as far as that is known before. It leaves nothing there.
///
/// # Errors
/// It cannot.
pub fn check_replaceable(path: &Path) -> io::Result<()> {
    let path = followed(path);
    match fs::metadata(&path) {
        Ok(there) if there.is_file() || there.is_dir() => {
            OpenOptions::new().write(true).open(&path).map(drop)
        }
        // Opening a pipe could wait for its reader.
        Ok(_) => Ok(()),
        // A file without a name where the system has such files.
        Err(why) if why.kind() == ErrorKind::NotFound => {
            tempfile::tempfile_in(folder(&path)).map(drop)
        }
        Err(why) => Err(why),
    }
}

/// The path that a link leads to, also if nothing is there yet.
fn followed(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        return real;
    }
    match fs::read_link(path) {
        Ok(target) => folder(path).join(target),
        Err(_) => path.to_owned(),
    }
}

fn folder(path: &Path) -> &Path {
    let folder = path.parent().filter(|one| !one.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

fn aside(path: &Path, bytes: &[u8], mode: Option<Permissions>) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The mode that the umask allows, as for a file from an editor.
        builder.permissions(Permissions::from_mode(0o666));
    }
    let mut file = builder.prefix(".kiln-new-").tempfile_in(folder(path))?;
    file.write_all(bytes)?;
    if let Some(mode) = mode {
        file.as_file().set_permissions(mode)?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn in_place(path: &Path, bytes: &[u8]) -> io::Result<()> {
    File::create(path)?.write_all(bytes)
}

/// Whether a file could not be renamed over, or no file created beside it.
fn is_fixed(why: &io::Error) -> bool {
    matches!(
        why.kind(),
        ErrorKind::ResourceBusy
            | ErrorKind::CrossesDevices
            | ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
    )
}
