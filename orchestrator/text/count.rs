//! Numbers with what they count.

/// `1 tag`, `2 tags`
pub fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn one_is_not_many() {
        let counted = [0, 1, 2].map(|n| count(n, "variant"));
        assert_eq!(counted, ["0 variants", "1 variant", "2 variants"]);
    }
}
