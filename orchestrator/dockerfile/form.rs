//! The operators of `${X…}`: defaults, alternatives, trimming, replacing.

/// Why a word cannot be expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ExpandFault {
    /// This variable has no value, and the word has no default.
    Unset(String),
    /// A quote or brace is not closed, or the form is unknown.
    Malformed(String),
    /// It is more than kiln expands.
    TooMuch(&'static str),
}

/// The value of `${name<form>rest}`. A fault in `rest` counts only if `rest` is used.
pub(super) fn apply(
    form: &str,
    name: String,
    value: Option<String>,
    rest: Result<String, ExpandFault>,
) -> Result<String, ExpandFault> {
    // With a colon, an empty value counts as unset.
    let given = value
        .clone()
        .filter(|v| !form.starts_with(':') || !v.is_empty());
    match form.trim_start_matches(':') {
        "-" => given.map_or(rest, Ok),
        "+" => given.map_or_else(|| Ok(String::new()), |_| rest),
        "?" => given.ok_or(ExpandFault::Unset(name)),
        "}" if form == "}" => value.ok_or(ExpandFault::Unset(name)),
        "#" | "##" | "%" | "%%" | "/" | "//"
            if value.as_ref().is_some_and(|v| v.len() > LONGEST) =>
        {
            Err(ExpandFault::TooMuch(
                "a value of more than 1 KiB is trimmed",
            ))
        }
        trim @ ("#" | "##" | "%" | "%%") if trim == form => Ok(trimmed(
            trim,
            &value.ok_or(ExpandFault::Unset(name))?,
            &rest?,
        )),
        "/" | "//" if rest.as_ref().is_ok_and(|rest| !rest.contains('/')) => {
            Err(malformed("a `/` is missing after the pattern"))
        }
        "/" | "//" if !form.starts_with(':') => Ok(replaced(
            form == "//",
            &value.ok_or(ExpandFault::Unset(name))?,
            &rest?,
        )),
        _ => Err(malformed(&format!(
            "`${{{name}{form}…}}` is a form that no builder knows"
        ))),
    }
}

/// The longest value to trim: trimming is cubic at worst, and image names are shorter.
const LONGEST: usize = 1024;

/// `#` and `##` remove the shortest and the longest match from the front, `%` and `%%` from the end.
fn trimmed(form: &str, value: &str, pattern: &str) -> String {
    let mut cuts: Vec<usize> = value
        .char_indices()
        .map(|(at, _)| at)
        .chain([value.len()])
        .collect();
    let from_front = form.starts_with('#');
    if form == "##" || form == "%" {
        cuts.reverse();
    }
    let taken = |at: &usize| {
        if from_front {
            &value[..*at]
        } else {
            &value[*at..]
        }
    };
    match cuts.iter().find(|at| glob(pattern, taken(at))) {
        Some(at) if from_front => value[*at..].to_owned(),
        Some(at) => value[..*at].to_owned(),
        None => value.to_owned(),
    }
}

/// Replaces the first (or every) longest match. Pattern and replacement are separated by the first `/`.
fn replaced(all: bool, value: &str, rest: &str) -> String {
    let (pattern, with) = rest.split_once('/').unwrap_or((rest, ""));
    let mut text = String::new();
    let mut left = value;
    while let Some(first) = left.chars().next() {
        let mut ends = (first.len_utf8()..=left.len())
            .rev()
            .filter(|end| left.is_char_boundary(*end));
        match ends.find(|end| glob(pattern, &left[..*end])) {
            Some(end) => {
                text.push_str(with);
                left = &left[end..];
                if !all {
                    break;
                }
            }
            None => {
                text.push(first);
                left = &left[first.len_utf8()..];
            }
        }
    }
    text + left
}

/// Whether a pattern of `*`, `?` and plain characters matches the whole text.
fn glob(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p + 1, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((after, from)) => {
                    star = Some((after, from + 1));
                    (p, t) = (after, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

pub(super) fn malformed(why: &str) -> ExpandFault {
    ExpandFault::Malformed(why.to_owned())
}
