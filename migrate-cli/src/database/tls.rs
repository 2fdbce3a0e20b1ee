//! Whom to trust where the connection is encrypted.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::error::Error;

/// Trusts the certificates in a PEM file, and no others.
pub(crate) fn trusting(path: &Path) -> Result<ClientConfig, Error> {
    let unreadable = |cause: String| Error::CaCert { path: path.to_owned(), cause };
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
        roots.add(certificate).map_err(|error| unreadable(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unreadable("it holds no certificate in the PEM format".to_owned()));
    }
    Ok(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
}

/// Whether a connection failed because the server's certificate is not trusted, so that waiting helps nobody.
pub(crate) fn is_untrusted(cause: &str) -> bool {
    cause.contains("invalid peer certificate")
}
