//! Parses a template and closes the gaps in the crate's strict mode.

use super::helper::NEED;
use crate::render::source_map::{CLOSE, MARK};
use crate::render::value_kind::{BEGIN, END};
use crate::text::line_bytes;
use handlebars::template::{
    DecoratorTemplate, HelperTemplate, Parameter, Subexpression, Template, TemplateElement,
};
use std::collections::{BTreeMap, BTreeSet};

/// The longest template, in bytes: longer than people write.
const LONGEST: usize = 256 * 1024;

/// The deepest nesting: deeper than people write. The limit exists because the parser and the renderer recurse.
const DEEPEST: usize = 48;

/// The partials that a template includes, and the names that it uses.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// Included partials with the line and column of their first use.
    pub partials: BTreeMap<String, (usize, usize)>,
    /// Partials that the template itself defines, with the partials that each includes.
    pub inline: BTreeMap<String, BTreeSet<String>>,
    pub names: BTreeSet<String>,
    fault: Option<(String, (usize, usize))>,
}

/// A sentence, and the line and column (from 1) it is about.
pub(super) type Misread = (String, (usize, usize));

/// Parses and rewrites a template; an error is a sentence with line and column.
pub(super) fn compile(name: &str, number: usize, text: &str) -> Result<(Template, Uses), Misread> {
    if text.len() > LONGEST {
        return Err((
            format!(
                "the template has {} bytes; at most {LONGEST} are allowed",
                text.len()
            ),
            (1, 1),
        ));
    }
    if let Some(bad) = text.find([BEGIN, END, MARK, CLOSE]) {
        let line = text[..bad].matches('\n').count() + 1;
        return Err((
            String::from("the template has a private-use character that kiln reserves for itself"),
            (line, 1),
        ));
    }
    if let Some(line) = too_deep(text) {
        return Err((
            format!("blocks or calls are nested more than {DEEPEST} deep"),
            (line, 1),
        ));
    }
    // The crate's parser has assertions that its grammar does not guarantee.
    let parsed = std::panic::catch_unwind(|| Template::compile_with_name(text, name.to_owned()));
    let mut template = parsed
        .map_err(|_| (String::from("the template cannot be parsed"), (1, 1)))?
        .map_err(|why| {
            let reason = why.reason().to_string();
            // The grammar's list of rules does not help the reader.
            let first = reason
                .lines()
                .find(|line| !line.trim().is_empty())
                .unwrap_or_default();
            let message = if first.contains("invalid handlebars syntax") {
                "the template cannot be parsed: a tag or a block is not closed"
            } else {
                first
            };
            (message.to_owned(), why.pos().unwrap_or((1, 1)))
        })?;
    let mut uses = Uses::default();
    wrap(&mut template, &mut uses);
    note(&mut template, number, text);
    let ring = uses
        .ring()
        .map(|name| (format!("`{name}` includes itself"), (1, 1)));
    match uses.fault.take().or(ring) {
        Some(fault) => Err(fault),
        None => Ok((template, uses)),
    }
}

/// Inserts a mark with template and line before everything that writes text.
fn note(template: &mut Template, number: usize, text: &str) {
    // The elements of an `else if` have no positions; their parts have.
    let places = std::mem::take(&mut template.mapping)
        .into_iter()
        .map(Some)
        .chain(std::iter::repeat(None));
    let mark = |line: usize| TemplateElement::RawString(format!("{MARK}t{number}:{line}{CLOSE}"));
    for (mut element, place) in std::mem::take(&mut template.elements)
        .into_iter()
        .zip(places)
    {
        match &mut element {
            TemplateElement::RawString(raw) => {
                if let Some(at) = &place {
                    *raw = noted(raw, number, text, (at.0, at.1));
                }
            }
            TemplateElement::Expression(call) => {
                call.template
                    .iter_mut()
                    .chain(&mut call.inverse)
                    .for_each(|t| note(t, number, text));
                if let Some(at) = &place {
                    template.elements.push(mark(at.0));
                    template.mapping.push(at.clone());
                }
            }
            TemplateElement::HelperBlock(call) => call
                .template
                .iter_mut()
                .chain(&mut call.inverse)
                .for_each(|t| note(t, number, text)),
            TemplateElement::PartialExpression(part)
            | TemplateElement::PartialBlock(part)
            | TemplateElement::DecoratorExpression(part)
            | TemplateElement::DecoratorBlock(part) => {
                part.template.iter_mut().for_each(|t| note(t, number, text))
            }
            _ => {}
        }
        template.elements.push(element);
        template.mapping.extend(place);
    }
}

/// A raw text of the template with a mark before each of its lines.
fn noted(raw: &str, number: usize, text: &str, (line, column): (usize, usize)) -> String {
    // The position that the crate reports includes the white space that it trimmed at the beginning.
    let start = line_bytes(text, line).start;
    let rest = text.get(start..).unwrap_or_default();
    let rest = rest
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or("", |(at, _)| &rest[at..]);
    let mut first = line;
    let mut left = rest;
    while !left.starts_with(raw) {
        match left.chars().next() {
            Some(c) if c.is_whitespace() => {
                first += usize::from(c == '\n');
                left = &left[c.len_utf8()..];
            }
            _ => break,
        }
    }
    if !left.starts_with(raw) {
        // After an expression, that position is behind the white space at the beginning.
        let written = raw.trim_start();
        let blank = &raw[..raw.len() - written.len()];
        let before = match rest.starts_with(written) {
            true => blank.matches('\n').count(),
            false => 0,
        };
        first = line.saturating_sub(before).max(1);
    }
    let mut out = String::with_capacity(raw.len() + 16);
    for (at, piece) in raw.split_inclusive('\n').enumerate() {
        out.push_str(&format!("{MARK}t{number}:{}{CLOSE}{piece}", first + at));
    }
    out
}

/// The line where blocks or calls are nested too deeply.
fn too_deep(text: &str) -> Option<usize> {
    let (mut blocks, mut calls) = (0_usize, 0_usize);
    for (index, line) in text.lines().enumerate() {
        let opened = line.matches("{{#").count()
            + line.matches("{{~#").count()
            + line.matches("{{else ").count()
            + line.matches("{{{{").count();
        let closed = line.matches("{{/").count() + line.matches("{{~/").count();
        blocks = (blocks + opened).saturating_sub(closed);
        for tag in line.split("{{").skip(1) {
            let inside = tag.split("}}").next().unwrap_or_default();
            calls = inside.bytes().fold(calls, |depth, b| match b {
                b'(' => depth + 1,
                b')' => depth.saturating_sub(1),
                _ => depth,
            });
            if calls > DEEPEST {
                return Some(index + 1);
            }
            calls = if tag.contains("}}") { 0 } else { calls };
        }
        if blocks > DEEPEST {
            return Some(index + 1);
        }
    }
    None
}

/// Makes every argument strict and records what the template uses.
fn wrap(template: &mut Template, uses: &mut Uses) {
    let places = template
        .mapping
        .iter()
        .map(|at| (at.0, at.1))
        .chain(std::iter::repeat((1, 1)));
    for (element, place) in template.elements.iter_mut().zip(places) {
        // `{{{x}}}` would bypass the marks around values; nothing is escaped anyway.
        if let TemplateElement::HtmlExpression(call) = element {
            *element = TemplateElement::Expression(call.clone());
        }
        match element {
            TemplateElement::Expression(call) | TemplateElement::HelperBlock(call) => {
                wrap_call(call, uses);
            }
            TemplateElement::PartialExpression(part) | TemplateElement::PartialBlock(part) => {
                wrap_partial(part, place, uses);
            }
            TemplateElement::DecoratorExpression(part) | TemplateElement::DecoratorBlock(part) => {
                wrap_decorator(part, uses);
            }
            _ => {}
        }
    }
}

fn wrap_call(call: &mut HelperTemplate, uses: &mut Uses) {
    if let Some(name) = call.name.as_name() {
        uses.name(name);
    }
    call.params
        .iter_mut()
        .chain(call.hash.values_mut())
        .for_each(|p| need(p, uses));
    call.template
        .iter_mut()
        .chain(&mut call.inverse)
        .for_each(|t| wrap(t, uses));
}

fn wrap_partial(part: &mut DecoratorTemplate, place: (usize, usize), uses: &mut Uses) {
    if let Parameter::Subexpression(_) = part.name {
        let fault = String::from("a partial must be included by name, not by a call");
        uses.fault = Some((fault, place));
    } else if let Some(name) = part.name.as_name().filter(|name| *name != "@partial-block") {
        uses.partials.entry(name.to_owned()).or_insert(place);
    }
    part.params
        .iter_mut()
        .chain(part.hash.values_mut())
        .for_each(|p| need(p, uses));
    part.template.iter_mut().for_each(|t| wrap(t, uses));
}

fn wrap_decorator(part: &mut DecoratorTemplate, uses: &mut Uses) {
    let mut inside = Uses::default();
    part.template.iter_mut().for_each(|t| wrap(t, &mut inside));
    if let Some(Parameter::Literal(name)) = part.params.first() {
        uses.inline
            .entry(name.as_str().unwrap_or_default().to_owned())
            .or_default()
            .extend(inside.partials.keys().cloned());
    }
    uses.take(inside);
}

fn need(parameter: &mut Parameter, uses: &mut Uses) {
    match parameter {
        Parameter::Path(_) => {
            uses.name(parameter.as_name().unwrap_or_default());
            let path = std::mem::replace(parameter, Parameter::Name(String::new()));
            *parameter = Parameter::Subexpression(Subexpression::new(
                Parameter::Name(NEED.into()),
                vec![path],
                Default::default(),
            ));
        }
        Parameter::Subexpression(call) => {
            if let TemplateElement::Expression(call) = call.element.as_mut() {
                call.params
                    .iter_mut()
                    .chain(call.hash.values_mut())
                    .for_each(|p| need(p, uses));
            }
        }
        _ => {}
    }
}

impl Uses {
    fn take(&mut self, other: Uses) {
        self.partials.extend(other.partials);
        self.inline.extend(other.inline);
        self.names.extend(other.names);
        self.fault = self.fault.take().or(other.fault);
    }

    /// A partial defined in the template that includes itself, directly or through others defined there.
    fn ring(&self) -> Option<&String> {
        let back_to = |name: &&String| {
            let mut seen = BTreeSet::new();
            let mut open = vec![*name];
            while let Some(uses) = open
                .pop()
                .map(|at| self.inline.get(at).into_iter().flatten())
            {
                open.extend(uses.filter(|below| seen.insert(*below)));
            }
            seen.contains(name)
        };
        self.inline.keys().find(back_to)
    }

    /// Records the first part of a path; of `args.NAME` also the argument, `args.*` for all of them.
    fn name(&mut self, path: &str) {
        let plain = path
            .trim_start_matches("../")
            .trim_start_matches("@root")
            .trim_start_matches("this")
            .trim_start_matches(['.', '/']);
        let mut parts = plain
            .split(['.', '/', '[', ']'])
            .filter(|part| !part.is_empty());
        let Some(first) = parts.next() else {
            return;
        };
        if first == "args" {
            self.names
                .insert(format!("args.{}", parts.next().unwrap_or("*")));
        }
        self.names.insert(first.to_owned());
    }
}
