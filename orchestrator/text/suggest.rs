//! Suggestions for misspelt words ("did you mean").

/// The known word closest to `got`, if it is close enough for `got` to be a typo: of a short word, most of it must be the same. One
/// that differs only in upper and lower case is always close: `version` of `VERSION`.
pub fn suggest<'a>(got: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|word| match got.eq_ignore_ascii_case(word) {
            true => (0, word),
            false => (strsim::damerau_levenshtein(got, word), word),
        })
        .filter(|(distance, word)| *distance <= most_slips(word.len().max(got.len())))
        .min()
        .map(|(_, word)| word)
}

/// The most letters of a word of this length that a typo changes.
fn most_slips(length: usize) -> usize {
    match length {
        0 | 1 => 0,
        2..=4 => 1,
        _ => 1 + length / 4,
    }
}

/// The question for a misspelt word: "did you mean `tag`?".
pub fn did_you_mean<'a>(got: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    suggest(got, known).map(|near| format!("did you mean `{near}`?"))
}
