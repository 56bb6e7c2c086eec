//! Verifies that a manifest publishes exactly what the file does: it is expanded as any other, and compared.

use super::build::Build;
use super::manifest;
use super::published::{Image, Published};
use crate::line;
use crate::manifest::Manifest;
use crate::matrix::{self, Inputs};
use crate::text::{Diagnostic, Diagnostics, Span};

/// The manifest, if it publishes exactly this; if not, why not, as far as it has errors of its own.
pub fn verified(published: &Published) -> Result<String, Diagnostics> {
    let text = manifest::write(published);
    let mut wanted = described(&published.images);
    let mut got = Written::new(&text).made(published, &[])?;
    wanted.sort();
    got.sort();
    if got == wanted {
        Ok(text)
    } else {
        Err(Diagnostics::default())
    }
}

/// What a file describes.
pub fn described(images: &[Image]) -> Vec<Build> {
    let variants = images.iter().flat_map(|image| &image.variants);
    variants.map(Build::wanted).collect()
}

/// A manifest that is read once, and expanded with several values of its variables.
pub struct Written(Result<Manifest, Diagnostics>);

impl Written {
    /// Reads the text of a manifest.
    pub fn new(text: &str) -> Self {
        let mut faults = Diagnostics::default();
        let manifest = line::manifest_of(text, &mut faults);
        Self(match faults.has_errors() {
            true => Err(faults),
            false => Ok(manifest),
        })
    }

    /// What it makes after an edit; its errors if it makes nothing then.
    pub fn edited(
        &self,
        edit: impl FnOnce(&mut Manifest),
        published: &Published,
    ) -> Result<Vec<Build>, Diagnostics> {
        let mut manifest = self.0.clone()?;
        edit(&mut manifest);
        Self(Ok(manifest)).made(published, &[])
    }

    /// What it makes with these values of variables; its errors if it makes nothing.
    pub fn made(
        &self,
        published: &Published,
        set: &[(String, String)],
    ) -> Result<Vec<Build>, Diagnostics> {
        let manifest = self.0.as_ref().map_err(Clone::clone)?;
        let wanted = published.wanted.iter();
        let wanted = wanted.map(|(name, wanted)| (name.clone(), wanted.stand_in.clone()));
        // The result must not depend on a clock or on git.
        let inputs = Inputs {
            variables: wanted.chain(set.iter().cloned()).collect(),
            ..Inputs::default()
        };
        let mut faults = Diagnostics::default();
        let fleet = matrix::expand(manifest, &inputs, &mut faults);
        match fleet.filter(|_| !faults.has_errors()) {
            Some(fleet) => Ok(fleet.variants.iter().map(Build::got).collect()),
            None => Err(faults),
        }
    }
}

/// The error if no manifest can express the input: what kiln reports about the plainest one.
pub fn refused(faults: &Diagnostics, span: Span) -> Diagnostic {
    let why = faults.iter().next().map_or_else(
        || String::from("the manifest would publish other references"),
        |fault| fault.message.clone(),
    );
    Diagnostic::error(
        "import::refused",
        format!("this file cannot be expressed as one manifest: {why}"),
    )
    .at(span, "imported from here")
    .help("change it in the file, or begin the manifest by hand: docs/manifest.md")
}
