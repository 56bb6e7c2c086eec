//! Which files are Dockerfiles by their names: `Dockerfile`, `Dockerfile.1.0`, `Dockerfile-1.0`, `app.Dockerfile`.

/// The names of Dockerfiles, in lower case.
const NAMES: [&str; 2] = ["dockerfile", "containerfile"];

/// Extensions of templates, of which other tools make Dockerfiles.
const TEMPLATES: [&str; 13] = [
    "hbs", "j2", "jinja", "jinja2", "tmpl", "template", "tpl", "in", "erb", "mustache", "m4",
    "ejs", "gotmpl",
];

/// Extensions of backups, settings, documents and scripts about Dockerfiles.
const OTHERS: [&str; 28] = [
    "dockerignore",
    "md",
    "markdown",
    "txt",
    "rst",
    "adoc",
    "html",
    "bak",
    "backup",
    "orig",
    "old",
    "rej",
    "save",
    "swp",
    "swo",
    "tmp",
    "diff",
    "patch",
    "lock",
    "log",
    "sh",
    "py",
    "rb",
    "js",
    "json",
    "yml",
    "yaml",
    "toml",
];

/// What a file is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A Dockerfile.
    Dockerfile,
    /// A template of which another tool makes Dockerfiles.
    Template,
    /// Neither.
    Other,
}

/// What a file with this name is.
pub fn file_kind(name: &str) -> FileKind {
    let Some((word, _)) = word(name) else {
        return FileKind::Other;
    };
    let last = word.rsplit(['.', '-']).next().unwrap_or(word);
    let last = last.to_ascii_lowercase();
    if TEMPLATES.contains(&last.as_str()) {
        FileKind::Template
    } else if OTHERS.contains(&last.as_str()) || word.ends_with(['~', '#']) {
        FileKind::Other
    } else {
        FileKind::Dockerfile
    }
}

/// The rest of a Dockerfile's name, `node` of `Dockerfile.node` and of `node.Dockerfile`, and whether it comes after.
pub(super) fn word(name: &str) -> Option<(&str, bool)> {
    let is = |part: &str| NAMES.contains(&part.to_ascii_lowercase().as_str());
    if is(name) {
        return Some(("", false));
    }
    if let Some((rest, last)) = name.rsplit_once('.')
        && is(last)
        && !rest.is_empty()
    {
        return Some((rest, false));
    }
    let (first, rest) = name.split_at(name.find(['.', '-', '_'])?);
    // `dockerfile-lint` is a program, `Dockerfile-1.0` a Dockerfile.
    let begins = rest.starts_with('.') || first.starts_with(['D', 'C']);
    (is(first) && begins).then_some((&rest[1..], true))
}

#[cfg(test)]
mod tests;
