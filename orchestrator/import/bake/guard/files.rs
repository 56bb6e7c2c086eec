//! What the files build with other values of variables, compared with what a manifest publishes.

use crate::import::File;
use crate::import::bake::inline::resolved;
use crate::import::bake::stand_in::{StandIns, is_made_up};
use crate::import::build::Build;
use crate::import::published::Published;
use crate::import::verify::Written;
use crate::name::{Reference, Tag};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// What the files build with some values of variables.
pub(in crate::import::bake) struct Built {
    pub builds: Vec<Build>,
    /// Dockerfiles that are inside the files.
    pub files: Vec<File>,
    /// How much of the files cannot be evaluated.
    pub lost: usize,
}

/// Values of variables.
type Set = Vec<(String, String)>;

/// The files, as they are evaluated again.
pub(super) struct Files<'f> {
    /// The values that variables have today, as far as the import gives them.
    given: &'f StandIns,
    /// How much of the files cannot be evaluated today.
    lost: usize,
    build: &'f dyn Fn(&StandIns) -> Option<Built>,
    /// What they build with other values of one variable: these are tried again with each change of the manifest.
    known: RefCell<HashMap<Set, Option<Rc<Built>>>>,
}

impl<'f> Files<'f> {
    /// Nothing is tried yet.
    pub fn new(
        given: &'f StandIns,
        lost: usize,
        build: &'f dyn Fn(&StandIns) -> Option<Built>,
    ) -> Self {
        Self {
            given,
            lost,
            build,
            known: RefCell::default(),
        }
    }

    /// What they build with these values of variables; nothing if they cannot be evaluated as far as today.
    pub fn built(&self, set: &[(String, String)]) -> Option<Rc<Built>> {
        let known = self.known.borrow().get(set).cloned();
        known.unwrap_or_else(|| {
            let given = self.given.clone().into_iter().chain(set.iter().cloned());
            let built = (self.build)(&given.collect()).filter(|built| built.lost <= self.lost);
            let built = built.map(Rc::new);
            if set.len() < 2 {
                let mut known = self.known.borrow_mut();
                known.insert(set.to_vec(), built.clone());
            }
            built
        })
    }

    /// What they build, and what a manifest does; nothing if either is not known.
    fn both(
        &self,
        written: &Written,
        published: &Published,
        set: &[(String, String)],
    ) -> Option<(Rc<Built>, Vec<Build>)> {
        Some((self.built(set)?, written.made(published, set).ok()?))
    }

    /// The references that a manifest publishes for something else with these values; nothing if that is not known.
    pub fn wrong(
        &self,
        written: &Written,
        published: &Published,
        set: &[(String, String)],
    ) -> Option<Vec<String>> {
        let (file, made) = self.both(written, published, set)?;
        Some(wrong(&file, &made, published))
    }

    /// The same of two variables, without what is wrong with the second one alone.
    pub fn wrong_together(
        &self,
        written: &Written,
        published: &Published,
        set: &[(String, String)],
    ) -> Vec<String> {
        let mut wrong = self.wrong(written, published, set).unwrap_or_default();
        if !wrong.is_empty() {
            let alone = self.wrong(written, published, set.get(1..).unwrap_or_default());
            let alone = alone.unwrap_or_default();
            wrong.retain(|name| !alone.contains(name));
        }
        wrong
    }

    /// The same, and the references that only the file publishes.
    pub fn different(
        &self,
        written: &Written,
        published: &Published,
        set: &[(String, String)],
    ) -> Option<Vec<String>> {
        let (file, made) = self.both(written, published, set)?;
        let known: BTreeSet<&String> = made.iter().flat_map(|one| &one.references).collect();
        let wanted = file.builds.iter().flat_map(|build| &build.references);
        let lacking = wanted.filter(|name| !known.contains(name) && !is_made_up(name));
        let mut all: Vec<String> = lacking.cloned().collect();
        all.extend(wrong(&file, &made, published));
        Some(all)
    }
}

/// The builds with the contexts that they mean: an image of the file by its first reference, and none that calls an image by
/// a reference of its own.
fn meant(all: &[Build], file: &[Build]) -> Vec<Build> {
    let references = file.iter().flat_map(|build| {
        let first = build.references.first();
        build.references.iter().map(move |name| (name, first))
    });
    let firsts: HashMap<&String, Option<&String>> = references.collect();
    let image = |text: &str| {
        let mut full = text.parse::<Reference>().ok()?;
        full.tag.get_or_insert_with(Tag::latest);
        firsts.get(&full.to_string()).copied().flatten()
    };
    let mut all = all.to_vec();
    for build in &mut all {
        build.contexts.retain(|name, source| {
            let own = image(source);
            own.is_none() || own != image(name)
        });
        for source in build.contexts.values_mut() {
            if let Some(image) = image(source) {
                source.clone_from(image);
            }
        }
    }
    all
}

/// The references that the manifest publishes for something else than the file.
fn wrong(file: &Built, made: &[Build], published: &Published) -> Vec<String> {
    let (described, made) = (meant(&file.builds, &file.builds), meant(made, &file.builds));
    let described = described.iter();
    let owners: HashMap<&String, &Build> = described
        .flat_map(|build| build.references.iter().map(move |name| (name, build)))
        .collect();
    let differs = |own: &Build, name: &String| match owners.get(name) {
        None => true,
        Some(other) => is_other(own, other, file, published),
    };
    let mut all = Vec::new();
    for own in &made {
        let names = own.references.iter();
        let names = names.filter(|name| !is_made_up(name));
        all.extend(names.filter(|name| differs(own, name)).cloned());
    }
    all
}

/// Whether something else is built. Dockerfiles inside the file are compared by their texts.
fn is_other(made: &Build, wanted: &Build, file: &Built, published: &Published) -> bool {
    let text = |files: &[File], build: &Build| {
        let mut files = files.iter();
        let found = files.find(|file| file.path == build.dockerfile)?;
        Some(resolved(&found.text, build.args.iter()))
    };
    let (own, other) = (text(&published.files, made), text(&file.files, wanted));
    if own.is_some() && other.is_some() && own != other {
        return true;
    }
    let same_text = own.is_some();
    let is_path = |what: &str| same_text && (what == "the Dockerfile" || what == "the context");
    // What a matrix gives is in the one Dockerfile an argument, and in the other a text.
    let is_inserted = |what: &str, own: &Option<String>| {
        same_text && other.is_some() && own.is_none() && what.starts_with("the argument ")
    };
    let made_up = |text: &Option<String>| {
        text.as_deref()
            .is_some_and(|text| published.is_made_up(text))
    };
    let differences = wanted.differences(made, false).into_iter();
    let mut differences = differences.filter(|(what, own, other)| {
        !is_path(what) && !is_inserted(what, own) && !made_up(own) && !made_up(other)
    });
    differences.next().is_some()
}
