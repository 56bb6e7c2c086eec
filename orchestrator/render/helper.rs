//! The helpers of templates besides Handlebars' own `if`, `unless`, `each`, `with`, `lookup`, `eq`,
//! `ne`, `and`, `or`, `not`, `gt`, `lt`, `len`:
//!
//! - `has object "key"`: whether the object has the key;
//! - `default object "key" "text"`: the value of the key if it exists, otherwise the text;
//! - `quote text`: the text in double quotes for ENV, LABEL and ARG; `$NAME` still expands;
//! - `literal text`: like `quote`, but `$` is literal;
//! - `shell text`: the text as one shell word;
//! - `json a b …`: a JSON array of strings (of the items of a list), for the exec forms and for paths with spaces;
//! - `join list "separator"`: the items of the list as one text;
//! - `at place`: records the place of the manifest that a line is for; writes nothing;
//! - `bs`: a backslash, since Handlebars reads `\{{` as an escape.

use super::source_map::{CLOSE, MARK};
use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, JsonRender, Output, RenderContext,
    RenderError, RenderErrorReason, ScopedJson,
};
use serde_json::Value;

/// The helper that refuses missing names; templates cannot write its name.
pub(super) const NEED: &str = "kiln need";

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

/// Registers all helpers.
pub(super) fn register(engine: &mut Handlebars<'_>) {
    let functions: [(&'static str, Run); 7] = [
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
    engine.register_helper(NEED, Box::new(Need));
    engine.register_helper("bs", Box::new(backslash));
    engine.register_helper("at", Box::new(place));
}

/// The template writes it, not a value: it may continue a line.
fn backslash(
    _: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    Ok(out.write("\\")?)
}

/// Records a place of the manifest as a mark in the text; the mark is removed later.
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
            "`at` needs a place from kiln's data: `place`, `places.packages`",
        ))
        .into()),
    }
}

/// Refuses missing names.
struct Need;

impl HelperDef for Need {
    fn call_inner<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        data: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
    ) -> Result<ScopedJson<'rc>, RenderError> {
        let Some(value) = helper.param(0) else {
            return Err(RenderErrorReason::MissingVariable(None).into());
        };
        if value.is_value_missing() || value.value().is_null() {
            let path = value.relative_path().cloned();
            return Err(RenderErrorReason::MissingVariable(path).into());
        }
        // A value of the data is not copied: lists of tool sets are large.
        let found = value
            .context_path()
            .and_then(|path| Some((member(data.data(), path)?, path.clone())));
        Ok(match found {
            Some((value, path)) => ScopedJson::Context(value, path),
            None => ScopedJson::Derived(value.value().clone()),
        })
    }
}

/// The value at a path.
fn member<'v>(data: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(data, |value, key| match value {
        Value::Object(object) => object.get(key),
        Value::Array(list) => list.get(key.parse::<usize>().ok()?),
        _ => None,
    })
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
                "`{}` needs an argument number {}",
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

    /// The object's (argument 0) value for the key (argument 1).
    fn member(&self) -> Result<Option<&Value>, RenderErrorReason> {
        let key = self.text(1)?;
        match self.value(0)? {
            Value::Object(object) => Ok(object.get(&key)),
            _ => Err(RenderErrorReason::Other(format!(
                "`{}` needs an object such as `args`, `env`, `axis` or `this`",
                self.name
            ))),
        }
    }
}

fn join(arguments: &Arguments<'_, '_>) -> Answer {
    let Value::Array(list) = arguments.value(0)? else {
        return Err(RenderErrorReason::Other(String::from(
            "`join` needs a list such as `packages`",
        )));
    };
    let texts: Vec<_> = list.iter().map(JsonRender::render).collect();
    Ok(Value::String(texts.join(&arguments.text(1)?)))
}

/// The text in double quotes for a Dockerfile: quotes and backslashes are literal, `$NAME` expands.
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
