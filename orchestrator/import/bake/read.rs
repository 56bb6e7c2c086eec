//! The blocks of a file, in HCL or in JSON.

use super::heredoc;
use super::repeated::Parsed;
use crate::import::Input;
use crate::text::{Diagnostic, Span, Spanned, line_bytes};
use hcl::Expression;
use hcl::expr::{ObjectKey, TemplateExpr};
use hcl_edit::Span as _;
use hcl_edit::structure::{self, Structure};
use serde_json::Value;
use std::ops::Range;

/// `kind "label" { … }`
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub kind: String,
    /// Empty where there is none.
    pub label: Spanned<String>,
    pub settings: Vec<Setting>,
    /// `NAME = value` outside of blocks, which is the value of the variable wherever a block declares it.
    pub assigned: Option<Setting>,
    /// Whether no block declares the variable, so that the environment does not override it.
    pub bare: bool,
    /// The blocks inside.
    pub inner: Vec<Inner>,
}

impl Block {
    /// A block without anything in it.
    fn new(kind: &str, label: Spanned<String>) -> Self {
        Self {
            kind: kind.to_owned(),
            label,
            settings: Vec::new(),
            assigned: None,
            bare: false,
            inner: Vec::new(),
        }
    }
}

/// A block inside a block: its kind and its settings.
#[derive(Debug, Clone)]
pub(super) struct Inner {
    pub kind: Spanned<String>,
    pub settings: Vec<Setting>,
}

/// `name = value`
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub name: Spanned<String>,
    pub value: Expression,
}

impl Block {
    /// The last setting of this name.
    pub fn get(&self, name: &str) -> Option<&Setting> {
        self.settings
            .iter()
            .rev()
            .find(|setting| setting.name.as_str() == name)
    }

    /// Adds a block of the same kind and name that is read later. Settings of targets and groups are added one by one.
    /// Of a variable or a function the last block counts as a whole, and of assignments the last one.
    pub fn merge(&mut self, later: Block) {
        match self.kind.as_str() {
            "variable" if later.bare => self.assigned = later.assigned,
            "variable" | "function" => {
                self.settings = later.settings;
                self.inner = later.inner;
                self.bare = false;
            }
            _ => {
                self.settings.extend(later.settings);
                self.inner.extend(later.inner);
            }
        }
    }
}

/// Reads a file; settings outside of blocks are variables. The keys that an object has again are `repeated`.
pub(super) fn read(input: Input<'_>, repeated: &mut Vec<Span>) -> Result<Vec<Block>, Diagnostic> {
    if input.text.trim_start().starts_with('{') {
        json(input)
    } else {
        hcl(input, repeated)
    }
}

fn hcl(input: Input<'_>, repeated: &mut Vec<Span>) -> Result<Vec<Block>, Diagnostic> {
    let mut parsed = Parsed::new(input.text).map_err(|error| invalid(input, &error))?;
    let keys = parsed.repeated.iter();
    repeated.extend(keys.map(|key| input.span(key.start, key.end)));
    let body = std::mem::take(&mut parsed.body);
    let file = &File { input, parsed };
    let blocks = body.into_iter().map(|structure| match structure {
        Structure::Attribute(attribute) => bare(setting(file, attribute)),
        Structure::Block(found) => block(file, found),
    });
    Ok(blocks.collect())
}

/// A file in HCL.
struct File<'a> {
    input: Input<'a>,
    parsed: Parsed,
}

impl File<'_> {
    /// Where a part of the text that is parsed is in the file.
    fn place(&self, range: Option<Range<usize>>) -> Span {
        let range = self.parsed.place(range.unwrap_or_default());
        self.input.span(range.start, range.end)
    }
}

fn invalid(input: Input<'_>, error: &hcl_edit::parser::Error) -> Diagnostic {
    let at = error.location().offset().min(input.text.len());
    let end = input.text[at..]
        .chars()
        .next()
        .map_or(at, |c| at + c.len_utf8());
    let message = error.message().replace('\n', "; ");
    Diagnostic::error("import::bake", format!("this is not valid HCL: {message}"))
        .at(input.span(at, end), "here")
        .help("`docker buildx bake --print` shows whether bake can read it")
}

fn setting(file: &File<'_>, mut attribute: structure::Attribute) -> Setting {
    heredoc::dedent(&file.parsed.text, &mut attribute.value);
    let name = attribute.key.as_str().to_owned();
    Setting {
        name: Spanned::new(name, file.place(attribute.key.span())),
        value: attribute.value.into(),
    }
}

fn block(file: &File<'_>, block: structure::Block) -> Block {
    let (label, span) = block
        .labels
        .first()
        .map_or((String::new(), block.ident.span()), |label| {
            (label.as_str().to_owned(), label.span())
        });
    let label = Spanned::new(label, file.place(span));
    let mut found = Block::new(block.ident.as_str(), label);
    for structure in block.body {
        match structure {
            Structure::Attribute(attribute) => found.settings.push(setting(file, attribute)),
            Structure::Block(inner) => found.inner.push(self::inner(file, inner)),
        }
    }
    found
}

fn inner(file: &File<'_>, block: structure::Block) -> Inner {
    let (kind, span) = (block.ident.as_str().to_owned(), block.ident.span());
    let attributes = block.body.into_iter().filter_map(|one| match one {
        Structure::Attribute(attribute) => Some(setting(file, attribute)),
        Structure::Block(_) => None,
    });
    Inner {
        kind: Spanned::new(kind, file.place(span)),
        settings: attributes.collect(),
    }
}

/// `NAME = value` outside of blocks sets a variable.
fn bare(setting: Setting) -> Block {
    let label = setting.name.clone();
    Block {
        assigned: Some(setting),
        bare: true,
        ..Block::new("variable", label)
    }
}

fn json(input: Input<'_>) -> Result<Vec<Block>, Diagnostic> {
    let value: Value = serde_json::from_str(input.text).map_err(|error| {
        let at = line_bytes(input.text, error.line()).start;
        let at = input
            .text
            .floor_char_boundary((at + error.column().saturating_sub(1)).min(input.text.len()));
        let end = input.text[at..]
            .chars()
            .next()
            .map_or(at, |c| at + c.len_utf8());
        Diagnostic::error("import::bake", format!("this is not valid JSON: {error}"))
            .at(input.span(at, end), "here")
            .help("`docker buildx bake --print` shows whether bake can read it")
    })?;
    let mut reader = JsonReader {
        places: Places { input, at: 0 },
        blocks: Vec::new(),
    };
    for (kind, labels) in value.as_object().into_iter().flatten() {
        reader.kind(kind, labels);
    }
    Ok(reader.blocks)
}

/// The kinds of blocks that bake has. Any other key of a JSON file is a variable, or a comment.
const KINDS: [&str; 4] = ["target", "group", "variable", "function"];

/// Reads the blocks of a JSON file.
struct JsonReader<'a> {
    places: Places<'a>,
    blocks: Vec<Block>,
}

impl JsonReader<'_> {
    fn kind(&mut self, kind: &str, labels: &Value) {
        let place = self.places.find(kind);
        if kind == "//" {
            return;
        }
        if !KINDS.contains(&kind) {
            self.blocks.push(bare(Setting {
                name: Spanned::new(kind.to_owned(), place),
                value: expression(labels),
            }));
            return;
        }
        // As in HCL's JSON syntax, a list of objects is as good as one object.
        for labels in each(labels) {
            for (label, settings) in labels.as_object().into_iter().flatten() {
                let label = Spanned::new(label.clone(), self.places.find(label));
                each(settings).for_each(|settings| self.block(kind, &label, settings));
            }
        }
    }

    fn block(&mut self, kind: &str, label: &Spanned<String>, settings: &Value) {
        let settings = settings.as_object().into_iter().flatten();
        let settings = settings.filter(|(name, _)| *name != "//");
        let setting = |(name, value): (&String, &Value)| Setting {
            name: Spanned::new(name.clone(), self.places.find(name)),
            value: expression(value),
        };
        let settings = settings.map(setting).collect();
        self.blocks.push(Block {
            settings,
            ..Block::new(kind, label.clone())
        });
    }
}

/// The items of a list, or the value itself.
fn each(value: &Value) -> impl Iterator<Item = &Value> {
    let items = value.as_array().map(|items| items.iter());
    let one = items.is_none().then_some(value);
    items.into_iter().flatten().chain(one)
}

/// Finds the places of keys in JSON, in their order.
struct Places<'a> {
    input: Input<'a>,
    at: usize,
}

impl Places<'_> {
    fn find(&mut self, key: &str) -> Span {
        let word = format!("\"{key}\"");
        let Some(found) = self.input.text[self.at..].find(&word) else {
            return self.input.span(self.at, self.at);
        };
        let start = self.at + found;
        self.at = start + 1;
        self.input.span(start, start + word.len())
    }
}

/// A value of JSON according to HCL's JSON syntax: strings are templates.
fn expression(value: &Value) -> Expression {
    match value {
        Value::Null => Expression::Null,
        Value::Bool(truth) => Expression::Bool(*truth),
        Value::Number(number) => {
            number
                .as_f64()
                .and_then(hcl::Number::from_f64)
                .map_or(Expression::Null, |float| {
                    let whole = number.as_i64().map(hcl::Number::from);
                    let whole = whole.or_else(|| number.as_u64().map(hcl::Number::from));
                    Expression::Number(whole.unwrap_or(float))
                })
        }
        Value::String(text) if text.contains("${") || text.contains("%{") => {
            Expression::from(TemplateExpr::from(text.as_str()))
        }
        Value::String(text) => Expression::String(text.clone()),
        Value::Array(values) => Expression::Array(values.iter().map(expression).collect()),
        Value::Object(values) => Expression::Object(
            values
                .iter()
                .map(|(key, value)| {
                    (
                        ObjectKey::Expression(Expression::String(key.clone())),
                        expression(value),
                    )
                })
                .collect(),
        ),
    }
}
