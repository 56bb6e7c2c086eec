//! Long texts on several lines.

/// The most characters of a sentence on one line.
const WIDEST: usize = 120;

/// As many words on each line as fit; a longer word has a line of its own. At least one line.
pub fn wrapped<'a>(words: impl IntoIterator<Item = &'a str>, widest: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + word.chars().count() < widest => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A sentence for people: if it is long, each part up to a semicolon has lines of its own, and those after the first are indented.
pub fn folded(sentence: &str) -> String {
    if sentence.chars().count() <= WIDEST {
        return sentence.to_owned();
    }
    let parts = sentence.split("; ").map(|part| part.split(' '));
    let parts: Vec<String> = parts
        .map(|words| wrapped(words, WIDEST).join("\n  "))
        .collect();
    parts.join(";\n  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_sentence_has_several_lines() {
        let words = |n: usize| vec!["tag-"; n].join(" ");
        for short in ["", "one tag is held", &words(24)] {
            assert_eq!(folded(short), short);
        }
        assert_eq!(words(24).len(), 119);
        let long = words(60);
        let lines: Vec<String> = folded(&long).lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), 3);
        assert!(lines[1..].iter().all(|line| line.starts_with("  tag-")));
        let again: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
        assert_eq!(again.join(" "), long, "nothing is lost");
        let (one, two) = (words(20), words(10));
        assert_eq!(folded(&format!("{one}; {two}")), format!("{one};\n  {two}"));
        let name = "n".repeat(200);
        assert_eq!(folded(&format!("held: {name}")), format!("held:\n  {name}"));
    }
}
