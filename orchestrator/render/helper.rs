//! What templates can call besides Handlebars' own `if`, `unless`, `each`, `with`, `lookup`, `eq`,
//! `ne`, `and`, `or`, `not`, `gt`, `lt`, `len`:
//!
//! - `has object "key"`: whether it is there;
//! - `default object "key" "text"`: what is there, else the text;
//! - `quote text`: in double quotes for ENV, LABEL and ARG; `$NAME` still expands;
//! - `shell text`: one word of a shell;
//! - `json a b …`: a JSON array of strings (of a list, its items), for the exec forms and for paths with spaces;
//! - `join list "separator"`;
//! - `literal text`: the same, and `$` is itself;
//! - `at place`: notes what in the manifest a line is for; writes nothing;
//! - `bs`: a backslash, since Handlebars takes `\{{` for an escape.

use super::source_map::{CLOSE, MARK};
use super::template::NEED;
use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, JsonRender, Output, RenderContext,
    RenderError, RenderErrorReason, ScopedJson,
};
use serde_json::Value;

type Answer = Result<Value, RenderErrorReason>;

type Run = fn(&Arguments<'_, '_>) -> Answer;

/// A helper that is a function of its arguments.
struct Function {
    name: &'static str,
    run: Run,
}

struct Arguments<'a, 'rc> {
    name: &'static str,
    helper: &'a Helper<'rc>,
}

/// Makes them callable.
pub(super) fn register(engine: &mut Handlebars<'_>) {
    let functions: [(&'static str, Run); 8] = [
        (NEED, need),
        ("has", |a| Ok(Value::Bool(a.member()?.is_some()))),
        ("default", |a| {
            a.member()?.cloned().map_or_else(|| a.value(2).cloned(), Ok)
        }),
        ("quote", |a| Ok(Value::String(quoted(&a.text(0)?)))),
        ("literal", |a| {
            Ok(Value::String(quoted(&a.text(0)?).replace('$', "\\$")))
        }),
        ("shell", |a| Ok(Value::String(shell_word(&a.text(0)?)))),
        ("json", |a| {
            Ok(Value::String(
                Value::Array(a.texts()?.into_iter().map(Value::String).collect()).to_string(),
            ))
        }),
        ("join", join),
    ];
    for (name, run) in functions {
        engine.register_helper(name, Box::new(Function { name, run }));
    }
    engine.register_helper("bs", Box::new(backslash));
    engine.register_helper("at", Box::new(place));
}

/// Written by the template, not by a value: it may continue a line.
fn backslash(
    _: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    Ok(out.write("\\")?)
}

/// Notes a place of the manifest in the text; the mark is taken out again.
fn place(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    match helper.param(0).and_then(|param| param.value().as_u64()) {
        Some(number) => Ok(out.write(&format!("{MARK}p{number}{CLOSE}"))?),
        None => Err(RenderErrorReason::Other(String::from(
            "`at` takes a place that kiln gives: `place`, `places.packages`",
        ))
        .into()),
    }
}

impl HelperDef for Function {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        Ok(ScopedJson::Derived((self.run)(&Arguments {
            name: self.name,
            helper,
        })?))
    }
}

impl Arguments<'_, '_> {
    fn value(&self, index: usize) -> Result<&Value, RenderErrorReason> {
        let value = self.helper.param(index).map(|p| p.value());
        value.ok_or_else(|| {
            RenderErrorReason::Other(format!(
                "`{}` lacks its argument number {}",
                self.name,
                index + 1
            ))
        })
    }

    fn text(&self, index: usize) -> Result<String, RenderErrorReason> {
        Ok(self.value(index)?.render())
    }

    fn texts(&self) -> Result<Vec<String>, RenderErrorReason> {
        let all = (0..self.helper.params().len())
            .map(|index| self.value(index))
            .collect::<Result<Vec<_>, RenderErrorReason>>()?;
        let texts = all.into_iter().flat_map(|value| match value {
            Value::Array(list) => list.iter().map(JsonRender::render).collect(),
            other => vec![other.render()],
        });
        Ok(texts.collect())
    }

    /// What the object (argument 0) has under the key (argument 1).
    fn member(&self) -> Result<Option<&Value>, RenderErrorReason> {
        let key = self.text(1)?;
        match self.value(0)? {
            Value::Object(object) => Ok(object.get(&key)),
            _ => Err(RenderErrorReason::Other(format!(
                "`{}` looks into an object such as `args`, `env`, `axis` or `this`",
                self.name
            ))),
        }
    }
}

fn need(arguments: &Arguments<'_, '_>) -> Answer {
    let Some(value) = arguments.helper.param(0) else {
        return Err(RenderErrorReason::MissingVariable(None));
    };
    if value.is_value_missing() || value.value().is_null() {
        return Err(RenderErrorReason::MissingVariable(
            value.relative_path().cloned(),
        ));
    }
    Ok(value.value().clone())
}

fn join(arguments: &Arguments<'_, '_>) -> Answer {
    let Value::Array(list) = arguments.value(0)? else {
        return Err(RenderErrorReason::Other(String::from(
            "`join` joins a list such as `packages`",
        )));
    };
    let texts: Vec<_> = list.iter().map(JsonRender::render).collect();
    Ok(Value::String(texts.join(&arguments.text(1)?)))
}

/// In double quotes, for a Dockerfile: quotes and backslashes are themselves, `$NAME` expands.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// One word for a POSIX shell.
fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "+-._:=~@/,%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
