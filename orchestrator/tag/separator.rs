//! Joining text and tokens, so that an empty token leaves no stray separator.
//!
//! An empty token takes the separator (`-`, `.` or `_`) before it with it, or the one after it when
//! it stands first. A tag left empty is `latest`.
//!
//! ```
//! use kiln::tag::Joined;
//! let join = |version: &str, variant: &str| {
//!     let mut tag = Joined::default();
//!     tag.token(version);
//!     tag.text("-");
//!     tag.token(variant);
//!     tag.finish()
//! };
//! assert_eq!(join("1.27", "node"), "1.27-node");
//! assert_eq!(join("1.27", ""), "1.27");
//! assert_eq!(join("", "node"), "node");
//! assert_eq!(join("", ""), "latest");
//! ```

/// A tag in the making.
#[derive(Debug, Default)]
pub struct Joined {
    out: String,
    /// The end of `out` is the pattern's own text, so that its separator may be taken back.
    loose: bool,
    /// Only empty tokens so far: the next separator goes.
    swallow: bool,
}

const SEPARATORS: [char; 3] = ['-', '.', '_'];

impl Joined {
    /// Adds text of the pattern.
    pub fn text(&mut self, text: &str) {
        let text = if self.swallow {
            text.strip_prefix(SEPARATORS).unwrap_or(text)
        } else {
            text
        };
        self.swallow &= text.is_empty();
        self.loose |= !text.is_empty();
        self.out.push_str(text);
    }

    /// Adds what stands for a place.
    pub fn token(&mut self, token: &str) {
        if !token.is_empty() {
            self.out.push_str(token);
            self.loose = false;
            self.swallow = false;
        } else if self.out.is_empty() {
            self.swallow = true;
        } else if self.loose && self.out.ends_with(SEPARATORS) {
            self.out.pop();
        }
    }

    /// The tag's text.
    pub fn finish(self) -> String {
        if self.out.is_empty() {
            String::from("latest")
        } else {
            self.out
        }
    }
}
