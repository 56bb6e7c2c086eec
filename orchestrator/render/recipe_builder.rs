//! One variant's recipe: rendered or hand-written, guarded against injection, parsed.

use super::checksums::Fetching;
use super::context::Contexts;
use super::freshness::Refreshed;
use super::injection::{PlainTexts, Rendered};
use super::merged::Merged;
use super::named::{Named, Place, Source};
use super::source_map::Names;
use super::template::{STAGES, TemplateFault, Templates};
use super::{
    ContextOrigin, Prepared, Recipe, RecipeContexts, RecipeFolder, SourceMap, Written, normal,
    template_of,
};
use crate::dockerfile::{self, Dockerfile, Given, NamedContext, Taken};
use crate::matrix::{Body, Variant};
use crate::request::SecretRefs;
use crate::text::{Diagnostic, Severity, Shown, SourceId, Sources, Span, Spanned, did_you_mean};
use crate::tree::Tree;
use std::ops::Range;
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
                if builder.text.is_some() {
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

    fn fill(&self, one: &Prepared<'_>, template: &Spanned<String>, builder: &mut RecipeBuilder) {
        if !self.templates.has(template)
            || builder
                .faults
                .iter()
                .any(|fault| fault.severity == Severity::Error)
        {
            return;
        }
        match self.rendered(template, one) {
            // Without its partial, it is no Dockerfile.
            Ok(_) if self.templates.is_incomplete(template) => {}
            Ok(mut rendered) => {
                header(template, &mut rendered);
                match rendered.parse(self.plain) {
                    Ok(parsed) => builder.read = parsed.resolve(given(one)),
                    Err(line) => return builder.faults.push(injected(&rendered, line, template)),
                }
                builder.text = Some(rendered.text.into());
                // Maps the variant's numbers of places to the fleet's.
                let places = &one.installed.places;
                rendered.lines.iter_mut().for_each(|line| {
                    line.place = line
                        .place
                        .and_then(|number| self.names.number(*places.get(number as usize)?));
                });
                builder.map = SourceMap::new(rendered.lines, self.names.clone());
            }
            Err(first) => {
                let mut faults = self.templates.faults(template, &one.data);
                if faults.is_empty() {
                    faults.push(first);
                }
                let data = one.data.all();
                let faults = faults.into_iter();
                let faults = faults.map(|fault| self.fault(fault, template, &data));
                builder.faults.extend(faults);
            }
        }
    }

    /// The rendered text. If the template does not include the download stages, they are inserted before its first FROM.
    fn rendered(&self, template: &str, one: &Prepared<'_>) -> Result<Rendered, TemplateFault> {
        let mut rendered = Rendered::new(&self.templates.render(template, &one.data)?);
        if !one.installed.stages.is_empty() && !self.templates.names(template, "stages") {
            let stages = Rendered::new(&self.templates.render(STAGES, &one.data)?);
            let first = dockerfile::first_from(&rendered.text);
            rendered.insert(first, stages);
        }
        Ok(rendered)
    }

    fn fault(
        &self,
        fault: TemplateFault,
        template: &Spanned<String>,
        data: &serde_json::Value,
    ) -> Diagnostic {
        let place = fault.place.and_then(|(name, line, column)| {
            self.templates.span(self.sources, &name, line, column)
        });
        let near = fault.missing.as_deref().and_then(|path| {
            let mut known = Vec::new();
            keys(data, &mut known);
            did_you_mean(path.rsplit(['.', '/']).next().unwrap_or(path), known)
        });
        let optional = fault
            .missing
            .map(|_| String::from("query optional names with `has` or `default`"));
        let diagnostic =
            Diagnostic::error("template::render", fault.message).maybe_help(near.or(optional));
        match place {
            Some(span) => diagnostic.at(span, "here"),
            None => diagnostic.at(template.span, "in this template"),
        }
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

/// A fault of a Dockerfile: a stage that does not exist is named in the manifest.
fn placed(fault: dockerfile::Fault, variant: &Variant, span: Span) -> Diagnostic {
    let target = variant
        .target
        .filter(|_| fault.code == dockerfile::NO_TARGET);
    let fault = fault.diagnostic_at(span);
    let Some(span) = target else {
        return fault;
    };
    if variant.body.path().as_str() == Body::WHOLE {
        let message = "`target` has no effect: kiln writes the Dockerfile of an image without `template` and `dockerfile`, and it has no stage of this name";
        return Diagnostic::error(fault.code, message)
            .at(span, "this stage")
            .help("remove it, or name a file with this stage: `dockerfile \"path\"` or `template \"path\"`");
    }
    let file = fault.labels.first().map(|label| label.span);
    let mut fault = Diagnostic {
        labels: Vec::new(),
        ..fault
    }
    .at(span, "this stage");
    if let Some(file) = file {
        fault = fault.at(file, "of this file");
    }
    fault
}

/// A warning about content that is not part of a recipe.
fn uncovered(one: &dockerfile::Unfixed, span: Span) -> Diagnostic {
    let message = format!(
        "the content of {} is not known before a build: if it changes there, nothing is built again",
        one.address.shown()
    );
    Diagnostic::warning("render::address", message)
        .at(span, "fetched here")
        .help("fix the content, `ADD --checksum=sha256:…` or `#<commit>` of a repository; else `kiln build --force` fetches it again")
}

fn injected(rendered: &Rendered, line: usize, template: &Spanned<String>) -> Diagnostic {
    let text = rendered.text.lines().nth(line - 1).unwrap_or_default();
    let message = format!(
        "a value from the manifest changes more than its own place: `{}`",
        text.trim()
    );
    Diagnostic::error("render::injection", message)
        .at(template.span, "rendered from this template")
        .help("a value can neither add nor change instructions, flags or variables")
}

/// Every name in the data, for "did you mean".
fn keys<'a>(value: &'a serde_json::Value, known: &mut Vec<&'a str>) {
    match value {
        serde_json::Value::Object(object) => object.iter().for_each(|(name, value)| {
            known.push(name);
            keys(value, known);
        }),
        serde_json::Value::Array(list) => list.iter().for_each(|value| keys(value, known)),
        _ => {}
    }
}

/// Inserts the comment about the file's origin below the parser directives, which must come first.
fn header(template: &str, rendered: &mut Rendered) {
    let at = dockerfile::directives_end(&rendered.text);
    let blank: usize =
        rendered.text[at..].len() - rendered.text[at..].trim_start_matches(['\n', '\r']).len();
    rendered.cut(at..at + blank);
    if !rendered.text.is_empty() && !rendered.text.ends_with('\n') {
        rendered.text.push('\n');
    }
    let word = format!(
        "# Generated by kiln from {template}. Do not edit: change the template or kiln.kdl and run `kiln generate`.\n\n"
    );
    rendered.insert(at, Rendered::new(&word));
}

/// The tool sets that are refreshed. A template of the workspace may lack the arguments for it.
fn refresh(one: &Prepared<'_>, template: &Spanned<String>, builder: &mut RecipeBuilder) {
    if builder.text.is_none() {
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
        self.text.as_ref().map(|_| &self.read)
    }

    /// What the named contexts change; `None` without any.
    fn contexts(&mut self, sources: &Sources) -> Option<Box<RecipeContexts>> {
        let named = std::mem::take(&mut self.named);
        if named.is_empty() {
            return None;
        }
        let origin = |one: &Declared| {
            let (span, place) = (one.span, sources.place(one.span));
            (one.name.clone(), ContextOrigin { span, place })
        };
        let origins = named.iter().map(origin).collect();
        let folder = |one: Declared| {
            let reads = self.read.folder_reads.remove(&one.name)?;
            let refs = self.read.folder_refs.iter();
            Some(RecipeFolder {
                refs: refs
                    .filter(|place| place.context == one.name)
                    .cloned()
                    .collect(),
                tree: one.tree?,
                name: one.name,
                reads,
            })
        };
        Some(Box::new(RecipeContexts {
            origins,
            folders: named.into_iter().filter_map(folder).collect(),
            replaced: std::mem::take(&mut self.read.replaced),
        }))
    }

    /// Registers the text as a source. `previous` is the recipe before it, with its variant.
    pub fn finish(
        mut self,
        variant: &Variant,
        previous: Option<(&Variant, &Recipe)>,
        sources: &mut Sources,
        faults: &mut Merged,
    ) -> Option<Recipe> {
        let contexts = self.contexts(sources);
        // Variants of an image follow each other: its place is looked up once.
        let declared = match previous {
            Some((before, recipe)) if before.span == variant.span => recipe.declared.clone(),
            _ => sources.place(variant.span).into(),
        };
        let failed = self
            .faults
            .iter()
            .any(|fault| fault.severity == Severity::Error);
        self.faults
            .into_iter()
            .for_each(|fault| faults.push(variant, fault));
        let (Some(text), Some(context), false) = (&self.text, self.context, failed) else {
            // The faults of a file that can be read do not follow from those.
            if let Some(text) = &self.text {
                let span = |bytes: &Range<usize>| match self.source {
                    Some(source) => Span::of(source, bytes),
                    None => self.map.written(text, bytes).unwrap_or(variant.span),
                };
                for fault in self.read.faults {
                    let span = span(&fault.bytes);
                    faults.push(variant, placed(fault, variant, span));
                }
            }
            return None;
        };
        let text = text.clone();
        let generated = self.source.is_none();
        let path: Arc<str> = self.path.into();
        let source = self
            .source
            .unwrap_or_else(|| sources.add(path.clone(), text.clone()));
        let features = self.read.features(&variant.args);
        let unreadable = !self.read.faults.is_empty();
        // The author changes the template, not what is rendered from it.
        let written = |bytes: &Range<usize>| self.map.author_span(source, &text, bytes);
        for fault in self.read.faults {
            let span = written(&fault.bytes);
            faults.push(variant, placed(fault, variant, span));
        }
        for one in self.read.warnings {
            let span = written(&one.bytes);
            faults.push(variant, one.warning_at(span));
        }
        // What kiln fetches itself is checked in the build.
        let own = |address: &str| self.fetching.iter().any(|one| one.url == address);
        let unfixed = self.read.unfixed.iter();
        let unfixed = unfixed.filter(|one| !own(&one.address));
        unfixed.for_each(|one| faults.push(variant, uncovered(one, written(&one.bytes))));
        let before = previous.map(|(_, recipe)| recipe);
        let beside = if generated && variant.context.is_none() {
            context.clone()
        } else {
            let before = before.map(|one| &one.beside);
            one(Tree::default(), before)
        };
        let recipe = Recipe {
            variant: variant.id,
            declared,
            based: None,
            path,
            dockerfile: text,
            source,
            context,
            beside,
            image_refs: shared(self.read.image_refs, before.map(|one| &one.image_refs)),
            final_base: self.read.final_base,
            native: self.read.native,
            executed: shared(self.read.executed, before.map(|one| &one.executed)),
            reads: shared(self.read.reads, before.map(|one| &one.reads)),
            unneeded: self.read.unneeded.into(),
            idle: self.read.idle.into(),
            onbuild_reads: self.read.onbuild_reads,
            contexts,
            secrets: one(self.secrets, before.map(|one| &one.secrets)),
            features: shared(features, before.map(|one| &one.features)),
            map: self.map.shared_with(before.map(|one| &one.map)),
            fetching: self.fetching.into(),
            refreshed: self.refreshed.into(),
            generated,
        };
        (!unreadable).then_some(recipe)
    }
}

/// The value, shared with the recipe before it if theirs are equal.
fn one<T: PartialEq>(value: T, before: Option<&Arc<T>>) -> Arc<T> {
    match before {
        Some(known) if **known == value => known.clone(),
        _ => Arc::new(value),
    }
}

/// The list, shared with the recipe before it if theirs are equal: those of one template mostly are.
fn shared<T: PartialEq>(list: Vec<T>, before: Option<&Arc<[T]>>) -> Arc<[T]> {
    match before {
        Some(known) if **known == *list => known.clone(),
        _ => list.into(),
    }
}
