//! Indented heredocs (`<<-EOT`) as HCL reads them: the spaces that all lines have in common are removed.
//!
//! ```text
//! <<-EOT
//!     FROM alpine                     FROM alpine
//!     %{ for p in PACKAGES ~}
//!     RUN apk add ${p}                    RUN apk add git       its line begins behind `~}`, which has taken the break
//!     %{ endfor ~}
//!   EOT
//! ```
//!
//! A line counts where it begins with text or a `%{`, unless it is blank. The parser counts only lines outside of `%{…}`.

use hcl_edit::Span;
use hcl_edit::expr::Expression;
use hcl_edit::template::{Directive, Element, HeredocTemplate, Strip, Template};
use hcl_edit::visit_mut::VisitMut;
use std::ops::Range;

/// Gives the indented heredocs in an expression of this file the indentation that they have in HCL.
pub(super) fn dedent(file: &str, expression: &mut Expression) {
    Dedent { file }.visit_expr_mut(expression);
}

struct Dedent<'a> {
    file: &'a str,
}

impl VisitMut for Dedent<'_> {
    fn visit_heredoc_template_mut(&mut self, heredoc: &mut HeredocTemplate) {
        if let Some(template) = self.dedented(heredoc) {
            heredoc.template = template;
        }
    }
}

impl Dedent<'_> {
    /// The template of an indented heredoc.
    fn dedented(&self, heredoc: &HeredocTemplate) -> Option<Template> {
        let span = heredoc.template.span()?;
        let start = format!("<<-{}", heredoc.delimiter.as_str());
        let before = self.file.get(..span.start)?;
        before.trim_end().ends_with(&start).then_some(())?;
        let mut tokens = Vec::new();
        self.tokens(&heredoc.template, &mut tokens)?;
        trim(&mut tokens);
        let mut out = String::new();
        let mut from = span.start;
        for place in indents(&tokens) {
            out.push_str(self.file.get(from..place.start)?);
            from = place.end;
        }
        out.push_str(self.file.get(from..span.end)?);
        out.parse().ok()
    }

    /// The tokens of a template, in order.
    fn tokens<'f>(&'f self, template: &Template, all: &mut Vec<Token<'f>>) -> Option<()> {
        for element in template.iter() {
            match element {
                Element::Literal(literal) => {
                    let Range { mut start, end } = literal.span()?;
                    for text in self.file.get(start..end)?.split_inclusive('\n') {
                        all.push(Token::Text { start, text });
                        start += text.len();
                    }
                }
                Element::Interpolation(inserted) => all.push(Token::Control(inserted.strip)),
                Element::Directive(directive) => self.directive(directive, all)?,
            }
        }
        Some(())
    }

    fn directive<'f>(&'f self, directive: &Directive, all: &mut Vec<Token<'f>>) -> Option<()> {
        match directive {
            Directive::If(choice) => {
                all.push(Token::Control(choice.if_expr.strip));
                self.tokens(&choice.if_expr.template, all)?;
                if let Some(other) = &choice.else_expr {
                    all.push(Token::Control(other.strip));
                    self.tokens(&other.template, all)?;
                }
                all.push(Token::Control(choice.endif_expr.strip));
            }
            Directive::For(each) => {
                all.push(Token::Control(each.for_expr.strip));
                self.tokens(&each.for_expr.template, all)?;
                all.push(Token::Control(each.endfor_expr.strip));
            }
        }
        Some(())
    }
}

/// A part of a heredoc: text up to the end of its line, or what is in braces.
enum Token<'f> {
    Text { start: usize, text: &'f str },
    Control(Strip),
}

/// Removes the spaces that `~` does.
fn trim(tokens: &mut [Token]) {
    for at in 0..tokens.len() {
        let Token::Control(strip) = tokens[at] else {
            continue;
        };
        if let Some(Token::Text { text, .. }) = tokens.get_mut(at + 1).filter(|_| strip.strip_end())
        {
            *text = text.trim_start();
        }
        let before = at.checked_sub(1).filter(|_| strip.strip_start());
        if let Some(Token::Text { text, .. }) = before.and_then(|at| tokens.get_mut(at)) {
            *text = text.trim_end();
        }
    }
}

/// The spaces at the beginnings of lines that are not part of the text.
fn indents(tokens: &[Token]) -> Vec<Range<usize>> {
    let mut starts: Vec<(usize, &str)> = Vec::new();
    let mut least = usize::MAX;
    let mut is_first = true;
    for token in tokens {
        let text = match token {
            Token::Text { text, .. } => *text,
            Token::Control(_) => "",
        };
        let is_blank = text.trim_start().is_empty() && text.ends_with('\n');
        if is_first && !is_blank {
            let spaces = &text[..text.len() - text.trim_start().len()];
            least = least.min(spaces.chars().count());
            if let Token::Text { start, .. } = token {
                starts.push((*start, spaces));
            }
        }
        is_first = text.ends_with('\n');
    }
    let place = |(start, spaces): (usize, &str)| {
        let length = spaces
            .chars()
            .take(least)
            .map(char::len_utf8)
            .sum::<usize>();
        start..start + length
    };
    starts.into_iter().map(place).collect()
}
