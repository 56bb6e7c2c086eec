//! The tags that variants have only in runs with other values of variables. Those that such a run has written are not
//! orphaned, so this run leaves them alone.

use crate::manifest::Settings;
use crate::matrix::cells::variable::Applies;
use crate::matrix::settings::looked_up::{Block, Effective, LookedUp, effective};

/// The settings that a cell may have in other runs. Its `when`s are given in the order of the file: those that apply in
/// this run, and those that do not, because of variables.
pub(super) fn elsewhere(
    own: &[usize],
    others: &[usize],
    (blocks, applying): (&[Block], &[Applies]),
    axes: usize,
) -> Vec<Effective> {
    let settings = |when: &usize| &blocks[when + 1].settings;
    // A token or a default changes the tags of the other blocks, and a repository is that of all tags.
    let changes = |when: &&usize| {
        let Settings {
            tokens,
            defaults,
            publish,
            ..
        } = settings(when);
        !tokens.is_empty() || !defaults.is_empty() || !publish.is_empty()
    };
    let with = |choice: Option<&usize>, without: Option<&usize>| {
        let kept = own.iter().filter(|when| Some(*when) != without);
        let mut whens: Vec<usize> = kept.chain(choice).copied().collect();
        whens.sort_unstable();
        let all = whens.iter().map(settings);
        let all: Vec<&Settings<LookedUp>> =
            std::iter::once(&blocks[0].settings).chain(all).collect();
        let mut made = effective(&all, axes);
        let rest = others.iter().filter(|when| Some(*when) != choice);
        let tags = rest.flat_map(|when| &settings(when).tags);
        made.settings.tags.extend(tags.cloned());
        made
    };
    let choices = others.iter().filter(changes);
    let choices = choices.map(|choice| with(Some(choice), None));
    let leaves =
        |when: &&usize| applying[**when] == Applies::Now && !settings(when).publish.is_empty();
    let left = own.iter().filter(leaves).map(|when| with(None, Some(when)));
    let today = (!others.is_empty()).then(|| with(None, None));
    today.into_iter().chain(choices).chain(left).collect()
}
