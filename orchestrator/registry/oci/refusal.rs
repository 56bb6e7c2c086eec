//! Responses that are not successes.

use super::answer::Answer;
use super::message::Message;
use super::service::Service;
use crate::http::{Again, Fault};
use crate::request::FaultKind;

impl Service {
    /// The error from status and body; if access was denied, with the credential that was used.
    pub(super) async fn fault(&self, answer: Answer) -> Fault {
        self.said(answer).await.0
    }

    /// The same, with the registry's message.
    pub(super) async fn said(&self, answer: Answer) -> (Fault, Message) {
        let (status, headers, home) = (answer.status, answer.headers.clone(), answer.home);
        let host = answer.url.host_str().unwrap_or("?").to_owned();
        let what = answer.what.clone();
        let said = answer.message().await;
        let (kind, again) = (said.kind(status), said.again(status, &headers));
        self.rest_after(status, again);
        let denied = kind == FaultKind::NotAllowed && again == Again::Never;
        let fault = match denied {
            // The signature in such a URL expires; the registry creates a new one.
            true if !home => {
                Fault::unreachable(what, format!("the store at {host} answers {}", said.text))
            }
            true => match self.auth.found().await {
                Ok(found) => Fault::new(kind, what, self.auth.denial(&said.text, found.as_ref())),
                Err(fault) => fault,
            },
            false => Fault::new(kind, what, &said.text).again(again),
        };
        (fault, said)
    }
}
