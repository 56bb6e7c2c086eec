//! All checks that each variant must pass: its tool sets' checks with their parameters, its own, and
//! those in separate files.

use super::files::{self, Files};
use crate::check::{Check, Declared, Kind, structure};
use crate::manifest::Family;
use crate::matrix::{Fleet, Machine, ParamText, Use, Variant};
use crate::name::Platform;
use crate::text::{Diagnostic, Diagnostics, SourceId, Sources, Span};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The fleet with complete [`crate::matrix::Variant::checks`]: tool sets' checks come first, in the order the tool sets are
/// used and without duplicates; files of checks are read and replaced by their checks. A tool set that an ancestor
/// installed is checked here again: what was built on top of it may have broken it.
pub fn with_checks(
    fleet: Fleet,
    files: &dyn Files,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Fleet {
    let all = all_checks(&fleet, files, sources, diagnostics);
    let variants = fleet.variants.into_iter().zip(all);
    Fleet {
        variants: variants
            .map(|(variant, checks)| Variant { checks, ..variant })
            .collect(),
        ..fleet
    }
}

/// The checks of each variant.
fn all_checks(
    fleet: &Fleet,
    files: &dyn Files,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Vec<Arc<[Check]>> {
    let mut sets = Sets::default();
    let mut written = Written {
        files,
        sources,
        diagnostics,
        texts: BTreeMap::new(),
        known: HashMap::new(),
    };
    // Finding a line reads the file up to it: once per place, not once per variant.
    let mut places: HashMap<Span, String> = HashMap::new();
    let mut all: Vec<Arc<[Check]>> = Vec::with_capacity(fleet.variants.len());
    for variant in &fleet.variants {
        let mut checks: Vec<Check> = Vec::new();
        let family = fleet.distribution(variant).family;
        let of_sets = variant.uses.iter().flat_map(|used| {
            sets.checks(fleet, used, &variant.platforms, family, written.diagnostics)
        });
        let wanted: Vec<Check> = of_sets.chain(variant.checks.iter().cloned()).collect();
        for check in wanted {
            let more = match &check.kind {
                Kind::Structure(file) => written.read(file, check.span),
                _ => vec![check],
            };
            for check in more {
                if !checks.iter().any(|other| {
                    other.kind == check.kind && other.on == check.on && other.title == check.title
                }) {
                    checks.push(check);
                }
            }
        }
        for check in &mut checks {
            let place = places.entry(check.span);
            let place = place.or_insert_with(|| written.sources.place(check.span));
            check.place = Some(place.clone());
        }
        let last = all.last().filter(|last| ***last == *checks);
        let shared = last.cloned().unwrap_or_else(|| checks.into());
        all.push(shared);
    }
    all
}

/// A tool set, its parameters, and the platforms that its checks are for.
type SetKey = (String, Vec<(String, String)>, Vec<Platform>, Family);

/// The checks of tool sets, each filled in once.
#[derive(Default)]
struct Sets(HashMap<SetKey, Vec<Check>>);

impl Sets {
    fn checks(
        &mut self,
        fleet: &Fleet,
        used: &Use,
        platforms: &[Platform],
        family: Family,
        out: &mut Diagnostics,
    ) -> Vec<Check> {
        let Some(set) = fleet
            .toolsets
            .get(&used.toolset)
            .filter(|set| !set.checks.is_empty())
        else {
            return Vec::new();
        };
        let params = used
            .params
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let key = (used.toolset.clone(), params, platforms.to_vec(), family);
        let on = set.checks.iter().filter(|on| on.holds(family));
        let fill = || {
            on.flat_map(|on| filled(&on.item, used, platforms, out))
                .collect()
        };
        self.0.entry(key).or_insert_with(fill).clone()
    }
}

/// One check, or one per platform if its text contains `{arch}`.
fn filled(
    declared: &Declared<ParamText>,
    used: &Use,
    platforms: &[Platform],
    out: &mut Diagnostics,
) -> Vec<Check> {
    let one = |platform: Option<&Platform>, out: &mut Diagnostics| {
        let mut faults = Vec::new();
        let machine = platform.map_or(Machine::Unknown, Machine::One);
        let check = declared.fill(
            |text| match text.fill(&used.params, machine) {
                Ok(filled) => Some(filled),
                Err(own) => {
                    faults.extend(own.into_iter().map(|(at, message, help)| {
                        Diagnostic::error("toolset::check", message)
                            .at(at, "here")
                            .at(used.span, "used here")
                            .maybe_help(help)
                    }));
                    None
                }
            },
            out,
        );
        faults.into_iter().for_each(|fault| out.push(fault));
        check
    };
    let by_arch = declared.open().iter().any(|text| text.names_architecture());
    match platforms {
        [] => Vec::new(),
        [only] => one(Some(only), out).into_iter().collect(),
        several if by_arch => {
            let on = |platform: &Platform| {
                Some(Check {
                    on: Some(platform.clone()),
                    ..one(Some(platform), out)?
                })
            };
            several.iter().filter_map(on).collect()
        }
        _ => one(None, out).into_iter().collect(),
    }
}

/// Files of checks, each read once.
struct Written<'a> {
    files: &'a dyn Files,
    sources: &'a mut Sources,
    diagnostics: &'a mut Diagnostics,
    texts: BTreeMap<String, Option<(SourceId, Arc<str>)>>,
    known: HashMap<String, Vec<Check>>,
}

impl Written<'_> {
    fn read(&mut self, file: &structure::Structure, span: Span) -> Vec<Check> {
        // The same file with a different setting results in different checks.
        let key = format!("{file:?}");
        if let Some(checks) = self.known.get(&key) {
            return checks.clone();
        }
        let text = match self.texts.get(&file.path) {
            Some(text) => text.clone(),
            None => {
                let text = self.text(&file.path, span);
                self.texts.insert(file.path.clone(), text.clone());
                text
            }
        };
        let Some((source, text)) = text else {
            return Vec::new();
        };
        let before = self.diagnostics.errors();
        let checks = structure::read(file, source, &text, self.diagnostics);
        if checks.is_empty() && self.diagnostics.errors() == before {
            self.diagnostics.push(no_tests(&file.path, span));
        }
        self.known.insert(key, checks.clone());
        checks
    }

    fn text(&mut self, path: &str, span: Span) -> Option<(SourceId, Arc<str>)> {
        let why = match self.files.text(path) {
            Ok(Some(text)) if text.len() <= structure::LARGEST_FILE => {
                return Some((self.sources.add(path, text.clone()), text));
            }
            Ok(Some(_)) => format!(
                "`{path}` has more than {} KiB",
                structure::LARGEST_FILE / 1024
            ),
            Ok(None) => format!("file `{path}` does not exist"),
            Err(why) => why,
        };
        let fault = Diagnostic::error("render::check", why).at(span, "named here");
        self.diagnostics
            .push(fault.help(files::way_out(path, self.files)));
        None
    }
}

/// container-structure-test refuses such a file, too.
fn no_tests(path: &str, span: Span) -> Diagnostic {
    Diagnostic::error("render::no-tests", format!("`{path}` has no test"))
        .at(span, "this would check nothing")
        .help("add tests to the file (`commandTests`, `fileExistenceTests`, `fileContentTests`, `metadataTest`), or remove the check")
}

#[cfg(test)]
mod tests;
