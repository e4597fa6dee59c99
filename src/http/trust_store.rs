//! The trust store: the CA certificates that verify peers.
//!
//! Own code instead of `rustls-native-certs`: when `SSL_CERT_FILE` is set, that crate reads only this file, so a
//! private CA would replace the system's certificates.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

use crate::config::ConfigError;
use crate::pem;

/// The maximum size of a certificate file in bytes. A system's bundle has some 256 KiB.
const CA_FILE_CAP: u64 = 16 * 1024 * 1024;
/// The PEM labels of certificates. Old tools write the second one.
const CERTIFICATE_LABELS: [&str; 2] = ["CERTIFICATE", "X509 CERTIFICATE"];
/// The paths of the CA bundle on Linux distributions, Amazon Linux first.
const SYSTEM_CA_FILES: [&str; 5] = [
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// Loads the system's certificates and those in `SSL_CERT_FILE`. Without any certificate, no peer is trusted, and the
/// first request fails with that reason.
pub(super) fn trust_store(ca_file: Option<&Path>) -> Result<RootCertStore, ConfigError> {
    let mut roots = RootCertStore::empty();
    if let Some(pem) = SYSTEM_CA_FILES.iter().find_map(|file| read_capped(Path::new(file)).ok()) {
        add_certificates(&mut roots, &pem);
    }
    if let Some(file) = ca_file {
        let pem = read_capped(file).map_err(|reason| ConfigError::UnreadableFile("SSL_CERT_FILE", reason))?;
        if add_certificates(&mut roots, &pem) == 0 {
            return Err(ConfigError::NoCertificate("SSL_CERT_FILE"));
        }
    }
    Ok(roots)
}

fn read_capped(file: &Path) -> Result<String, &'static str> {
    let io_reason = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => "it does not exist",
        std::io::ErrorKind::PermissionDenied => "permission denied",
        _ => "reading it failed",
    };
    // Checked before the file is opened, because opening a FIFO waits for a writer.
    let metadata = std::fs::metadata(file).map_err(io_reason)?;
    if metadata.is_dir() {
        return Err("it is a directory");
    }
    if !metadata.is_file() {
        return Err("it is not a regular file");
    }
    let file = File::open(file).map_err(io_reason)?;
    let size = metadata.len().min(CA_FILE_CAP);
    // Reads the file at once instead of into a buffer that grows.
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    file.take(CA_FILE_CAP + 1).read_to_end(&mut bytes).map_err(io_reason)?;
    if bytes.len() as u64 > CA_FILE_CAP {
        return Err("it has more than 16 MiB");
    }
    // Bundles may contain names in other encodings between the certificates.
    Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// Adds the PEM certificates that can be used as trust anchors, and returns how many.
fn add_certificates(roots: &mut RootCertStore, pem: &str) -> usize {
    let certificates = pem::blocks(pem).filter(|block| CERTIFICATE_LABELS.contains(&block.label));
    let der = certificates.filter_map(|block| {
        let mut der = Vec::with_capacity(block.size());
        block.decode(&mut der).map(|()| CertificateDer::from(der))
    });
    let (added, _ignored) = roots.add_parsable_certificates(der);
    added
}
