//! Reads the secrets and finds the ssh agents that the builds of a plan mount, before the first build.

use crate::commands::{Exit, Host, complain, tell};
use crate::name::Digest;
use crate::plan::Plan;
use crate::request::{AgentRef, SecretRef, SecretRefs, SecretSource, SecretValue, SecretValues};
use crate::tree::Tree;
use crate::workspace::Workspace;
use sent::Copies;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

mod sent;
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

const SHORT: &str = "use a longer value, or pass what is not a secret in an `arg`";

/// How long an agent may take to list its keys.
const ANSWER: Duration = Duration::from_secs(3);

const LONG: &str = "pass a shorter value, and fetch the rest in the step with it";

/// The values that a plan without builds hides in what hooks print; none in a run that is untrusted.
pub(super) fn hidden(plan: &Plan, workspace: &Workspace, host: &Host) -> SecretValues {
    if host.env.is_untrusted() {
        return SecretValues::default();
    }
    let declared = plan.variants.values().map(|variant| &*variant.secrets);
    SecretValues {
        hidden: readable(declared, &BTreeMap::new(), workspace, host),
        ..SecretValues::default()
    }
}

/// The values that can be read, whatever a build would say to them, but for those that were read already.
fn readable<'r>(
    declared: impl Iterator<Item = &'r SecretRefs>,
    already: &BTreeMap<SecretSource, SecretValue>,
    workspace: &Workspace,
    host: &Host,
) -> BTreeMap<SecretSource, SecretValue> {
    let sources: BTreeSet<&SecretSource> = declared
        .flat_map(|refs| &refs.secrets)
        .map(|one| &one.from)
        .filter(|from| !already.contains_key(from))
        .collect();
    let value = |from: &SecretSource| match from {
        SecretSource::Env(name) => Some(host.env.get(name)?.as_bytes().to_vec()),
        SecretSource::File(path) => {
            let found = workspace.start_of(path, SecretValue::LONGEST as u64);
            found.ok().flatten().map(|(_, bytes)| bytes)
        }
    };
    let values = sources.into_iter();
    let values = values.filter_map(|from| Some((from.clone(), SecretValue::new(value(from)?))));
    values.collect()
}

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
            return Ok(SecretValues {
                withheld: true,
                ..SecretValues::default()
            });
        }
        let values = self.values(plan).map_err(|missing| {
            missing.iter().for_each(|one| complain(one));
            Exit::Wrong
        })?;
        let declared = plan.variants.values().map(|variant| &*variant.secrets);
        Ok(SecretValues {
            hidden: readable(declared, &values.values, self.workspace, self.host),
            ..values
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
                    None => match self.value(one, &|path| sent::copied(plan, path)) {
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

    fn value(&self, secret: &SecretRef, copies: Copies<'_>) -> Result<SecretValue, Missing> {
        let SecretRef { id, from, place } = secret;
        let fault = |why: String, help| (format!("{place}: secret \"{id}\": {why}"), help);
        let value = match from {
            SecretSource::Env(name) => match self.host.env.get(name) {
                Some(value) if !value.trim().is_empty() => value.as_bytes().to_vec(),
                _ => {
                    let why = format!("{from} is not set, or is empty");
                    return Err(fault(why, SET));
                }
            },
            SecretSource::File(path) => {
                let found = self.file(path, copies);
                found.map_err(|(why, help)| fault(why, help))?
            }
        };
        if value.len() > SecretValue::LONGEST {
            let why = format!(
                "the value of {from} has more than {} KiB, the most that BuildKit accepts",
                SecretValue::LONGEST / 1024
            );
            return Err(fault(why, LONG));
        }
        let value = SecretValue::new(value);
        if value.shown().is_empty() {
            let why = format!(
                "the value of {from} has no line of {} characters or more, so that it could not be hidden in output",
                SecretValue::SHORTEST
            );
            return Err(fault(why, SHORT));
        }
        Ok(value)
    }

    fn file(&self, path: &str, copies: Copies<'_>) -> Result<Vec<u8>, Missing> {
        // One byte more shows that it is too long.
        let most = SecretValue::LONGEST as u64 + 1;
        let found = self.workspace.start_of(path, most);
        let found = found.map_err(|why| (why, "a path is relative to the folder of `kiln.kdl`, and stays inside it; for a value from elsewhere, use `env=`"))?;
        let (real, bytes) = found.ok_or_else(|| (format!("file {path} does not exist"), FILE))?;
        if bytes.trim_ascii().is_empty() {
            return Err((format!("file {path} is empty"), FILE));
        }
        self.refuse_sent(path, &real, copies)?;
        Ok(bytes)
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
        match list_keys(&path) {
            Ok(()) => Ok(path),
            Err(why) => {
                // What it contains may be a secret, if it is the wrong variable.
                let why =
                    format!("no agent answers at the path in environment variable {env}: {why}");
                Err(fault(
                    why,
                    "start an agent (`eval $(ssh-agent)`, `ssh-add`), and export its variables",
                ))
            }
        }
    }
}

/// Asks the agent for the list of its keys, as a build would (draft-miller-ssh-agent).
fn list_keys(path: &Path) -> io::Result<()> {
    const REQUEST_IDENTITIES: u8 = 11;
    const IDENTITIES_ANSWER: u8 = 12;
    let mut agent = UnixStream::connect(path)?;
    agent.set_write_timeout(Some(ANSWER))?;
    agent.set_read_timeout(Some(ANSWER))?;
    agent.write_all(&[0, 0, 0, 1, REQUEST_IDENTITIES])?;
    let mut head = [0; 5];
    agent
        .read_exact(&mut head)
        .map_err(|why| match why.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                io::Error::other(format!("it lists no keys within {} s", ANSWER.as_secs()))
            }
            io::ErrorKind::UnexpectedEof => io::Error::other("it lists no keys"),
            _ => why,
        })?;
    match head[4] {
        IDENTITIES_ANSWER => Ok(()),
        _ => Err(io::Error::other("it lists no keys")),
    }
}
