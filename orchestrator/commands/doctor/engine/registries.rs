//! Whether the engine sees the registries of the manifest as kiln does: it pushes and pulls by itself.

use super::Finding;
use crate::commands::doctor::subject::Subject;
use crate::commands::engines::REACH;
use crate::engine::Engine;
use crate::name::Reference;
use crate::registry::oci::OciRegistry;
use crate::request::{EngineInfo, Product};
use crate::run::reach::{self, Question, Unseen};
use futures_util::future::join_all;

const CHECK: &str = "registry";

/// The registries of the manifest, with what each engine is queried for.
pub(in crate::commands::doctor) struct Registries<'a> {
    registry: &'a OciRegistry,
    questions: Vec<Question>,
}

impl<'a> Registries<'a> {
    /// Looks for an image in each registry, to ask the engines for it.
    pub async fn of(subjects: &[Subject], registry: &'a OciRegistry) -> Self {
        let asked = subjects.iter().map(|one| async {
            let reads: Vec<Reference> = one.reads.iter().cloned().collect();
            reach::question(registry, &reads).await
        });
        Self {
            registry,
            questions: join_all(asked).await.into_iter().flatten().collect(),
        }
    }

    /// What an engine sees of them.
    pub async fn seen_by(&self, engine: &dyn Engine, info: &EngineInfo) -> Vec<Finding> {
        if info.product == Product::Podman {
            return Vec::new();
        }
        let asked = self
            .questions
            .iter()
            .map(|question| self.seen(engine, info, question));
        join_all(asked).await
    }

    async fn seen(&self, engine: &dyn Engine, info: &EngineInfo, question: &Question) -> Finding {
        // A credential that cannot be read is a finding of the registry.
        let found = self.registry.credentials().get(question.domain()).await;
        let credential = found.ok().flatten().map(|found| found.credential);
        match reach::unseen((engine, info), question, credential.as_ref()).await {
            Some(Unseen::Unreachable(domain, _)) if !question.is_reached() => Finding::note(
                CHECK,
                format!("neither kiln nor the engine reaches {domain}"),
            ),
            Some(unseen) => Finding::problem(CHECK, format!("the engine {unseen}\n{REACH}")),
            None if question.exists() => {
                Finding::good(CHECK, format!("it sees {}", question.domain()))
            }
            None => Finding::good(CHECK, format!("it reaches {}", question.domain())),
        }
    }
}
