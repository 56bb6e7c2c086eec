//! Content digests.

use super::NameError;
use std::fmt;
use std::str::FromStr;

/// `sha256:` and 64 hex digits: the only algorithm that every registry supports.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes.as_ref()).into())
    }

    /// The digest with this raw value, for hashes that are computed in chunks.
    pub fn from_raw(raw: [u8; 32]) -> Self {
        Self(raw)
    }

    /// 64 lower-case hex digits.
    pub fn hex(&self) -> String {
        self.digits().collect()
    }

    /// The first 12 hex digits, for messages.
    pub fn short(&self) -> String {
        self.digits().take(12).collect()
    }

    fn digits(&self) -> impl Iterator<Item = char> {
        let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
        let halves = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        halves.map(digit)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        f.write_str(&self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let fault = || {
            NameError::new(format!(
                "`{text}` is not a digest: expected `sha256:` and 64 lower-case hex digits"
            ))
        };
        let hex = text.strip_prefix("sha256:").ok_or_else(fault)?;
        let valid = hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !valid {
            return Err(fault());
        }
        let mut raw = [0; 32];
        for (byte, pair) in raw.iter_mut().zip(hex.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| fault())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| fault())?;
        }
        Ok(Self(raw))
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
