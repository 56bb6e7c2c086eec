//! Reads files of an image, in a container that never runs: the image needs neither a shell nor its tools.

use super::Setup;
use super::look::{archive, idle, unreadable};
use crate::request::{ReadFile, WorldError};
use std::io::{self, Read as _};

/// Reads the regular files at and below each path.
pub(super) async fn read(setup: &Setup<'_>, paths: &[String]) -> Result<Vec<ReadFile>, WorldError> {
    let container = idle(setup).await?;
    let read = async {
        let mut all = Vec::new();
        for path in paths {
            if let Some(bytes) = archive(&container, path, ReadFile::LARGEST).await? {
                let files = files(&bytes, path);
                all.extend(files.map_err(|why| unreadable(&container, path, &why))?);
            }
        }
        Ok(all)
    };
    let read = read.await;
    container.remove().await;
    read
}

/// The whole files of an archive that may be truncated.
fn files(bytes: &[u8], path: &str) -> io::Result<Vec<ReadFile>> {
    // The names in the archive begin with the last part of the path.
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut all = Vec::new();
    for entry in tar::Archive::new(bytes).entries()? {
        // The end may be missing.
        let Ok(mut entry) = entry else { break };
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let mut bytes = Vec::new();
        let size = entry.size();
        if entry.read_to_end(&mut bytes).is_err() || bytes.len() as u64 != size {
            break;
        }
        let path = format!("{folder}/{}", name.trim_start_matches('/'));
        all.push(ReadFile { path, bytes });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(files: &[(&str, usize)]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        let mut folder = tar::Header::new_gnu();
        folder.set_entry_type(tar::EntryType::Directory);
        folder.set_size(0);
        let added = archive.append_data(&mut folder, "apt/", io::empty());
        added.expect("memory takes it");
        for (name, size) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(*size as u64);
            header.set_mode(0o644);
            let added = archive.append_data(&mut header, name, vec![b'x'; *size].as_slice());
            added.expect("memory takes it");
        }
        archive.into_inner().expect("memory takes it")
    }

    #[test]
    fn archives() {
        let bytes = archive(&[("apt/sources.list", 3), ("apt/sources.list.d/a.list", 2000)]);
        let names = |bytes: &[u8]| -> Vec<String> {
            let all = files(bytes, "/etc/apt").expect("an archive");
            all.into_iter().map(|file| file.path).collect()
        };
        let both = ["/etc/apt/sources.list", "/etc/apt/sources.list.d/a.list"];
        assert_eq!(names(&bytes), both);
        // What is cut in the middle is not read as a whole file.
        assert_eq!(names(&bytes[..3000]), both[..1]);
    }
}
