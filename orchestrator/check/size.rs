//! `check size="<500MB"`: a limit for the uncompressed size of the image, as the engine reports it.

use super::options::Options;
use super::{Verdict, units};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The size limit of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// The largest allowed size in bytes.
    pub most: u64,
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {}", units::show_size(self.most))
    }
}

pub(super) fn read(options: &mut Options) -> Option<Size> {
    let text = options.text("size")?;
    options.parse(&text, parse, "check size=\"<500MB\"")
}

/// `<500MB`, `<=500MB`, `500MB`
fn parse(text: &str) -> Result<Size, String> {
    let text = text.trim();
    match (text.strip_prefix("<="), text.strip_prefix('<')) {
        (Some(most), _) => Ok(Size {
            most: units::size(most)?,
        }),
        (None, Some(less)) => match units::size(less)? {
            0 => Err("no image is smaller than 0 bytes".into()),
            bytes => Ok(Size { most: bytes - 1 }),
        },
        (None, None) => Ok(Size {
            most: units::size(text)?,
        }),
    }
}

impl Size {
    /// The verdict on the size of an image, in bytes.
    pub fn judge(self, actual: u64) -> Verdict {
        let shown = units::show_size(actual);
        match actual.checked_sub(self.most).filter(|over| *over > 0) {
            Some(over) => Verdict::fail(format!(
                "the image has {shown}, {} over the limit",
                units::show_size(over)
            )),
            None => Verdict::pass(format!("the image has {shown}")),
        }
    }
}
