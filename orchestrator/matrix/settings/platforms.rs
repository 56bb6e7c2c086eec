//! The platforms of one variant: a list, and changes to it.

use crate::manifest::is_change;
use crate::matrix::faults::Faults;
use crate::name::{Platform, near_platform};
use crate::text::{Diagnostic, Mend, Shown, Span, Spanned};
use indexmap::IndexMap;
use std::cell::RefCell;
use std::collections::HashMap;

/// Reads the platforms; without any, linux/amd64. `+` adds one to those before it, and `-` takes one away; where that is
/// the case already, nothing changes, since several `when`s may match. `changes` gets what changes something, and what does not.
/// Faults are reported; `image` is the place for a variant that has no platform left.
pub(in crate::matrix) fn platforms(
    written: Vec<Spanned<String>>,
    image: Span,
    changes: &RefCell<HashMap<Span, bool>>,
    faults: &mut Faults,
) -> Vec<Platform> {
    let note = |span: Span, has_effect: bool| {
        *changes.borrow_mut().entry(span).or_default() |= has_effect;
    };
    let mut platforms: IndexMap<Platform, String> = IndexMap::new();
    if written.first().is_none_or(|first| is_change(first)) {
        platforms.insert(Platform::linux_amd64(), String::from("linux/amd64"));
    }
    let mut last = image;
    for Spanned { value, span } in written {
        let name = value.trim_start_matches(['+', '-']);
        match name.parse::<Platform>() {
            Ok(platform) if value.starts_with('-') => {
                note(span, platforms.shift_remove(&platform).is_some());
                last = span;
            }
            Ok(platform) => match platforms.get(&platform) {
                Some(_) if value.starts_with('+') => note(span, false),
                Some(first) => faults.push(listed_twice(first, &value, span)),
                None => {
                    if is_change(&value) {
                        note(span, true);
                    }
                    platforms.insert(platform, name.to_owned());
                }
            },
            Err(fault) => faults.push(not_one(fault.to_string(), &value, span)),
        }
    }
    if platforms.is_empty() && last != image {
        let fault = Diagnostic::error("matrix::no-platform", "no platform is left");
        faults.push(
            fault
                .at(last, "takes the last one away")
                .help("leave one of them"),
        );
    }
    platforms.into_keys().collect()
}

fn not_one(message: String, written: &str, at: Span) -> Diagnostic {
    let name = written.trim_start_matches(['+', '-']);
    let sign = &written[..written.len() - name.len()];
    // The value of a variable may be one of several.
    let is_literal = (at.end - at.start) as usize == written.len() + 2;
    let near = near_platform(name).filter(|_| is_literal);
    let fault = Diagnostic::error("matrix::platform", message).at(at, "here");
    let fault = fault
        .help("common platforms are `linux/amd64` and `linux/arm64`")
        .maybe_help(in_one(name));
    fault.read_as(near.map(|near| Mend::Word(at, format!("{sign}{near}"))))
}

/// The help for several platforms in one text.
fn in_one(text: &str) -> Option<String> {
    let each: Vec<String> = text
        .split(',')
        .map(|one| format!("\"{}\"", one.trim().quoted()))
        .collect();
    let are_several = text.contains(',');
    are_several.then(|| format!("separate them with spaces: `platforms {}`", each.join(" ")))
}

fn listed_twice(first: &str, second: &str, at: Span) -> Diagnostic {
    let message = match first == second {
        true => format!("the platform `{second}` is listed twice"),
        false => {
            format!("a platform is listed twice: `{first}` and `{second}` are one platform")
        }
    };
    Diagnostic::error("matrix::platform-twice", message)
        .at(at, "the second time")
        .help("leave one of them out")
}
