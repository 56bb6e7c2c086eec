//! HTTP as registries and downloads use it: one kind of client, its failures, retries and redirects.
//!
//! ```text
//! retry ---> a try ---> follow ---> Client --> a response, or Fault: again or not
//! ```

mod client;
mod fault;
mod redirect;
mod retry;
mod retry_after;

pub(crate) use client::{authorities, base, build, certificates, client};
pub(crate) use fault::{Again, Fault, is_passing, kind};
pub(crate) use redirect::follow;
pub(crate) use retry::{Budget, Try, retry};
pub(crate) use retry_after::date_of;
