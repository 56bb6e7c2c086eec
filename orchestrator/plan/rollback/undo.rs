//! Taking a rollback back: the tags return to the image that they left, which is not withdrawn any more.

use super::trail::{Past, Trail, Trails, Wish};
use super::{Back, NotBack, NothingBack, Planner, Rollback, Still, Withdrawn};
use crate::memory::{Line, Part, Withdrawal};
use std::collections::BTreeMap;

/// A tag that returns, and the image that it left.
type Return<'a> = (&'a Trail, &'a Past);

impl Planner<'_> {
    /// Plans to take back what moved the named tags back.
    ///
    /// # Errors
    /// Every tag of the command line that cannot return, with the reason.
    pub(super) fn undo(
        &self,
        trails: &Trails,
        wish: &Wish,
        mut all: Rollback,
    ) -> Result<Rollback, NothingBack> {
        let (mut returned, mut refused) = (Vec::new(), Vec::new());
        for trail in super::existing(&trails.named) {
            let reference = trail.asked.reference.clone();
            match (left(trail), is_lifted(trail)) {
                (Err(NotBack::Absent(_)), _) => {
                    let near = super::left::near(self.materials, &reference);
                    refused.push((reference, NotBack::Absent(near)));
                }
                (Ok(left), _) => returned.push((trail, left)),
                (Err(NotBack::NotMoved(now)), true) => drop(all.done.insert(reference, now)),
                (Err(why), _) => refused.push((reference, why)),
            }
        }
        if !refused.is_empty() {
            let returned: Vec<&Trail> = returned.iter().map(|(trail, _)| *trail).collect();
            return Err(super::nothing_back(&trails.named, &returned, refused));
        }
        returned.extend(self.other_returns(&trails.others, wish, &mut all));
        let pairs: Vec<_> = returned.iter().map(|(trail, _)| *trail).collect();
        all.plan = self.plan(pairs.into_iter());
        all.withdrawn = self.lifted(&returned);
        let tags = returned
            .iter()
            .map(|(trail, left)| self.forward(trail, left));
        all.tags = self.sorted(tags.collect());
        Ok(all)
    }

    /// The further tags that left one of these images.
    fn other_returns<'a>(
        &self,
        others: &'a [Trail],
        wish: &Wish,
        all: &mut Rollback,
    ) -> Vec<Return<'a>> {
        let mut returned = Vec::new();
        for trail in others {
            let Ok(left) = left(trail) else {
                continue;
            };
            if !self.left.has(left) {
                continue;
            }
            if wish.all_tags {
                returned.push((trail, left));
                continue;
            }
            let image = trail.images.first().map_or(left.digest, |now| now.digest);
            let reference = trail.asked.reference.clone();
            all.still.insert(reference, Still { image, why: None });
        }
        returned
    }

    fn forward(&self, trail: &Trail, left: &Past) -> Back {
        let reference = &trail.asked.reference;
        let from = trail.images.first().map_or(left.digest, |now| now.digest);
        let line = Line {
            was: Some(from),
            ..self.line(left.line(reference).cloned())
        };
        Back {
            variant: self.owner(trail),
            reference: reference.clone(),
            from,
            to: left.digest,
            skipped: Vec::new(),
            shares_part: false,
            on_withdrawn: None,
            place: self.place(trail, left),
            line,
        }
    }

    /// The records that must say that their images are not withdrawn any more.
    fn lifted(&self, returned: &[Return<'_>]) -> Vec<Withdrawn> {
        let mut all: BTreeMap<_, Withdrawn> = BTreeMap::new();
        for (trail, left) in returned {
            let parts = left.record.iter().flat_map(|record| &record.parts);
            let own = parts.filter(|part| self.left.images.contains(&part.digest));
            let own = own.filter_map(|part| Some(self.counting_again(part, part.withdrawal()?)));
            let parts = own.collect();
            all.entry(left.digest)
                .or_insert_with(|| self.noted(trail, left, parts));
        }
        all.into_values().collect()
    }

    fn counting_again(&self, part: &Part, known: &Withdrawal) -> Part {
        let lifted = Withdrawal {
            at: self.at.max(known.at + 1),
            tag: known.tag.clone(),
            revision: self.origin.revision.clone(),
            lifted: true,
        };
        Part {
            withdrawn: Some(lifted),
            ..part.clone()
        }
    }
}

/// The image that a tag was moved back from.
fn left(trail: &Trail) -> Result<&Past, NotBack> {
    let now = trail.images.first().ok_or(NotBack::Absent(None))?;
    let from = trail.line().and_then(|line| line.back_from);
    let from = from.ok_or(NotBack::NotMoved(now.digest))?;
    let mut before = trail.before.iter();
    let left = before.find(|past| past.digest == from);
    let left = left.ok_or(NotBack::Gone(from))?;
    if left.place.is_none() {
        return Err(NotBack::Gone(from));
    }
    match left.record {
        Some(_) => Ok(left),
        None => Err(NotBack::Unrecorded(from)),
    }
}

/// Whether the tag names an image that was withdrawn, and is not any more: it has returned.
fn is_lifted(trail: &Trail) -> bool {
    let now = trail.images.first().and_then(|now| now.record.as_ref());
    let mut parts = now.into_iter().flat_map(|record| &record.parts);
    parts.any(|part| part.withdrawn.as_ref().is_some_and(|one| one.lifted))
}
