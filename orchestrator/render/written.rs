//! Dockerfiles that people wrote.

use super::context::{below, normal};
use super::files::{Files, way_out};
use super::{RELATIVE, template_of};
use crate::dockerfile;
use crate::matrix::Fleet;
use crate::text::{Diagnostic, Diagnostics, SourceId, Sources, Span, Spanned};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Hand-written Dockerfiles by normalized path, each read once.
pub(super) struct Written(pub BTreeMap<String, (SourceId, Arc<str>)>);

impl Written {
    /// Reads the files that the fleet names; those that do not exist are reported.
    pub fn load(
        fleet: &Fleet,
        files: &dyn Files,
        sources: &mut Sources,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let mut wanted = BTreeMap::new();
        for variant in &fleet.variants {
            let Err(path) = template_of(variant) else {
                continue;
            };
            if let Some(normal) = normal(path) {
                let context = variant.context.as_ref();
                wanted.entry(normal).or_insert((path.span, context));
            }
        }
        let mut read = BTreeMap::new();
        for (path, (span, context)) in wanted {
            let missing = |message| {
                Diagnostic::error("render::dockerfile", message)
                    .at(span, "named here")
                    .help(way_out(&path, files))
                    .maybe_help(near(&path, context, files))
            };
            match text(&path, files, sources) {
                Ok(Some(text)) => {
                    drop(read.insert(path.clone(), (sources.add(path, text.clone()), text)))
                }
                Ok(None) => diagnostics.push(missing(format!("file `{path}` does not exist"))),
                Err(Unread::File(why)) => diagnostics.push(missing(why)),
                Err(Unread::Text(fault)) => diagnostics.push(*fault),
            }
        }
        Self(read)
    }
}

/// Why a Dockerfile is not read.
enum Unread {
    /// A sentence.
    File(String),
    /// Its text is not UTF-8.
    Text(Box<Diagnostic>),
}

/// The text of a Dockerfile, whose comments may be in any encoding.
fn text(path: &str, files: &dyn Files, sources: &mut Sources) -> Result<Option<Arc<str>>, Unread> {
    let why = match files.text(path) {
        Ok(text) => return Ok(text),
        Err(why) => why,
    };
    let Ok(Some(text)) = files.lossy(path) else {
        return Err(Unread::File(why));
    };
    let Some(bytes) = dockerfile::foreign(&text) else {
        return Ok(Some(text));
    };
    let place = Span::of(sources.add(path, text), &bytes);
    let message = format!("`{path}` is not UTF-8 outside of its comments");
    let fault = Diagnostic::error("render::encoding", message)
        .at(place, "the first byte that is not UTF-8")
        .help("save it as UTF-8: `iconv -f latin1 -t utf-8`");
    Err(Unread::Text(Box::new(fault)))
}

/// A Dockerfile that the author probably meant: in the context, below the path, or beside it.
fn near(path: &str, context: Option<&Spanned<String>>, files: &dyn Files) -> Option<String> {
    let beside = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let context = context.and_then(|context| normal(context));
    let mut all = [
        context.map(|folder| below(&folder, path)),
        Some(below(path, "Dockerfile")),
        Some(below(beside, "Dockerfile")),
    ]
    .into_iter()
    .flatten();
    let found = all.find(|one| one != path && matches!(files.text(one), Ok(Some(_))))?;
    Some(format!("did you mean `{found}`? {RELATIVE}"))
}
