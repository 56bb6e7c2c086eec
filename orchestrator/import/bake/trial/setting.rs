//! The settings of a target that may be others with other values of variables.

use crate::import::bake::built::Built;
use crate::import::bake::place::places;
use crate::import::published::Text;
use crate::name::Platform;

/// One of these settings.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Setting {
    Dockerfile,
    Context,
    Stage,
    Platforms,
    Arg(String),
    Named(String),
}

/// What it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    Text(Text),
    Platforms {
        all: Vec<Platform>,
        /// How the manifest lists them.
        listed: Vec<String>,
    },
}

impl Content {
    /// A text for each content that differs from others in a manifest.
    pub fn pattern(&self) -> String {
        match self {
            Self::Text(text) => text.pattern.clone(),
            Self::Platforms { listed, .. } => listed.join(","),
        }
    }
}

impl Setting {
    /// Those of a target.
    pub fn all(built: &Built) -> Vec<Self> {
        let one = [Self::Dockerfile, Self::Context, Self::Platforms];
        let stage = built.stage.as_ref().map(|_| Self::Stage);
        let args = built.args.keys().cloned().map(Self::Arg);
        let contexts = built.contexts.keys().cloned().map(Self::Named);
        one.into_iter()
            .chain(stage)
            .chain(args)
            .chain(contexts)
            .collect()
    }

    /// What it is in a target; nothing if the target has none.
    pub fn of(&self, built: &Built) -> Option<Content> {
        let text = |text: &Text| Content::Text(text.clone());
        match self {
            Self::Dockerfile => Some(text(&built.dockerfile)),
            Self::Context => Some(text(&built.context)),
            Self::Stage => built.stage.as_ref().map(text),
            Self::Arg(name) => built.args.get(name).map(text),
            Self::Named(name) => built.contexts.get(name).map(text),
            Self::Platforms => {
                let assumed = || vec![Platform::linux_amd64()];
                let all = built.platforms.clone().unwrap_or_else(assumed);
                let listed = built.listed();
                Some(Content::Platforms { all, listed })
            }
        }
    }

    /// Its text, to change it.
    pub fn text_mut<'b>(&self, built: &'b mut Built) -> Option<&'b mut Text> {
        match self {
            Self::Dockerfile => Some(&mut built.dockerfile),
            Self::Context => Some(&mut built.context),
            Self::Stage => built.stage.as_mut(),
            Self::Arg(name) => built.args.get_mut(name),
            Self::Named(name) => built.contexts.get_mut(name),
            Self::Platforms => None,
        }
    }

    /// Gives it to a target.
    pub fn put(&self, content: Content, built: &mut Built) {
        match (self, content) {
            (Self::Dockerfile, Content::Text(text)) => built.dockerfile = text,
            (Self::Context, Content::Text(text)) => built.context = text,
            (Self::Stage, Content::Text(text)) => built.stage = Some(text),
            (Self::Arg(name), Content::Text(text)) => drop(built.args.insert(name.clone(), text)),
            (Self::Named(name), Content::Text(text)) => {
                built.contexts.insert(name.clone(), text);
            }
            (Self::Platforms, Content::Platforms { all, listed }) => {
                let follows = listed.iter().any(|one| places(one).next().is_some());
                built.platforms = Some(all);
                built.listed = Some(listed).filter(|_| follows);
            }
            (Self::Platforms, Content::Text(_)) | (_, Content::Platforms { .. }) => {}
        }
    }
}

/// Whether two targets differ in what no condition can change.
pub fn are_apart(one: &Built, other: &Built) -> bool {
    one.inline != other.inline
        || one.options != other.options
        || one.secrets != other.secrets
        || one.agents != other.agents
        || one.purpose != other.purpose
}
