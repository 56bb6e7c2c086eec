//! Numbers with what they count.

/// `1 tag`, `2 tags`
pub fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
