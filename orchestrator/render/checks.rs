//! All checks that each variant must pass: its tool sets' checks with their parameters, its own, and
//! those in separate files.

use super::files::Files;
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
    let mut all = all_checks(&fleet, files, sources, diagnostics);
    // Finding a line reads the file up to it: once per place, not once per variant.
    let mut places: HashMap<Span, String> = HashMap::new();
    for check in all.iter_mut().flatten() {
        let place = places
            .entry(check.span)
            .or_insert_with(|| sources.place(check.span));
        check.place = Some(place.clone());
    }
    let variants = fleet.variants.into_iter().zip(all);
    Fleet {
        variants: variants
            .map(|(variant, checks)| Variant { checks, ..variant })
            .collect(),
        ..fleet
    }
}

/// The checks of each variant, without their places.
fn all_checks(
    fleet: &Fleet,
    files: &dyn Files,
    sources: &mut Sources,
    diagnostics: &mut Diagnostics,
) -> Vec<Vec<Check>> {
    let mut sets = Sets::default();
    let mut written = Written {
        files,
        sources,
        diagnostics,
        texts: BTreeMap::new(),
        known: HashMap::new(),
    };
    let mut all = Vec::with_capacity(fleet.variants.len());
    for variant in &fleet.variants {
        let mut checks: Vec<Check> = Vec::new();
        let family = fleet.distribution(variant).family;
        let of_sets = variant.uses.iter().flat_map(|used| {
            sets.checks(fleet, used, &variant.platforms, family, written.diagnostics)
        });
        let wanted: Vec<Check> = of_sets.chain(variant.checks.clone()).collect();
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
        all.push(checks);
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
                Err((message, help)) => {
                    faults.push(
                        Diagnostic::error("toolset::check", message)
                            .at(text.span, "here")
                            .at(used.span, "used here")
                            .maybe_help(help),
                    );
                    None
                }
            },
            out,
        );
        faults.into_iter().for_each(|fault| out.push(fault));
        check
    };
    let by_arch = declared.open().iter().any(|text| text.contains("{arch"));
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
        let checks = text
            .map(|(source, text)| structure::read(file, source, &text, self.diagnostics))
            .unwrap_or_default();
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
        self.diagnostics
            .push(Diagnostic::error("render::check", why).at(span, "named here"));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::Ignore;
    use crate::line;
    use crate::matrix::Inputs;
    use crate::text::show;
    use crate::tree::Tree;

    /// One file.
    struct One(&'static str, &'static str);

    impl Files for One {
        fn text(&self, path: &str) -> Result<Option<Arc<str>>, String> {
            Ok((path == self.0).then(|| self.1.into()))
        }

        fn tree(&self, _: &str, _: &Ignore) -> Result<Arc<Tree>, String> {
            Err("no folder".into())
        }
    }

    const FILE: One = One(
        "c/x.yaml",
        "schemaVersion: 2.0.0\nfileExistenceTests:\n- {name: there, path: /x, shouldExist: true}\n",
    );

    /// The checks of the variants of `image "i"`, or the reported faults.
    fn run(nodes: &str, settings: &str) -> Result<Vec<Vec<String>>, String> {
        let text = format!(
            "workspace \"w\" {{ publish \"r.example/f/{{image}}\"; stage \"r.example/f/stage\" }}\nbase \"b\" from=\"debian:12\"\n{nodes}\n\
             image \"i\" {{ from base=\"b\"; template \"t\"; {settings} }}"
        );
        let (mut sources, mut faults) = (Sources::default(), Diagnostics::default());
        let document = line::document(&text, &mut sources, &mut faults);
        let fleet = line::fleet(&[document], &Inputs::default(), &mut sources, &mut faults);
        if let Some(fleet) = fleet {
            let fleet = with_checks(fleet, &FILE, &mut sources, &mut faults);
            if faults.is_empty() {
                let on = |c: &Check| {
                    c.on.as_ref()
                        .map(|p| format!(" on {p}"))
                        .unwrap_or_default()
                };
                let shown = |c: &Check| {
                    format!(
                        "{}{} @{}",
                        c.title,
                        on(c),
                        c.place
                            .as_deref()
                            .and_then(|p| p.rsplit_once(':'))
                            .map_or("", |(line, _)| line)
                    )
                };
                return Ok(fleet
                    .variants
                    .iter()
                    .map(|v| v.checks.iter().map(shown).collect())
                    .collect());
            }
        }
        Err(show::text(&faults, &sources, false))
    }

    #[track_caller]
    fn good(nodes: &str, settings: &str, expect: &[&[&str]]) {
        match run(nodes, settings) {
            Ok(checks) => assert_eq!(checks, expect),
            Err(text) => panic!("{text}"),
        }
    }

    #[track_caller]
    fn bad(nodes: &str, settings: &str, words: &[&str]) {
        let text = run(nodes, settings).expect_err("a fault");
        words
            .iter()
            .for_each(|word| assert!(text.contains(word), "{word}\n{text}"));
    }

    const SET: &str = "toolset \"go\" { param \"version\"; package \"go\"; check run=\"go version\" contains=\"{version}\" }";

    #[test]
    fn tool_sets_come_first_and_everything_once() {
        good(
            SET,
            "tag \"x\"; use \"go\" version=\"1\"; check file=\"/y\"; check file=\"/y\"",
            &[&["run go version @kiln.kdl:3", "file /y @kiln.kdl:4"]],
        );
        good(
            SET,
            "tag \"x\"; use \"go\" version=\"1\"; check run=\"go version\" contains=\"1\"",
            &[&["run go version @kiln.kdl:3"]],
        );
        let axes = "axis \"v\" { value \"1\"; value \"2\" }; tag \"{v}\"; use \"go\" version=\"{v}\"; check run=\"echo {v}\"; when v=\"2\" { check env=\"V\" value=\"{v}\" }";
        good(
            SET,
            axes,
            &[
                &["run go version @kiln.kdl:3", "run echo 1 @kiln.kdl:4"],
                &[
                    "run go version @kiln.kdl:3",
                    "run echo 2 @kiln.kdl:4",
                    "env V=2 @kiln.kdl:4",
                ],
            ],
        );
    }

    #[test]
    fn variables_of_a_run_are_filled_in() {
        let set = "variable \"port\" default=\"80\"\ntoolset \"t\" { package \"p\"; check run=\"nc {var:port}\" }";
        good(set, "tag \"x\"; use \"t\"", &[&["run nc 80 @kiln.kdl:4"]]);
        bad(
            &set.replace("{var:port}", "{var:prot}"),
            "tag \"x\"; use \"t\"",
            &["prot"],
        );
    }

    #[test]
    fn architectures_are_filled_in() {
        let set = "toolset \"t\" { package \"p\"; check file=\"/lib/{arch}\"; check run=\"true\" }";
        good(
            set,
            "tag \"x\"; use \"t\"",
            &[&["file /lib/amd64 @kiln.kdl:3", "run true @kiln.kdl:3"]],
        );
        let both = "tag \"x\"; use \"t\"; platforms \"linux/amd64\" \"linux/arm64\"";
        let on = [
            "file /lib/amd64 on linux/amd64 @kiln.kdl:3",
            "file /lib/arm64 on linux/arm64 @kiln.kdl:3",
            "run true @kiln.kdl:3",
        ];
        good(set, both, &[&on]);
    }

    #[test]
    fn files_of_checks_are_read() {
        good(
            "",
            "tag \"x\"; check structure=\"c/x.yaml\"",
            &[&["there @c/x.yaml:3"]],
        );
        good(
            "",
            "axis \"v\" { value \"x\" }; tag \"{v}\"; check structure=\"c/{v}.yaml\"",
            &[&["there @c/x.yaml:3"]],
        );
        bad(
            "",
            "tag \"x\"; check structure=\"c/none.yaml\"",
            &["file `c/none.yaml` does not exist", "kiln.kdl:4:"],
        );
    }

    #[test]
    fn faults_are_reported_once() {
        let set = "toolset \"t\" { param \"version\"; package \"p\"; check run=\"x\" contains=\"{vresion}\" }";
        let axes = "axis \"v\" { value \"1\"; value \"2\" }; tag \"{v}\"; use \"t\" version=\"9\"";
        bad(
            set,
            axes,
            &[
                "parameter `vresion` does not exist",
                "did you mean `{version}`?",
                "1 error\n",
            ],
        );
        bad(
            "",
            "axis \"v\" { value \"1\"; value \"2\" }; tag \"{v}\"; check file=\"x{v}\"",
            &["`x1` is not an absolute path"],
        );
        bad(
            "",
            "tag \"x\"; check run=\"echo {nobody}\"",
            &["`{nobody}` is neither an axis nor a placeholder"],
        );
    }
}
