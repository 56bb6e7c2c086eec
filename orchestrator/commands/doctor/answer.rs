//! Whether a registry answers, and whether its clock agrees with that of this machine: tokens are valid by the clock.

use super::finding::Finding;
use super::{Examination, clock};
use crate::registry::oci::Greeting;
use crate::request::{FaultKind, WorldError};

pub(super) async fn check(one: &Examination<'_>) -> Vec<Finding> {
    match one.registry.greet(&one.subject.domain).await {
        Ok(greeting) => {
            let time = greeting.time.map(|time| time.as_second());
            let now = crate::host::now().as_second();
            let harm = "tokens may not be valid";
            vec![
                answer(&greeting),
                clock::compared("registry", time, now, harm),
            ]
        }
        Err(why) => vec![Finding::problem("answer", unanswered(&why))],
    }
}

/// A registry that refuses the credential has said what to do.
fn unanswered(why: &WorldError) -> String {
    match why.kind() {
        FaultKind::NotAllowed => why.to_string(),
        _ => format!(
            "{why}\ncheck its name and port in the manifest, that it runs, and that the network of this machine leads there"
        ),
    }
}

fn answer(greeting: &Greeting) -> Finding {
    let how = match greeting.tls {
        true => "over TLS",
        false => "over HTTP without TLS",
    };
    let took = greeting.took.as_millis();
    Finding::good("answer", format!("{how}, in {took} ms"))
}
