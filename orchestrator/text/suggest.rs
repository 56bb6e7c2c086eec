//! "Did you mean": the nearest known word.

/// The known word that is nearest to `got`, if one is near enough to be a slip of the pen.
pub fn suggest<'a>(got: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(got, word), word))
        .filter(|(distance, word)| *distance <= 1 + word.len().max(got.len()) / 4)
        .min()
        .map(|(_, word)| word)
}
