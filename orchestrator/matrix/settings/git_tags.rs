//! What a run for a git tag makes of it: a git tag that matches no rule is reported, since the run publishes nothing under
//! it, and so is an edition that moves the tags of plain versions. The latter may be the value of a variable, too.

use crate::manifest::Condition;
use crate::matrix::cells::cell_set::glob;
use crate::matrix::cells::text::{Piece, Text};
use crate::matrix::faults::Faults;
use crate::matrix::{Inputs, Trigger};
use crate::name::Version;
use crate::tag::{git_tag, variable};
use crate::text::{Diagnostic, Span};
use indexmap::IndexMap;

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
    /// The tags of plain versions that an edition moves.
    taken: Vec<Taken>,
}

/// A tag of plain versions that an edition moves.
struct Taken {
    span: Span,
    /// The placeholder that makes it.
    written: String,
    /// What the edition is, in words; `None` for the git tag.
    what: Option<String>,
    edition: String,
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
            return self.edition(text);
        }
        let (Some(why), Some(unmatched)) = (&text.missing, &text.unmatched) else {
            self.made |= text.missing.is_none();
            self.edition(text);
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

    /// Notes a tag of all editions if the git tag is one of them, and the tag does not say which.
    fn edition(&mut self, text: &Text) {
        let Some(edition) = text.git_version.as_ref().and_then(Version::edition) else {
            return;
        };
        let is_own = |piece: &Piece| matches!(piece, Piece::Text(own) if own.contains(edition));
        if let (Some(written), false) = (&text.climbs, text.pieces.iter().any(is_own))
            && text.missing.is_none()
            && self.taken.len() < MOST
        {
            let name = written.strip_prefix("{var:").map(variable::filtered);
            let version = text.git_version.as_ref().map_or("", Version::as_str);
            self.taken.push(Taken {
                span: text.source.span,
                written: written.clone(),
                what: name.map(|(name, _)| format!("`{version}`, the value of `{name}`,")),
                edition: edition.to_owned(),
            });
        }
    }

    /// Reports the tags of plain versions that editions move, once for the git tag and once for each variable.
    fn report_taken(&self, tag: Option<&str>, faults: &mut Faults) {
        let mut groups: IndexMap<String, Vec<&Taken>> = IndexMap::new();
        for taken in &self.taken {
            let of_tag = || tag.map(|tag| format!("the git tag `{tag}`"));
            if let Some(what) = taken.what.clone().or_else(of_tag) {
                groups.entry(what).or_default().push(taken);
            }
        }
        for (what, all) in groups {
            let message = format!(
                "{what} is an edition of a version, and moves the tags that the plain version has, too"
            );
            let mut spans: Vec<Span> = all.iter().map(|taken| taken.span).collect();
            spans.dedup();
            let warning = Diagnostic::warning("matrix::git-tag", message);
            let warning = spans
                .into_iter()
                .take(3)
                .fold(warning, |warning, span| warning.at(span, "moved by it"));
            let help = all.first().map(|taken| taken.way_out());
            faults.push(warning.maybe_help(help));
        }
    }

    /// Reports a git tag that matches nothing in the whole fleet, or only as an edition.
    pub fn report(&self, inputs: &Inputs, faults: &mut Faults) {
        if !self.made {
            self.unmatched
                .iter()
                .for_each(|fault| faults.push(fault.clone()));
        }
        self.report_taken(built(inputs), faults);
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

impl Taken {
    /// How to leave the tag to plain versions.
    fn way_out(&self) -> String {
        let Self {
            written, edition, ..
        } = self;
        if self.what.is_some() {
            return format!(
                "to leave it to plain versions, write the edition beside it: `{written}-{edition}`; a filter in front of the rung takes the edition away, such as `before -`"
            );
        }
        match git_tag::without_editions(written) {
            Some(plain) => format!("to leave it to plain versions, write `{plain}`"),
            None => {
                String::from("to leave it to plain versions, limit the expression to `[0-9.]+`")
            }
        }
    }
}

/// The git tag of a run for one.
fn built(inputs: &Inputs) -> Option<&str> {
    let is_pull_request = inputs.event == Trigger::PullRequest;
    inputs.git.tag.as_deref().filter(|_| !is_pull_request)
}
