//! Reads the secrets and finds the ssh agents that the builds of a plan mount, before the first build.

use crate::commands::{Exit, Host, complain, tell};
use crate::name::Digest;
use crate::plan::Plan;
use crate::request::{AgentRef, SecretRef, SecretSource, SecretValue, SecretValues};
use crate::tree::{Content, Tree};
use crate::workspace::Workspace;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[cfg(test)]
mod tests;

/// Where values are read.
pub(super) struct Door<'a> {
    pub host: &'a Host,
    pub workspace: &'a Workspace,
    /// What the builds of the plan read.
    pub contexts: &'a HashMap<Digest, Arc<Tree>>,
}

/// Why a build cannot have what it mounts, and a way out.
type Missing = (String, &'static str);

const SET: &str = "set it, or select images that do not mount it";

const FILE: &str = "write the file, or select images that do not mount it";

const LONG: &str = "pass a shorter value, and fetch the rest in the step with it";

impl Door<'_> {
    /// All values that the builds of a plan mount; none in a run that is untrusted. What is missing is shown, all at once.
    ///
    /// # Errors
    /// Something is missing; the messages were shown.
    pub fn read(&self, plan: &Plan) -> Result<SecretValues, Exit> {
        if self.host.env.is_untrusted() {
            if plan.recipes().any(|(_, recipe)| !recipe.secrets.is_empty()) {
                tell("--untrusted: no build gets a secret or an ssh agent");
            }
            return Ok(SecretValues::default());
        }
        self.values(plan).map_err(|missing| {
            missing.iter().for_each(|one| complain(one));
            Exit::Wrong
        })
    }

    fn values(&self, plan: &Plan) -> Result<SecretValues, Vec<String>> {
        let mut all = SecretValues::default();
        // With the variants that mount it.
        let mut missing: BTreeMap<Missing, BTreeSet<String>> = BTreeMap::new();
        for (build, recipe) in plan.recipes() {
            let mut miss = |why: Missing| {
                let variants = missing.entry(why).or_default();
                variants.insert(build.variant.as_str().to_owned());
            };
            for one in &recipe.secrets.secrets {
                match all.values.get(&one.from) {
                    Some(_) => {}
                    None => match self.value(one) {
                        Ok(value) => drop(all.values.insert(one.from.clone(), value)),
                        Err(why) => miss(why),
                    },
                }
            }
            for one in &recipe.secrets.agents {
                match self.socket(one) {
                    Ok(path) => drop(all.sockets.insert(one.env.clone(), path)),
                    Err(why) => miss(why),
                }
            }
        }
        if missing.is_empty() {
            return Ok(all);
        }
        let shown = missing.iter().map(|((why, help), variants)| {
            let first = variants.first().map_or("", String::as_str);
            let more = match variants.len() {
                0 | 1 => String::new(),
                count => format!(" and {} more", count - 1),
            };
            format!("{why}; mounted by {first}{more}\n  {help}")
        });
        Err(shown.collect())
    }

    fn value(&self, secret: &SecretRef) -> Result<SecretValue, Missing> {
        let SecretRef { id, from, place } = secret;
        let fault = |why: String, help| (format!("{place}: secret \"{id}\": {why}"), help);
        let value = match from {
            SecretSource::Env(name) => match self.host.env.get(name) {
                Some(value) => value.as_bytes().to_vec(),
                None => {
                    let why = format!("{from} is not set, or is empty");
                    return Err(fault(why, SET));
                }
            },
            SecretSource::File(path) => self.file(path).map_err(|(why, help)| fault(why, help))?,
        };
        if value.len() > SecretValue::LONGEST {
            let why = format!(
                "the value of {from} has more than {} KiB, the most that BuildKit accepts",
                SecretValue::LONGEST / 1024
            );
            return Err(fault(why, LONG));
        }
        Ok(SecretValue::new(value))
    }

    fn file(&self, path: &str) -> Result<Vec<u8>, Missing> {
        // One byte more shows that it is too long.
        let most = SecretValue::LONGEST as u64 + 1;
        let found = self.workspace.secret(path, most);
        let found = found.map_err(|why| (why, "a path is relative to the folder of `kiln.kdl`, and stays inside it; for a value from elsewhere, use `env=`"))?;
        let (real, bytes) = found.ok_or_else(|| (format!("file {path} does not exist"), FILE))?;
        if bytes.is_empty() {
            return Err((format!("file {path} is empty"), FILE));
        }
        if self.is_sent(&real) {
            let why = format!(
                "file {path} is among the files that a build gets, so that its value could end up in an image"
            );
            return Err((why, "add it to the `.dockerignore` of that folder"));
        }
        Ok(bytes)
    }

    /// Whether a build reads the file from one of its contexts.
    fn is_sent(&self, file: &Path) -> bool {
        let files = self.contexts.values().flat_map(|tree| tree.iter());
        let mut files = files.map(|(_, entry)| &entry.content);
        files.any(|content| matches!(content, Content::File(path) if path == file))
    }

    fn socket(&self, agent: &AgentRef) -> Result<PathBuf, Missing> {
        let AgentRef { id, env, place } = agent;
        let fault = |why: String, help| (format!("{place}: ssh \"{id}\": {why}"), help);
        let Some(path) = self.host.env.get(env).map(PathBuf::from) else {
            let why = format!("environment variable {env} is not set, or is empty");
            return Err(fault(
                why,
                "start an agent (`eval $(ssh-agent)`, `ssh-add`), or select images that do not mount it",
            ));
        };
        match UnixStream::connect(&path) {
            Ok(_) => Ok(path),
            Err(why) => {
                let why = format!("no agent answers at {} ({env}): {why}", path.display());
                Err(fault(
                    why,
                    "start an agent (`eval $(ssh-agent)`, `ssh-add`), and export its variables",
                ))
            }
        }
    }
}
