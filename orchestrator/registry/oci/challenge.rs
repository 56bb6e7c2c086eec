//! `WWW-Authenticate`: how a registry requires clients to authenticate (RFC 9110, section 11).

/// One authentication scheme that a registry offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User name and password with each request.
    Basic,
    /// A token from the service at `realm`.
    Bearer {
        realm: String,
        service: Option<String>,
        scope: Option<String>,
    },
}

/// The known schemes, in the order of the headers; one header may contain several, each with parameters.
pub(super) fn parse<'a>(headers: impl IntoIterator<Item = &'a str>) -> Vec<Challenge> {
    headers
        .into_iter()
        .flat_map(schemes)
        .filter_map(Scheme::challenge)
        .collect()
}

/// The scheme to use: tokens if they are offered, since they expose less than a password.
pub(super) fn choose(challenges: Vec<Challenge>) -> Option<Challenge> {
    let bearer = challenges
        .iter()
        .position(|c| matches!(c, Challenge::Bearer { .. }));
    challenges.into_iter().nth(bearer.unwrap_or(0))
}

struct Scheme {
    name: String,
    params: Vec<(String, String)>,
}

impl Scheme {
    fn get(&mut self, name: &str) -> Option<String> {
        let at = self
            .params
            .iter()
            .position(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(self.params.swap_remove(at).1)
    }

    fn challenge(mut self) -> Option<Challenge> {
        if self.name.eq_ignore_ascii_case("basic") {
            return Some(Challenge::Basic);
        }
        if !self.name.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let realm = self.get("realm")?;
        Some(Challenge::Bearer {
            realm,
            service: self.get("service"),
            scope: self.get("scope"),
        })
    }
}

/// A word without `=` after it begins a scheme; `word=value` belongs to the scheme before it.
fn schemes(header: &str) -> Vec<Scheme> {
    let mut found: Vec<Scheme> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        let end = rest
            .find(|c: char| c == '=' || c == ',' || c.is_whitespace())
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if let Some(value) = after.trim_start().strip_prefix('=') {
            let (value, after) = take_value(value.trim_start());
            if let Some(scheme) = found.last_mut() {
                scheme.params.push((word.to_owned(), value));
            }
            rest = after;
        } else if word.is_empty() {
            return found;
        } else {
            found.push(Scheme {
                name: word.to_owned(),
                params: Vec::new(),
            });
            rest = after;
        }
    }
}

/// A quoted string with its escapes, or a bare word up to a comma or a space; and the rest after it.
fn take_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text
            .find(|c: char| c == ',' || c.is_whitespace())
            .unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(chars.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests;
