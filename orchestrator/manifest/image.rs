//! `image "go" { axis …; when …; from …; template …; use …; tag …; exclude …; include … }`

use crate::manifest::workspace::child_text;
use crate::manifest::{
    AxisDecl, CheckDecl, ConfigDecl, Distribution, Match, Publish, TagRule, When, names,
};
use crate::text::kdl::{Node, Reader, unknown_property};
use crate::text::{Diagnostic, Diagnostics, Span, Spanned, suggest};

/// A declared family of variants.
#[derive(Debug, Clone)]
pub struct Image {
    /// Where it is declared.
    pub span: Span,
    /// The image's name.
    pub name: Spanned<String>,
    /// The dimensions of the matrix.
    pub axes: Vec<AxisDecl>,
    /// Cells that are removed from the matrix.
    pub exclude: Vec<Cells>,
    /// Cells that are added to the matrix.
    pub include: Vec<Cells>,
    /// The settings of all cells.
    pub settings: Settings,
    /// The `when` blocks in file order.
    pub whens: Vec<When>,
    /// Its own repositories, which replace those of the workspace.
    pub publish: Vec<Publish>,
    /// A pattern for the folder below `.circleci/images/<image>/`.
    pub path: Option<Spanned<String>>,
    /// Tags that must exist.
    pub must: Vec<Must>,
}

/// Settings of an image or of the cells that a `when` matches: later ones replace earlier ones or add to them.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What the image is based on.
    pub from: Option<Spanned<BasedOn>>,
    /// The source of the Dockerfile.
    pub recipe: Option<RecipeDecl>,
    /// The build context.
    pub context: Option<ContextDecl>,
    /// The platforms to build for.
    pub platforms: Option<Vec<Spanned<String>>>,
    /// The tool sets to install.
    pub uses: Vec<UseDecl>,
    /// The rules for public tags.
    pub tags: Vec<TagRule>,
    /// Build arguments: name and value.
    pub args: Vec<(Spanned<String>, Spanned<String>)>,
    /// Environment variables: name and value.
    pub env: Vec<(Spanned<String>, Spanned<String>)>,
    /// `default <axis>="value"`: the value of an axis that has the empty token in these cells.
    pub defaults: Vec<(Spanned<String>, Spanned<String>)>,
    /// `token <axis>="text"`: the token of an axis in the tags of these cells.
    pub tokens: Vec<(Spanned<String>, Spanned<String>)>,
    /// `family "alpine"`: that of the parent if not specified.
    pub distribution: Option<Distribution>,
    /// The configuration of containers.
    pub config: ConfigDecl,
    /// The checks of the built images, in addition to those of their tool sets.
    pub checks: Vec<CheckDecl>,
}

/// What an image is based on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BasedOn {
    /// `from base="name"`
    Base(Spanned<String>),
    /// `from image="go" variant="node"`: axes that are not specified have the same value as in this image.
    Image {
        /// The image's name.
        image: Spanned<String>,
        /// The cells of the variant: axis and value.
        cells: Vec<(Spanned<String>, Spanned<String>)>,
    },
}

/// The source of the Dockerfile. The path is relative to the workspace and may contain placeholders.
#[derive(Debug, Clone)]
pub enum RecipeDecl {
    /// A template that is rendered.
    Template(Spanned<String>),
    /// A Dockerfile that is used as it is.
    Dockerfile(Spanned<String>),
}

/// `context "path"`: a folder of the workspace.
#[derive(Debug, Clone)]
pub struct ContextDecl {
    /// The path, relative to the workspace.
    pub path: Spanned<String>,
}

/// `use "toolset" param="value"`
#[derive(Debug, Clone)]
pub struct UseDecl {
    /// Where it is declared.
    pub span: Span,
    /// The tool set's name.
    pub toolset: Spanned<String>,
    /// The parameters: name and value.
    pub params: Vec<(Spanned<String>, Spanned<String>)>,
}

/// Cells by axis and value, for `exclude` and `include`.
#[derive(Debug, Clone)]
pub struct Cells {
    /// Where it is declared.
    pub span: Span,
    /// The axes and their patterns.
    pub cells: Vec<crate::manifest::Match>,
}

/// `must "latest"`
#[derive(Debug, Clone)]
pub struct Must {
    /// The tag.
    pub tag: Spanned<String>,
}

/// A child with its correct name.
type Kind<'n> = (&'static str, &'n Node);

impl Image {
    /// The nodes in an image that are not settings.
    const NODES: [&str; 7] = [
        "axis", "exclude", "include", "when", "publish", "path", "must",
    ];

    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let name = reader.name("image \"go\" { … }");
        let known: Vec<&'static str> = Self::NODES.into_iter().chain(Settings::NODES).collect();
        let children = reader.kinds(&known);
        reader.done();
        let (own, settings): (Vec<Kind>, Vec<Kind>) = children
            .into_iter()
            .partition(|(kind, _)| Self::NODES.contains(kind));
        let name = names::name(name?, "image", out);
        let settings = Settings::parse(&settings, out);
        let mut image = Self {
            span: node.span,
            name,
            settings,
            axes: Vec::new(),
            exclude: Vec::new(),
            include: Vec::new(),
            whens: Vec::new(),
            publish: Vec::new(),
            path: None,
            must: Vec::new(),
        };
        own.into_iter()
            .for_each(|(kind, child)| image.child(kind, child, out));
        Some(image)
    }

    fn child(&mut self, kind: &str, node: &Node, out: &mut Diagnostics) {
        match kind {
            "axis" => names::declare(
                &mut self.axes,
                AxisDecl::parse(node, out),
                |axis| &axis.name,
                "axis",
                out,
            ),
            "exclude" => self.exclude.extend(Cells::parse(node, out)),
            "include" => self.include.extend(Cells::parse(node, out)),
            "when" => self.whens.extend(When::parse(node, out)),
            "publish" => Publish::parse(node, &mut self.publish, out),
            "path" => {
                if let Some(path) =
                    child_text(node, "a pattern", "path \"{version.minor}/{variant}\"", out)
                {
                    names::set_once(&mut self.path, names::path(path, "path", out), "path", out);
                }
            }
            _ => Must::parse(node, &mut self.must, out),
        }
    }
}

impl Settings {
    /// The number of items in the lists that add up over blocks.
    pub fn len(&self) -> usize {
        let lists = [
            self.uses.len(),
            self.tags.len(),
            self.args.len(),
            self.env.len(),
            self.defaults.len(),
            self.tokens.len(),
            self.checks.len(),
            self.config.len(),
        ];
        lists.iter().sum::<usize>() + self.platforms.as_ref().map_or(0, Vec::len)
    }

    /// Whether these lists are empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The nodes of settings, for an image or for some of its cells.
    pub(super) const NODES: [&str; 21] = [
        "from",
        "family",
        "template",
        "dockerfile",
        "context",
        "platforms",
        "use",
        "tag",
        "arg",
        "env",
        "default",
        "token",
        "check",
        "user",
        "workdir",
        "entrypoint",
        "cmd",
        "expose",
        "volume",
        "stopsignal",
        "label",
    ];

    pub(super) fn parse(nodes: &[Kind], out: &mut Diagnostics) -> Self {
        let mut settings = Self::default();
        let mut once = Once::default();
        for (kind, node) in nodes {
            settings.node(kind, node, &mut once, out);
        }
        settings.from = once.from;
        settings.distribution = once.distribution.map(|distribution| distribution.value);
        settings.recipe = once.recipe.map(|recipe| recipe.value);
        settings.context = once.context.map(|context| context.value);
        settings.platforms = once.platforms.map(|platforms| platforms.value);
        settings
    }

    fn node(&mut self, kind: &str, node: &Node, once: &mut Once, out: &mut Diagnostics) {
        match kind {
            "use" => self.uses.extend(UseDecl::parse(node, out)),
            "tag" => self.tags.extend(TagRule::parse(node, out)),
            "check" => self.checks.extend(CheckDecl::parse(node, out)),
            "arg" => pairs(&mut self.args, node, "arg GOFLAGS=\"-trimpath\"", out),
            "env" => pairs(&mut self.env, node, "env LANG=\"C.UTF-8\"", out),
            "default" => pairs(&mut self.defaults, node, "default variant=\"plain\"", out),
            "token" => pairs(&mut self.tokens, node, "token variant=\"\"", out),
            kind if ConfigDecl::NODES.contains(&kind) => self.config.node(kind, node, out),
            _ => once.node(kind, node, out),
        }
    }
}

fn pairs(
    all: &mut Vec<(Spanned<String>, Spanned<String>)>,
    node: &Node,
    example: &str,
    out: &mut Diagnostics,
) {
    let mut reader = Reader::new(node, out);
    names::add_pairs(all, &mut reader, example);
    reader.done();
}

/// The settings that may appear once in a block.
#[derive(Default)]
struct Once {
    from: Option<Spanned<BasedOn>>,
    distribution: Option<Spanned<Distribution>>,
    recipe: Option<Spanned<RecipeDecl>>,
    context: Option<Spanned<ContextDecl>>,
    platforms: Option<Spanned<Vec<Spanned<String>>>>,
}

impl Once {
    fn node(&mut self, kind: &str, node: &Node, out: &mut Diagnostics) {
        let at = node.span;
        match kind {
            "from" => {
                if let Some(from) = BasedOn::parse(node, out) {
                    names::set_once(&mut self.from, Spanned::new(from, at), kind, out);
                }
            }
            "family" => {
                if let Some(found) = Distribution::node(node, out) {
                    names::set_once(&mut self.distribution, Spanned::new(found, at), kind, out);
                }
            }
            "platforms" => {
                let found = Spanned::new(platforms(node, out), at);
                names::set_once(&mut self.platforms, found, kind, out);
            }
            _ => self.path(kind, node, out),
        }
    }

    /// `context`, `template` and `dockerfile`.
    fn path(&mut self, kind: &str, node: &Node, out: &mut Diagnostics) {
        let example = format!("{kind} \"path\"");
        let Some(path) = child_text(node, "a path in the workspace", &example, out) else {
            return;
        };
        let path = names::path(path, kind, out);
        let recipe = match kind {
            "context" => {
                let context = Spanned::new(ContextDecl { path }, node.span);
                return names::set_once(&mut self.context, context, kind, out);
            }
            "template" => RecipeDecl::Template(path),
            _ => RecipeDecl::Dockerfile(path),
        };
        let recipe = Spanned::new(recipe, node.span);
        names::set_once(&mut self.recipe, recipe, "template` or `dockerfile", out);
    }
}

/// `platforms "linux/amd64" "linux/arm64"`
fn platforms(node: &Node, out: &mut Diagnostics) -> Vec<Spanned<String>> {
    let mut reader = Reader::new(node, out);
    let first = reader.arg("a platform", "platforms \"linux/amd64\" \"linux/arm64\"");
    let platforms: Vec<Spanned<String>> = first.into_iter().chain(reader.args()).collect();
    reader.done();
    names::once(&platforms, "platform", out);
    platforms
}

impl BasedOn {
    fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let (base, image) = (reader.prop("base"), reader.prop("image"));
        let cells = if base.is_some() {
            Vec::new()
        } else {
            reader.pairs()
        };
        let from = match (base, image) {
            (Some(base), None) => Some(Self::Base(base)),
            (None, Some(image)) => Some(Self::Image { image, cells }),
            (Some(_), Some(image)) => {
                let message = "`from` names a base and an image";
                reader.out().push(
                    Diagnostic::error("manifest::from", message)
                        .at(image.span, "one too many")
                        .help("an image is based on one other image: remove `base` or `image`"),
                );
                None
            }
            (None, None) => Self::misspelt(cells, &mut reader),
        };
        reader.done();
        from
    }
}

impl BasedOn {
    /// Without `base` and `image`: the property that is probably a misspelling of one of them.
    fn misspelt(
        mut cells: Vec<(Spanned<String>, Spanned<String>)>,
        reader: &mut Reader,
    ) -> Option<Self> {
        let near = |name: &str| suggest(name, ["base", "image"]);
        let Some(at) = cells
            .iter()
            .position(|(name, _)| near(&name.value).is_some())
        else {
            reader.missing("`base` or `image`", "from base=\"debian\"");
            return None;
        };
        let (name, value) = cells.remove(at);
        reader
            .out()
            .push(unknown_property(&name, "from", &["base", "image"]));
        Some(if near(&name.value) == Some("base") {
            Self::Base(value)
        } else {
            Self::Image {
                image: value,
                cells,
            }
        })
    }
}

impl UseDecl {
    fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let toolset = reader.arg("a tool set", "use \"go\" version=\"{version}\"");
        let params = reader.pairs();
        reader.done();
        Some(Self {
            span: node.span,
            toolset: toolset?,
            params,
        })
    }
}

impl Cells {
    fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let cells = Match::list(
            &mut reader,
            "exclude version=\"1.25.*\" variant=\"browsers\"",
        );
        reader.done();
        (!cells.is_empty()).then_some(Self {
            span: node.span,
            cells,
        })
    }
}

impl Must {
    fn parse(node: &Node, all: &mut Vec<Self>, out: &mut Diagnostics) {
        let mut reader = Reader::new(node, out);
        let first = reader.arg("a tag", "must \"latest\"");
        let tags: Vec<Spanned<String>> = first.into_iter().chain(reader.args()).collect();
        reader.done();
        all.extend(tags.into_iter().map(|tag| Self {
            tag: names::filled(tag, "must", out),
        }));
    }
}
