//! From paragraphs to images.

use super::entry::Entry;
use super::fields::Paragraph;
use super::leftover::{NO_DOCKERFILE, Sources, is_layout, note, note_architectures};
use super::platform::{NO_ARCHITECTURE, no_architecture, platforms};
use super::same::Same;
use super::tags::{first_the_longest, tags};
use crate::import::Input;
use crate::import::note::Notes;
use crate::import::path;
use crate::import::published::{Name, Text, Variant, When};
use crate::name::Platform;
use crate::render::below;
use crate::text::{Diagnostic, Diagnostics, Span, Spanned};
use indexmap::IndexMap;

/// The images of a file in their repository; errors are in `out`.
pub(super) fn variants(
    paragraphs: &[Paragraph],
    repository: &str,
    input: Input<'_>,
    notes: &mut Notes,
    out: &mut Diagnostics,
) -> Vec<Variant> {
    let (common, own) = match paragraphs {
        [first, rest @ ..] if first.get("Tags").is_none() => (Some(first), rest),
        all => (None, all),
    };
    let none = Paragraph::default();
    let common = common.unwrap_or(&none);
    paragraphs
        .iter()
        .flat_map(Paragraph::iter)
        .for_each(|field| note(field, notes));
    let is_empty = |message: &str, help: &str| {
        let end = input.text.len();
        Diagnostic::error("import::no-images", message)
            .at(input.span(end, end), "the file ends here")
            .help(help)
    };
    if own.is_empty() {
        let help = "a library file of Docker's Official Images has one paragraph per image: `Tags: 1.27.0, latest`";
        out.push(is_empty("the file has no paragraph with `Tags`", help));
    }
    let before = out.errors();
    let entries = own.iter().map(|own| Entry { own, common });
    let all = images(entries, repository, notes, out);
    if all.is_empty() && !own.is_empty() && out.errors() == before {
        let mut lost = notes.all_lost().iter();
        out.push(match lost.find(|one| one.what == NO_ARCHITECTURE) {
            Some(one) => no_architecture(one.span),
            None => {
                let message = "the file has no image that is built from a Dockerfile";
                is_empty(message, NO_DOCKERFILE)
            }
        });
    }
    all
}

/// The images of all paragraphs that have a Dockerfile, each once.
fn images<'a, 'p: 'a>(
    entries: impl Iterator<Item = Entry<'a, 'p>>,
    repository: &str,
    notes: &mut Notes,
    out: &mut Diagnostics,
) -> Vec<Variant> {
    let mut sources = Sources::default();
    let mut same = Same::default();
    for entry in entries {
        if is_layout(&entry, repository, notes) {
            continue;
        }
        let mut reader = Reader {
            entry,
            repository,
            notes,
            out,
        };
        let variants = reader.variants().unwrap_or_default();
        for variant in &variants {
            sources.add(variant, entry.commit());
        }
        if let Some(first) = variants.first() {
            note_architectures(&entry, variants.len(), first.span, notes);
        }
        let commit = entry.has_commit().then(|| entry.commit());
        same.add(variants, commit, notes);
    }
    sources.note(notes);
    same.variants()
}

/// Tags with their places.
type Tags = Vec<Spanned<String>>;

struct Reader<'a, 'p> {
    entry: Entry<'a, 'p>,
    repository: &'a str,
    notes: &'a mut Notes,
    out: &'a mut Diagnostics,
}

impl Reader<'_, '_> {
    /// One image; with Dockerfiles of its architectures, one for each of these, which share the tags.
    fn variants(&mut self) -> Option<Vec<Variant>> {
        let (span, own, shared) = self.tags()?;
        let builds = self.builds()?;
        let several = builds.len() > 1;
        let shared = shared.into_iter().filter(|tag| !own.contains(tag));
        let shared: Vec<Name> = shared.map(|tag| self.name(tag, true)).collect();
        let own = own.iter().cloned().map(|tag| self.name(tag, several));
        let names: Vec<Name> = own.chain(shared).collect();
        let variant = |((folder, file), platforms): ((String, String), Vec<Platform>)| Variant {
            span,
            names: names.clone(),
            platforms: Some(platforms),
            listed: None,
            dockerfile: Text::literal(below(&folder, &file)),
            context: file
                .contains('/')
                .then(|| Text::literal(path::dot(&folder))),
            target: None,
            contexts: IndexMap::new(),
            options: IndexMap::new(),
            secrets: IndexMap::new(),
            agents: Default::default(),
            folder,
            args: IndexMap::new(),
            some_args: Default::default(),
            origin: None,
            data: IndexMap::new(),
            from: None,
        };
        Some(builds.into_iter().map(variant).collect())
    }

    /// The place of the tags, the image's own ones, and those that it shares.
    fn tags(&mut self) -> Option<(Span, Tags, Tags)> {
        let Some(field) = self.entry.own.get("Tags") else {
            let place = self.entry.own.iter().next()?.name.span;
            let fault = Diagnostic::error("import::no-tags", "this paragraph has no `Tags`")
                .at(place, "the paragraph begins here");
            self.out.push(fault.help(
                "only the first paragraph may omit it, since it holds defaults for the others",
            ));
            return None;
        };
        let own = first_the_longest(tags(field, self.notes, self.out));
        let shared = self.entry.field("SharedTags");
        let shared = shared
            .map(|field| tags(&field, self.notes, self.out))
            .unwrap_or_default();
        if own.is_empty() {
            self.out.push(
                Diagnostic::error("import::no-tags", "`Tags` is empty")
                    .at(field.name.span, "here")
                    .help("name a tag: `Tags: latest`"),
            );
            return None;
        }
        Some((field.span(), own, shared))
    }

    /// The platforms of each folder and file that the image is built from.
    fn builds(&mut self) -> Option<IndexMap<(String, String), Vec<Platform>>> {
        let mut builds: IndexMap<_, Vec<Platform>> = IndexMap::new();
        for (architecture, platform) in platforms(&self.entry, self.notes) {
            let folder = self.path(&architecture, "Directory")?;
            let file = self.path(&architecture, "File")?;
            let file = match file.is_empty() {
                true => String::from("Dockerfile"),
                false => file,
            };
            let platforms = builds.entry((folder, file)).or_default();
            if !platforms.contains(&platform) {
                platforms.push(platform);
            }
        }
        Some(builds)
    }

    fn name(&self, tag: Spanned<String>, shared: bool) -> Name {
        Name {
            span: tag.span,
            repository: Text::literal(self.repository),
            tag: Text::literal(tag.value),
            shared,
            when: When::default(),
        }
    }

    /// A path of an architecture: its own, or that of all.
    fn path(&mut self, architecture: &str, name: &str) -> Option<String> {
        let own = format!("{architecture}-{name}");
        let Some(field) = self.entry.field(&own).or_else(|| self.entry.field(name)) else {
            return Some(String::new());
        };
        let text = field.text();
        match path::inside(&text, text.span) {
            Ok(path) => Some(path),
            Err(fault) => {
                self.out.push(fault);
                None
            }
        }
    }
}
