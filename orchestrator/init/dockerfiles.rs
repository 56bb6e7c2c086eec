//! A workspace from folders of Dockerfiles, which stay as they are.

use super::found::{Found, read};
use super::home::Hints;
use super::index::How;
use super::links::{Links, links};
use super::names::{Space, local_name, tag};
use super::place::IMAGE;
use super::row::Row;
use super::title::Title;
use super::told::told;
use super::verify::verified;
use super::written::{Image, Layout, manifest};
use super::{
    Begun, Place, Sourced, Written, context, elsewhere, machine, mounts, vendored, windows,
};
use crate::dockerfile::ImageRef;
use crate::import::write::{Node, literal};
use crate::name::Reference;
use crate::render::Texts;
use crate::text::{Diagnostic, Diagnostics};
use indexmap::IndexMap;
use std::collections::{HashMap, HashSet};

/// The workspace for these Dockerfiles, and the source of its place. `folder` is the folder that was searched; `has`
/// tests whether a path of the workspace exists. What is not imported is a warning in `out`.
///
/// # Errors
/// No Dockerfile can be built, or together they do not make a valid fleet.
pub fn dockerfiles(
    place: &Place,
    folder: &str,
    all: &[Written],
    has: &dyn Fn(&str) -> bool,
    out: &mut Diagnostics,
) -> Result<(Begun, Sourced), Diagnostic> {
    let found = read(place, folder, all, out);
    let sound: Vec<&Found<'_>> = found.iter().filter(|one| one.sound()).collect();
    if sound.is_empty() {
        return Err(Diagnostic::error("init::nothing", format!("{folder} has no Dockerfile that can be imported"))
            .help("name a folder that has <image>/Dockerfile or <image>/<tag>/Dockerfile: --from .circleci/images"));
    }
    let titles: Vec<Title> = sound.iter().map(|one| one.title.clone()).collect();
    let refs: Vec<Vec<&ImageRef>> = sound.iter().map(|one| one.image_refs()).collect();
    let is_stage = |at: usize, one: &ImageRef| sound[at].has_stage(&local_name(&one.reference));
    let texts: Vec<&str> = sound.iter().map(|one| &*one.written.text).collect();
    let links = links(&titles, &refs, &texts, &is_stage, &hints(place, folder));
    let publish = publish(place, &links);
    let images = Fleet::new(&sound, &refs, &links, &publish).images(&found, has, out);
    told(&sound, &links, place, &publish.value, out);
    elsewhere::told(&sound, &links, has, out);
    vendored::told(&sound, out);
    let place = Place {
        publish: publish.clone(),
        ..place.clone()
    };
    let write =
        |images: &[Image], layout| manifest(&comment(folder), workspace(&place), images, layout);
    let files = Texts(
        all.iter()
            .map(|one| (one.path.clone(), one.text.clone()))
            .collect(),
    );
    let whole = |images: &[Image], layout| {
        let begun = verified(write(images, layout), &files);
        begun
            .ok()
            .filter(|begun| begun.fleet.variants.len() == sound.len())
    };
    let begun = match whole(&images, Layout::Axes) {
        Some(begun) => {
            machine::told(&images, out);
            begun
        }
        None => {
            // What is based on an image for one platform cannot be built for another one.
            let images = machine::ignored(images, out);
            // What axes cannot express, a list of tags can.
            let begun = whole(&images, Layout::Axes).map(Ok);
            begun.unwrap_or_else(|| verified(write(&images, Layout::Tags), &files))?
        }
    };
    Ok((begun, publish))
}

fn comment(folder: &str) -> String {
    format!("Begun by kiln init from the Dockerfiles in {folder}, which stay as they are.")
}

fn workspace(place: &Place) -> Node {
    let inside = [
        Node::new("publish").arg(&place.publish.value),
        Node::new("stage").arg(&place.stage()),
    ];
    Node::new("workspace")
        .arg(&place.name.value)
        .open()
        .spaced()
        .children(inside)
}

fn hints(place: &Place, folder: &str) -> Hints {
    let space = place.publish.value.strip_suffix(IMAGE).and_then(|before| {
        let (above, prefix) = before.rsplit_once('/')?;
        Some(Space {
            above: above.to_owned(),
            prefix: prefix.to_owned(),
        })
    });
    Hints {
        space,
        is_asked: place.asked,
        words: vec![
            place.name.value.clone(),
            folder.rsplit('/').next().unwrap_or_default().to_owned(),
        ],
    }
}

/// Where the workspace publishes: as requested, else where the FROM lines look for its images.
fn publish(place: &Place, links: &Links<'_>) -> Sourced {
    match links.home.as_ref().filter(|_| !place.asked) {
        Some(home) => Sourced::new(
            format!("{}/{}{IMAGE}", literal(&home.above), literal(&home.prefix)),
            "the name that your FROM lines use",
        ),
        None => place.publish.clone(),
    }
}

/// What the Dockerfiles make together.
struct Fleet<'a> {
    links: &'a Links<'a>,
    publish: &'a Sourced,
    /// By path, the number of each Dockerfile among those that can be built.
    numbers: HashMap<&'a str, usize>,
    paths: Vec<&'a str>,
    refs: &'a [Vec<&'a ImageRef>],
    /// The Dockerfiles that make images for Windows.
    windows: HashSet<usize>,
    /// By image, the last part of its repository where that is not its name.
    spelled: HashMap<&'a str, &'a str>,
    /// Every repository that it publishes to.
    repositories: HashSet<String>,
}

impl<'a> Fleet<'a> {
    fn new(
        sound: &[&'a Found<'_>],
        refs: &'a [Vec<&'a ImageRef>],
        links: &'a Links<'a>,
        publish: &'a Sourced,
    ) -> Self {
        let numbers = sound
            .iter()
            .enumerate()
            .map(|(at, one)| (one.written.path.as_str(), at));
        let spelled = sound
            .iter()
            .filter_map(|one| Some((one.title.image.as_str(), one.title.spelled.as_deref()?)));
        let mut fleet = Self {
            windows: windows::windows(sound, links),
            spelled: spelled.collect(),
            links,
            publish,
            numbers: numbers.collect(),
            paths: sound.iter().map(|one| one.written.path.as_str()).collect(),
            refs,
            repositories: HashSet::new(),
        };
        let repositories = sound
            .iter()
            .flat_map(|one| fleet.repositories(&one.title.image));
        fleet.repositories = repositories.collect();
        fleet
    }

    /// Where an image is published.
    fn repositories(&self, image: &str) -> Vec<String> {
        let named = self.links.repositories.get(image);
        named.map_or_else(
            || {
                let name = self.spelled.get(image).copied().unwrap_or(image);
                vec![self.publish.value.replace(IMAGE, name)]
            },
            |all| all.iter().map(ToString::to_string).collect(),
        )
    }

    fn images(
        &self,
        found: &[Found<'_>],
        has: &dyn Fn(&str) -> bool,
        out: &mut Diagnostics,
    ) -> Vec<Image> {
        let mut images: IndexMap<&str, Image> = IndexMap::new();
        for one in found {
            let name = one.title.image.as_str();
            let repositories = self.repositories(name);
            let is_usual = repositories == [self.publish.value.replace(IMAGE, name)];
            let image = images.entry(name).or_insert_with(|| Image {
                name: name.to_owned(),
                publish: if is_usual { Vec::new() } else { repositories },
                rows: Vec::new(),
            });
            image.rows.push(self.row(one, context_of(one, has, out)));
        }
        let sorted = |mut image: Image| {
            image
                .rows
                .sort_by(|one, other| one.order().cmp(other.order()));
            image
        };
        images.into_values().map(sorted).collect()
    }

    fn row(&self, one: &Found<'_>, context: Option<String>) -> Row {
        let number = self.numbers.get(one.written.path.as_str()).copied();
        Row {
            tags: number.map_or_else(|| vec![one.title.tag.clone()], |at| self.tags(one, at)),
            words: one.title.words.clone(),
            path: one.written.path.clone(),
            is_named: number.is_some_and(|at| self.links.tags.contains_key(&at)),
            platform: machine::platform_of(
                &one.title.words,
                number.is_some_and(|at| self.windows.contains(&at)),
            ),
            context,
            sound: one.sound(),
            args: one.args.clone().into_iter().collect(),
            network: one.read.wants_network(),
            mounts: mounts::of(&one.read),
            locals: number.map_or_else(Vec::new, |at| self.locals(at)),
            outside: number.map_or_else(Vec::new, |at| self.outside(at)),
        }
    }

    /// The tags by which an image without one of its own is named, or its own and the others by which it is named.
    fn tags(&self, one: &Found<'_>, at: usize) -> Vec<String> {
        let own = one.title.tag.as_str();
        let asked: Vec<(&str, How)> = self
            .links
            .tags
            .get(&at)
            .into_iter()
            .flatten()
            .map(|(tag, how)| (*tag, *how))
            .collect();
        let is_free = one.title.words.is_empty()
            && asked
                .iter()
                .any(|(_, how)| matches!(how, How::Newest | How::Only));
        let is_own = !is_free || asked.iter().any(|(tag, _)| *tag == own);
        let others = asked.iter().map(|(tag, _)| *tag).filter(|tag| *tag != own);
        Some(own)
            .filter(|_| is_own)
            .into_iter()
            .chain(others)
            .map(str::to_owned)
            .collect()
    }

    /// The names without a registry, each with the path of the Dockerfile that makes the image.
    fn locals(&self, at: usize) -> Vec<(String, String)> {
        let named = self.refs[at].iter().enumerate();
        let local = |(place, one): (usize, &&ImageRef)| {
            let owner = self.links.locals.get(&(at, place))?;
            Some((local_name(&one.reference), self.paths[*owner].to_owned()))
        };
        let locals: IndexMap<String, String> = named.filter_map(local).collect();
        locals.into_iter().collect()
    }

    /// The names in the fleet's own repositories that none of its images has: older images, from outside.
    fn outside(&self, at: usize) -> Vec<Reference> {
        let mut outside: Vec<Reference> = Vec::new();
        for (place, image_ref) in self.refs[at].iter().enumerate() {
            let reference = &image_ref.reference;
            let is_ours = self
                .repositories
                .contains(&reference.repository.to_string());
            let same = |other: &Reference| {
                other.repository == reference.repository && tag(other) == tag(reference)
            };
            if is_ours && !self.links.edges.contains_key(&(at, place)) && !outside.iter().any(same)
            {
                outside.push(reference.clone());
            }
        }
        outside
    }
}

fn context_of(
    one: &Found<'_>,
    has: &dyn Fn(&str) -> bool,
    out: &mut Diagnostics,
) -> Option<String> {
    context::context(&one.written.path, &one.read, has).unwrap_or_else(|(lacks, bytes)| {
        let message = format!("`{}` copies {lacks}", one.label());
        let help = "its own folder is its build context; set `context \"…\"` in kiln.kdl, or add the file before you build";
        out.push(Diagnostic::warning("init::context", message).at(one.place(&bytes), "here").help(help));
        None
    })
}
