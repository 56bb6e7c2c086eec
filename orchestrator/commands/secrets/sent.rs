//! Whether a build gets the file of a secret among its other files, and why.

use super::{Door, Missing};
use crate::plan::{Plan, PlannedRecipe};
use crate::tree::Content;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What finds the place of the manifest that copies a path of a build context.
pub(super) type Copies<'a> = &'a dyn Fn(&str) -> Option<String>;

const IGNORE: &str = "add what the build gets to the `.dockerignore` of its context";

const REMOVE: &str = "remove that `file`, or keep the value in another file";

impl Door<'_> {
    /// Refuses a file that a build reads from one of its contexts, by this name or another. `path` is its name in the manifest.
    pub(super) fn refuse_sent(
        &self,
        path: &str,
        file: &Path,
        copies: Copies<'_>,
    ) -> Result<(), Missing> {
        let Some((inside, sent)) = self.sent(file) else {
            return Ok(());
        };
        let name = match self.named(&sent).filter(|name| name != path) {
            Some(name) => format!(", as {name}"),
            None => String::new(),
        };
        let (by, help) = match copies(&inside) {
            Some(place) => (format!(" ({place} copies it)"), REMOVE),
            None => (String::new(), IGNORE),
        };
        let why = format!(
            "file {path} is among the files that a build gets{name}{by}, so that its value could end up in an image"
        );
        Err((why, help))
    }

    /// The path in a build context, and the file on disk.
    fn sent(&self, file: &Path) -> Option<(String, std::path::PathBuf)> {
        let own = file.metadata().ok();
        let own = own.map(|own| (own.len(), (own.dev(), own.ino())));
        let is_linked = |path: &Path, size: u64| {
            let other = |number| {
                path.metadata()
                    .is_ok_and(|one| (one.dev(), one.ino()) == number)
            };
            own.is_some_and(|(len, number)| len == size && other(number))
        };
        let mut files = self.contexts.values().flat_map(|tree| tree.iter());
        files.find_map(|(inside, entry)| match &entry.content {
            Content::File(path) if path == file || is_linked(path, entry.size) => {
                Some((inside.to_owned(), path.clone()))
            }
            _ => None,
        })
    }

    /// A file of the workspace as the manifest would name it.
    fn named(&self, file: &Path) -> Option<String> {
        let root = self.workspace.root().canonicalize().ok()?;
        let name = file.strip_prefix(root).ok()?;
        Some(name.to_string_lossy().into_owned())
    }
}

/// Where the manifest copies a path of a build context into an image: the `file` of a tool set.
pub(super) fn copied(plan: &Plan, path: &str) -> Option<String> {
    let mut recipes = plan.recipes().filter(|(_, recipe)| recipe.generated);
    recipes.find_map(|(_, recipe): (_, &PlannedRecipe)| {
        copied_in(&recipe.dockerfile, &recipe.origins, path)
    })
}

/// The same in one Dockerfile, whose lines have these origins: `templates/toolset.hbs:12, kiln.kdl:14:5`.
fn copied_in(dockerfile: &str, origins: &[String], path: &str) -> Option<String> {
    let mut lines = dockerfile.lines().zip(origins);
    lines.find_map(|(line, origin)| {
        let words = line.strip_prefix("COPY ")?;
        let (flags, words) = words.split_at(words.find('[')?);
        let words: Vec<String> = serde_json::from_str(words).ok()?;
        let from = words.first().filter(|_| !flags.contains("--from="))?;
        let below = path.strip_prefix(from.as_str())?;
        let (_, place) = origin.rsplit_once(", ")?;
        (below.is_empty() || below.starts_with('/')).then(|| place.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::copied_in;

    #[test]
    fn a_file_of_a_tool_set_is_found_in_the_dockerfile() {
        let text = "FROM b\nCOPY --from=x [\"private/l\",\"/a\"]\nCOPY --link [\"private/l\",\"/l\"]\nCOPY [\"conf\",\"/etc/\"]\nCOPY [\"own\",\"/own\"]\n";
        let origins = ["t:1", "t:2, k:1:1", "t:3, k:2:2", "t:4, k:3:3", "t:5"];
        let origins = origins.map(String::from);
        let at = |path| copied_in(text, &origins, path);
        assert_eq!(at("private/l").as_deref(), Some("k:2:2"));
        assert_eq!(at("conf/deep/key").as_deref(), Some("k:3:3"));
        assert_eq!(at("config"), None);
        assert_eq!(at("own"), None);
    }
}
