//! Other people's text in Markdown: names of branches, lines of Dockerfiles, answers of registries. It is escaped, so that it
//! cannot add markup, links or mentions, and cannot end a table, a code block or a folded part.

use super::one_line;

/// Text without any meaning in Markdown, on one line.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A space without width: neither a mention nor a link to an issue.
            '@' | '#' => out.extend([c, '\u{200b}']),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '$' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    // An address alone would become a link.
    out.replace("://", ":\u{200b}//")
        .replace("www.", "www\u{200b}.")
}

/// A name as code.
pub fn code(name: &str) -> String {
    match name.contains(['`', '|', '\n', '\\']) {
        true => format!("<code>{}</code>", escaped(name)),
        false => format!("`{name}`"),
    }
}

/// A fence that is longer than any run of backticks in the lines.
pub fn fence<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    let runs = lines
        .into_iter()
        .flat_map(|line| line.split(|c| c != '`'))
        .map(str::len);
    "`".repeat(runs.max().unwrap_or(0).max(2) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(escaped(text), expect);
    }

    #[test]
    fn other_peoples_text_has_no_markup() {
        check("recipe changed: 2 lines", "recipe changed: 2 lines");
        check("a|b `c` *d*", "a\\|b \\`c\\` \\*d\\*");
        check("</details><img src=x>", "&lt;/details&gt;&lt;img src=x&gt;");
        check("one\n# two", "one␊#\u{200b} two");
        check("@team see #12", "@\u{200b}team see #\u{200b}12");
        check("https://x.example", "https:\u{200b}//x.example");
        assert_eq!(code("a`|b"), "<code>a\\`\\|b</code>");
        assert_eq!(fence(["+a ```` b"]), "`````");
        assert_eq!(fence(["+a"]), "```");
    }
}
