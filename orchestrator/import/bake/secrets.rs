//! `secret` and `ssh` of targets, as buildx reads them (`util/buildflags`).

use super::target::Refusal;
use super::texts::Texts;
use crate::import::secret::Secret;
use crate::render::normal;
use indexmap::{IndexMap, IndexSet};

/// The secrets by id: `type=env,id=npm,env=NPM_TOKEN`, `{ id = "npm", src = "private/npmrc" }`.
pub(super) fn secrets(texts: &mut Texts) -> Result<IndexMap<String, Secret>, Refusal> {
    let mut all = IndexMap::new();
    for fields in texts.records("secret")? {
        let field = |names: &[&str]| {
            let found = names.iter().find_map(|name| fields.get(*name));
            found.filter(|text| !text.is_empty()).cloned()
        };
        let Some(id) = field(&["id"]) else {
            texts.lose("secret", String::from("a secret without `id` is left out"));
            continue;
        };
        let (env, path) = (field(&["env"]), field(&["src", "source"]));
        let is_env = field(&["type"]).as_deref() == Some("env");
        let secret = match (env, path) {
            (Some(env), _) => Secret::Env(env),
            (None, Some(env)) if is_env => Secret::Env(env),
            (None, Some(path)) => file(&id, &path, texts),
            (None, None) if is_env || is_variable(&id) => Secret::Env(id.clone()),
            (None, None) => file(&id, &id, texts),
        };
        all.insert(id, secret);
    }
    Ok(all)
}

/// A file of the workspace; from elsewhere, the value comes from the environment.
fn file(id: &str, path: &str, texts: &mut Texts) -> Secret {
    let inside = normal(path).filter(|path| !path.is_empty() && !path.starts_with(['~', '$']));
    inside.map_or_else(
        || {
            let secret = Secret::named(id);
            let Secret::Env(name) = &secret else {
                return secret;
            };
            let (id, path) = (id.escape_debug(), path.escape_debug());
            texts.lose("secret", format!("the file of secret `{id}` is outside of the workspace: put the content of `{path}` into the environment variable {name}"));
            secret
        },
        Secret::File,
    )
}

fn is_variable(id: &str) -> bool {
    let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    id.starts_with(|c: char| c.is_ascii_uppercase()) && id.chars().all(fits)
}

/// The agents of ssh by id: `default`, `deploy=/path/of/a/key`, `{ id = "default" }`.
pub(super) fn agents(texts: &mut Texts) -> Result<IndexSet<String>, Refusal> {
    let mut all = IndexSet::new();
    for fields in texts.records("ssh")? {
        let first = || {
            fields
                .first()
                .map(|(key, value)| (key.clone(), value.clone()))
        };
        let (id, path) = match fields.get("id") {
            Some(id) => (id.clone(), fields.get("paths").cloned().unwrap_or_default()),
            None => first().unwrap_or_default(),
        };
        if !path.is_empty() {
            let (id, path) = (id.escape_debug(), path.escape_debug());
            texts.lose("ssh", format!("`{path}` of ssh `{id}` is left out: kiln passes the agent of SSH_AUTH_SOCK, so add the key to one"));
        }
        all.insert(id);
    }
    Ok(all)
}
