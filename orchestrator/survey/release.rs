//! Reads what a release depends on: the images that builds on the default branch have staged, and the tags that it moves.
//! Outside images are looked up only for what no build has published: a release builds nothing.

use super::all;
use super::current::Open;
use super::published::is_written;
use super::{Survey, bases, locked};
use crate::matrix::{Fleet, Permission, VariantId};
use crate::plan::{Current, Facts, Materials};
use crate::request::WorldError;
use std::collections::BTreeSet;

impl Survey<'_> {
    /// Reads the facts of a release. The fleet of the survey has only the tags that the release moves; `whole` has all of
    /// them.
    ///
    /// # Errors
    /// The staging repository does not answer, or no public one does.
    pub async fn for_release(&self, whole: &Fleet) -> Result<Facts, WorldError> {
        let wanted = self.materials.graph.with_ancestors(&self.options.selected);
        let mut facts = self.published(&wanted, is_written).await?;
        self.find_promoted(&mut facts, &wanted).await?;
        self.find_unpointed(&mut facts, whole, &wanted).await?;
        self.find_bases_of_new(&mut facts, &wanted).await;
        self.find_withdrawn(&mut facts).await?;
        self.find_deferred(&mut facts, &wanted).await?;
        let decisions = self.decided(&mut facts, &wanted).await?;
        self.find_lines(&mut facts, &wanted, &decisions).await?;
        self.find_details(&mut facts, &wanted, &decisions).await;
        Ok(facts)
    }

    /// The outside images of variants that no build has published. They are not ready; with these, it is known whether today's
    /// build of them is staged.
    async fn find_bases_of_new(&self, facts: &mut Facts, wanted: &BTreeSet<VariantId>) {
        let new = wanted.iter().filter(|v| !facts.current.contains_key(v));
        let new: BTreeSet<VariantId> = new.copied().collect();
        let named = bases::named(&self.materials, &new, bases::Of::Inputs);
        let locks = locked::locks(&named, &self.materials, &new);
        let found = bases::all(named, locks, self.options.push, self.registry, None).await;
        facts.bases.extend(found);
    }

    /// The image of each variant that the default branch staged last.
    async fn find_promoted(
        &self,
        facts: &mut Facts,
        wanted: &BTreeSet<VariantId>,
    ) -> Result<(), WorldError> {
        let origin = &self.options.origin;
        let default = origin.default.as_ref().or(origin.scope.as_ref());
        let variants = wanted.iter().copied().collect();
        let pointers: Vec<_> = all(variants, |v| self.pointers(v, default)).await?;
        let pointers: Open = pointers.into_iter().collect();
        self.follow(facts, pointers).await
    }

    /// The images of variants without a pointer: those that builds keep and have not staged, since the variant was renamed, or
    /// was published for git tags alone.
    async fn find_unpointed(
        &self,
        facts: &mut Facts,
        whole: &Fleet,
        wanted: &BTreeSet<VariantId>,
    ) -> Result<(), WorldError> {
        let open = wanted.iter().filter(|v| !facts.current.contains_key(v));
        let open: BTreeSet<VariantId> = open.copied().collect();
        if open.is_empty() {
            return Ok(());
        }
        let materials = Materials {
            fleet: whole,
            ..self.materials
        };
        let survey = Survey { materials, ..*self };
        let mut found = survey.published(&open, is_written).await?;
        survey.find_current(&mut found, &open).await?;
        let own = found.current.into_iter();
        let own = own.filter(|(v, current)| open.contains(v) && !is_apart(whole, *v, current));
        facts.current.extend(own);
        facts.records.extend(found.records);
        Ok(())
    }
}

/// Whether a tag that is not for the default branch leads to an image: such as one for pull requests.
fn is_apart(fleet: &Fleet, v: VariantId, current: &Current) -> bool {
    let permissions = fleet.variant(v).permissions_of(&current.found);
    permissions.is_some_and(|(tag, repository)| {
        let is_denied = |one: &Permission| matches!(one, Permission::Denied(_));
        is_denied(tag) || is_denied(repository)
    })
}
