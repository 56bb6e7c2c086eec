//! The parts of a job: its machine, what it may do, and its steps.

use super::{ARTIFACT, FILE, UPLOADED, Writer};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const CHECKOUT: &str = "actions/checkout@v4";
const DOWNLOAD: &str = "actions/download-artifact@v4";

/// The registry that GitHub's own token is for.
const GHCR: &str = "ghcr.io";

impl Writer<'_> {
    /// A job with its machine, before its steps.
    pub(super) fn job(&self, first: Vec<(&str, Value)>) -> Map<String, Value> {
        let mut job: Map<String, Value> = first
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect();
        let runner = match self.options.runners.as_slice() {
            [] => json!("ubuntu-latest"),
            [one] => json!(one),
            more => json!(more),
        };
        job.insert("runs-on".into(), runner);
        if let Some(image) = &self.options.image {
            // The socket of the engine belongs to root.
            let mut container = json!({ "image": image, "options": "--user 0" });
            if self.is_image_on_ghcr() {
                let own =
                    json!({ "username": "${{ github.actor }}", "password": "${{ github.token }}" });
                container["credentials"] = own;
            }
            job.insert("container".into(), container);
        }
        job
    }

    pub(super) fn with(
        &self,
        mut job: Map<String, Value>,
        packages: Option<&str>,
        steps: Vec<Value>,
    ) -> Value {
        let packages = packages.filter(|_| self.uses_ghcr());
        if let Some(access) = packages.or(self.is_image_on_ghcr().then_some("read")) {
            let permissions = json!({ "contents": "read", "packages": access });
            job.insert("permissions".into(), permissions);
        }
        job.insert("steps".into(), steps.into());
        job.into()
    }

    fn uses_ghcr(&self) -> bool {
        let mut logins = self.pipeline.logins.iter();
        logins.any(|login| login.domain.as_str() == GHCR)
    }

    fn is_image_on_ghcr(&self) -> bool {
        let image = self.options.image.as_deref();
        image.is_some_and(|image| image.starts_with("ghcr.io/"))
    }

    /// The first steps of a job. Kiln compares commits, so it needs the whole history.
    pub(super) fn begin(&self) -> Vec<Value> {
        let mut steps = vec![
            json!({ "uses": CHECKOUT, "with": { "fetch-depth": 0, "persist-credentials": false } }),
        ];
        if self.options.image.is_some() {
            let command = "git config --global --add safe.directory \"$GITHUB_WORKSPACE\"";
            steps.push(step("Trust the clone, which another user owns", command));
        }
        let install = self.commands.install();
        steps.extend(install.map(|command| step("Install kiln", &command)));
        steps
    }

    pub(super) fn checked(&self) -> Option<Value> {
        let check = self.commands.check()?;
        Some(step("Check that this file is up to date", &check))
    }

    /// A step that has the credentials of the registries, and these secrets.
    pub(super) fn trusted(&self, name: &str, command: &str, secrets: &BTreeSet<String>) -> Value {
        let secret = |name: &String| (name.clone(), json!(format!("${{{{ secrets.{name} }}}}")));
        let logins = self.pipeline.logins.iter().map(|login| &login.variable);
        let mut env: Map<String, Value> = logins.map(secret).collect();
        if self.uses_ghcr() {
            // Kiln takes it where no other credential is set.
            env.insert("GITHUB_TOKEN".into(), json!("${{ github.token }}"));
        }
        env.extend(secrets.iter().map(secret));
        let mut step = json!({ "name": name });
        if !env.is_empty() {
            step["env"] = env.into();
        }
        step["run"] = json!(command);
        step
    }
}

pub(super) fn step(name: &str, command: &str) -> Value {
    json!({ "name": name, "run": command })
}

/// The step that puts the plan where the upload finds it: expressions of a job in a container name another folder than its
/// shell.
pub(super) fn handed() -> Value {
    step(
        "Move the plan to where it is uploaded from",
        &format!("mv {FILE} {UPLOADED}"),
    )
}

/// The steps that fetch the plan.
pub(super) fn attach() -> [Value; 2] {
    [
        json!({ "uses": DOWNLOAD, "with": { "name": ARTIFACT } }),
        step(
            "Take the plan out of the workspace",
            &format!("mv {UPLOADED} {FILE}"),
        ),
    ]
}
