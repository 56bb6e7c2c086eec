//! Templates: texts with `${…}` and `%{…}`.

use super::{Evaluator, Fault, Local};
use crate::import::bake::place::{plain, variables};
use crate::import::bake::value::Value;
use crate::import::published::Text;
use hcl::expr::TemplateExpr;
use hcl::template::{Directive, Element, ForDirective, IfDirective, Strip, Template};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// How many templates are kept.
const KEPT: usize = 4096;

thread_local! {
    /// The templates that have been parsed, by their texts: a file is evaluated some hundred times.
    static PARSED: RefCell<HashMap<String, Rc<Template>>> = RefCell::default();
}

/// A parsed template.
fn parsed(source: &TemplateExpr) -> Result<Rc<Template>, Fault> {
    let new = || Template::from_expr(source).map(Rc::new);
    let TemplateExpr::QuotedString(text) = source else {
        return Ok(new().map_err(|error| first_line(&error))?);
    };
    if let Some(known) = PARSED.with_borrow(|all| all.get(text).cloned()) {
        return Ok(known);
    }
    let template = new().map_err(|error| first_line(&error))?;
    PARSED.with_borrow_mut(|all| {
        if all.len() >= KEPT {
            all.clear();
        }
        all.insert(text.clone(), template.clone());
    });
    Ok(template)
}

/// A text that grows, until a part of it is not known.
struct Growing {
    text: Text,
    unknown: Option<String>,
    /// Whether it is one line of the file, in which line breaks are `\n`.
    quoted: bool,
}

impl Growing {
    fn push(&mut self, part: &Text) {
        self.text.real.push_str(&part.real);
        self.text.pattern.push_str(&part.pattern);
    }

    /// Whether a value is known; if not, neither is the text.
    fn knows(&mut self, value: &Value) -> bool {
        let unknown = value.unknown_part().map(str::to_owned);
        let is_known = unknown.is_none();
        self.unknown = unknown.or(self.unknown.take());
        is_known
    }
}

/// The spaces that the elements around one of them remove.
#[derive(Clone, Copy)]
struct Around {
    before: Strip,
    after: Strip,
}

impl Evaluator<'_> {
    pub(super) fn template_expr(
        &mut self,
        source: &TemplateExpr,
        local: &Local,
    ) -> Result<Value, Fault> {
        let template = parsed(source)?;
        // As in HCL, a text that is nothing but one insertion is the value itself.
        if let [Element::Interpolation(only)] = template.elements() {
            return self.expression(&only.expr, local);
        }
        let mut out = Growing {
            text: Text::literal(""),
            unknown: None,
            quoted: matches!(source, TemplateExpr::QuotedString(_)),
        };
        let around = Around {
            before: Strip::None,
            after: Strip::None,
        };
        self.template(&template, local, around, &mut out)?;
        match out.unknown {
            Some(why) => Ok(Value::unknown(why)),
            None => Ok(Value::from(out.text)),
        }
    }

    fn template(
        &mut self,
        template: &Template,
        local: &Local,
        around: Around,
        out: &mut Growing,
    ) -> Result<(), Fault> {
        let all = template.elements();
        for (at, element) in all.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|at| all.get(at));
            let inner = Around {
                before: before.map_or(around.before, end_of),
                after: all.get(at + 1).map_or(around.after, start_of),
            };
            match element {
                Element::Literal(text) => self.literal(strip(text, inner, out.quoted), out)?,
                Element::Interpolation(inserted) => {
                    let value = self.expression(&inserted.expr, local)?;
                    self.insert(&value, out)?;
                }
                Element::Directive(directive) => match directive.as_ref() {
                    Directive::If(choice) => self.if_directive(choice, local, out)?,
                    Directive::For(each) => self.for_directive(each, local, out)?,
                },
            }
        }
        Ok(())
    }

    fn literal(&mut self, text: &str, out: &mut Growing) -> Result<(), Fault> {
        self.charge(text.len() as u64)?;
        out.text.real.push_str(text);
        out.text.pattern.push_str(&plain(text));
        Ok(())
    }

    fn insert(&mut self, value: &Value, out: &mut Growing) -> Result<(), Fault> {
        if !out.knows(value) {
            return Ok(());
        }
        if value.is_null() {
            self.unset.extend(variables(value));
        }
        let wrong = || format!("{} cannot be inserted into a text", value.kind());
        let text = value.text().ok_or_else(wrong)?;
        self.charge(text.pattern.len() as u64)?;
        out.push(&text);
        Ok(())
    }

    fn if_directive(
        &mut self,
        choice: &IfDirective,
        local: &Local,
        out: &mut Growing,
    ) -> Result<(), Fault> {
        let condition = self.expression(&choice.cond_expr, local)?;
        let unknown = self.fixed(&[&condition]);
        if unknown.is_some_and(|unknown| !out.knows(&unknown)) {
            return Ok(());
        }
        let wrong = || format!("a condition is {}, not a boolean", condition.kind());
        let otherwise = choice.false_template.as_ref();
        let (before, branch, after) = match (condition.truth().ok_or_else(wrong)?, otherwise) {
            (true, Some(_)) => (choice.if_strip, &choice.true_template, choice.else_strip),
            (true, None) => (choice.if_strip, &choice.true_template, choice.endif_strip),
            (false, Some(branch)) => (choice.else_strip, branch, choice.endif_strip),
            (false, None) => return Ok(()),
        };
        self.template(branch, local, Around { before, after }, out)
    }

    fn for_directive(
        &mut self,
        each: &ForDirective,
        local: &Local,
        out: &mut Growing,
    ) -> Result<(), Fault> {
        let collection = self.expression(&each.collection_expr, local)?;
        if !out.knows(&collection) {
            return Ok(());
        }
        let around = Around {
            before: each.for_strip,
            after: each.endfor_strip,
        };
        for names in Self::frames(&collection, each.key_var.as_ref(), &each.value_var)? {
            self.charge(1)?;
            let inner = Local::inside(local, &names);
            self.template(&each.template, &inner, around, out)?;
        }
        Ok(())
    }
}

/// The first line of the parser's message.
fn first_line(error: &hcl::Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}

/// The spaces that an element removes after itself.
fn end_of(element: &Element) -> Strip {
    match element {
        Element::Literal(_) => Strip::None,
        Element::Interpolation(inserted) => inserted.strip,
        Element::Directive(directive) => match directive.as_ref() {
            Directive::If(choice) => choice.endif_strip,
            Directive::For(each) => each.endfor_strip,
        },
    }
}

/// The spaces that an element removes before itself.
fn start_of(element: &Element) -> Strip {
    match element {
        Element::Literal(_) => Strip::None,
        Element::Interpolation(inserted) => inserted.strip,
        Element::Directive(directive) => match directive.as_ref() {
            Directive::If(choice) => choice.if_strip,
            Directive::For(each) => each.for_strip,
        },
    }
}

/// A text without the spaces that `~` removes: all of them in quotes, those of one line in a heredoc.
fn strip(text: &str, around: Around, quoted: bool) -> &str {
    let mut text = text;
    if around.before.strip_end() {
        let line = text.find('\n').filter(|_| !quoted);
        let line = line.map_or(text.len(), |at| at + 1);
        let spaces = line - text[..line].trim_start().len();
        text = &text[spaces..];
    }
    if around.after.strip_start() {
        let inside = text.len().saturating_sub(1);
        let line = text[..text.floor_char_boundary(inside)].rfind('\n');
        let line = line.filter(|_| !quoted).map_or(0, |at| at + 1);
        let kept = text[line..].trim_end().len();
        text = &text[..line + kept];
    }
    text
}
