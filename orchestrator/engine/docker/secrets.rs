//! Secrets for a build's session: each build finds those that it declares, and no others.

use crate::request::BuildSecrets;
use bollard_buildkit_proto::moby::buildkit::secrets::v1::secrets_server::Secrets;
use bollard_buildkit_proto::moby::buildkit::secrets::v1::{GetSecretRequest, GetSecretResponse};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The methods that a session with secrets serves.
pub(super) const METHODS: [&str; 1] = ["/moby.buildkit.secrets.v1.Secrets/GetSecret"];

/// The secrets of one build.
pub(super) struct Values(pub Arc<BuildSecrets>);

#[tonic::async_trait]
impl Secrets for Values {
    async fn get_secret(
        &self,
        request: Request<GetSecretRequest>,
    ) -> Result<Response<GetSecretResponse>, Status> {
        let id = &request.get_ref().id;
        // BuildKit accepts that one is missing, unless the mount says `required`.
        let missing = || Status::not_found(format!("secret {id} not found"));
        let value = self.0.values.get(id).ok_or_else(missing)?;
        Ok(Response::new(GetSecretResponse {
            data: value.reveal().to_vec(),
        }))
    }
}
