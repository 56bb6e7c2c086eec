//! Paragraphs of fields, with the place of every word.

use crate::import::Input;
use crate::name::Tag;
use crate::text::{Diagnostic, Diagnostics, Span, Spanned, suggest};
use std::ops::Range;

/// Every field of the format; some may have an architecture and a hyphen before them.
pub(super) const FIELDS: [&str; 11] = [
    "Maintainers",
    "Tags",
    "SharedTags",
    "Architectures",
    "GitRepo",
    "GitFetch",
    "GitCommit",
    "Directory",
    "File",
    "Builder",
    "Constraints",
];

/// `Name: value`
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    pub name: Spanned<&'a str>,
    /// The value's lines, each with its place.
    lines: Vec<Spanned<&'a str>>,
}

/// Fields without an empty line between them.
#[derive(Debug, Clone, Default)]
pub(super) struct Paragraph<'a>(Vec<Field<'a>>);

impl<'a> Paragraph<'a> {
    /// The field of this name, in any capitalisation.
    pub fn get(&self, name: &str) -> Option<&Field<'a>> {
        self.0
            .iter()
            .find(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// Every field.
    pub fn iter(&self) -> impl Iterator<Item = &Field<'a>> {
        self.0.iter()
    }
}

impl<'a> Field<'a> {
    /// The value's place: its first line.
    pub fn span(&self) -> Span {
        self.lines.first().map_or(self.name.span, |line| line.span)
    }

    /// The value as one text.
    pub fn text(&self) -> Spanned<String> {
        let words: Vec<&str> = self
            .lines
            .iter()
            .map(|line| line.value)
            .filter(|line| !line.is_empty())
            .collect();
        Spanned::new(words.join(" "), self.span())
    }

    /// The items between the commas.
    pub fn items(&self) -> Vec<Spanned<String>> {
        let items = self.lines.iter().flat_map(|line| {
            let mut at = line.span.start;
            line.split(',').map(move |item| {
                let start = at + (item.len() - item.trim_start().len()) as u32;
                at += item.len() as u32 + 1;
                let item = item.trim();
                Spanned::new(
                    item.to_owned(),
                    Span {
                        source: line.span.source,
                        start,
                        end: start + item.len() as u32,
                    },
                )
            })
        });
        items.filter(|item| !item.is_empty()).collect()
    }
}

/// Reads the paragraphs; reports lines that are not fields.
pub(super) fn paragraphs<'a>(input: Input<'a>, out: &mut Diagnostics) -> Vec<Paragraph<'a>> {
    let mut all = vec![Paragraph::default()];
    let mut start = 0;
    let mut is_comment = false;
    for line in input.text.split_inclusive('\n') {
        let range = start..start + line.trim_end().len();
        start += line.len();
        let Some(open) = all.last_mut() else { continue };
        let text = &input.text[range.clone()];
        // What continues a comment before all fields is ignored by bashbrew, too.
        let continues = text.starts_with(char::is_whitespace) && open.0.is_empty();
        is_comment = text.trim_start().starts_with('#') || is_comment && continues;
        if text.is_empty() {
            if !open.0.is_empty() {
                all.push(Paragraph::default());
            }
        } else if is_comment {
            continue;
        } else if let Some(image) = Image::of(range.clone(), input) {
            match open.continued(&image) {
                Some(tags) => tags.lines.push(image.tag),
                None => all.push(image.paragraph()),
            }
        } else if let Err(fault) = line_of(open, range, input) {
            out.push(fault);
        }
    }
    all.retain(|paragraph| !paragraph.0.is_empty());
    all
}

/// An image on one line, as older files have them: `2.6: git://github.com/acme/app@48ebe83 2.6`.
struct Image<'a> {
    tag: Spanned<&'a str>,
    /// Names of fields and their values.
    fields: [(&'static str, Spanned<&'a str>); 3],
}

impl<'a> Image<'a> {
    /// The image on this line; `None` if it is a field.
    fn of(range: Range<usize>, input: Input<'a>) -> Option<Self> {
        let text = &input.text[range.clone()];
        let (tag, rest) = text.split_once(':')?;
        let is_field = FIELDS.iter().any(|field| tag.ends_with(field));
        let mut words = rest.split_whitespace();
        let (repository, commit) = words.next()?.rsplit_once('@')?;
        let folder = words.next().unwrap_or(".");
        let is_image = !is_field && repository.contains("://") && tag.parse::<Tag>().is_ok();
        let place = |word: &'a str| {
            let at = text.rfind(word).unwrap_or_default() + range.start;
            Spanned::new(word, input.span(at, at + word.len()))
        };
        let end = range.start + tag.len();
        (is_image && words.next().is_none()).then(|| Self {
            tag: Spanned::new(tag, input.span(range.start, end)),
            fields: [
                ("GitRepo", place(repository)),
                ("GitCommit", place(commit)),
                ("Directory", place(folder)),
            ],
        })
    }

    /// The same as a paragraph of fields.
    fn paragraph(self) -> Paragraph<'a> {
        let tags = [("Tags", self.tag)].into_iter();
        let field = |(name, value): (&'static str, Spanned<&'a str>)| Field {
            name: Spanned::new(name, value.span),
            lines: vec![value],
        };
        Paragraph(tags.chain(self.fields).map(field).collect())
    }
}

impl<'a> Paragraph<'a> {
    /// The tags of the paragraph, if it is the same image as this line.
    fn continued(&mut self, image: &Image) -> Option<&mut Field<'a>> {
        let is_same = |(name, value): &(&str, Spanned<&str>)| {
            let known = self.get(name).map(|field| field.text().value);
            known.as_deref() == Some(value.value)
        };
        let is_same = image.fields.iter().all(is_same);
        self.0.first_mut().filter(|_| is_same)
    }
}

fn line_of<'a>(
    open: &mut Paragraph<'a>,
    range: Range<usize>,
    input: Input<'a>,
) -> Result<(), Diagnostic> {
    let text = &input.text[range.clone()];
    let piece = |from: usize| {
        let value = input.text[from..range.end].trim();
        let start = range.end - input.text[from..range.end].trim_start().len();
        Spanned::new(value, input.span(start, start + value.len()))
    };
    if text.starts_with(char::is_whitespace) {
        let Some(field) = open.0.last_mut() else {
            let fault = Diagnostic::error(
                "import::field",
                "this line continues a field, but there is none before it",
            );
            return Err(fault
                .at(input.span(range.start, range.end), "here")
                .help("remove its leading space, or the empty line before it"));
        };
        field.lines.push(piece(range.start));
        return Ok(());
    }
    let colon = colon(text).ok_or_else(|| no_field(text, input.span(range.start, range.end)))?;
    let name = Spanned::new(&text[..colon], input.span(range.start, range.start + colon));
    if let Some(first) = open.get(&name) {
        let message = format!("`{}` appears twice in one paragraph", *name);
        let fault = Diagnostic::error("import::field", message).at(name.span, "again here");
        return Err(fault
            .at(first.name.span, "first here")
            .help("put an empty line between two images"));
    }
    open.0.push(Field {
        name,
        lines: vec![piece(range.start + colon + 1)],
    });
    Ok(())
}

/// Where the name of a field ends. bashbrew ignores fields that it does not know, also those of several words.
fn colon(text: &str) -> Option<usize> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b' ');
    let colon = text.find(':')?;
    let is_field = colon > 0 && text[..colon].bytes().all(is_name);
    (is_field && !text[colon + 1..].starts_with("//")).then_some(colon)
}

/// The error at a line that is not a field.
fn no_field(text: &str, span: Span) -> Diagnostic {
    let near = suggest(text.split_whitespace().next().unwrap_or_default(), FIELDS)
        .map(|near| format!("did you mean `{near}: …`?"));
    let help =
        "a line is `Field: value`, such as `Tags: 1.27.0, latest`; a comment begins with `#`";
    Diagnostic::error("import::field", "this line is not a field")
        .at(span, "here")
        .help(help)
        .maybe_help(near)
}
