//! Values with which the manifest publishes something else than the file, and other values like the default do not: the
//! variable has a pattern that refuses them, and a note and a comment name them.

use super::agreement::Agreement;
use super::files::Files;
use super::forms::form;
use super::{Found, MOST, MOST_TEXTS, Restricted};
use crate::import::bake::place::{is_on_rung, places, variable, variable_of};
use crate::import::bake::registry::HUB;
use crate::import::bake::stand_in::StandIns;
use crate::import::bake::trial::{base, others, samples, shown};
use crate::import::bake::variable::Variables;
use crate::import::manifest::write;
use crate::import::note::Notes;
use crate::import::published::Published;
use crate::import::verify::{Written, verified};
use indexmap::IndexSet;

/// What is said of a variable.
pub(super) struct Named {
    message: String,
    /// Whether only values that are written in another way differ, such as `v1.2` in the place of `1.2`.
    is_form: bool,
}

/// How many values a note names.
const NAMED: usize = 3;

/// Names the variables that the manifest follows, unless their values have a text that the files look for, or are written
/// in another way.
pub(super) fn name(
    published: &mut Published,
    files: &Files<'_>,
    found: &Found<'_>,
    restricted: &mut Restricted,
) {
    let text = write(published);
    let written = Written::new(&text);
    let is_open = |name: &String| {
        !restricted.allowed.contains(name) && !restricted.unconditional.contains(name)
    };
    let names = published.variables.iter().filter(|(name, _)| is_open(name));
    let names: Vec<(String, String)> = names
        .take(MOST)
        .map(|(name, default)| (name.clone(), default.clone()))
        .collect();
    for (name, default) in names {
        // A note says that a pre-release has fewer rungs, or that the manifest lacks tags.
        let is_said = |value: &String| {
            let is_rung = has_rung(&text, &name) && value.contains("-rc");
            is_rung || found.said.contains(&name)
        };
        let different = |value: &String| {
            let set = [(name.clone(), value.clone())];
            match is_said(value) {
                true => files.wrong(&written, published, &set),
                false => files.different(&written, published, &set),
            }
        };
        let natural = natural(published, found, (&text, &name, &default));
        let edits = found.edits.all(&name, &base(&default));
        let edits = edits
            .into_iter()
            .filter(|value| is_allowed(published, &name, value));
        let values = natural.iter().cloned().chain(edits).collect();
        let mut tried = Tried::new(values, &default, different);
        let formed = restricted.formed.shift_remove(&name);
        if let Some(allowed) = formed.filter(|_| !tried.wrong.is_empty()) {
            // The pattern lets some of them through.
            published.patterns.shift_remove(&name);
            restricted.edited.shift_remove(&name);
            restricted.allow(published, name, allowed);
        } else if !tried.wrong.is_empty() {
            tried.add_like(&default, different);
            refuse(published, (&name, &default), &tried, &natural);
            say(published, restricted, (&name, &default), &tried);
        }
    }
}

/// Values that people give a variable of which the manifest has rungs, though the file may find no version in them.
const PROBES: [&str; 6] = ["v9.8.7", "9.8.7", "main", "2.0", "3", "9.8.7-rc.1"];

/// The values of a variable with which the files may do something else: those that they compare, and those that are written
/// in another way than the default.
fn natural(
    published: &Published,
    found: &Found<'_>,
    (text, name, default): (&str, &str, &str),
) -> IndexSet<String> {
    let probes = PROBES.into_iter().filter(|_| has_rung(text, name));
    let named = found.compared.texts.get(name).into_iter().flatten();
    let named = named.take(MOST_TEXTS).cloned();
    let all = probes
        .map(str::to_owned)
        .chain(others(default))
        .chain(named);
    all.filter(|value| is_allowed(published, name, value))
        .collect()
}

fn is_allowed(published: &Published, name: &str, value: &String) -> bool {
    let allowed = published.allowed.get(name);
    allowed.is_none_or(|all| all.contains(value))
}

/// Values of a variable that were tried.
#[derive(Default)]
struct Tried {
    /// Those with which the manifest publishes what the file does.
    right: Vec<String>,
    /// Those with which it publishes something else.
    wrong: Vec<String>,
    /// Some of what differs then.
    references: IndexSet<String>,
}

impl Tried {
    fn new(
        values: IndexSet<String>,
        default: &str,
        different: impl Fn(&String) -> Option<Vec<String>>,
    ) -> Self {
        let mut tried = Self::default();
        for value in values.into_iter().filter(|value| *value != default) {
            match different(&value) {
                Some(different) if !different.is_empty() => {
                    if tried.wrong.len() < NAMED {
                        tried.references.extend(different);
                    }
                    tried.wrong.push(value);
                }
                Some(_) => tried.right.push(value),
                None => {}
            }
        }
        tried
    }

    /// Adds values that are written like the default, and the empty text, as far as they are right.
    fn add_like(&mut self, default: &str, different: impl Fn(&String) -> Option<Vec<String>>) {
        let like = samples(default, None).into_iter().map(|(value, _)| value);
        let like = like
            .chain([String::new()])
            .filter(|one| !self.wrong.contains(one));
        let right = like.filter(|one| different(one).is_some_and(|all| all.is_empty()));
        let right: Vec<String> = right.collect();
        self.right.extend(right);
    }
}

/// Says with which values of a variable the file and the manifest differ.
fn say(
    published: &mut Published,
    restricted: &mut Restricted,
    (name, default): (&String, &str),
    tried: &Tried,
) {
    let forms = others(default);
    let is_form = |value: &String| forms.contains(value) || PROBES.contains(&value.as_str());
    let is_form = tried.wrong.iter().all(is_form);
    let values = tried.wrong.iter().take(NAMED).cloned();
    let (values, references) = (shown(&values.collect()), shown(&tried.references));
    let what = format!("where `{name}` is a value such as {values}");
    let why = format!("The bake file has other tags or images {what}: {references}.");
    let before = published.restricted.get(name);
    let why = before.map_or(why.clone(), |before| format!("{before}\n{why}"));
    published.restricted.insert(name.clone(), why);
    let message = format!("{what}, the file and the manifest differ: {references}");
    restricted
        .edited
        .insert(name.clone(), Named { message, is_form });
}

/// Lets a variable have no values with which the manifest publishes something else, if one pattern tells them from those with
/// which it does not, and some of these are written like the default; whether it does.
pub(super) fn restrict(
    published: &mut Published,
    (name, default): (&String, &str),
    agreement: &Agreement,
    restricted: &mut Restricted,
) -> bool {
    if fill(published, name, agreement) {
        return true;
    }
    let like = samples(default, None).into_iter().map(|(value, _)| value);
    let mut like = like.filter(|value| agreement.right.contains(value));
    let is_free = !published.patterns.contains_key(name) && !published.allowed.contains_key(name);
    if !is_free || default.is_empty() || like.next().is_none() {
        return false;
    }
    let Some(form) = form(default, &agreement.right, &agreement.refused) else {
        return false;
    };
    published.patterns.insert(name.clone(), form);
    if verified(published).is_err() {
        published.patterns.shift_remove(name);
        return false;
    }
    let tried = Tried {
        right: agreement.right.clone(),
        wrong: agreement.refused.clone(),
        references: agreement.different.clone(),
    };
    say(published, restricted, (name, default), &tried);
    let allowed = agreement.clone();
    let allowed = allowed.allowed(name, default.to_owned(), published);
    restricted.formed.insert(name.clone(), allowed);
    true
}

/// Lets a variable not be empty, if only the empty text is wrong; whether it does.
fn fill(published: &mut Published, name: &str, agreement: &Agreement) -> bool {
    let is_only_empty = agreement.refused.iter().all(String::is_empty);
    if !is_only_empty || agreement.right.is_empty() {
        return false;
    }
    let mut filled = published.clone();
    filled.fill(name);
    let shown = shown(&agreement.different);
    let why = format!(
        "With an empty `{name}`, the bake file and the manifest would publish other images under {shown}."
    );
    filled.restricted.insert(name.to_owned(), why);
    let is_right = verified(&filled).is_ok();
    if is_right {
        *published = filled;
    }
    is_right
}

/// Names of repositories that have no registry of their own.
const WITHOUT_HOST: &str = "[^/.:]+(/.+)?";

/// Lets the variables behind a registry have none of their own, where the file leaves this one out if it is empty: in the
/// manifest, it is `docker.io` then.
pub(super) fn refuse_hosts(
    published: &mut Published,
    given: &StandIns,
    restricted: &mut Restricted,
) {
    let hubs = given.iter().filter(|(_, value)| *value == HUB);
    let starts: Vec<String> = hubs
        .map(|(name, _)| format!("{}/", variable(name)))
        .collect();
    let variants = published.images.iter().flat_map(|image| &image.variants);
    let patterns = variants.flat_map(|one| &one.names);
    let patterns = patterns.map(|name| name.repository.pattern.as_str());
    let behind = patterns.filter_map(|one| {
        let rest = starts.iter().find_map(|start| one.strip_prefix(start))?;
        let place = places(rest).next()?;
        let is_first = rest.starts_with(&format!("{{{place}}}"));
        variable_of(place).filter(|_| is_first).map(str::to_owned)
    });
    for name in behind.collect::<IndexSet<String>>() {
        let default = published.variables.get(&name).cloned();
        let fits = |default: &String| {
            let start = default.split('/').next().unwrap_or_default();
            !start.is_empty() && !start.contains(['.', ':'])
        };
        let is_free =
            !published.patterns.contains_key(&name) && !published.allowed.contains_key(&name);
        let Some(default) = default.filter(|default| is_free && fits(default)) else {
            continue;
        };
        published
            .patterns
            .insert(name.clone(), WITHOUT_HOST.to_owned());
        let tried = Tried {
            wrong: vec![String::from("ghcr.io/acme/app")],
            references: [String::from("ghcr.io/acme/app")].into(),
            ..Tried::default()
        };
        say(published, restricted, (&name, &default), &tried);
    }
}

/// Lets a variable have no values that are wrong, if one pattern says so: at least none of the natural ones.
fn refuse(
    published: &mut Published,
    (name, default): (&String, &str),
    tried: &Tried,
    natural: &IndexSet<String>,
) {
    let Tried { right, wrong, .. } = tried;
    if let Some(allowed) = published.allowed.get_mut(name) {
        allowed.retain(|value| !wrong.contains(value));
        return;
    }
    let is_free = !published.patterns.contains_key(name);
    // Rather refuse words than no value, but none that is written like the default, nor a pre-release of it.
    let like = base(default);
    let alike = others(default).into_iter().chain([like.clone()]);
    let alike: Vec<String> = alike.filter(|one| right.contains(one)).collect();
    let alike = Some(alike).filter(|all| all.contains(&like));
    let some: Vec<String> = wrong
        .iter()
        .filter(|one| natural.contains(*one))
        .cloned()
        .collect();
    let some = Some(some).filter(|some| !some.is_empty());
    let form_of = |wrong: &[String]| {
        let form = self::form(default, right, wrong);
        form.or_else(|| self::form(default, alike.as_ref()?, wrong))
    };
    // Rather refuse pre-releases, too, than let a value through that moves other tags.
    let plain = alike.as_ref().map(|all| {
        let all = all.iter().filter(|one| !one.contains('-'));
        all.cloned().collect::<Vec<_>>()
    });
    let plain_form = || self::form(default, plain.as_ref()?, wrong);
    let form = form_of(wrong)
        .or_else(plain_form)
        .or_else(|| form_of(some.as_ref()?));
    if let Some(form) = form.filter(|_| is_free) {
        published.patterns.insert(name.clone(), form);
        // A condition may name a value that the pattern refuses.
        if verified(published).is_err() {
            published.patterns.shift_remove(name);
        }
    }
}

/// Whether the manifest has rungs of a variable.
fn has_rung(manifest: &str, name: &str) -> bool {
    let start = format!("{{var:{name}:");
    let parts = manifest.split(&start).skip(1);
    let mut filters = parts.filter_map(|part| part.split_once('}'));
    filters.any(|(filters, _)| is_on_rung(&format!("{name}:{filters}")))
}

/// Notes these variables.
pub(super) fn note(restricted: &Restricted, variables: &Variables, notes: &mut Notes) {
    for name in &variables.declared {
        if let Some(named) = restricted.edited.get(name.as_str()) {
            let help = "do not give the variable such a value, or change its tags in the manifest: filters edit it (docs/manifest.md)";
            let code = match named.is_form {
                true => "import::resolved",
                false => "import::fixed",
            };
            notes.note(code, named.message.clone(), help, name.span);
        }
    }
}
