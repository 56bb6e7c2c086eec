//! Variables in the place of repositories and tags that the file does not have.

use super::built::Built;
use super::key::{keys, words};
use super::place::variable;
use super::stand_in::made_up;
use super::target::Target;
use super::variable::Variables;
use crate::import::image_name;
use crate::import::note::{Notes, listed};
use crate::import::published::{Image, Name, Text, Wanted, When};
use crate::name::Repository;
use indexmap::{IndexMap, IndexSet};
use std::collections::{HashMap, HashSet};

/// The target that docker/metadata-action overrides in CI.
pub(super) const METADATA: &str = "docker-metadata-action";

/// The variables in the place of names that the file does not have.
#[derive(Debug, Default)]
pub(super) struct Blanks {
    /// The repository of all images without the last word, where several have one in common.
    stem: Option<Text>,
    /// The names of variables that are taken.
    taken: HashSet<String>,
    /// Whether several blocks have no names: they share the variables.
    are_several: bool,
    /// By name, the variables that several targets have.
    shared: HashMap<String, Text>,
    wanted: IndexMap<String, Wanted>,
}

impl Blanks {
    /// Reserves the names of the file's variables, and finds the repository that images have in common.
    pub fn reserve(
        &mut self,
        variables: &Variables,
        made: &IndexMap<String, Built>,
        images: &IndexSet<String>,
    ) {
        let open = images.iter().filter_map(|name| made.get(name));
        let open = open.filter(|built| !built.is_named());
        let open: HashSet<&str> = open.map(|built| built.label.as_str()).collect();
        self.are_several = open.len() > 1;
        let declared = variables.declared.iter().map(|name| name.value.clone());
        self.taken.extend(declared);
        let mut stems: IndexMap<Text, HashSet<&str>> = IndexMap::new();
        for built in made.values() {
            let stem = built
                .names
                .iter()
                .flatten()
                .find_map(|name| stem(name, built));
            if let Some(stem) = stem {
                stems.entry(stem).or_default().insert(&built.label);
            }
        }
        let several = stems.into_iter().filter(|(_, labels)| labels.len() > 1);
        let most = several.max_by_key(|(_, labels)| labels.len());
        self.stem = most.map(|(stem, _)| stem);
    }

    /// The target with a name: if it has none, one that has to be filled in. `cell` are the words of its values in a matrix,
    /// with which its tag ends: `{var:APP_TAG}-8.4-alpine`.
    pub fn filled(&mut self, built: &Built, cell: Option<&str>, notes: &mut Notes) -> Built {
        let mut filled = built.clone();
        let is_hooked = built.ancestors.contains(METADATA);
        if !built.is_named() {
            filled.names = vec![Some(self.name(built, cell))];
            filled.is_filled = true;
            // Without a repository, these are not tags of the image that is filled in.
            if repository(built).is_none() {
                filled.off.clear();
            }
            noted(is_hooked, built, notes);
        } else if is_hooked {
            let message = format!(
                "an image has the tags that are in the file; those that CI gives to `{METADATA}` are not"
            );
            notes.assumed(message, METADATA_HELP, built.span);
        }
        filled
    }

    /// The variables so far.
    pub fn wanted(&self) -> &IndexMap<String, Wanted> {
        &self.wanted
    }

    /// The variables that these images use.
    pub fn finish(self, images: &[Image]) -> IndexMap<String, Wanted> {
        let variants = images.iter().flat_map(|image| &image.variants);
        let names = variants.flat_map(|variant| &variant.names);
        let texts = names.flat_map(|name| [&name.repository.pattern, &name.tag.pattern]);
        let used: HashSet<&String> = texts.collect();
        let is_used = |name: &str| used.iter().any(|text| text.contains(&variable(name)));
        let mut wanted = self.wanted;
        wanted.retain(|name, _| is_used(name));
        wanted
    }

    fn name(&mut self, built: &Built, cell: Option<&str>) -> Name {
        // The targets of a matrix are one image.
        let own = match cell {
            Some(_) => &built.label,
            None => &built.target,
        };
        let (word, image) = (word(own), image_name(own));
        let known = built.repository.clone().or_else(|| repository(built));
        let repository = match (known, self.stem.clone()) {
            (Some(repository), _) => repository,
            (None, Some(stem)) => below(&stem, &image),
            (None, None) if self.are_several => {
                let what = String::from("where images without tags in the file go");
                let blank = self.blank("REPOSITORY", what, true);
                let real = format!("docker.io/{}", blank.real);
                below(&Text { real, ..blank }, &image)
            }
            (None, None) => {
                let what = format!("the repository of `{image}`");
                let blank = self.blank(&format!("{word}_REPOSITORY"), what, cell.is_some());
                Text {
                    real: format!("docker.io/library/{}", blank.real),
                    ..blank
                }
            }
        };
        let tag = match (self.are_several, cell) {
            (true, _) => self.blank(
                "TAG",
                String::from("the tag of images without tags in the file, or its start"),
                true,
            ),
            (false, Some(_)) => {
                let what = format!("the start of the tags of `{image}`");
                self.blank(&format!("{word}_TAG"), what, true)
            }
            (false, None) => {
                let what = format!("the tag of `{image}`");
                self.blank(&format!("{word}_TAG"), what, false)
            }
        };
        let end = cell.map(|words| format!("-{words}")).unwrap_or_default();
        let tag = Text {
            real: tag.real + &end,
            pattern: tag.pattern + &end,
        };
        Name {
            span: built.span,
            repository,
            tag,
            shared: false,
            when: When::default(),
        }
    }

    fn blank(&mut self, name: &str, what: String, is_shared: bool) -> Text {
        if let Some(known) = self.shared.get(name).filter(|_| is_shared) {
            return known.clone();
        }
        let mut number = 1;
        let mut free = name.to_owned();
        while !self.taken.insert(free.clone()) {
            number += 1;
            free = format!("{name}_{number}");
        }
        let stand_in = made_up(&free);
        let text = Text {
            real: stand_in.clone(),
            pattern: variable(&free),
        };
        self.wanted.insert(free, Wanted { what, stand_in });
        if is_shared {
            self.shared.insert(name.to_owned(), text.clone());
        }
        text
    }
}

/// The words of each target of a matrix that several images of one block can end their tags with.
pub(super) fn endings(targets: &[Target]) -> HashMap<String, String> {
    let all = keys(targets).unwrap_or_default();
    let ending = |target: &Target| {
        let at: Option<Vec<usize>> = all.iter().map(|key| key.at(&target.cell)).collect();
        let words = words(&all, &at?);
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let is_end = !words.is_empty() && words.len() <= LONGEST && words.chars().all(fits);
        is_end.then(|| (target.name.clone(), words))
    };
    let all: Option<HashMap<String, String>> = targets.iter().map(ending).collect();
    all.filter(|all| all.len() > 1).unwrap_or_default()
}

/// The most bytes that a tag ends with: it has at most 128, and a person writes the start.
const LONGEST: usize = 80;

const METADATA_HELP: &str =
    "replace the tags by rules: docs/tags.md has one for each rule of docker/metadata-action";

fn noted(is_hooked: bool, built: &Built, notes: &mut Notes) {
    match is_hooked {
        true => {
            let message = format!(
                "the tags of an image come from CI, which overrides `{METADATA}`: the manifest has variables in their place"
            );
            notes.assumed(message, METADATA_HELP, built.span);
        }
        false => {
            let switches: Vec<&str> = built.off.keys().map(String::as_str).collect();
            let message = match switches.is_empty() {
                true => String::from(
                    "an image has no tags in the file: the manifest has variables in their place",
                ),
                false => format!(
                    "an image has tags only with other values of {}: the manifest has variables in their place",
                    listed(&switches, switches.len())
                ),
            };
            let help = "fill them in: `kiln validate` names the lines";
            notes.assumed(message, help, built.span);
        }
    }
}

/// The repository of all tags that a target has with other values of variables.
fn repository(built: &Built) -> Option<Text> {
    let repository = |pattern: &String| {
        let (start, end) = pattern.split('{').next()?.rsplit_once(':')?;
        let repository = start.parse::<Repository>().ok()?;
        (!end.contains('/')).then(|| repository.to_string())
    };
    let all = built.off.values().flatten().map(repository);
    let all: IndexSet<String> = all.collect::<Option<_>>()?;
    let only = all.first().filter(|_| all.len() == 1)?;
    Some(Text::literal(only.as_str()))
}

/// A repository of this name below another.
fn below(stem: &Text, name: &str) -> Text {
    Text {
        real: format!("{}/{name}", stem.real),
        pattern: format!("{}/{name}", stem.pattern),
    }
}

/// The repository without its last word, if that is the name of the image.
fn stem(name: &Name, built: &Built) -> Option<Text> {
    let end = format!("/{}", image_name(&built.label));
    Some(Text {
        real: name.repository.real.strip_suffix(&end)?.to_owned(),
        pattern: name.repository.pattern.strip_suffix(&end)?.to_owned(),
    })
}

/// The beginning of the names of a target's variables.
fn word(target: &str) -> String {
    let fits = |c: char| match c.is_ascii_alphanumeric() {
        true => c.to_ascii_uppercase(),
        false => '_',
    };
    let word: String = target.chars().take(60).map(fits).collect();
    match word.starts_with(|c: char| c.is_ascii_alphabetic()) {
        true => word,
        false => format!("IMAGE_{word}"),
    }
}
