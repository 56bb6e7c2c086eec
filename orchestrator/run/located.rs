//! Where a step failed, in a run on several engines.

use crate::name::Reference;
use crate::request::WorldError;
use crate::run::{EngineId, Failure, Pool};

/// A failure with the name of its engine. With one engine, it stays as it is.
pub(super) fn on(engines: &Pool, engine: Option<EngineId>, failure: Failure) -> Failure {
    let member = engine.filter(|_| engines.is_several());
    match member.and_then(|engine| engines.get(engine)) {
        Some(member) => Failure {
            engine: Some(member.name.clone()),
            error: hinted(failure.error),
            ..failure
        },
        None => failure,
    }
}

/// What one engine has pushed to a registry on its own loopback address, no other one finds there.
fn hinted(error: WorldError) -> WorldError {
    match error {
        WorldError::Fault { kind, what, why } if !kind.is_closed() && is_on_loopback(&what) => {
            let why = format!("{why}; a registry on 127.0.0.1 is another one for each machine");
            WorldError::Fault { kind, what, why }
        }
        error => error,
    }
}

/// Whether a request is about an image in a registry on a loopback address: `pull of 127.0.0.1:5000/go:1`.
fn is_on_loopback(what: &str) -> bool {
    let name = what.rsplit(' ').next().unwrap_or_default();
    let reference = name.parse::<Reference>();
    reference.is_ok_and(|reference| reference.repository.domain().is_loopback())
}

#[cfg(test)]
mod tests;
