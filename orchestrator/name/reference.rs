//! References: a repository with a tag, a digest, or both.

use super::{Digest, NameError, Repository, Tag};
use std::fmt;
use std::str::FromStr;

/// `repository[:tag][@digest]`. A reference with neither means the tag `latest`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    /// The registry and the path.
    pub repository: Repository,
    /// The tag.
    pub tag: Option<Tag>,
    /// The digest. A plan has many references, and most by tag, which need not have room for it.
    pub digest: Option<Box<Digest>>,
}

impl Reference {
    /// A reference by tag.
    pub fn tagged(repository: Repository, tag: Tag) -> Self {
        Self {
            repository,
            tag: Some(tag),
            digest: None,
        }
    }

    /// A reference by digest.
    pub fn pinned(repository: Repository, digest: Digest) -> Self {
        Self {
            repository,
            tag: None,
            digest: Some(Box::new(digest)),
        }
    }

    /// The same reference with this digest.
    pub fn with_digest(&self, digest: Digest) -> Self {
        Self {
            digest: Some(Box::new(digest)),
            ..self.clone()
        }
    }

    /// Its digest.
    pub fn digest(&self) -> Option<Digest> {
        self.digest.as_deref().copied()
    }

    /// Its tag; `latest` if it has none.
    pub fn tag_or_latest(&self) -> Tag {
        self.tag.clone().unwrap_or_else(Tag::latest)
    }

    /// What to request from a registry: the digest if there is one, else the tag, else `latest`.
    pub fn target(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, Some(tag)) => tag.to_string(),
            (None, None) => String::from("latest"),
        }
    }

    /// The short form that Dockerfiles use: names on Docker Hub without `docker.io/` and `library/`.
    pub fn familiar(&self) -> String {
        let mut name = self.repository.familiar();
        // Writing to a text cannot fail.
        let _ = self.suffix(&mut name);
        name
    }

    fn suffix(&self, out: &mut impl fmt::Write) -> fmt::Result {
        if let Some(tag) = &self.tag {
            out.write_char(':')?;
            out.write_str(tag.as_str())?;
        }
        match &self.digest {
            Some(digest) => write!(out, "@{digest}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Reference {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(Box::new(digest.parse()?))),
            None => (text, None),
        };
        // A colon after the last slash begins a tag; one before it begins a port.
        let name_at = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match rest[name_at..].find(':') {
            Some(colon) => (
                &rest[..name_at + colon],
                Some(rest[name_at + colon + 1..].parse()?),
            ),
            None => (rest, None),
        };
        Ok(Self {
            repository: name.parse()?,
            tag,
            digest,
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.repository, f)?;
        self.suffix(f)
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Reference {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Reference {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        crate::name::parsed(d)
    }
}
