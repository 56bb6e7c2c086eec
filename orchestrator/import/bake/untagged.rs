//! Targets without tags: images whose tags come from elsewhere, or no images.

use super::built::Built;
use super::fleet::Maker;
use super::unfinished;
use crate::import::image_name;
use crate::import::note::Notes;
use crate::import::published::Text;
use std::cmp::Reverse;

impl Maker<'_, '_> {
    /// Of the targets without tags, those that bake builds are images whose tags come from elsewhere. Of those that
    /// build the same and inherit from each other, or from the same target, one is the image: that with the most
    /// platforms.
    pub(super) fn untagged(&mut self, any_tagged: bool, notes: &mut Notes) {
        let mut all = std::mem::take(&mut self.untagged);
        all.sort_by_key(|built| Reverse(built.platforms.as_ref().map_or(1, Vec::len)));
        let wanted = |built: &Built| self.selection.built.contains(&built.target);
        let mut images: Vec<Built> = Vec::new();
        for at in 0..all.len() {
            let related = |other: &Built| !any_tagged && wanted(other) && family(&all[at], other);
            let is_image = wanted(&all[at]) || all.iter().any(related);
            let known = images.iter().any(|image| family(image, &all[at]));
            match is_image && !known {
                true => images.push(all[at].clone()),
                false => without_tags(&all[at], notes),
            }
        }
        images.sort_by_key(|built| built.span.start);
        images
            .into_iter()
            .for_each(|built| self.unfinished(built, notes));
    }

    fn unfinished(&mut self, built: Built, notes: &mut Notes) {
        let name = self.unique(&image_name(&built.target));
        self.names.insert(name.clone());
        let message = "an image has no tags in the file: the manifest has variables in their place";
        let help = "fill them in: `kiln validate` names the lines";
        notes.assumed(message, help, built.span);
        self.counted(&built);
        let mut built = built;
        if let Some(text) = built.inline.take() {
            built.dockerfile = Text::literal(self.inlines.add(&name, text));
        }
        self.fleet.unfinished.push(unfinished::image(name, &built));
    }
}

/// Whether two targets are forms of one image: `image`, `image-local`, `image-all`.
fn family(one: &Built, other: &Built) -> bool {
    let mut shared = one.ancestors.intersection(&other.ancestors);
    let related = shared.next().is_some()
        || one.ancestors.contains(&other.target)
        || other.ancestors.contains(&one.target);
    let same = (&one.dockerfile, &one.context, &one.stage, &one.inline)
        == (
            &other.dockerfile,
            &other.context,
            &other.stage,
            &other.inline,
        );
    related && same
}

/// Notes that a target makes no image.
pub(super) fn without_tags(built: &Built, notes: &mut Notes) {
    notes.left_out(
        "a target without tags",
        "it is not an image; targets that inherit from it have its settings",
        built.span,
    );
}
