//! What the steps of a tool set mount.

use super::fill::One;
use crate::manifest::{Mounts, SecretDecl, SecretFrom, SshDecl, Toolset};
use crate::matrix::ParamText;
use crate::render::value_kind::ValueKind;
use crate::text::Spanned;

impl One<'_, '_> {
    /// The values of the step's `--mount` flags. What they name is noted as declared.
    pub fn mounts(&mut self, toolset: &Toolset<ParamText>, mounts: &Mounts) -> Vec<String> {
        let mut flags = Vec::new();
        for id in &mounts.secrets {
            // The manifest has reported what is not declared.
            let declared = toolset.secrets.get(id.as_str());
            flags.extend(declared.and_then(|one| self.secret(one)));
        }
        for id in &mounts.agents {
            let declared = toolset.agents.get(id.as_str());
            flags.extend(declared.and_then(|one| self.agent(one)));
        }
        distinct(flags)
    }

    fn secret(&mut self, secret: &SecretDecl<ParamText>) -> Option<String> {
        let from = match &secret.from {
            SecretFrom::Env(name) => SecretFrom::Env(self.plain(name)?),
            SecretFrom::File(path) => SecretFrom::File(self.plain(path)?),
        };
        let id = secret.id.clone();
        // Without it the step would go wrong in a way that is hard to understand.
        let mut flag = format!("type=secret,id={},required=true", id.value);
        if let Some(target) = &secret.target {
            let path = self.text(target, ValueKind::ImagePath)?;
            if path.contains([',', ' ']) {
                let why = format!(
                    "`{path}` has a comma or a space, which the path of a mount cannot have"
                );
                self.fault("toolset::value", why, target.span);
                return None;
            }
            flag.push_str(&format!(",target={path}"));
        }
        let declared = SecretDecl {
            id,
            from,
            target: None,
        };
        let all = &mut self.installed.secrets;
        if !all.contains(&declared) {
            all.push(declared);
        }
        Some(flag)
    }

    fn agent(&mut self, agent: &SshDecl<ParamText>) -> Option<String> {
        let env = match &agent.env {
            Some(env) => Some(self.plain(env)?),
            None => None,
        };
        let id = agent.id.clone();
        let flag = format!("type=ssh,id={},required=true", id.value);
        let declared = SshDecl { id, env };
        let all = &mut self.installed.agents;
        if !all.contains(&declared) {
            all.push(declared);
        }
        Some(flag)
    }

    fn plain(&mut self, text: &ParamText) -> Option<Spanned<String>> {
        let filled = self.text(text, ValueKind::Text)?;
        Some(Spanned::new(filled, text.span))
    }
}

/// Each flag once: the builder refuses a second mount at the same path.
pub(super) fn distinct(flags: Vec<String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for flag in flags {
        if !all.contains(&flag) {
            all.push(flag);
        }
    }
    all
}
