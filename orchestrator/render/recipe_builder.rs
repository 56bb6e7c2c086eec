//! One variant's recipe: rendered or hand-written, guarded against injection, parsed.

mod fill;
mod finish;

use super::checksums::Fetching;
use super::context::Contexts;
use super::freshness::Refreshed;
use super::injection::PlainTexts;
use super::lack::{self, Sent};
use super::named::{Named, Place, Source};
use super::source_map::Names;
use super::template::Templates;
use super::{Prepared, SourceMap, Written, normal, template_of};
use crate::dockerfile::{self, Dockerfile, Given, NamedContext, Taken};
use crate::request::SecretRefs;
use crate::text::{Diagnostic, SourceId, Sources, Span, Spanned};
use crate::tree::Tree;
use std::sync::Arc;

/// Everything that rendering one variant needs.
pub(super) struct RenderContext<'a> {
    pub templates: &'a Templates,
    pub written: &'a Written,
    pub contexts: &'a Contexts,
    pub names: &'a Arc<Names>,
    pub plain: &'a PlainTexts,
    pub sources: &'a Sources,
}

/// A recipe whose text is not registered as a source yet.
#[derive(Default)]
pub(super) struct RecipeBuilder {
    path: String,
    text: Option<Arc<str>>,
    source: Option<SourceId>,
    context: Option<Arc<Tree>>,
    map: SourceMap,
    fetching: Vec<Fetching>,
    refreshed: Vec<Refreshed>,
    named: Vec<Declared>,
    secrets: SecretRefs,
    /// The parsed text.
    read: Dockerfile,
    /// Whether something is missing in the text: only single lines of it can be checked.
    is_partial: bool,
    faults: Vec<Diagnostic>,
}

/// A named context.
struct Declared {
    name: Box<str>,
    /// Its place in the manifest.
    span: Span,
    /// Its files, if it is a folder.
    tree: Option<Arc<Tree>>,
}

impl RenderContext<'_> {
    pub fn begin(&self, one: &Prepared<'_>) -> RecipeBuilder {
        let faults = one.installed.faults.iter().chain(&one.faults);
        let faults = faults.chain(&one.named.faults).chain(&one.mounts.faults);
        let mut builder = RecipeBuilder {
            faults: faults.cloned().collect(),
            ..RecipeBuilder::default()
        };
        // What the Dockerfile's names mean is not known, and the fault is reported.
        if !one.named.faults.is_empty() {
            return builder;
        }
        let (named, mut has_all) = self.named(&one.named);
        builder.named = named;
        let copied = one.installed.files.as_slice();
        let key = match &one.key {
            Some(Err(fault)) => {
                builder.faults.push(fault.clone());
                has_all = false;
                None
            }
            Some(Ok((key, _))) => Some(key),
            None => None,
        };
        match template_of(one.variant) {
            Ok(template) => {
                builder.path = format!("{}/Dockerfile", one.variant.dir);
                builder.context = self.contexts.tree(key, copied).filter(|_| has_all);
                builder.fetching.clone_from(&one.installed.fetching);
                self.fill(one, template, &mut builder);
                refresh(one, template, &mut builder);
                if builder.parsed().is_some() {
                    let left = one.mounts.forgotten(&builder.read, template.span);
                    builder.faults.extend(left);
                }
            }
            Err(path) => {
                builder.context = self.contexts.tree(key, &[]).filter(|_| has_all);
                self.take(one, path, &mut builder);
            }
        }
        one.mounts.check(&mut builder.read);
        one.check_sent(&mut builder.read);
        let RecipeBuilder {
            read,
            context,
            named,
            ..
        } = &mut builder;
        lack::check_present(read, |name| {
            let (folder, tree) = match name {
                Some(name) => {
                    let declared = named.iter().find(|one| *one.name == *name)?;
                    (one.named.folder(name), &declared.tree)
                }
                None => (key, &*context),
            };
            Some(Sent {
                tree: tree.as_deref()?,
                ignored: folder.and_then(|key| self.contexts.ignored(key)),
            })
        });
        builder.secrets = one.mounts.refs(&builder.read, self.sources);
        builder
    }

    /// The named contexts with their folders, and whether all folders could be read.
    fn named(&self, named: &Named) -> (Vec<Declared>, bool) {
        let all = named.contexts.iter().zip(&named.places);
        let one = |(context, place): (&NamedContext, &Place)| Declared {
            name: context.name.as_str().into(),
            span: place.name,
            tree: match &place.files {
                Some(Source::Folder(key, _)) => self.contexts.folder(key),
                Some(Source::Nothing) => Some(Arc::default()),
                None => None,
            },
        };
        let mut folders = named.places.iter().filter_map(|place| place.files.as_ref());
        let has_all = folders.all(|files| match files {
            Source::Folder(key, _) => self.contexts.folder(key).is_some(),
            Source::Nothing => true,
        });
        (all.map(one).collect(), has_all)
    }

    fn take(&self, one: &Prepared<'_>, path: &Spanned<String>, builder: &mut RecipeBuilder) {
        let Some((normal, (source, text))) =
            normal(path).and_then(|path| self.written.0.get_key_value(&path))
        else {
            return;
        };
        builder.path.clone_from(normal);
        builder.source = Some(*source);
        builder.read = dockerfile::read(text, given(one));
        builder.text = Some(text.clone());
    }
}

fn given<'a>(one: &'a Prepared<'_>) -> Given<'a> {
    let variant = one.variant;
    Given {
        args: &variant.args,
        platforms: &variant.platforms,
        target: variant.build.target.as_deref(),
        contexts: &one.named.contexts,
    }
}

/// The tool sets that are refreshed. A template of the workspace may lack the arguments for it.
fn refresh(one: &Prepared<'_>, template: &Spanned<String>, builder: &mut RecipeBuilder) {
    if builder.parsed().is_none() {
        return;
    }
    for refreshed in &one.installed.refreshed {
        let argument = &refreshed.argument;
        if builder.read.takes(argument) == Taken::Used {
            builder.refreshed.push(refreshed.clone());
            continue;
        }
        let message = format!(
            "the `refresh` of tool set `{}` has no effect: the template does not write its ARG",
            refreshed.toolset
        );
        let fault = Diagnostic::warning("render::refresh", message);
        builder.faults.push(fault.at(template.span, "this template").help(format!(
            "write `ARG {argument}=0` (`ARG {{{{refresh}}}}=0` for each of `toolsets`) in front of what the tool set installs, or use `{{{{> kiln/toolset this}}}}`"
        )));
    }
}

impl RecipeBuilder {
    /// The Dockerfile, if it could be read.
    pub fn parsed(&self) -> Option<&Dockerfile> {
        let whole = self.text.as_ref().filter(|_| !self.is_partial);
        whole.map(|_| &self.read)
    }
}
