//! Joining text and tokens, so that an empty token leaves no stray separator.
//!
//! An empty token removes the separator (`-`, `.` or `_`) before it, or the one after it if it comes first.
//! If the whole tag is empty, it becomes `latest`.
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

/// Builds a tag.
#[derive(Debug, Default)]
pub struct Joined {
    out: String,
    /// The end of `out` is text of the pattern, so that its separator may be removed.
    loose: bool,
    /// Only empty tokens so far: the next separator is dropped.
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

    /// Adds the value of a placeholder.
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

    /// Whether nothing was added but empty tokens.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// The finished tag.
    pub fn finish(self) -> String {
        if self.out.is_empty() {
            String::from("latest")
        } else {
            self.out
        }
    }
}
