//! What texts become with the next version: `1.27-alpine` becomes `1.28-alpine`, and `1-alpine` stays.

use crate::name::Version;

/// The texts of a version, each with what it becomes.
pub(super) struct Renamed {
    /// Those that change, the longest first.
    texts: Vec<(String, String)>,
    /// The series that stay.
    series: Vec<String>,
}

impl Renamed {
    /// The next minor version that is in no series of `others`; the next major one if there is one number only. `None` for what
    /// is not a version.
    pub fn next(text: &str, others: &[&str]) -> Option<Self> {
        let version: Version = text.parse().ok()?;
        let count = version.numbers().len().min(2);
        let head = version.series(count)?;
        let start = head.trim_end_matches(|c: char| c.is_ascii_digit());
        let number = version.numbers().get(count - 1)?;
        let is_taken = |head: &String| {
            let mut others = others.iter();
            others.any(|other| is_in(other, head))
        };
        let mut heads =
            (1..=others.len() as u64 + 1).map(|more| format!("{start}{}", number + more));
        let new = heads.find(|head| !is_taken(head))?;
        let series = |at: usize| version.series(at);
        let long = (count..=version.numbers().len()).filter_map(series);
        let mut texts: Vec<(String, String)> = [version.as_str()]
            .into_iter()
            .chain(long)
            .map(|old| (old.to_owned(), format!("{new}{}", &old[head.len()..])))
            .collect();
        texts.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
        let series = (1..count).filter_map(series).map(str::to_owned);
        Some(Self {
            texts,
            series: series.collect(),
        })
    }

    /// The text with the next version; behind a letter, as in `v1.27`, only if it has the version nowhere else.
    pub fn text(&self, text: &str) -> String {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_');
        let strict = self.replaced(text, |before| !is_word(before));
        match strict == text {
            true => self.replaced(text, |before| !before.is_ascii_digit() && before != b'.'),
            false => strict,
        }
    }

    fn replaced(&self, text: &str, may_follow: impl Fn(u8) -> bool) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let before = text[..text.len() - rest.len()].bytes().next_back();
            let is_start = before.is_none_or(&may_follow);
            let mut all = self.texts.iter();
            let found = all.find(|(old, _)| is_start && begins(rest, old));
            let (new, len) = match found {
                Some((old, new)) => (new.as_str(), old.len()),
                None => (&rest[..first.len_utf8()], first.len_utf8()),
            };
            out.push_str(new);
            rest = &rest[len..];
        }
        out
    }

    /// Whether a tag surely moves on to the next version, or surely stays. One with numbers of its own, such as a date or
    /// the name of a release, may do either; what is behind the version in others of these tags is a variant.
    pub fn is_clear(&self, tag: &str, all: &[&str]) -> bool {
        let has_digits = tag.contains(|c: char| c.is_ascii_digit());
        let is_of = |tag: &str| self.series.iter().any(|series| begins(tag, series));
        let is_label = || {
            let behind = all.iter().filter_map(|other| other.strip_suffix(tag));
            let mut behind = behind.filter_map(|head| head.strip_suffix('-'));
            behind.any(|head| is_of(head) || self.text(head) != head)
        };
        !has_digits || self.text(tag) != tag || is_of(tag) || is_label()
    }
}

/// Whether a version is of this series: `4.0.0-rc1` of `4`, but `40` is not.
fn is_in(version: &str, series: &str) -> bool {
    let rest = version.strip_prefix(series);
    rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether a text begins with this number: `1.27-alpine` with `1.27`, but not `1.27.3` or `1.270`.
fn begins(text: &str, number: &str) -> bool {
    let Some(rest) = text.strip_prefix(number) else {
        return false;
    };
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    !rest.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_the_next_version() {
        let rows = [
            ("1.27.0", "1.27-alpine", "1.28-alpine"),
            ("1.27.0", "1.27.0-alpine1.27.3", "1.28.0-alpine1.27.3"),
            ("1.27.0", "v1.27", "v1.28"),
            ("1.27.0", "1-alpine", "1-alpine"),
            ("25.6.2.5", "25.6.2-jammy", "25.7.2-jammy"),
            ("21.0.4_7", "21.0.4_7-jdk", "21.1.4_7-jdk"),
            ("13", "13-jre13", "14-jre13"),
            ("7", "sl7/Dockerfile", "sl8/Dockerfile"),
        ];
        for (version, text, expect) in rows {
            let renamed = Renamed::next(version, &[version]).expect("a version");
            assert_eq!(renamed.text(text), expect, "{version}");
        }
        let renamed = Renamed::next("1.27.0", &["1.27.0", "1.28-rc1"]).expect("a version");
        assert_eq!(renamed.text("1.27"), "1.29");
        for (version, other, expect) in [
            ("3", "4.0.0-rc1", "5"),
            ("3.9", "4.0.0-rc1", "3.10"),
            ("3.9.1", "3.10.0-rc1", "3.11.1"),
            ("3.9.1", "3.100.0-rc1", "3.10.1"),
        ] {
            let renamed = Renamed::next(version, &[version, other]).expect("a version");
            assert_eq!(renamed.text(version), expect, "{other}");
        }
        let all = [
            "1.27.0-alpine3.20",
            "alpine3.20",
            "1",
            "latest",
            "wily-2015",
        ];
        let clear = all.map(|tag| renamed.is_clear(tag, &all));
        assert_eq!(clear, [true, true, true, true, false]);
        assert!(Renamed::next("tip", &[]).is_none());
    }
}
