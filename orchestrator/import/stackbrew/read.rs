//! From paragraphs to images, and notes on what has no place in a manifest.

use super::fields::{FIELDS, Field, Paragraph};
use crate::import::Input;
use crate::import::note::Notes;
use crate::import::path;
use crate::import::published::{Name, Text, Variant};
use crate::name::{Platform, Tag};
use crate::render::below;
use crate::text::{Diagnostic, Diagnostics, Span, Spanned, did_you_mean};
use indexmap::IndexMap;
use std::collections::HashSet;

/// The most tags that an image may have.
const MOST_TAGS: usize = 1000;

/// Bashbrew's architectures as platforms.
const ARCHITECTURES: [(&str, &str); 11] = [
    ("amd64", "linux/amd64"),
    ("arm32v5", "linux/arm/v5"),
    ("arm32v6", "linux/arm/v6"),
    ("arm32v7", "linux/arm/v7"),
    ("arm64v8", "linux/arm64"),
    ("i386", "linux/386"),
    ("mips64le", "linux/mips64le"),
    ("ppc64le", "linux/ppc64le"),
    ("riscv64", "linux/riscv64"),
    ("s390x", "linux/s390x"),
    ("windows-amd64", "windows/amd64"),
];

/// Windows releases, as constraints end, and their versions as images name them.
const WINDOWS: [(&str, &str); 5] = [
    ("ltsc2025", "10.0.26100"),
    ("ltsc2022", "10.0.20348"),
    ("ltsc2019", "10.0.17763"),
    ("1809", "10.0.17763"),
    ("ltsc2016", "10.0.14393"),
];

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
    let end = input.text.len();
    let nothing = |message: &str, help: &str| {
        Diagnostic::error("import::no-images", message)
            .at(input.span(end, end), "the file ends here")
            .help(help)
    };
    if own.is_empty() {
        let help = "a library file of Docker's Official Images has one paragraph per image: `Tags: 1.27.0, latest`";
        out.push(nothing("the file has no paragraph with `Tags`", help));
    }
    let before = out.errors();
    let mut sources = Sources::default();
    let mut all = Vec::new();
    for own in own {
        let mut reader = Reader {
            own,
            common,
            repository,
            notes,
            out,
        };
        if reader.is_layout() {
            continue;
        }
        for variant in reader.variants().unwrap_or_default() {
            sources.add(&variant, reader.commit());
            all.push(variant);
        }
    }
    sources.note(notes);
    if all.is_empty() && !own.is_empty() && out.errors() == before {
        out.push(nothing(
            "the file has no image that is built from a Dockerfile",
            NO_DOCKERFILE,
        ));
    }
    all
}

/// The commits of each Dockerfile, with the places of the images that are built from it.
#[derive(Default)]
struct Sources(IndexMap<String, IndexMap<String, Span>>);

impl Sources {
    fn add(&mut self, variant: &Variant, commit: String) {
        let commits = self.0.entry(variant.dockerfile.real.clone()).or_default();
        commits.entry(commit).or_insert(variant.span);
    }

    /// Adds a note for each Dockerfile of several commits.
    fn note(self, notes: &mut Notes) {
        for (dockerfile, commits) in self.0 {
            if commits.len() > 1 {
                let message = format!(
                    "{dockerfile} has a different commit in several images, and a workspace has one of them"
                );
                let help =
                    "copy each version into a folder of its own, and name it in `dockerfile`";
                for span in commits.into_values() {
                    notes.note("import::one-folder", message.clone(), help, span);
                }
            }
        }
    }
}

/// Adds a note for a field that has no place in a manifest.
fn note(field: &Field, notes: &mut Notes) {
    let known = FIELDS
        .into_iter()
        .find(|known| field.name.eq_ignore_ascii_case(known));
    let help = match known {
        Some("Tags" | "SharedTags" | "Architectures" | "Directory" | "File") => return,
        Some("GitRepo" | "GitFetch" | "GitCommit") => {
            "kiln builds what is in the workspace: check out that source there"
        }
        // What it is for is noted for each image.
        Some("Builder") if field.text().value == LAYOUT => return,
        Some("Builder") => {
            "`kiln build --builder` chooses the builder of a run; the default is the best one that the engine has"
        }
        Some("Constraints") => {
            "kiln chooses engines by platform; a constraint's Windows release is in `platforms`"
        }
        Some(_) => "keep it where people look for it, such as in CODEOWNERS",
        None if is_for_one_architecture(&field.name) => {
            let name = field.name.to_ascii_lowercase();
            if name.ends_with("-directory") || name.ends_with("-file") {
                return;
            }
            "kiln builds what is in the workspace, for all architectures"
        }
        None => "kiln does not know a field of this name",
    };
    notes.left_out(&field.name, help, field.name.span);
}

/// `arm64v8-Directory`
fn is_for_one_architecture(name: &str) -> bool {
    name.rsplit_once('-')
        .is_some_and(|(_, field)| FIELDS.iter().any(|known| known.eq_ignore_ascii_case(field)))
}

/// The tags with that of the longest version first: it names the image, whatever the order in the file.
fn first_the_longest(mut tags: Vec<Spanned<String>>) -> Vec<Spanned<String>> {
    let numbers = |tag: &Spanned<String>| {
        let head = tag.split('-').next().unwrap_or_default();
        let parts = head.split('.');
        parts
            .take_while(|part| part.starts_with(|c: char| c.is_ascii_digit()))
            .count()
    };
    let longest = tags.iter().map(numbers).max().unwrap_or_default();
    if let Some(at) = tags.iter().position(|tag| numbers(tag) == longest) {
        tags[..=at].rotate_right(1);
    }
    tags
}

/// The builder of images that are made from an OCI layout.
const LAYOUT: &str = "oci-import";

/// What to do about them.
const NO_DOCKERFILE: &str = "kiln builds Dockerfiles: write one, or publish these images with the tool that makes the layouts";

struct Reader<'a, 'p> {
    own: &'a Paragraph<'p>,
    common: &'a Paragraph<'p>,
    repository: &'a str,
    notes: &'a mut Notes,
    out: &'a mut Diagnostics,
}

impl<'p> Reader<'_, 'p> {
    /// The field of the paragraph, or else of the first one.
    fn field(&self, name: &str) -> Option<Field<'p>> {
        self.own
            .get(name)
            .or_else(|| self.common.get(name))
            .cloned()
    }

    /// Whether the image is made from an OCI layout; it is left out with a note.
    fn is_layout(&mut self) -> bool {
        let builder = self.field("Builder").map(|field| field.text());
        let Some(builder) = builder.filter(|builder| builder.value == LAYOUT) else {
            return false;
        };
        let place = self.own.iter().next().map(|field| field.span());
        self.notes.note(
            "import::left-out",
            format!(
                "images with `Builder: {LAYOUT}` are not imported: they are made from an OCI layout"
            ),
            NO_DOCKERFILE,
            place.unwrap_or(builder.span),
        );
        true
    }

    /// The commit that the image is built from, with those of its architectures.
    fn commit(&self) -> String {
        let repository = self.field("GitRepo").map(|field| field.text().value);
        let of = |paragraph: &Paragraph| -> Vec<String> {
            let fields = paragraph.iter().filter(|field| {
                let name = field.name.to_ascii_lowercase();
                name == "gitcommit" || name.ends_with("-gitcommit")
            });
            fields
                .map(|field| format!("{} {}", field.name.to_ascii_lowercase(), *field.text()))
                .collect()
        };
        let own = of(self.own);
        let commits = if own.is_empty() { of(self.common) } else { own };
        format!("{} {}", repository.unwrap_or_default(), commits.join(" "))
    }

    /// One image; with Dockerfiles of its architectures, one for each of these, which share the tags.
    fn variants(&mut self) -> Option<Vec<Variant>> {
        let Some(field) = self.own.get("Tags") else {
            let place = self.own.iter().next()?.name.span;
            let fault = Diagnostic::error("import::no-tags", "this paragraph has no `Tags`")
                .at(place, "the paragraph begins here");
            self.out.push(fault.help(
                "only the first paragraph may omit it, since it holds defaults for the others",
            ));
            return None;
        };
        let (span, tags) = (field.span(), first_the_longest(self.tags(field)));
        let shared = self
            .own
            .get("SharedTags")
            .map(|field| self.tags(field))
            .unwrap_or_default();
        if tags.is_empty() {
            self.out.push(
                Diagnostic::error("import::no-tags", "`Tags` is empty")
                    .at(field.name.span, "here")
                    .help("name a tag: `Tags: latest`"),
            );
            return None;
        }
        let builds = self.builds()?;
        let several = builds.len() > 1;
        let shared = shared.into_iter().filter(|tag| !tags.contains(tag));
        let shared: Vec<Name> = shared.map(|tag| self.name(tag, true)).collect();
        let own = tags.iter().cloned().map(|tag| self.name(tag, several));
        let names: Vec<Name> = own.chain(shared).collect();
        let variant = |((folder, file), platforms): ((String, String), Vec<Platform>)| Variant {
            span,
            names: names.clone(),
            platforms: Some(platforms),
            dockerfile: Text::literal(below(&folder, &file)),
            context: file
                .contains('/')
                .then(|| Text::literal(path::dot(&folder))),
            target: None,
            contexts: IndexMap::new(),
            options: IndexMap::new(),
            folder,
            args: IndexMap::new(),
            from: None,
        };
        Some(builds.into_iter().map(variant).collect())
    }

    /// The platforms of each folder and file that the image is built from.
    fn builds(&mut self) -> Option<IndexMap<(String, String), Vec<Platform>>> {
        let mut builds: IndexMap<_, Vec<Platform>> = IndexMap::new();
        for (architecture, platform) in self.platforms() {
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
        }
    }

    /// Valid tags, each once.
    fn tags(&mut self, field: &Field) -> Vec<Spanned<String>> {
        let mut seen = HashSet::new();
        let mut tags = field.items();
        tags.retain(|tag| seen.insert(tag.value.clone()));
        if tags.len() > MOST_TAGS {
            let fault = Diagnostic::error(
                "import::too-many-tags",
                format!("one image has more than {MOST_TAGS} tags"),
            );
            self.out.push(
                fault
                    .at(tags[MOST_TAGS].span, "this one is too many")
                    .help("import a file with fewer"),
            );
            tags.truncate(MOST_TAGS);
        }
        for tag in &tags {
            if let Err(why) = tag.parse::<Tag>() {
                self.out.push(
                    Diagnostic::error("import::tag", why.to_string())
                        .at(tag.span, "here")
                        .help("such as `1.27.0-trixie`"),
                );
            }
        }
        tags
    }

    /// A path of an architecture: its own, or that of all.
    fn path(&mut self, architecture: &str, name: &str) -> Option<String> {
        let own = format!("{architecture}-{name}");
        let Some(field) = self.field(&own).or_else(|| self.field(name)) else {
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

    /// The architectures with their platforms.
    fn platforms(&mut self) -> Vec<(String, Platform)> {
        let default = || (String::from("amd64"), Platform::linux_amd64());
        let Some(field) = self.field("Architectures") else {
            return vec![default()];
        };
        let release = self.windows();
        let mut all = Vec::new();
        for item in field.items() {
            let known = ARCHITECTURES
                .iter()
                .find(|(name, _)| *name == item.as_str());
            let Some(Ok(mut platform)) = known.map(|(_, platform)| platform.parse::<Platform>())
            else {
                let near = did_you_mean(&item, ARCHITECTURES.map(|(name, _)| name));
                let fault = Diagnostic::error(
                    "import::architecture",
                    format!(
                        "`{}` is not an architecture of bashbrew",
                        item.escape_debug()
                    ),
                );
                self.out.push(
                    fault
                        .at(item.span, "here")
                        .help("such as `amd64`, `arm64v8`, `windows-amd64`")
                        .maybe_help(near),
                );
                continue;
            };
            if platform.os == "windows" {
                platform.os_version = release.map(str::to_owned);
                if release.is_none() {
                    let help = "set it in `platforms`: \"windows(10.0.26100)/amd64\" is ltsc2025";
                    self.notes.assumed(
                        "the Windows release of this image is not known",
                        help,
                        item.span,
                    );
                }
            }
            all.push((item.value.clone(), platform));
        }
        if all.is_empty() {
            all.push(default());
        }
        all
    }

    /// The Windows version that `Constraints` names.
    fn windows(&self) -> Option<&'static str> {
        let constraints = self.field("Constraints")?.items();
        let ends = |constraint: &str, release: &str| constraint.rsplit('-').next() == Some(release);
        let found = WINDOWS.into_iter().find(|(release, _)| {
            constraints
                .iter()
                .any(|constraint| ends(constraint, release))
        });
        found.map(|(_, version)| version)
    }
}
