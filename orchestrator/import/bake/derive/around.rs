//! What texts have in common at both ends, in whole words.

/// What separates words, besides dots, which are also in versions.
pub(super) const SEPARATORS: [char; 6] = ['-', '_', '/', ':', '@', ' '];

/// What all patterns begin and end with: whole places, words and folders, with the separators beside them.
pub(in crate::import::bake) fn around(all: &[&str]) -> (String, String) {
    // Doubled braces are text.
    if all
        .iter()
        .any(|text| text.contains("{{") || text.contains("}}"))
    {
        return (String::new(), String::new());
    }
    let first = all.first().copied().unwrap_or_default();
    let common = all.iter().fold(first.len(), |length, other| {
        let same = first.bytes().zip(other.bytes());
        length.min(same.take_while(|(one, other)| one == other).count())
    });
    let prefix = start(&first[..first.floor_char_boundary(common)]);
    let rests = || all.iter().map(|pattern| &pattern[prefix.len()..]);
    let last = rests().next().unwrap_or_default();
    let common = rests().fold(last.len(), |length, other| {
        let same = last.bytes().rev().zip(other.bytes().rev());
        length.min(same.take_while(|(one, other)| one == other).count())
    });
    let suffix = end(&last[last.ceil_char_boundary(last.len() - common)..]);
    (prefix.to_owned(), suffix.to_owned())
}

/// The part of a common beginning that ends after a place or a separator.
fn start(common: &str) -> &str {
    let open = common.rfind('{').filter(|at| !common[*at..].contains('}'));
    let common = &common[..open.unwrap_or(common.len())];
    let is_end = |c: char| c == '}' || SEPARATORS.contains(&c);
    common.rfind(is_end).map_or("", |at| {
        let rest = &common[at + 1..];
        let dots = rest.len() - rest.trim_start_matches('.').len();
        &common[..at + 1 + dots]
    })
}

/// The part of a common end that begins with a place or a separator.
fn end(common: &str) -> &str {
    let closed = common.find('}').filter(|at| !common[..*at].contains('{'));
    let common = &common[closed.map_or(0, |at| at + 1)..];
    let is_dot = |at: usize| common[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic());
    let is_start = |(at, c): &(usize, char)| {
        "{".contains(*c) || SEPARATORS.contains(c) || (*c == '.' && is_dot(*at))
    };
    let start = common.char_indices().find(is_start);
    start.map_or("", |(at, _)| {
        let before = &common[..at];
        &common[before.trim_end_matches('.').len()..]
    })
}
