//! Certificates for an engine behind TLS.

use super::endpoint_error::EndpointError;
use crate::host::Environment;
use hyper_rustls::ConfigBuilderExt as _;
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The certificates of a connection: `ca.pem`, `cert.pem` and `key.pem` in a folder, with Docker's names.
#[derive(Debug, Clone, Default)]
pub(super) struct Material {
    /// Whether `tcp://` means TLS.
    pub wanted: bool,
    /// The folder of the files; without one, or without `ca.pem`, the system's authorities are used.
    pub folder: Option<PathBuf>,
}

impl Material {
    /// Reads `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`; the default path is Docker's configuration folder.
    pub fn of(env: &Environment) -> Result<Self, EndpointError> {
        let wanted = env.get("DOCKER_TLS_VERIFY").is_some();
        if !wanted && env.get("DOCKER_TLS").is_some() {
            let reason = "TLS without verification is not secure";
            return Err(EndpointError::new(
                "DOCKER_TLS",
                reason,
                "set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to the folder of ca.pem",
            ));
        }
        let folder = env
            .get("DOCKER_CERT_PATH")
            .map(PathBuf::from)
            .or_else(|| env.docker_config());
        Ok(Self { wanted, folder })
    }

    /// The client's side of TLS: trusted authorities and the client certificate.
    pub fn client_config(&self) -> Result<Arc<rustls::ClientConfig>, EndpointError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let fault = |place: &Path, reason: String| {
            EndpointError::new(place.display().to_string(), reason, WAY_OUT)
        };
        let builder = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| fault(Path::new("TLS"), e.to_string()))?;
        let ca = self.file("ca.pem");
        let builder = match &ca {
            Some(path) => builder.with_root_certificates(roots(path)?),
            None => builder
                .with_native_roots()
                .map_err(|e| fault(Path::new("the system's certificates"), e.to_string()))?,
        };
        let config = match (self.file("cert.pem"), self.file("key.pem")) {
            (Some(cert), Some(key)) => builder
                .with_client_auth_cert(certificates(&cert)?, private_key(&key)?)
                .map_err(|e| fault(&key, e.to_string()))?,
            _ => builder.with_no_client_auth(),
        };
        Ok(Arc::new(config))
    }

    fn file(&self, name: &str) -> Option<PathBuf> {
        self.folder
            .as_ref()
            .map(|folder| folder.join(name))
            .filter(|path| path.exists())
    }
}

const WAY_OUT: &str =
    "the folder in DOCKER_CERT_PATH must contain ca.pem, cert.pem and key.pem in PEM format";

fn read(path: &Path) -> Result<Vec<u8>, EndpointError> {
    std::fs::read(path)
        .map_err(|e| EndpointError::new(path.display().to_string(), e.to_string(), WAY_OUT))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, EndpointError> {
    let fault = |reason: String| EndpointError::new(path.display().to_string(), reason, WAY_OUT);
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(path)?).collect();
    match found {
        Ok(found) if found.is_empty() => Err(fault("it contains no certificate".into())),
        Ok(found) => Ok(found),
        Err(e) => Err(fault(e.to_string())),
    }
}

fn roots(path: &Path) -> Result<rustls::RootCertStore, EndpointError> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in certificates(path)? {
        let fault = |e: rustls::Error| {
            EndpointError::new(path.display().to_string(), e.to_string(), WAY_OUT)
        };
        roots.add(certificate).map_err(fault)?;
    }
    Ok(roots)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, EndpointError> {
    let fault = |reason: String| EndpointError::new(path.display().to_string(), reason, WAY_OUT);
    PrivateKeyDer::from_pem_slice(&read(path)?).map_err(|e| match e {
        PemError::NoItemsFound => fault("it contains no private key".into()),
        e => fault(e.to_string()),
    })
}
