//! The settings of an image or of the cells that a `when` matches, on their way from the manifest to a variant:
//!
//! ```text
//! Written (texts with spans) -> looked up (once per block) -> merged (once per set of blocks) -> filled in (per cell)
//! ```
//!
//! A new setting is a field of [`Settings`], [`Config`] or [`Building`], a line of its `carry`, and a row of the table of nodes.

use crate::manifest::UseDecl;
use crate::manifest::block::{Row, words};
use crate::manifest::from::BasedOn;
use crate::manifest::hook::{self, Hooked};
use crate::manifest::merge::{changed, every, last, last_of, named};
use crate::manifest::platforms::{is_change, platforms};
use crate::manifest::said::Said;
use crate::manifest::workspace::child_text;
use crate::manifest::{
    Building, CheckDecl, Config, ContextDecl, Distribution, HookDecl, NamedSource, Publish,
    TagRule, block, building, config, contexts, names, toolset,
};
use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostics, Spanned};
use indexmap::IndexMap;
use std::fmt::Debug;
use std::sync::Arc;

/// A stage of settings: what each kind of setting is at it.
pub trait Stage {
    /// A text, perhaps with placeholders.
    type Text: Source;
    /// What the image is based on.
    type From;
    /// A tool set with its parameters.
    type Use;
    /// A rule for public tags.
    type Tag;
    /// A public repository, and when tags may be written there.
    type Publish;
    /// A check of the built image.
    type Check;
    /// `default <axis>="value"`: the value of an axis that has the empty token.
    type Default;
    /// `token <axis>="text"`: the token of an axis in tags.
    type Token;
}

/// A text that knows how it is written.
pub trait Source {
    /// The text as it is written.
    fn source(&self) -> &str;
}

impl Source for Spanned<String> {
    fn source(&self) -> &str {
        &self.value
    }
}

/// Settings as the manifest has them.
#[derive(Debug, Clone)]
pub struct Written;

impl Stage for Written {
    type Text = Spanned<String>;
    type From = Spanned<BasedOn>;
    type Use = UseDecl;
    type Tag = TagRule;
    type Publish = Publish;
    type Check = CheckDecl;
    type Default = (Spanned<String>, Spanned<String>);
    type Token = (Spanned<String>, Spanned<String>);
}

/// Settings of an image or of the cells that a `when` matches: later ones replace earlier ones or add to them.
#[derive(Debug, Clone)]
pub struct Settings<S: Stage = Written> {
    /// What the image is based on.
    pub from: Option<S::From>,
    /// The source of the Dockerfile.
    pub recipe: Option<RecipeDecl<S::Text>>,
    /// The folder of the workspace that is the build context.
    pub context: Option<S::Text>,
    /// Named contexts, by their names in the form in which they are compared.
    pub contexts: IndexMap<String, ContextDecl<S::Text, S::From>>,
    /// The platforms to build for.
    pub platforms: Option<Vec<S::Text>>,
    /// The tool sets to install.
    pub uses: Vec<S::Use>,
    /// The rules for public tags.
    pub tags: Vec<S::Tag>,
    /// The public repositories, in the place of the workspace's.
    pub publish: Vec<S::Publish>,
    /// Build arguments by name.
    pub args: IndexMap<String, S::Text>,
    /// Environment variables by name.
    pub env: IndexMap<String, S::Text>,
    /// The values with the empty token.
    pub defaults: Vec<S::Default>,
    /// The tokens that replace those of values.
    pub tokens: Vec<S::Token>,
    /// `family "alpine"`: that of the parent if not specified.
    pub distribution: Option<Distribution>,
    /// The configuration of containers.
    pub config: Config<S::Text>,
    /// What builds take besides.
    pub building: Building<S::Text>,
    /// The checks of the built images, in addition to those of their tool sets.
    pub checks: Vec<S::Check>,
    /// What runs on the host when tags move, in addition to the hooks of the workspace.
    pub hooks: Vec<HookDecl<S::Text>>,
    /// The shared blocks that it uses; they are merged when the manifest is read.
    pub shared: Vec<Spanned<String>>,
    /// The words that it consists of, with their places, those that later blocks replace as well.
    pub said: Arc<[Said]>,
}

/// The source of the Dockerfile. The path is relative to the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecipeDecl<T = Spanned<String>> {
    /// A template that is rendered.
    Template(T),
    /// A Dockerfile that is used as it is.
    Dockerfile(T),
}

/// Carries the settings of one stage to the next. What is left out is or was reported; the last stage has no tags,
/// repositories and tokens.
pub trait Carry<'s, S: Stage, N: Stage> {
    /// Carries a text.
    fn text(&mut self, text: &'s S::Text) -> Option<N::Text>;
    /// Carries the platforms of one text: several, if it is the value of a variable.
    fn platforms(&mut self, text: &'s S::Text) -> Vec<N::Text> {
        self.text(text).into_iter().collect()
    }
    /// Carries what the image is based on.
    fn from(&mut self, from: &'s S::From) -> Option<N::From>;
    /// Carries a tool set with its parameters.
    fn used(&mut self, used: &'s S::Use) -> Option<N::Use>;
    /// Carries a rule for tags.
    fn tag(&mut self, _: &'s S::Tag) -> Option<N::Tag> {
        None
    }
    /// Carries a public repository.
    fn publish(&mut self, _: &'s S::Publish) -> Option<N::Publish> {
        None
    }
    /// Carries the command of a hook.
    fn command(&mut self, command: &'s S::Text) -> Option<N::Text> {
        self.text(command)
    }
    /// Carries a check.
    fn check(&mut self, check: &'s S::Check) -> Option<N::Check>;
    /// Carries the value of an axis with the empty token.
    fn default(&mut self, _: &'s S::Default) -> Option<N::Default> {
        None
    }
    /// Carries what a named context stands for.
    fn context(
        &mut self,
        source: &'s NamedSource<S::Text, S::From>,
    ) -> Option<NamedSource<N::Text, N::From>> {
        Some(match source {
            NamedSource::Word(word) => NamedSource::Word(self.text(word)?),
            NamedSource::Of(from) => NamedSource::Of(self.from(from)?),
        })
    }
    /// Carries the token of an axis.
    fn token(&mut self, _: &'s S::Token) -> Option<N::Token> {
        None
    }
}

impl<S: Stage> Settings<S> {
    /// Merges blocks, each over those before it, and carries every setting that counts to the next stage.
    pub fn carry<'s, N: Stage>(blocks: &[&'s Self], to: &mut impl Carry<'s, S, N>) -> Settings<N> {
        let configs: Vec<&Config<S::Text>> = blocks.iter().map(|block| &block.config).collect();
        let building: Vec<&Building<S::Text>> =
            blocks.iter().map(|block| &block.building).collect();
        // Faults are found in this order.
        Settings {
            recipe: last(blocks, |block| &block.recipe)
                .and_then(|recipe| recipe.carry(|path| to.text(path))),
            context: last(blocks, |block| &block.context).and_then(|path| to.text(path)),
            contexts: named(
                blocks,
                |block| &block.contexts,
                |one| {
                    Some(ContextDecl {
                        name: one.name.clone(),
                        source: to.context(&one.source)?,
                    })
                },
            ),
            platforms: changed(
                blocks,
                |block| block.platforms.as_deref(),
                |one| is_change(one.source()),
            )
            .map(|all| all.into_iter().flat_map(|one| to.platforms(one)).collect()),
            args: named(blocks, |block| &block.args, |value| to.text(value)),
            env: named(blocks, |block| &block.env, |value| to.text(value)),
            from: last(blocks, |block| &block.from).and_then(|from| to.from(from)),
            uses: every(blocks, |block| &block.uses, |used| to.used(used)),
            tags: every(blocks, |block| &block.tags, |tag| to.tag(tag)),
            publish: last_of(blocks, |block| &block.publish, |one| to.publish(one)),
            defaults: every(
                blocks,
                |block| &block.defaults,
                |default| to.default(default),
            ),
            tokens: every(blocks, |block| &block.tokens, |token| to.token(token)),
            checks: every(blocks, |block| &block.checks, |check| to.check(check)),
            hooks: every(
                blocks,
                |block| &block.hooks,
                |hook| hook.carry(|run| to.command(run)),
            ),
            distribution: last(blocks, |block| &block.distribution).copied(),
            config: Config::carry(&configs, &mut |text| to.text(text)),
            building: Building::carry(&building, &mut |text| to.text(text)),
            shared: Vec::new(),
            said: said(blocks),
        }
    }
}

/// The words of all blocks; those of a single block are shared, not copied.
fn said<S: Stage>(blocks: &[&Settings<S>]) -> Arc<[Said]> {
    match blocks {
        [one] => Arc::clone(&one.said),
        blocks => blocks
            .iter()
            .flat_map(|block| block.said.iter().cloned())
            .collect(),
    }
}

/// Merges blocks that stay at their stage.
pub struct Merge;

impl<'s, S: Stage> Carry<'s, S, S> for Merge
where
    S::Text: Clone,
    S::From: Clone,
    S::Use: Clone,
    S::Tag: Clone,
    S::Publish: Clone,
    S::Check: Clone,
    S::Default: Clone,
    S::Token: Clone,
{
    fn text(&mut self, text: &S::Text) -> Option<S::Text> {
        Some(text.clone())
    }

    fn from(&mut self, from: &S::From) -> Option<S::From> {
        Some(from.clone())
    }

    fn used(&mut self, used: &S::Use) -> Option<S::Use> {
        Some(used.clone())
    }

    fn tag(&mut self, tag: &S::Tag) -> Option<S::Tag> {
        Some(tag.clone())
    }

    fn publish(&mut self, publish: &S::Publish) -> Option<S::Publish> {
        Some(publish.clone())
    }

    fn check(&mut self, check: &S::Check) -> Option<S::Check> {
        Some(check.clone())
    }

    fn default(&mut self, default: &S::Default) -> Option<S::Default> {
        Some(default.clone())
    }

    fn token(&mut self, token: &S::Token) -> Option<S::Token> {
        Some(token.clone())
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::carry(&[], &mut Merge)
    }
}

impl<T> RecipeDecl<T> {
    /// The path.
    pub fn path(&self) -> &T {
        match self {
            Self::Template(path) | Self::Dockerfile(path) => path,
        }
    }

    /// The same source at another path.
    pub fn carry<'s, U>(&'s self, path: impl FnOnce(&'s T) -> Option<U>) -> Option<RecipeDecl<U>> {
        Some(match self {
            Self::Template(template) => RecipeDecl::Template(path(template)?),
            Self::Dockerfile(file) => RecipeDecl::Dockerfile(path(file)?),
        })
    }
}

/// The nodes of settings, besides those of the configuration.
static HOOKS: [Row<Settings>; 2] = hook::rows();

impl Hooked for Settings {
    fn hooks(&mut self) -> &mut Vec<HookDecl> {
        &mut self.hooks
    }
}

static ROWS: [Row<Settings>; 16] = [
    Row("from", |all, child| {
        let found = BasedOn::parse(child.node, child.out);
        let found = found.map(|from| Spanned::new(from, child.node.span));
        child.once(&mut all.from, found);
    }),
    Row("family", |all, child| {
        let found = Distribution::node(child.node, child.out);
        child.once(&mut all.distribution, found);
    }),
    Row("template", |all, child| {
        let found = path("template", child.node, child.out).map(RecipeDecl::Template);
        child.once_of(RECIPE, child.node.span, &mut all.recipe, found);
    }),
    Row("dockerfile", |all, child| {
        let found = path("dockerfile", child.node, child.out).map(RecipeDecl::Dockerfile);
        child.once_of(RECIPE, child.node.span, &mut all.recipe, found);
    }),
    Row("context", |all, child| {
        let found = path("context", child.node, child.out);
        child.once(&mut all.context, found);
    }),
    Row("contexts", |all, child| {
        contexts::read(&mut all.contexts, child);
    }),
    Row("platforms", |all, child| {
        let found = platforms(child.node, child.out);
        child.once(&mut all.platforms, Some(found));
    }),
    Row("use", |all, child| {
        all.uses.extend(UseDecl::parse(
            child.node,
            "use \"go\" version=\"{version}\"",
            child.out,
        ));
    }),
    Row("tag", |all, child| {
        all.tags.extend(TagRule::parse(child.node, child.out));
    }),
    Row("publish", |all, child| {
        Publish::parse(child.node, &mut all.publish, child.out);
    }),
    Row("arg", |all, child| {
        child.pairs(&mut all.args, "arg GOFLAGS=\"-trimpath\"");
    }),
    Row("env", |all, child| {
        child.pairs(&mut all.env, "env LANG=\"C.UTF-8\"");
    }),
    Row("default", |all, child| {
        let example = "default variant=\"plain\"";
        names::pairs(&mut all.defaults, child.node, example, child.out);
    }),
    Row("token", |all, child| {
        let example = "token variant=\"\"";
        names::pairs(&mut all.tokens, child.node, example, child.out);
    }),
    Row("settings", |all, child| {
        let mut reader = Reader::new(child.node, child.out);
        let first = reader.arg("the name of a block of settings", "settings \"web\"");
        all.shared.extend(first.into_iter().chain(reader.args()));
        reader.done();
        names::once(&all.shared, "block of settings", child.out);
    }),
    Row("check", |all, child| {
        all.checks.extend(CheckDecl::parse(child.node, child.out));
    }),
];

/// An image has one of the two.
const RECIPE: &str = "template` or `dockerfile";

/// The help for a node that belongs elsewhere than among settings.
pub(super) fn elsewhere(word: &str) -> Option<String> {
    match word {
        "base" => Some(
            "bases are declared at the top of the manifest, `base \"debian\" from=\"debian:12\"`; an image names its own with `from base=\"debian\"`".into(),
        ),
        _ => toolset::elsewhere(word),
    }
}

impl Settings {
    /// The names of the nodes of settings, as the tables name them that read them.
    pub fn words() -> Vec<&'static str> {
        [
            words(&ROWS),
            words(&HOOKS),
            words(&config::ROWS),
            words(&building::ROWS),
        ]
        .concat()
    }

    /// Reads those of the nodes that are settings.
    pub(super) fn parse(nodes: &[(&'static str, &Node)], out: &mut Diagnostics) -> Self {
        let mut settings = Self {
            said: Said::all(nodes, &[Self::words().as_slice(), &["path"]].concat()),
            ..Self::default()
        };
        block::read(
            &mut settings,
            &[&ROWS, &HOOKS, &config::ROWS, &building::ROWS],
            nodes,
            out,
        );
        building::once(&settings.building, out);
        config::once(&settings.config, out);
        TagRule::once(&settings.tags, out);
        settings
    }
}

/// `context "path"`, `template "path"`, `dockerfile "path"`
fn path(word: &str, node: &Node, out: &mut Diagnostics) -> Option<Spanned<String>> {
    let example = format!("{word} \"path\"");
    let path = child_text(node, "a path in the workspace", &example, out)?;
    Some(names::path(path, word, out))
}
