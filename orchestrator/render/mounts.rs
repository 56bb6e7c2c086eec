//! The secrets and ssh agents that a Dockerfile may mount: its image declares them, and the tool sets that it installs.

mod one_source;

pub(super) use one_source::OneSource;

use super::context::outside;
use super::normal;
use crate::dockerfile::{Dockerfile, Fault, MountKind, SecretMount};
use crate::manifest::{SecretDecl, SecretFrom, SshDecl, Syntax};
use crate::matrix::{Fleet, Variant};
use crate::request::{AgentRef, SecretRef, SecretRefs, SecretSource};
use crate::text::{Diagnostic, Sources, Span, Spanned, did_you_mean};

/// How variables begin in which kiln finds credentials of registries: they go to their own host only.
const CREDENTIALS: [&str; 2] = ["KILN_AUTH_", "DOCKER_AUTH_CONFIG"];

/// What the Dockerfile of a variant may mount.
#[derive(Debug, Default)]
pub(super) struct Mountable {
    secrets: Vec<Offered<SecretSource>>,
    agents: Vec<Offered<String>>,
    /// The image, for messages.
    image: String,
    pub faults: Vec<Diagnostic>,
}

/// A declared secret or agent.
#[derive(Debug)]
struct Offered<T> {
    id: String,
    /// `None` after a fault.
    source: Option<T>,
    /// Where it is declared.
    span: Span,
    /// Whether a tool set declares it.
    by_toolset: bool,
}

impl Mountable {
    /// What a variant declares, and what its tool sets declare. The image decides where a value comes from.
    pub fn of(
        fleet: &Fleet,
        variant: &Variant,
        (secrets, agents): (&[SecretDecl], &[SshDecl]),
    ) -> Self {
        let mut all = Self {
            image: variant.image.clone(),
            ..Self::default()
        };
        for (by_toolset, secrets, agents) in [
            (false, &*variant.secrets, &*variant.agents),
            (true, secrets, agents),
        ] {
            for one in secrets {
                let source = source(&one.from).map_err(|fault| all.faults.push(fault));
                let clash = add(&mut all.secrets, &one.id, source.ok(), by_toolset);
                all.faults.extend(clash);
            }
            for one in agents {
                let source = socket(one).map_err(|fault| all.faults.push(fault));
                let clash = add(&mut all.agents, &one.id, source.ok(), by_toolset);
                all.faults.extend(clash);
            }
        }
        if fleet.syntax == Syntax::Classic {
            all.refuse_classic();
        }
        all
    }

    /// The classic builder mounts nothing.
    fn refuse_classic(&mut self) {
        let secrets = self
            .secrets
            .iter()
            .map(|one| (MountKind::Secret, &one.id, one.span));
        let agents = self
            .agents
            .iter()
            .map(|one| (MountKind::Ssh, &one.id, one.span));
        for (kind, id, span) in secrets.chain(agents) {
            let message = format!(
                "`{} \"{id}\"` needs BuildKit, and the workspace has `syntax \"classic\"`",
                kind.word()
            );
            let fault = Diagnostic::error("render::secret", message).at(span, "declared here");
            self.faults.push(fault.help("remove one of the two"));
        }
    }

    /// Adds a fault to the file for each mount that is not declared: the build would run without it.
    pub fn check(&self, read: &mut Dockerfile) {
        let faults: Vec<Fault> = (read.mounts.iter())
            .filter_map(|mount| self.undeclared(mount))
            .collect();
        read.faults.extend(faults);
    }

    /// Whether a Dockerfile may mount this one.
    pub fn declares(&self, kind: MountKind, id: &str) -> bool {
        self.known(kind).contains(&id)
    }

    fn known(&self, kind: MountKind) -> Vec<&str> {
        match kind {
            MountKind::Secret => self.secrets.iter().map(|one| one.id.as_str()).collect(),
            MountKind::Ssh => self.agents.iter().map(|one| one.id.as_str()).collect(),
        }
    }

    fn undeclared(&self, mount: &SecretMount) -> Option<Fault> {
        let id = mount.id.as_deref()?;
        let known = self.known(mount.kind);
        if known.contains(&id) {
            return None;
        }
        let (word, shown) = (mount.kind.word(), id.escape_debug());
        let near = did_you_mean(id, known.iter().copied());
        let declare = match mount.kind {
            MountKind::Secret => format!(
                "write `secret \"{shown}\" env=\"…\"` or `secret \"{shown}\" file=\"…\"` in the image"
            ),
            MountKind::Ssh => format!("write `ssh \"{shown}\"` in the image"),
        };
        Some(Fault {
            code: "render::secret",
            message: format!("image `{}` declares no `{word} \"{shown}\"`", self.image),
            bytes: mount.bytes.clone(),
            line: mount.line,
            help: Some(near.unwrap_or(declare)),
            if_built: false,
            until: None,
        })
    }

    /// The warning for a template that leaves out what steps of tool sets mount.
    pub fn forgotten(&self, read: &Dockerfile, template: Span) -> Option<Diagnostic> {
        let secrets = self.secrets.iter();
        let secrets = secrets.map(|one| (MountKind::Secret, &one.id, one.by_toolset));
        let agents = self.agents.iter();
        let agents = agents.map(|one| (MountKind::Ssh, &one.id, one.by_toolset));
        let mut left = secrets
            .chain(agents)
            .filter(|(kind, id, by_toolset)| *by_toolset && !read.may_mount(*kind, id));
        let (kind, id, _) = left.next()?;
        let message = format!(
            "the template does not mount `{} \"{id}\"`, which a step of a tool set names",
            kind.word()
        );
        let fault = Diagnostic::warning("render::secret", message).at(template, "this template");
        Some(fault.help("write the step as `RUN {{#each (lookup ../run_mounts @index)}}--mount={{this}} {{/each}}{{this}}`, or use `{{> kiln/toolset this}}`"))
    }

    /// What the file mounts. A mount with an id that is not known may be any of its kind.
    pub fn refs(&self, read: &Dockerfile, sources: &Sources) -> SecretRefs {
        let mounted = |kind: MountKind, id: &str| read.may_mount(kind, id);
        let secrets = self.secrets.iter();
        let secrets = secrets.filter(|one| mounted(MountKind::Secret, &one.id));
        let agents = self.agents.iter();
        let agents = agents.filter(|one| mounted(MountKind::Ssh, &one.id));
        SecretRefs {
            secrets: secrets
                .filter_map(|one| {
                    Some(SecretRef {
                        id: one.id.clone(),
                        from: one.source.clone()?,
                        place: sources.place(one.span),
                    })
                })
                .collect(),
            agents: agents
                .filter_map(|one| {
                    Some(AgentRef {
                        id: one.id.clone(),
                        env: one.source.clone()?,
                        place: sources.place(one.span),
                    })
                })
                .collect(),
        }
    }
}

/// Adds a declaration. An image comes before its tool sets; two tool sets with different sources are a fault.
fn add<T: PartialEq>(
    all: &mut Vec<Offered<T>>,
    id: &Spanned<String>,
    source: Option<T>,
    by_toolset: bool,
) -> Option<Diagnostic> {
    let known = all.iter().find(|one| one.id == id.value);
    let Some(known) = known else {
        all.push(Offered {
            id: id.value.clone(),
            source,
            span: id.span,
            by_toolset,
        });
        return None;
    };
    if !known.by_toolset || known.source == source || source.is_none() {
        return None;
    }
    let message = format!("two tool sets take `{}` from different sources", id.value);
    let fault = Diagnostic::error("render::secret", message)
        .at(id.span, "the second")
        .at(known.span, "the first");
    Some(fault.help("give one of them another id, or declare it in the image, which decides"))
}

fn source(from: &SecretFrom<Spanned<String>>) -> Result<SecretSource, Diagnostic> {
    match from {
        SecretFrom::Env(name) => variable(name).map(SecretSource::Env),
        SecretFrom::File(path) => match normal(path).filter(|path| !path.is_empty()) {
            Some(path) => Ok(SecretSource::File(path)),
            None => Err(outside(path)),
        },
    }
}

fn socket(agent: &SshDecl) -> Result<String, Diagnostic> {
    match &agent.env {
        Some(name) => variable(name),
        None => Ok(String::from(SshDecl::<String>::SOCKET)),
    }
}

/// The name of an environment variable.
fn variable(name: &Spanned<String>) -> Result<String, Diagnostic> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let starts = |c: char| c.is_ascii_alphabetic() || c == '_';
    if CREDENTIALS.iter().any(|start| name.starts_with(start)) {
        let message = format!(
            "`{}` is a credential of a registry, and no build gets one",
            name.value
        );
        let fault = Diagnostic::error("render::secret", message).at(name.span, "here");
        return Err(fault.help("put what the build needs into a variable of its own"));
    }
    if name.starts_with(starts) && name.chars().all(fits) {
        return Ok(name.value.clone());
    }
    let message = format!(
        "`{}` is not the name of an environment variable",
        name.escape_debug()
    );
    let fault = Diagnostic::error("render::secret", message).at(name.span, "here");
    Err(fault.help(
        "write the name without `$`: `env=\"NPM_TOKEN\"`; the value stays outside of the manifest",
    ))
}

#[cfg(test)]
mod tests;
