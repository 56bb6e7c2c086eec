//! Looks up the placeholders of texts.
//!
//! In any text: `{axis}` is the value's name, `{axis.name}` its first token, `{axis.major}` and
//! `{axis.minor}` the version's series (the whole name if it is not a version), `{axis.KEY}` the
//! value's own data, `{KEY}` the same if only one axis has it, `{image}`, `{workspace}`,
//! `{var:NAME}`. Public names may also use the clock and the commit; in a tag,
//! `{axis}` stands for each of the value's tokens, and `{axis:minor,major}` for those of some rungs. An axis hides a placeholder with its name, and a
//! value's own data hides a field with its name.

use crate::matrix::cells::axis::Axis;
use crate::matrix::cells::narrow::{field_with_rungs, narrow, rungs_as_text};
use crate::matrix::cells::text::{Piece, Text, Unmatched};
use crate::matrix::faults::Faults;
use crate::matrix::fleet::deferred;
use crate::matrix::fleet::hook::{self, HOOK_VALUES};
use crate::matrix::scope::Scope;
use crate::tag::deferred::Deferred;
use crate::tag::{
    PLACEHOLDERS, Part, Pattern, PatternError, Placeholder, Unfilled, doubled, git_tag,
    placeholder_kind, variable,
};
use crate::text::{self, Diagnostic, Shown, Span, Spanned, did_you_mean, suggest};
use std::ops::Range;

/// What a text is used for, which decides the placeholders that it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::matrix) enum Place {
    /// Anything that is rendered: it depends only on the workspace and the command line.
    Rendered,
    /// A repository or a token: it may also use the clock and the commit.
    Public,
    /// A tag: `{axis}` stands for each token.
    Tag,
    /// The command of a hook: also what is known only when a tag moves. These placeholders hide axes and data, since the
    /// hooks of a workspace are for all images.
    Hook,
}

/// What the placeholders of a text are resolved against.
pub(in crate::matrix) struct Lookup<'a, 'm> {
    pub scope: &'a Scope<'m>,
    pub axes: &'a [Axis<'m>],
    pub image: Option<&'m str>,
}

impl<'m> Lookup<'_, 'm> {
    /// Resolves every placeholder of a text; faults are reported.
    pub fn text(&self, source: &Spanned<String>, place: Place, faults: &mut Faults) -> Text {
        let mut text = Text::new(source.clone());
        let (pattern, wrong) = Pattern::read(source);
        for PatternError { message, range } in wrong {
            let fault =
                Diagnostic::error("matrix::pattern", message).at(inside(source, &range), "here");
            let is_shell = source
                .get(range)
                .filter(|text| text.contains(char::is_whitespace));
            faults.push(
                fault.help("a placeholder is `{version}`, `{version.minor}` or `{now:%Y}`; a literal brace is written `{{` or `}}`")
                    .maybe_help(is_shell.map(doubled)),
            );
            text.broken = true;
        }
        for part in pattern.parts {
            match part {
                Part::Text(literal) => text.pieces.push(Piece::Text(literal)),
                Part::Placeholder(placeholder) => {
                    self.placeholder(&placeholder, place, &mut text, faults)
                }
            }
        }
        text
    }

    fn placeholder(
        &self,
        placeholder: &Placeholder,
        place: Place,
        text: &mut Text,
        faults: &mut Faults,
    ) {
        match self.piece(placeholder, place, text) {
            Ok(piece) => text.pieces.push(piece),
            Err(fault) => {
                text.broken = true;
                faults.push(fault.at(inside(&text.source, &placeholder.range), "here"));
            }
        }
    }

    fn piece(
        &self,
        placeholder: &Placeholder,
        place: Place,
        text: &mut Text,
    ) -> Result<Piece, Diagnostic> {
        if let Some(mark) = of_hook(placeholder).filter(|_| place == Place::Hook) {
            return Ok(mark);
        }
        let axis = self
            .axes
            .iter()
            .position(|axis| axis.name() == placeholder.name);
        match (axis, &placeholder.argument, &placeholder.field) {
            (Some(axis), None, None) if place == Place::Tag => Ok(Piece::Tokens(axis)),
            (Some(axis), None, None) => Ok(Piece::Name(axis)),
            (Some(axis), None, Some(field)) => self.field(axis, field),
            (Some(axis), Some(rungs), None) if place == Place::Tag => {
                narrow(&self.axes[axis], rungs, axis, text)
            }
            (Some(_), Some(rungs), Some(field)) if place == Place::Tag => {
                Err(field_with_rungs(placeholder, field, rungs))
            }
            (Some(_), Some(argument), _) => Err(rungs_as_text(placeholder, argument)),
            _ if placeholder.field.is_none() => self.named(placeholder, place, text),
            _ => Err(self.unknown(placeholder, place, text)),
        }
    }

    fn field(&self, axis: usize, field: &str) -> Result<Piece, Diagnostic> {
        if self.axes[axis].has_data(field) {
            return Ok(self.data(axis, field));
        }
        match field {
            "name" => {
                let mut used = self.scope.used.tokens.borrow_mut();
                used.extend(self.axes[axis].place());
                Ok(Piece::First(axis))
            }
            "major" => Ok(Piece::Series(axis, 1)),
            "minor" => Ok(Piece::Series(axis, 2)),
            _ => {
                let data = self.axes[axis]
                    .values
                    .iter()
                    .flat_map(|value| value.data.keys().map(String::as_str));
                let near = did_you_mean(field, data.chain(["name", "major", "minor"]));
                let fault = format!("axis `{}` has no `{field}`", self.axes[axis].name());
                Err(Diagnostic::error("matrix::unknown-field", fault)
                    .help(format!(
                        "a value declares its own data: `value \"…\" {{ set {field}=\"…\" }}`"
                    ))
                    .maybe_help(near))
            }
        }
    }

    /// Data of an axis, which is used by that.
    fn data(&self, axis: usize, key: &str) -> Piece {
        let place = self.axes[axis].place();
        let mut used = self.scope.used.data.borrow_mut();
        used.extend(place.map(|place| (place, key.to_owned())));
        Piece::Data(axis, key.to_owned())
    }

    /// A placeholder that does not name an axis: the data of the one axis that has it, or a fact.
    fn named(
        &self,
        placeholder: &Placeholder,
        place: Place,
        text: &mut Text,
    ) -> Result<Piece, Diagnostic> {
        if placeholder.argument.is_none() {
            let with: Vec<usize> = (0..self.axes.len())
                .filter(|axis| self.axes[*axis].has_data(&placeholder.name))
                .collect();
            match (with.as_slice(), placeholder.name.as_str(), self.image) {
                ([axis], name, _) => return Ok(self.data(*axis, name)),
                ([first, second, ..], name, _) => {
                    let (first, second) = (self.axes[*first].name(), self.axes[*second].name());
                    let fault = Diagnostic::error(
                        "matrix::ambiguous-field",
                        format!("`{{{name}}}` is data of two axes"),
                    );
                    return Err(fault.help(format!(
                        "write `{{{first}.{name}}}` or `{{{second}.{name}}}`"
                    )));
                }
                ([], "image", Some(image)) => {
                    return Ok(Piece::Fact(String::from("{image}"), image.to_owned()));
                }
                ([], "workspace", _) => {
                    return Ok(Piece::Fact(
                        String::from("{workspace}"),
                        self.scope.workspace().to_owned(),
                    ));
                }
                _ => {}
            }
        }
        self.fact(placeholder, place, text)
    }

    fn fact(
        &self,
        placeholder: &Placeholder,
        place: Place,
        text: &mut Text,
    ) -> Result<Piece, Diagnostic> {
        let written = text.source[placeholder.range.clone()].to_owned();
        let known = placeholder_kind(&placeholder.name)
            .ok_or_else(|| self.unknown(placeholder, place, text))?;
        if place == Place::Hook && !known.anywhere {
            let fault = format!("`{written}` is not a placeholder of a hook");
            let fault = Diagnostic::error("matrix::placeholder-place", fault);
            return Err(fault.help(
                "a hook gets facts of the run in its environment, such as `$KILN_REVISION` and `$KILN_TAGS`",
            ));
        }
        if place == Place::Rendered && !known.anywhere {
            let fault = Diagnostic::error(
                "matrix::placeholder-place",
                format!(
                    "`{written}` is not allowed here: the rendered files would change by themselves"
                ),
            );
            return Err(
                fault.help("use the clock and the commit only in `tag`, `publish` and tokens")
            );
        }
        if let ("var", Some(name)) = (placeholder.name.as_str(), &placeholder.argument) {
            let (name, _) = variable::filtered(name);
            self.scope
                .used
                .variables
                .borrow_mut()
                .insert(name.to_owned());
        }
        let is_even_empty = variable::is_even_empty(placeholder);
        if is_even_empty && place != Place::Tag {
            return Err(idle_even_empty(&written));
        }
        text.varies |= !known.anywhere;
        text.has_git_tag |= known.name == "tag";
        if text.climbs.is_none() && (git_tag::moves(&written) || variable::moves(&written)) {
            text.climbs = Some(written.clone());
        }
        let fill = match (known.name, place) {
            ("var", Place::Rendered | Place::Hook) => variable::fill_text,
            _ => known.fill,
        };
        match fill(placeholder, &self.scope.facts()) {
            Ok(filled) => {
                text.fixed |= filled.fixed;
                text.git_version = text.git_version.take().or(filled.version);
                Ok(match is_even_empty && filled.text.is_empty() {
                    true => Piece::Kept(written),
                    false => Piece::Fact(written, filled.text),
                })
            }
            Err(Unfilled::Missing(why)) => {
                text.missing = Some(why);
                Ok(Piece::Fact(written, String::new()))
            }
            Err(Unfilled::Skipped(why)) => {
                text.missing = Some(why);
                text.skipped = true;
                Ok(Piece::Fact(written, String::new()))
            }
            Err(Unfilled::Unmatched { why, help, always }) => {
                text.missing = Some(why);
                text.skipped = true;
                text.unmatched = Some(Unmatched { help, always });
                Ok(Piece::Fact(written, String::new()))
            }
            Err(Unfilled::Deferred(deferred)) => defer(written, deferred, place, text),
            Err(Unfilled::Wrong(why, help)) => {
                Err(Diagnostic::error("matrix::placeholder", why).help(help))
            }
        }
    }

    /// The fault of a known placeholder that is not written as it is.
    fn misshapen(&self, placeholder: &Placeholder, written: &str) -> Option<Diagnostic> {
        let name = placeholder.name.as_str();
        let is_word = name == "workspace" || name == "image" && self.image.is_some();
        let help = match dotted(placeholder) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if is_word => format!(
                "write `{{{name}}}`; only variables have filters, such as `{{var:NAME:lower}}`"
            ),
            None => return None,
        };
        let message = format!("`{}` is not a placeholder", written.shown());
        Some(Diagnostic::error("matrix::unknown-placeholder", message).help(help))
    }

    fn unknown(&self, placeholder: &Placeholder, place: Place, text: &Text) -> Diagnostic {
        let written = &text.source[placeholder.range.clone()];
        if let Some(fault) = self.misshapen(placeholder, written) {
            return fault;
        }
        let axes = self.axes.iter().map(|axis| axis.name());
        let data = self.axes.iter().flat_map(|axis| {
            axis.values
                .iter()
                .flat_map(|value| value.data.keys().map(String::as_str))
        });
        let facts = PLACEHOLDERS
            .iter()
            .filter(|known| known.anywhere || !matches!(place, Place::Rendered | Place::Hook))
            .map(|known| known.name)
            // They look alike, and no author means the counter.
            .filter(|known| (placeholder.name.as_str(), *known) != ("version", "revision"));
        let of_hooks = HOOK_VALUES.iter().map(|(word, _)| *word);
        let of_hooks = of_hooks.filter(|_| place == Place::Hook);
        let known: Vec<&str> = axes
            .clone()
            .chain(data)
            .chain(facts)
            .chain(["image", "workspace"])
            .chain(of_hooks)
            .collect();
        let near = suggest(&placeholder.name, known.iter().copied());
        let near = near.or_else(|| begun(&placeholder.name, &known));
        let near = near.map(|near| format!("did you mean `{{{near}}}`?"));
        let all = axes
            .map(|axis| format!("`{{{axis}}}`"))
            .collect::<Vec<_>>()
            .join(", ");
        let help = if place == Place::Hook {
            let words = HOOK_VALUES.iter().map(|(word, _)| format!("`{{{word}}}`"));
            let words = words.collect::<Vec<_>>().join(", ");
            format!(
                "a hook has {words}, `{{image}}`, `{{workspace}}`, variables and the axes of its image; the environment has the rest, such as `$KILN_TAGS`"
            )
        } else if all.is_empty() {
            format!(
                "this image has no axes; declare one with `axis \"{}\" {{ value \"…\" }}`",
                placeholder.name.shown()
            )
        } else {
            format!("axes of this image: {all}")
        };
        // A tag has no shell.
        let help = match place {
            Place::Rendered | Place::Hook => format!("{help}; {}", doubled(written)),
            Place::Public | Place::Tag => help,
        };
        if !placeholder.is_word() {
            let message = format!("`{}` is not a placeholder", written.shown());
            return Diagnostic::error("matrix::unknown-placeholder", message)
                .help(doubled(written));
        }
        Diagnostic::error(
            "matrix::unknown-placeholder",
            format!(
                "`{{{}}}` is neither an axis nor a placeholder",
                placeholder.name
            ),
        )
        .help(help)
        .maybe_help(near)
    }
}

/// The fault of `even-empty` in another place than a tag.
pub(in crate::matrix) fn idle_even_empty(written: &str) -> Diagnostic {
    let message = format!("`even-empty` of `{}` changes nothing here", written.shown());
    let fault = Diagnostic::error("matrix::placeholder-place", message);
    fault.help(
        "only in a `tag`, an empty text removes the separator beside it: leave the filter out",
    )
}

/// The only known word that begins with the one that is written: `vers` of `version`.
fn begun<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    let mut longer = known.iter().filter(|known| known.starts_with(written));
    let only = longer.next().filter(|_| written.len() > 2)?;
    longer.all(|other| other == only).then_some(*only)
}

/// A dot where a placeholder has a colon: `{tag.minor}`.
fn dotted(placeholder: &Placeholder) -> Option<String> {
    let known = placeholder_kind(&placeholder.name)?;
    let field = placeholder.field.as_deref()?;
    let argument = placeholder.argument.as_ref();
    let argument = argument.map_or_else(String::new, |argument| format!(":{argument}"));
    Some(format!("{{{}:{field}{argument}}}", known.name))
}

/// A placeholder that only hooks have; until a tag moves, its mark stands for it.
fn of_hook(placeholder: &Placeholder) -> Option<Piece> {
    let mut values = HOOK_VALUES.iter();
    let place = values.position(|(word, _)| *word == placeholder.name)?;
    let is_word = placeholder.field.is_none() && placeholder.argument.is_none();
    let written = format!("{{{}}}", placeholder.name);
    is_word.then(|| Piece::Fact(written, hook::mark(place).to_string()))
}

/// A placeholder that is filled in once the image is built; until then its mark stands for it.
fn defer(
    written: String,
    deferred: Deferred,
    place: Place,
    text: &mut Text,
) -> Result<Piece, Diagnostic> {
    if place != Place::Tag {
        let fault = format!("`{written}` is known only once the image is built");
        return Err(
            Diagnostic::error("matrix::placeholder-place", fault).help("use it only in a `tag`")
        );
    }
    let has_revision = text.deferred.contains(&Deferred::Revision);
    if has_revision || deferred == Deferred::Revision && !text.deferred.is_empty() {
        let fault =
            format!("`{written}` cannot be combined with another part that is not known yet");
        return Err(Diagnostic::error("matrix::placeholder", fault)
            .help("a tag has either one `{revision}` or `{probe:…}`s"));
    }
    text.fixed |= deferred == Deferred::Revision;
    text.deferred.push(deferred);
    let mark = deferred::mark(text.deferred.len() - 1);
    Ok(Piece::Fact(written, mark.to_string()))
}

/// The place of some bytes of a text. How they are written is looked up later if the text has escapes or several lines.
pub(in crate::matrix) fn inside(text: &Spanned<String>, range: &Range<usize>) -> text::Place {
    let span = text.span;
    let quotes = (span.end.saturating_sub(span.start) as usize).checked_sub(text.len());
    let offset = match quotes {
        Some(0) => 0,
        Some(2) => 1,
        _ => {
            return text::Place {
                span,
                within: Some(range.clone()),
            };
        }
    };
    let at = |index: usize| {
        span.start
            .saturating_add(u32::try_from(index + offset).unwrap_or(u32::MAX))
            .min(span.end)
    };
    text::Place::from(Span {
        source: span.source,
        start: at(range.start),
        end: at(range.end),
    })
}
