//! What is remembered, as tables.

mod content;
mod details;
mod inputs;
mod line;
mod proofs;
mod record;
mod stored;
mod token;

use super::{BaseInput, Inputs, ParentInput};
use crate::name::Digest;

/// Inputs of one line: `r base=1 other=2 p:parent=3 t:token=4`.
fn inputs(text: &str) -> Inputs {
    let mut words = text.split(' ');
    let mut inputs = Inputs {
        recipe: Digest::of(words.next().expect("a recipe")),
        bases: Default::default(),
        parents: Default::default(),
        tokens: Default::default(),
    };
    for word in words {
        let (name, value) = word.split_once('=').expect("a name and a value");
        // `1/2`: the second is what does not count.
        let (counts, other) = value.split_once('/').unwrap_or((value, ""));
        let (digest, other) = (Digest::of(counts), Some(other).filter(|o| !o.is_empty()));
        match name.split_once(':') {
            Some(("p", name)) => drop(inputs.parents.insert(
                name.into(),
                ParentInput {
                    content: digest,
                    digest: other.map(Digest::of),
                },
            )),
            Some((_, name)) => drop(inputs.tokens.insert(name.into(), value.into())),
            None => drop(inputs.bases.insert(
                name.into(),
                BaseInput {
                    digest,
                    index: other.map(Digest::of),
                },
            )),
        }
    }
    inputs
}
