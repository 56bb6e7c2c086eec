//! What a run for a git tag makes of it: a git tag that matches no rule is reported, since the run publishes nothing under
//! it.

use crate::manifest::Condition;
use crate::matrix::cells::cell_set::glob;
use crate::matrix::cells::text::Text;
use crate::matrix::faults::Faults;
use crate::matrix::{Inputs, Trigger};
use crate::text::{Diagnostic, Span};

/// The most diagnostics that are kept.
const MOST: usize = 100;

/// What the rules of a fleet make of the git tag of the run.
#[derive(Default)]
pub(in crate::matrix) struct GitTags {
    /// Whether a rule makes a tag from it.
    made: bool,
    /// Rules whose expression it does not match.
    unmatched: Vec<Diagnostic>,
    /// Whether it matches a condition `tag:…`.
    allowed: bool,
    /// The conditions `tag:…` that it does not match.
    others: Vec<Span>,
}

impl GitTags {
    /// Notes the conditions of a tag or a repository.
    pub fn conditions(&mut self, conditions: &[Condition], inputs: &Inputs) {
        let Some(tag) = built(inputs) else {
            return;
        };
        for condition in conditions {
            match condition {
                Condition::Tag(pattern) if glob(pattern, tag) => self.allowed = true,
                Condition::Tag(pattern)
                    if self.others.len() < MOST && !self.others.contains(&pattern.span) =>
                {
                    self.others.push(pattern.span)
                }
                Condition::Tag(_)
                | Condition::Branch(_)
                | Condition::Schedule(_)
                | Condition::Release(_)
                | Condition::PullRequest(_) => {}
            }
        }
    }

    /// Notes a pattern of a tag that this run may write.
    pub fn pattern(&mut self, text: &Text, faults: &mut Faults) {
        if text.broken {
            return;
        }
        if let (Some(why), Some(unmatched), false) =
            (&text.missing, &text.unmatched, text.has_git_tag)
        {
            let message = format!("this tag is not made in this run: {why}");
            let warning = Diagnostic::warning("matrix::tag-not-made", message);
            let warning = warning.at(text.source.span, "here");
            return faults.push(warning.help(&unmatched.help));
        }
        if !text.has_git_tag {
            return;
        }
        let (Some(why), Some(unmatched)) = (&text.missing, &text.unmatched) else {
            self.made |= text.missing.is_none();
            return;
        };
        let warning = Diagnostic::warning(
            "matrix::git-tag",
            format!("this tag is not made in this run: {why}"),
        )
        .at(text.source.span, "here")
        .help(&unmatched.help);
        if unmatched.always {
            faults.push(warning);
        } else if self.unmatched.len() < MOST {
            self.unmatched.push(warning);
        }
    }

    /// Reports a git tag that matches nothing in the whole fleet.
    pub fn report(&self, inputs: &Inputs, faults: &mut Faults) {
        if !self.made {
            self.unmatched
                .iter()
                .for_each(|fault| faults.push(fault.clone()));
        }
        let (Some(tag), Some(first), false) = (built(inputs), self.others.first(), self.allowed)
        else {
            return;
        };
        let message = format!(
            "the git tag `{tag}` matches no `on=\"tag:…\"`: this run writes none of these tags"
        );
        let warning = Diagnostic::warning("matrix::git-tag", message).at(*first, "does not match");
        let warning = self
            .others
            .iter()
            .skip(1)
            .take(2)
            .fold(warning, |warning, span| warning.at(*span, "does not match"));
        faults.push(warning.help("`*` stands for any text: `on=\"tag:*\"` allows every git tag"));
    }
}

/// The git tag of a run for one.
fn built(inputs: &Inputs) -> Option<&str> {
    let is_pull_request = inputs.event == Trigger::PullRequest;
    inputs.git.tag.as_deref().filter(|_| !is_pull_request)
}
