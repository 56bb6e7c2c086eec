//! The settings of a target as texts, each with the pattern that resolves to it.

use super::inline::shallow;
use super::inserted::Inserted;
use super::place::{Decisions, How, Names, decisions, depends_on_time, is_single, variables};
use super::settings::Settings;
use super::stand_in::is_made_up;
use super::target::Refusal;
use super::value::{Data, Value, Values};
use crate::import::path;
use crate::import::published::Text;
use crate::name::Platform;
use crate::render::below;
use crate::text::{Shown, Span};
use indexmap::{IndexMap, IndexSet};

/// What a manifest cannot have in an argument.
const MORE_THAN_A_LINE: &str = "its value has a line break, a tab or another control character, and kiln passes only one line of text";

/// What to do about a path with `..`, as bake files in a folder of their own have it.
const FROM_ABOVE: &str = "kiln takes all paths from the folder of `kiln.kdl`: move the bake file to a folder above, write its paths as from there, and import it there";

/// bake's word for the platform of the machine on which it runs.
const LOCAL: &str = "local";

/// The settings of a target.
pub(super) struct Texts<'a> {
    pub settings: &'a Settings,
    pub span: Span,
    /// Parts of settings that are left out, and why.
    pub lost: Vec<Refusal>,
    /// The variables whose defaults decided something.
    pub decided: Decisions,
    /// The variables without a value that leave out a part of a map.
    pub nulls: Names,
}

impl<'a> Texts<'a> {
    /// Nothing is read yet.
    pub fn new(settings: &'a Settings, span: Span) -> Self {
        Self {
            settings,
            span,
            lost: Vec::new(),
            decided: settings.decided.clone(),
            nulls: Names::new(),
        }
    }

    /// How a manifest lists the platforms, if they follow variables.
    pub fn listed(&self) -> Option<Vec<String>> {
        let value = self.get("platforms")?;
        let items = value.list()?.iter();
        let texts: Vec<Text> = items.map(Value::text).collect::<Option<_>>()?;
        let all: Vec<&str> = texts.iter().flat_map(|text| divided(&text.real)).collect();
        let distinct: IndexSet<Platform> = all
            .iter()
            .map(|text| text.parse().ok())
            .collect::<Option<_>>()?;
        let patterns = match &value.pattern {
            Some(whole) => vec![whole.clone()],
            None => {
                let patterns = texts.iter().flat_map(|text| divided(&text.pattern));
                patterns.map(str::to_owned).collect()
            }
        };
        let follows = !variables(value).is_empty() && unknown(value).is_none();
        (follows && distinct.len() == all.len()).then_some(patterns)
    }

    /// The platforms; `None` if the file specifies none, or only that of the machine. They are those of the variables of
    /// today unless the manifest `follows` these.
    pub fn platforms(&mut self, follows: bool) -> Result<Option<Vec<Platform>>, Refusal> {
        let mut platforms = IndexSet::new();
        let all: Vec<String> = match follows {
            true => {
                let texts = self.places("platforms")?.into_iter();
                texts.flatten().map(|text| text.real).collect()
            }
            false => self.fixed_list("platforms")?,
        };
        let all = all.iter().flat_map(|text| divided(text));
        let (local, others): (Vec<_>, Vec<_>) = all.partition(|text| *text == LOCAL);
        if !local.is_empty() && !others.is_empty() {
            let why = "a part of `platforms` is left out: `local` is a different platform on each machine";
            self.lose("platforms", why.to_owned());
        }
        for text in others {
            let found = Platform::as_docker_reads(text);
            platforms.insert(found.map_err(|why| self.refused("platforms", why.to_string()))?);
        }
        Ok((!platforms.is_empty()).then(|| platforms.into_iter().collect()))
    }

    /// The path of the Dockerfile, which is relative to the context.
    pub fn dockerfile(&mut self, context: &Text) -> Result<Text, Refusal> {
        let file = self
            .text("dockerfile")?
            .filter(|text| !text.real.is_empty());
        let file = file.unwrap_or_else(|| Text::literal("Dockerfile"));
        if file.real.starts_with('/') {
            return self.tidy("dockerfile", file);
        }
        let dockerfile = Text {
            real: below(&context.real, &file.real),
            pattern: below(&context.pattern, &file.pattern),
        };
        self.tidy("dockerfile", dockerfile)
    }

    /// Where a setting is.
    pub fn place(&self, name: &str) -> Span {
        let value = self.settings.values.get(name);
        value.map_or(self.span, |value| value.span)
    }

    /// Whether the file has a setting, and it is not null.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        let value = self.settings.values.get(name).map(|value| &value.value);
        value.filter(|value| !value.is_null())
    }

    fn refused(&self, name: &str, why: String) -> Refusal {
        Refusal {
            why,
            span: self.place(name),
            help: None,
        }
    }

    fn not(&self, name: &str, what: &str) -> Refusal {
        self.refused(name, format!("its `{name}` is {what}"))
    }

    /// The text of a setting.
    pub fn text(&mut self, name: &str) -> Result<Option<Text>, Refusal> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        if let Some(why) = unknown(value) {
            return Err(self.refused(name, format!("its `{name}` is not known: {why}")));
        }
        let text = value.text();
        Ok(Some(text.ok_or_else(|| self.not(name, "not a string"))?))
    }

    /// The same, written out: it does not follow variables.
    pub fn fixed(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        if let Some(value) = self.get(name) {
            self.decided.extend(decisions(How::Fixed, value));
        }
        Ok(self.text(name)?.map(|text| text.real))
    }

    /// A Dockerfile inside the file, with arguments besides these in the place of its variables; and the same with others
    /// in the place of a matrix's values.
    pub fn inline(
        &mut self,
        args: &IndexMap<String, Text>,
    ) -> Result<Option<(Inserted, Option<Inserted>)>, Refusal> {
        let Some(text) = self.text("dockerfile-inline")? else {
            return Ok(None);
        };
        let text = shallow(text);
        let inserted = Inserted::new(&text, args, self.settings);
        self.decided.extend(inserted.decided.iter().cloned());
        let of_matrix = Inserted::of_matrix(&text, args, self.settings);
        Ok(Some((inserted, of_matrix)))
    }

    /// The texts of a list. `None` takes the place of an empty one, which counts as missing, as in bake
    /// (`cond ? "tag" : ""`), and of one that is not known.
    pub fn places(&mut self, name: &str) -> Result<Vec<Option<Text>>, Refusal> {
        let Some(value) = self.get(name) else {
            return Ok(Vec::new());
        };
        if let Some(why) = unknown(value).filter(|_| value.list().is_none()) {
            return Err(self.refused(name, format!("its `{name}` is not known: {why}")));
        }
        let items = value.list().ok_or_else(|| self.not(name, "not a list"))?;
        let mut all = Vec::new();
        for item in items {
            let why = match &item.data {
                Data::Unknown(why) => Some(why.as_str()),
                _ => made_up(item),
            };
            if let Some(why) = why {
                self.lose(name, format!("a part of `{name}` is left out: {why}"));
            }
            if why.is_some() || item.is_null() {
                all.push(None);
                continue;
            }
            let text = item.text();
            let text = text.ok_or_else(|| self.not(name, "not a list of strings"))?;
            all.push(Some(text).filter(|text| !text.real.is_empty()));
        }
        Ok(all)
    }

    /// The variables whose values are whole items of a list, and empty.
    pub fn blank(&self, name: &str) -> Names {
        let items = self.get(name).and_then(Value::list).into_iter().flatten();
        let empty = items.filter(|item| item.real().is_some_and(|text| text.is_empty()));
        let single = empty.filter(|item| item.pattern.as_deref().is_some_and(is_single));
        single.flat_map(variables).collect()
    }

    /// The texts of a list, written out.
    pub fn fixed_list(&mut self, name: &str) -> Result<Vec<String>, Refusal> {
        if let Some(value) = self.get(name) {
            self.decided.extend(decisions(How::Fixed, value));
        }
        let texts = self.places(name)?.into_iter().flatten();
        Ok(texts.map(|text| text.real).collect())
    }

    /// The entries of a list, each as its fields: `type=env,id=npm`, or an object. A word alone is an `id`.
    pub fn records(&mut self, name: &str) -> Result<Vec<IndexMap<String, String>>, Refusal> {
        let Some(value) = self.get(name) else {
            return Ok(Vec::new());
        };
        self.decided.extend(decisions(How::Fixed, value));
        if let Some(why) = unknown(value).filter(|_| value.list().is_none()) {
            self.lose(name, format!("`{name}` is left out: {why}"));
            return Ok(Vec::new());
        }
        let items = value.list().ok_or_else(|| self.not(name, "not a list"))?;
        let mut all = Vec::new();
        for item in items.iter().filter(|item| !item.is_null()) {
            if let Some(why) = unknown(item) {
                self.lose(name, format!("a part of `{name}` is left out: {why}"));
                continue;
            }
            let fields = item
                .map()
                .map(object)
                .or_else(|| Some(fields(&item.real()?)));
            let fields =
                fields.ok_or_else(|| self.not(name, "not a list of strings and objects"))?;
            all.extend(Some(fields).filter(|fields| !fields.is_empty()));
        }
        Ok(all)
    }

    /// The texts of a map.
    pub fn map(&mut self, name: &str) -> Result<IndexMap<String, Text>, Refusal> {
        let Some(value) = self.get(name) else {
            return Ok(IndexMap::new());
        };
        if let Some(why) = unknown(value).filter(|_| value.map().is_none()) {
            self.lose(name, format!("`{name}` is left out: {why}"));
            return Ok(IndexMap::new());
        }
        let items = value.map().ok_or_else(|| self.not(name, "not a map"))?;
        let mut all = IndexMap::new();
        for (key, item) in items {
            if item.is_null() {
                self.without_default(name, key, item);
                continue;
            }
            if let Some(why) = unknown(item) {
                let key = key.shown();
                self.lose(name, format!("`{key}` of `{name}` is left out: {why}"));
                continue;
            }
            let text = item.text();
            let text = text.ok_or_else(|| self.not(name, "not a map of strings"))?;
            if text.real.contains(char::is_control) {
                let key = key.shown();
                self.lose(
                    name,
                    format!("`{key}` of `{name}` is left out: {MORE_THAN_A_LINE}"),
                );
                continue;
            }
            all.insert(key.clone(), text);
        }
        Ok(all)
    }

    /// The texts of a map, written out.
    pub fn fixed_map(&mut self, name: &str) -> Result<IndexMap<String, String>, Refusal> {
        if let Some(value) = self.get(name) {
            self.decided.extend(decisions(How::Fixed, value));
        }
        let texts = self.map(name)?.into_iter();
        Ok(texts.map(|(key, text)| (key, text.real)).collect())
    }

    /// Null is as good as missing. Where a variable is null, bake takes it from the environment.
    fn without_default(&mut self, name: &str, key: &str, item: &Value) {
        for variable in variables(item) {
            let key = key.shown();
            let why = format!("`{key}` of `{name}` is left out: `{variable}` has no default");
            self.lose(name, why);
            self.nulls.insert(variable);
        }
    }

    /// What the output says decides something.
    pub fn decided_by_output(&mut self) {
        let output = self.settings.values.get("output");
        let inserted = output.map(|output| decisions(How::Fixed, &output.value));
        self.decided.extend(inserted.into_iter().flatten());
        let computed = self.settings.decided_output.iter().cloned();
        self.decided.extend(computed);
    }

    /// A part of a setting that is left out.
    pub fn lose(&mut self, name: &str, why: String) {
        let refusal = self.refused(name, why);
        self.lost.push(refusal);
    }

    /// A path inside the workspace; empty for the workspace itself.
    pub fn inside(&mut self, name: &str, default: &str) -> Result<Text, Refusal> {
        let text = self.text(name)?;
        let text = text.unwrap_or_else(|| Text::literal(default));
        if text.real.starts_with("target:") || text.real.starts_with("docker-image://") {
            let what = "an image, which only `contexts` may name; a context is a folder";
            return Err(self.not(name, what));
        }
        // bake's word for the folder in which it was started.
        let local = |text: String| {
            text.strip_prefix("cwd://")
                .map_or(text.clone(), str::to_owned)
        };
        let text = Text {
            real: local(text.real),
            pattern: local(text.pattern),
        };
        // An empty variable is the folder itself, but no path can begin with it.
        if let Some(value) = self.get(name).filter(|_| text.real.is_empty()) {
            self.decided.extend(decisions(How::Fixed, value));
            return Ok(Text::literal(""));
        }
        self.tidy(name, text)
    }

    fn tidy(&self, name: &str, text: Text) -> Result<Text, Refusal> {
        let span = self.place(name);
        let real = path::inside(&resolved(&text.real), span).map_err(|fault| Refusal {
            why: format!("its `{name}` {}", fault.message),
            span,
            help: is_above(&text.real).then_some(FROM_ABOVE),
        })?;
        // Placeholders contain no slashes, so the pattern can be normalised like its value.
        let pattern = path::inside(&resolved(&text.pattern), span);
        Ok(match pattern {
            Ok(pattern) => Text { real, pattern },
            Err(_) => Text::literal(real),
        })
    }
}

/// The platforms in one item of a list: buildx divides it at commas.
fn divided(item: &str) -> impl Iterator<Item = &str> {
    let parts = item.split(',').map(str::trim);
    parts.filter(|part| !part.is_empty())
}

/// Whether a path leads out of the folder in which bake is started.
fn is_above(path: &str) -> bool {
    path.split('/').any(|part| part == "..")
}

/// Why a value cannot be in a setting other than a tag.
fn object(values: &Values) -> IndexMap<String, String> {
    let text = |value: &Value| {
        let first = value.list().and_then(|list| list.first());
        first.unwrap_or(value).real()
    };
    let values = values.iter();
    let fields = values.filter_map(|(name, value)| Some((name.to_ascii_lowercase(), text(value)?)));
    fields.collect()
}

fn fields(text: &str) -> IndexMap<String, String> {
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let field = |part: &str| match part.split_once('=') {
        Some((name, value)) => (name.trim().to_owned(), value.trim().to_owned()),
        None => (String::from("id"), part.to_owned()),
    };
    parts.map(field).collect()
}

fn unknown(value: &Value) -> Option<String> {
    let timed = || depends_on_time(value).then_some("it depends on the time of the build");
    let why = value
        .unknown_part()
        .or_else(|| made_up(value))
        .or_else(timed);
    why.map(str::to_owned)
}

/// Why a value means nothing that is computed from a variable without a value.
fn made_up(value: &Value) -> Option<&'static str> {
    let made_up = value.text().is_some_and(|text| is_made_up(&text.pattern));
    made_up.then_some("it is computed from a variable without a value")
}

/// A path without `folder/..`, where it stays inside.
pub(super) fn resolved(path: &str) -> String {
    if path.contains("://") {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for (at, part) in path.split('/').enumerate() {
        match (part, parts.last()) {
            ("", _) if at > 0 => {}
            ("..", Some(last)) if !matches!(*last, "" | "..") => drop(parts.pop()),
            (".", _) => {}
            _ => parts.push(part),
        }
    }
    parts.join("/")
}
