//! The names of a target: its tags as references, with the patterns of their repositories and tags.

use super::output::Output;
use super::place::{Decisions, How, Names, places, variable, variables};
use super::target::Refusal;
use super::texts::Texts;
use super::value::Value;
use crate::import::published::{Name, Text, When};
use crate::import::write::literal;
use crate::name::{NameError, Reference, Repository, Tag};
use crate::text::Span;
use indexmap::IndexSet;

/// The names that the tags are, and the patterns of the others, which are left out.
pub(super) fn names(
    texts: &mut Texts,
    outputs: &[Output],
    span: Span,
) -> Result<(Vec<Option<Name>>, Vec<String>), Refusal> {
    let mut all = Vec::new();
    let mut unnamed = Vec::new();
    let mut known = IndexSet::new();
    let mut places = texts.places("tags").unwrap_or_else(|unknown| {
        texts.lost.push(unknown);
        Vec::new()
    });
    if places.is_empty() {
        places = outputs.iter().flat_map(Output::names).map(Some).collect();
        // A name that is inserted keeps its variable, and one that is computed does not.
        let computed = texts.settings.decided_output.iter().cloned();
        texts.decided.extend(computed);
    }
    for text in places {
        let pattern = text.as_ref().map(|text| text.pattern.clone());
        let found = text.map(|text| name(&text, span, &mut texts.decided));
        all.push(match found.transpose() {
            // Names that are equal today differ once a variable has another value.
            Ok(name) => name.filter(|name| {
                let patterns = (name.repository.pattern.clone(), name.tag.pattern.clone());
                known.insert((name.full(), patterns))
            }),
            Err(why) => {
                texts.lose("tags", why);
                unnamed.extend(pattern);
                None
            }
        });
    }
    Ok((all, unnamed))
}

/// Splits a tag of the file into repository and tag.
pub(super) fn name(text: &Text, span: Span, decided: &mut Decisions) -> Result<Name, String> {
    let real = text.real.parse::<Reference>();
    let real = real.map_err(|why: NameError| format!("a tag is left out: {why}"))?;
    if real.digest.is_some() {
        let tag = &text.real;
        return Err(format!(
            "a tag is left out: `{tag}` has a digest, which a tag must not have"
        ));
    }
    let tag = real.tag.unwrap_or_else(Tag::latest).to_string();
    let repository = real.repository.to_string();
    let (left, right) = patterns(text, &repository, &tag);
    // A variable that is neither in the repository nor in the tag has been written out.
    let kept = [&left, &right].map(|pattern| Value::from("").placed(pattern.as_str()));
    let kept: Names = kept.iter().flat_map(variables).collect();
    let all = variables(&Value::from(text.clone()));
    decided.extend(
        all.difference(&kept)
            .cloned()
            .map(|name| (How::Fixed, name)),
    );
    let text = |real, pattern| Text { real, pattern };
    Ok(Name {
        span,
        repository: text(repository, left),
        tag: text(tag, right),
        shared: false,
        when: When::default(),
    })
}

/// The patterns of a reference's repository and tag. A variable that contains both is divided by filters; if it contains
/// more than that, both parts are written out.
fn patterns(text: &Text, repository: &str, tag: &str) -> (String, String) {
    let colon = tag_colon(&text.pattern);
    let has_tag = tag_colon(&text.real).is_some();
    if let Some(divided) = divided(&text.pattern, has_tag).filter(|_| colon.is_none()) {
        return divided;
    }
    let (left, right) = colon.map_or((text.pattern.as_str(), "latest"), |at| {
        (&text.pattern[..at], &text.pattern[at + 1..])
    });
    let end = tag_colon(&text.real).filter(|_| colon.is_some());
    let end = end.unwrap_or(text.real.len());
    let whole = text.real[..end]
        .parse::<Repository>()
        .is_ok_and(|own| own.to_string() == repository);
    let left = match whole && left.contains('{') {
        true => left.to_owned(),
        false => literal(repository),
    };
    let right = match whole {
        true => right.to_owned(),
        false => literal(tag),
    };
    (left, right)
}

/// The patterns of repository and tag, if one variable contains the tag and what is before it: `{var:IMAGE:repository}` and
/// `{var:IMAGE:tag}` of `{var:IMAGE}`, which may have a tag with another value if it has none today.
fn divided(pattern: &str, has_tag: bool) -> Option<(String, String)> {
    let last = pattern.rfind('/').map_or(0, |slash| slash + 1);
    let mut places = places(&pattern[last..]);
    let place = places.next()?;
    let others: Vec<&str> = places.collect();
    let name = place
        .strip_prefix("var:")
        .filter(|name| !name.contains(':'))?;
    let written = variable(name);
    if !has_tag && pattern != written {
        return None;
    }
    let (before, after) = pattern[last..].split_once(&written)?;
    // A matrix may add something behind the tag.
    let is_end = before.is_empty() && !after.starts_with('{');
    let is_added = is_end && others.iter().all(|place| !place.starts_with("var:"));
    if !others.is_empty() && !is_added {
        return None;
    }
    let start = &pattern[..last];
    Some((
        format!("{start}{before}{{var:{name}:repository}}"),
        format!("{{var:{name}:tag}}{after}"),
    ))
}

/// The colon before the tag of a pattern. A colon in braces is part of a placeholder and does not start a tag.
fn tag_colon(pattern: &str) -> Option<usize> {
    let slash = pattern.rfind('/').map_or(0, |slash| slash + 1);
    let mut depth = 0usize;
    for (at, c) in pattern[slash..].char_indices().rev() {
        match c {
            '}' => depth += 1,
            '{' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => return Some(slash + at),
            _ => {}
        }
    }
    None
}
