//! Where the images of a run are, and so on which engines a step may run.
//!
//! An image that was built is on one engine only until it is staged. After that, any engine can fetch it. Without `--push`,
//! nothing is staged: all images that are based on each other, a *family*, are built on one engine.

use super::capacity::{EngineId, runs_on_engine};
use crate::matrix::VariantName;
use crate::name::Platform;
use crate::plan::{Action, Plan, StepId};
use std::collections::{HashMap, HashSet};
use typed_index_collections::{TiVec, ti_vec};

/// An image's index among those of a run.
pub(super) type ImageId = usize;

/// Where an image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// It was not made yet.
    Nowhere,
    /// On this engine alone.
    Only(EngineId),
    /// In a registry, and perhaps on this engine.
    Registry(Option<EngineId>),
}

#[derive(Debug)]
pub(super) struct Image {
    at: At,
    /// The step that makes it; `None` if it existed before the run.
    pub made_by: Option<StepId>,
    /// The step that stages it.
    pub staged_by: Option<StepId>,
    /// The steps that work on it, the one that makes it among them.
    pub own: Vec<StepId>,
    /// The builds of images that are based on it.
    pub children: Vec<StepId>,
    family: usize,
}

/// Where a step may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Demand {
    /// On any engine that can; this one has what it needs.
    Anywhere(Option<EngineId>),
    /// On this engine.
    Only(EngineId),
    /// On none yet: what it needs is on several engines.
    Apart,
}

#[derive(Debug)]
pub(super) struct Places {
    pub images: Vec<Image>,
    /// The image that each step works on.
    of: TiVec<StepId, Option<ImageId>>,
    /// The images that each step needs on its engine.
    needs: TiVec<StepId, Vec<ImageId>>,
    /// The engine of each family, and its steps; empty in a run that stages.
    families: Vec<Family>,
}

#[derive(Debug, Default)]
struct Family {
    engine: Option<EngineId>,
    steps: Vec<StepId>,
}

impl Places {
    /// No image was made yet.
    pub fn new(plan: &Plan) -> Self {
        let mut places = Self {
            images: Vec::new(),
            of: ti_vec![None; plan.steps.len()],
            needs: ti_vec![Vec::new(); plan.steps.len()],
            families: Vec::new(),
        };
        let mut known: HashMap<(&VariantName, &Platform), ImageId> = HashMap::new();
        for (id, step) in plan.iter() {
            let platform = step.platform.as_ref();
            if let Some(platform) = platform.filter(|_| runs_on_engine(&step.action)) {
                let next = places.images.len();
                let image = *known.entry((&step.variant, platform)).or_insert(next);
                places.add(image, id, &step.action);
            }
            if step.action == Action::Build {
                places.add_parents(id, &step.after);
            }
        }
        if !plan.push {
            places.add_families();
        }
        places
    }

    fn add(&mut self, image: ImageId, id: StepId, action: &Action) {
        if image == self.images.len() {
            self.images.push(Image {
                at: At::Registry(None),
                made_by: None,
                staged_by: None,
                own: Vec::new(),
                children: Vec::new(),
                family: image,
            });
        }
        let own = &mut self.images[image];
        own.own.push(id);
        self.of[id] = Some(image);
        match action {
            Action::Build | Action::Use { .. } => {
                own.made_by = Some(id);
                own.at = At::Nowhere;
            }
            _ => self.needs[id].push(image),
        }
        if *action == Action::Stage {
            own.staged_by = Some(id);
        }
    }

    fn add_parents(&mut self, id: StepId, after: &[StepId]) {
        for parent in after {
            let image =
                self.of[*parent].filter(|image| self.images[*image].made_by == Some(*parent));
            if let Some(image) = image {
                self.images[image].children.push(id);
                self.needs[id].push(image);
            }
        }
    }

    fn add_families(&mut self) {
        for id in 0..self.of.len() {
            let id = StepId::from(id);
            if let Some(image) = self.of[id] {
                let needs = self.needs[id].clone();
                needs.into_iter().for_each(|other| self.join(image, other));
            }
        }
        self.families
            .resize_with(self.images.len(), Family::default);
        for image in 0..self.images.len() {
            let family = self.root(image);
            self.images[image].family = family;
            let own = self.images[image].own.clone();
            self.families[family].steps.extend(own);
        }
    }

    /// The image that stands for a family.
    fn root(&mut self, mut image: ImageId) -> ImageId {
        while self.images[image].family != image {
            let above = self.images[image].family;
            self.images[image].family = self.images[above].family;
            image = above;
        }
        image
    }

    fn join(&mut self, one: ImageId, other: ImageId) {
        let (one, other) = (self.root(one), self.root(other));
        self.images[one.max(other)].family = one.min(other);
    }

    /// The image that a step works on, or the family that it is built with; `None` for steps that run on no engine.
    pub fn group(&self, id: StepId) -> Option<usize> {
        let image = self.of[id]?;
        Some(match self.families.is_empty() {
            true => image,
            false => self.images[image].family,
        })
    }

    /// Where a step may run, as the images are now.
    pub fn demand(&self, id: StepId) -> Demand {
        if let Some(engine) = self.family(id).and_then(|family| family.engine) {
            return Demand::Only(engine);
        }
        let (mut only, mut near) = (None, None);
        for image in &self.needs[id] {
            match self.images[*image].at {
                At::Only(engine) if only.is_some_and(|only| only != engine) => {
                    return Demand::Apart;
                }
                At::Only(engine) => only = Some(engine),
                At::Registry(engine) => near = near.or(engine),
                At::Nowhere => {}
            }
        }
        only.map_or(Demand::Anywhere(near), Demand::Only)
    }

    fn family(&self, id: StepId) -> Option<&Family> {
        self.families.get(self.images[self.of[id]?].family)
    }

    /// A step starts on an engine. Returns the steps that may run only there from now on.
    pub fn start(&mut self, id: StepId, engine: EngineId) -> Vec<StepId> {
        let family = self.of[id].map(|image| self.images[image].family);
        match family.and_then(|family| self.families.get_mut(family)) {
            Some(family) if family.engine.is_none() => {
                family.engine = Some(engine);
                family.steps.clone()
            }
            _ => Vec::new(),
        }
    }

    /// A step has ended well on an engine: the image is there alone, or in a registry. Returns the steps that may now run
    /// somewhere else than before.
    pub fn finish(&mut self, id: StepId, engine: EngineId, is_local: bool) -> Vec<StepId> {
        let Some(image) = self.of[id] else {
            return Vec::new();
        };
        let image = &mut self.images[image];
        if image.made_by == Some(id) {
            image.at = match is_local {
                true => At::Only(engine),
                false => At::Registry(None),
            };
        } else if image.staged_by == Some(id) {
            image.at = At::Registry(Some(engine));
            return image.own.iter().chain(&image.children).copied().collect();
        } else if image.at == At::Registry(None) {
            image.at = At::Registry(Some(engine));
        }
        Vec::new()
    }

    /// Families are not built on this engine any more. Returns their steps.
    pub fn leave_home(&mut self, engine: EngineId) -> Vec<StepId> {
        let families = self.families.iter_mut();
        let here = families.filter(|family| family.engine == Some(engine));
        let mut steps = Vec::new();
        for family in here {
            family.engine = None;
            steps.extend(&family.steps);
        }
        steps
    }

    /// The images that only this engine has, in the order in which they are made; it has none from now on.
    pub fn lose(&mut self, engine: EngineId) -> Vec<ImageId> {
        let mut lost = Vec::new();
        for (id, image) in self.images.iter_mut().enumerate() {
            if image.at == At::Only(engine) {
                image.at = At::Nowhere;
                lost.push(id);
            } else if image.at == At::Registry(Some(engine)) {
                image.at = At::Registry(None);
            }
        }
        lost
    }

    /// The steps that wait for one of these steps only because images that they need are on several engines: a staging that
    /// will not happen leaves them there.
    pub fn apart(&self, unstaged: &[StepId]) -> HashSet<StepId> {
        let staging = unstaged.iter().filter_map(|id| {
            let image = &self.images[self.of[*id]?];
            (image.staged_by == Some(*id)).then_some(image)
        });
        let children = staging.flat_map(|image| image.children.iter().copied());
        children
            .filter(|id| self.demand(*id) == Demand::Apart)
            .collect()
    }

    /// A step that stages an image which this step needs, and of which `holds` is true.
    pub fn staging(&self, id: StepId, holds: impl Fn(StepId) -> bool) -> Option<StepId> {
        let needs = self.needs[id].iter();
        let staging = needs.filter(|image| matches!(self.images[**image].at, At::Only(_)));
        staging
            .filter_map(|image| self.images[*image].staged_by)
            .find(|id| holds(*id))
    }
}
