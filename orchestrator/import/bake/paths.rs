//! The paths of a target: its Dockerfile, and the folders of the workspace that it names.

use super::place::{How, decisions};
use super::target::Refusal;
use super::texts::Texts;
use crate::import::path;
use crate::import::published::Text;
use crate::render::below;

/// What to do about a path with `..`, as bake files in a folder of their own have it.
const FROM_ABOVE: &str = "kiln takes all paths from the folder of `kiln.kdl`: move the bake file to a folder above, write its paths as from there, and import it there";

impl Texts<'_> {
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

/// Whether a path leads out of the folder in which bake is started.
fn is_above(path: &str) -> bool {
    path.split('/').any(|part| part == "..")
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
