//! The `output` of targets: what only writes files makes no image, and what writes an image may name it.

use super::target::Refusal;
use super::texts::Texts;
use super::value::Value;
use crate::import::published::Text;

/// One output: `type=local,dest=bin`, `{ type = "local" }`, or a path alone.
pub(super) struct Output(Vec<(String, Text)>);

impl Output {
    fn new(value: &Value) -> Option<Self> {
        if let Some(items) = value.map() {
            let field = |(name, value): (&String, &Value)| Some((name.clone(), value.text()?));
            return Some(Self(items.iter().filter_map(field).collect()));
        }
        let text = value.text()?;
        // bake ignores an empty one, and a variable may give another.
        if text.real.trim().is_empty() {
            return Some(Self(Vec::new()));
        }
        // A folder.
        if !text.real.contains('=') {
            return Some(Self(vec![(String::from("type"), Text::literal("local"))]));
        }
        let (real, pattern) = (fields(&text.real), fields(&text.pattern));
        let alike = real.len() == pattern.len();
        let both = real.iter().enumerate().map(|(at, real)| match alike {
            true => (real.as_str(), pattern[at].as_str()),
            false => (real.as_str(), ""),
        });
        let field = |(real, pattern): (&str, &str)| {
            let (name, real) = real.split_once('=')?;
            let text = match pattern.split_once('=') {
                Some((_, pattern)) => Text {
                    real: real.to_owned(),
                    pattern: pattern.to_owned(),
                },
                None => Text::literal(real),
            };
            Some((name.trim().to_owned(), text))
        };
        Some(Self(both.filter_map(field).collect()))
    }

    fn get(&self, name: &str) -> Option<&Text> {
        let mut fields = self.0.iter();
        fields
            .find(|(known, _)| known == name)
            .map(|(_, text)| text)
    }

    fn is(&self, kinds: &[&str]) -> bool {
        self.get("type")
            .is_some_and(|kind| kinds.contains(&kind.real.as_str()))
    }

    /// Whether it is an image.
    pub fn is_image(&self) -> bool {
        self.is(&["image", "registry", "docker"])
    }

    /// The repository that it is pushed to by digest.
    pub fn by_digest(&self) -> Option<Text> {
        let name = self.get("name").filter(|name| !name.real.contains(','));
        name.filter(|_| self.is_by_digest()).cloned()
    }

    fn is_by_digest(&self) -> bool {
        let flag = self.get("push-by-digest");
        self.is_image() && flag.is_some_and(|text| text.real == "true")
    }

    /// The names that it gives to an image, as bake uses them where a target has no tags. What is pushed by digest gets
    /// its tags elsewhere.
    pub fn names(&self) -> Vec<Text> {
        let Some(names) = self.get("name").filter(|_| !self.is_by_digest()) else {
            return Vec::new();
        };
        if !self.is_image() {
            return Vec::new();
        }
        let (real, pattern) = (names.real.split(','), names.pattern.split(','));
        let name = |(real, pattern): (&str, &str)| Text {
            real: real.trim().to_owned(),
            pattern: pattern.trim().to_owned(),
        };
        real.zip(pattern).map(name).collect()
    }
}

/// The outputs of a target.
pub(super) fn outputs(texts: &Texts) -> Vec<Output> {
    let output = texts.settings.values.get("output");
    let all = output.and_then(|output| output.value.list());
    all.into_iter().flatten().filter_map(Output::new).collect()
}

/// Why a target makes no image, if its output or its call says so. One with tags of its own (`is_named`) that only fills
/// the cache is an image: `bake --push` publishes it.
pub(super) fn purpose(
    texts: &mut Texts,
    outputs: &[Output],
    is_named: bool,
) -> Result<Option<&'static str>, Refusal> {
    let call = texts.fixed("call")?;
    if call.is_some_and(|call| !call.is_empty() && call != "build") {
        return Ok(Some("only checks or describes a build"));
    }
    let local = |output: &Output| match output.0.is_empty() {
        true => !is_named,
        false => output.is(&["local", "tar", "cacheonly", "oci"]),
    };
    let is_cached = is_named && outputs.iter().all(|output| output.is(&["cacheonly"]));
    let only = !outputs.is_empty() && outputs.iter().all(local) && !is_cached;
    if only {
        texts.decided_by_output();
    }
    Ok(only.then_some("writes files or nothing instead of an image"))
}

/// The fields of a line of comma-separated values; quotes enclose fields with commas.
fn fields(line: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => all.push(String::new()),
            c => all.last_mut().into_iter().for_each(|field| field.push(c)),
        }
    }
    all
}
