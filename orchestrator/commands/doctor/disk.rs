//! Free space.

use super::finding::Finding;
use std::path::Path;

/// Less than that fails at the next build, in bytes.
const LITTLE: u64 = 1_000_000_000;
/// Less than that may fail in the middle of a fleet, in bytes.
const SMALL: u64 = 10_000_000_000;

/// The free bytes of the file system that a folder is in; `None` if that cannot be known.
pub(super) fn free(folder: &Path) -> Option<u64> {
    let of = nix::sys::statvfs::statvfs(folder).ok()?;
    Some(of.blocks_available().saturating_mul(of.fragment_size()))
}

/// Whether there is enough free space. `way_out` says how to get more.
pub(super) fn judged(of: &str, folder: &Path, free: u64, way_out: &str) -> Finding {
    let check = "disk";
    let text = format!("{} free for {of} in {}", size(free), folder.display());
    match free {
        _ if free < LITTLE => Finding::problem(check, format!("only {text}\n{way_out}")),
        _ if free < SMALL => Finding::note(check, format!("{text}\n{way_out}")),
        _ => Finding::good(check, text),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_space_is_a_problem() {
        let folder = Path::new("/data");
        for (free, is_problem, text) in [
            (0, true, "only 0 MB free for images in /data\nprune"),
            (999_999_999, true, "only 999 MB free"),
            (
                1_000_000_000,
                false,
                "1.0 GB free for images in /data\nprune",
            ),
            (12_345_678_900, false, "12.3 GB free for images in /data"),
        ] {
            let found = judged("images", folder, free, "prune");
            assert_eq!(found.is_problem(), is_problem, "{free}");
            assert!(found.text().starts_with(text), "{}", found.text());
        }
        assert!(super::free(Path::new("/")).is_some());
        assert_eq!(super::free(Path::new("/does/not/exist")), None);
    }
}
