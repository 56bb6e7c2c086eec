//! The form that values of a variable have: a pattern that the values match with which a manifest publishes what the file
//! does, and no others of those that were tried.

use crate::tag::git_tag;
use regex::Regex;

/// Patterns, those that refuse less first.
const FORMS: [&str; 26] = [
    "[^/]+",
    "[^+]+",
    "[^/+]+",
    "[^A-Z]+",
    "[^/A-Z]+",
    "[^/A-Z_]+",
    "[^/A-Z_+]+",
    "[^-]+",
    "[^.]+",
    ".+:[^/:]+",
    "[a-z0-9.-]+",
    "[a-z0-9-]+",
    "[^v].*",
    "v.*",
    "[0-9].*",
    "v[0-9].*",
    "v?[0-9].*",
    r"[0-9]+(\.[0-9]+)*",
    r"v?[0-9]+(\.[0-9]+)*",
    r"[0-9]+(\.[0-9]+)+",
    r"[0-9]+\.[0-9]+\.[0-9]+",
    r"v[0-9]+(\.[0-9]+)*",
    r"v[0-9]+\.[0-9]+\.[0-9]+",
    r"[0-9]+(\.[0-9]*[1-9])?",
    r"[0-9]+\.[0-9]+\.[0-9]+(-.*)?",
    r"v[0-9]+\.[0-9]+\.[0-9]+(-.*)?",
];

/// The pattern that refuses all values that are `wrong`, and none that is `right`; of several the one that refuses the
/// fewest others. Nothing if no form is one of the default.
pub(super) fn form(default: &str, right: &[String], wrong: &[String]) -> Option<String> {
    let forms = FORMS.iter().map(|form| (*form).to_owned());
    let longest = right.iter().map(|text| text.chars().count()).max();
    // Versions become longer.
    let longest = longest.filter(|_| git_tag::version(default).is_none());
    let short = longest.map(|count| format!(".{{1,{count}}}"));
    let may_be_empty = default.is_empty() || right.iter().any(String::is_empty);
    let mut forms = forms.chain(short).map(|form| match may_be_empty {
        true => with_empty(&form),
        false => form,
    });
    forms.find(|form| {
        let whole = Regex::new(&format!("^(?:{form})$"));
        whole.is_ok_and(|whole| {
            let is_right = whole.is_match(default) && right.iter().all(|one| whole.is_match(one));
            is_right && !wrong.iter().any(|one| whole.is_match(one))
        })
    })
}

/// A form that the empty text has, too.
fn with_empty(form: &str) -> String {
    match form.strip_suffix("]+") {
        Some(class) if class.matches('[').count() == 1 => format!("{class}]*"),
        _ => format!("({form})?"),
    }
}

#[cfg(test)]
mod tests {
    use super::form;

    /// A default, values that are right and wrong, and the form.
    type Row<'r> = (&'r str, &'r [&'r str], &'r [&'r str], Option<&'r str>);

    #[test]
    fn the_form_of_values() {
        let all =
            |texts: &[&str]| -> Vec<String> { texts.iter().map(|one| (*one).to_owned()).collect() };
        let rows: [Row<'_>; 9] = [
            ("main", &["dev"], &["fix/x"], Some("[^/]+")),
            ("main", &["dev", ""], &["fix/x", "Fix"], Some("[^/A-Z]*")),
            ("1.2.3", &["2.0.0", "1.0-rc1"], &["v1.2.3"], Some("[^v].*")),
            ("1.2.3", &["2.0.0"], &["v1.2.3", "main"], Some("[0-9].*")),
            ("1", &["3"], &["1.30"], Some("[^.]+")),
            ("1.2", &["1.3"], &["1.3-rc1"], Some("[^-]+")),
            (
                "1.2",
                &["1.25", "3"],
                &["1.30"],
                Some(r"[0-9]+(\.[0-9]*[1-9])?"),
            ),
            ("1.2", &["2.0"], &["1.3", "1.2.3"], None),
            (
                "a/b:1",
                &["x.io/a:2"],
                &["a", "x.io:5000/a"],
                Some(".+:[^/:]+"),
            ),
        ];
        for (default, right, wrong, wanted) in rows {
            let found = form(default, &all(right), &all(wrong));
            assert_eq!(found.as_deref(), wanted, "{default} {right:?} {wrong:?}");
        }
    }
}
