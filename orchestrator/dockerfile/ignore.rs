//! `.dockerignore`: the files of a build context that are not sent to the build.
//!
//! The rules are Docker's (moby's pattern matcher, as BuildKit's client uses it), not git's: every pattern starts at the
//! context's root, `**` crosses folders, `!` includes again, the last match wins, and a pattern that matches
//! a folder applies to everything below it. The last rule holds only for a pattern that had an effect on the folder:
//! after `**/*.pem`, `!certs` brings no key in `certs` back, since the folder itself was never excluded.

use regex::Regex;

/// The patterns of one ignore file, in order.
#[derive(Debug, Clone, Default)]
pub struct Ignore {
    patterns: Vec<Pattern>,
}

#[derive(Debug, Clone)]
struct Pattern {
    takes_back: bool,
    glob: Glob,
}

/// A path with `*`, `?`, `[…]`, and `**` across folders.
#[derive(Debug, Clone)]
pub(super) struct Glob(Regex);

/// A line that is not a valid pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoreFault {
    /// From 1.
    pub line: usize,
    /// Why it is not valid.
    pub message: String,
}

/// The longest line that Docker's scanner accepts, in bytes.
const LONGEST_LINE: usize = 65_535;

impl IgnoreFault {
    fn new(index: usize, message: String) -> Self {
        let line = index + 1;
        Self { line, message }
    }
}

impl Ignore {
    /// Parses an ignore file. A line that is not a valid pattern is a fault and is skipped.
    pub fn parse(text: &str) -> (Self, Vec<IgnoreFault>) {
        let mut patterns = Vec::new();
        let mut faults = Vec::new();
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            // Only a `#` in the first column starts a comment.
            if line.len() > LONGEST_LINE {
                let bytes = line.len();
                let message =
                    format!("a line of {bytes} bytes; Docker reads at most {LONGEST_LINE}");
                faults.push(IgnoreFault::new(index, message));
            } else if line.starts_with('#') || line.trim().is_empty() {
                continue;
            } else {
                match Pattern::parse(line.trim()) {
                    Ok(pattern) => patterns.extend(pattern),
                    Err(message) => faults.push(IgnoreFault::new(index, message)),
                }
            }
        }
        (Self { patterns }, faults)
    }

    /// Whether this file (a path relative to the context, separated by `/`) is excluded from a build.
    pub fn excludes(&self, path: &str) -> bool {
        let above = path.match_indices('/').map(|(at, _)| &path[..at]);
        // Which patterns apply to the folder above, and so to everything below it.
        let mut applies = vec![false; self.patterns.len()];
        let mut excluded = false;
        for path in above.chain([path]) {
            excluded = false;
            for (pattern, applies) in self.patterns.iter().zip(&mut applies) {
                // A pattern that would change nothing is not evaluated, so it does not count below this folder either.
                *applies |= pattern.takes_back == excluded && pattern.glob.is(path);
                if *applies {
                    excluded = !pattern.takes_back;
                }
            }
        }
        excluded
    }

    /// Whether everything below this folder is excluded, so that it need not be read.
    pub fn excludes_all_below(&self, folder: &str) -> bool {
        self.excludes(folder) && !self.patterns.iter().any(|p| p.takes_back)
    }

    /// Whether there is no pattern.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }
}

impl Pattern {
    /// `None` for a pattern that names the context itself, or what is outside: it matches nothing.
    fn parse(line: &str) -> Result<Option<Self>, String> {
        let (takes_back, line) = line
            .strip_prefix('!')
            .map_or((false, line), |rest| (true, rest.trim_start()));
        if takes_back && line.is_empty() {
            return Err(String::from("`!` needs a pattern"));
        }
        // Engines cannot send it in a request.
        if line.contains(char::is_control) {
            let shown = line.escape_debug();
            return Err(match line.contains('\r') {
                true => {
                    format!("`{shown}` has line ends of old Macs (CR); end lines with LF or CR LF")
                }
                false => format!("`{shown}` has a control character"),
            });
        }
        if line.contains(char::REPLACEMENT_CHARACTER) {
            return Err(format!("`{line}` is not UTF-8"));
        }
        let cleaned = clean(line);
        // Of `!/`, Docker keeps a `!`, which it refuses.
        if takes_back && cleaned.is_empty() && line.starts_with('/') {
            return Err(format!("`!{line}` brings nothing back"));
        }
        if cleaned.is_empty() || leads_out(line) {
            return Ok(None);
        }
        Ok(Some(Self {
            takes_back,
            glob: Glob::new(&cleaned)?,
        }))
    }
}

impl Glob {
    /// Parses a clean pattern.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let regex = Regex::new(&translate(pattern)?);
        regex
            .map(Self)
            .map_err(|_| format!("`{pattern}` is not a pattern"))
    }

    /// Whether it matches the path.
    pub fn is(&self, path: &str) -> bool {
        self.0.is_match(path)
    }

    /// Whether it matches the path or a folder above it.
    pub fn covers(&self, path: &str) -> bool {
        let above = path.match_indices('/').map(|(at, _)| &path[..at]);
        above.chain([path]).any(|path| self.is(path))
    }
}

/// Cleans a pattern as Docker does: `./a//b/../c/` becomes `a/c`; a path out of the context stays at its root.
pub(super) fn clean(pattern: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether a pattern names something outside of the context, as `../a` does. `/../a` is `a`.
fn leads_out(pattern: &str) -> bool {
    let mut depth = 0_usize;
    !pattern.starts_with('/')
        && pattern.split('/').any(|part| {
            let out = part == ".." && depth == 0;
            match part {
                "" | "." => {}
                ".." => depth = depth.saturating_sub(1),
                _ => depth += 1,
            }
            out
        })
}

/// The regular expression of a pattern, anchored at both ends.
fn translate(pattern: &str) -> Result<String, String> {
    let mut regex = String::from("(?s)^");
    // `**name` without other wildcards matches every path with that ending, also `xname`.
    if let Some(ending) = pattern
        .strip_prefix("**")
        .filter(|rest| !rest.starts_with('/') && !rest.contains(['*', '?', '[', ']', '\\']))
    {
        return Ok(format!("(?s){}$", regex::escape(ending)));
    }
    let mut chars = pattern.chars().peekable();
    while let Some(ch) = chars.next() {
        match ch {
            '*' if chars.next_if_eq(&'*').is_some() => {
                // `**/` and `**` both mean any number of folders, including none.
                let _ = chars.next_if_eq(&'/');
                regex.push_str(if chars.peek().is_none() {
                    ".*"
                } else {
                    "(.*/)?"
                });
            }
            '*' => regex.push_str("[^/]*"),
            '?' => regex.push_str("[^/]"),
            '[' => regex.push_str(&class(&mut chars, pattern)?),
            '\\' => match chars.next() {
                Some(code) if code.is_ascii_alphanumeric() => return Err(code_of(code, pattern)),
                Some(next) => regex.push_str(&regex::escape(next.encode_utf8(&mut [0; 4]))),
                None => return Err(format!("`{pattern}` ends in a backslash")),
            },
            ch => regex.push_str(&regex::escape(ch.encode_utf8(&mut [0; 4]))),
        }
    }
    regex.push('$');
    Ok(regex)
}

/// Docker makes a regular expression of a pattern, in which a backslash before a letter is a code: `\a` rings the bell, and
/// `\d` is a digit. No author means that.
fn code_of(code: char, pattern: &str) -> String {
    format!(
        "`{pattern}`: Docker takes `\\{code}` for a code of regular expressions, which is not `{code}`; write `{code}`, or `/` between folders"
    )
}

/// `[a-z]`, `[^a-z]`: one character of a set. A `-` is between the two ends of a range, or after a backslash.
fn class(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    pattern: &str,
) -> Result<String, String> {
    let mut class = String::from(if chars.next_if_eq(&'^').is_some() {
        "[^"
    } else {
        "["
    });
    let start = class.len();
    while class.len() == start || chars.next_if_eq(&']').is_none() {
        class.push_str(&member(chars, pattern)?);
        if chars.next_if_eq(&'-').is_some() {
            class.push('-');
            class.push_str(&member(chars, pattern)?);
        }
    }
    class.push(']');
    Ok(class)
}

/// A character of a set, as a regular expression has it.
fn member(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
    pattern: &str,
) -> Result<String, String> {
    let open = || format!("`{pattern}`: a `[` is not closed");
    match chars.next().ok_or_else(open)? {
        ']' => Err(format!("`{pattern}`: a set or a range of it has no end")),
        '-' => Err(format!(
            "`{pattern}`: a `-` of a set that is between no two characters is written `\\-`"
        )),
        '\\' => match chars.next().ok_or_else(open)? {
            code if code.is_ascii_alphanumeric() => Err(code_of(code, pattern)),
            next => Ok(regex::escape(next.encode_utf8(&mut [0; 4]))),
        },
        // These are special in a set of a regular expression, but not here.
        ch @ ('[' | '&' | '~' | '^') => Ok(format!("\\{ch}")),
        ch => Ok(ch.to_string()),
    }
}

#[cfg(test)]
mod tests;
