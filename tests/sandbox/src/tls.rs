//! A certificate authority that is created at start, and the server certificates that it issues.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tempfile::TempDir;
use time::{Duration, OffsetDateTime};
use tokio_rustls::TlsAcceptor;

use crate::ids;
use crate::locks::lock;

/// The names in every server certificate, which are the hosts of the stand-ins' URLs.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A certificate authority. Clients trust it only through `SSL_CERT_FILE`.
#[derive(Debug)]
pub struct CertificateAuthority {
    pem: String,
    pem_path: PathBuf,
    _directory: TempDir,
    certificates: Arc<Certificates>,
}

impl CertificateAuthority {
    /// Creates a CA and writes its certificate to a file.
    ///
    /// # Panics
    ///
    /// When the temporary directory cannot be written.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let pem_path = directory.path().join("ca.pem");
        let certificates = Certificates::new();
        let pem = certificates.issuer.pem();
        std::fs::write(&pem_path, &pem).expect("the temporary directory is writable");
        Self { pem, pem_path, _directory: directory, certificates: Arc::new(certificates) }
    }

    /// Returns the CA's certificate as PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Returns the path of the CA's certificate, for `SSL_CERT_FILE`. The file is deleted when this is dropped.
    pub fn pem_path(&self) -> &Path {
        &self.pem_path
    }

    /// Creates a TLS acceptor with a certificate for any name that the client requests.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has the usual protocol versions")
            .with_no_client_auth()
            .with_cert_resolver(self.certificates.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

impl Default for CertificateAuthority {
    fn default() -> Self {
        Self::new()
    }
}

/// Server certificates, issued on the first request for a name.
struct Certificates {
    issuer: CertifiedIssuer<'static, KeyPair>,
    issued: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

impl fmt::Debug for Certificates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Certificates").finish_non_exhaustive()
    }
}

impl Certificates {
    fn new() -> Self {
        let mut params = valid_now(Vec::new());
        // A unique name, so that another sandbox's certificate has an unknown issuer instead of an invalid signature.
        let name = format!("github-token-broker sandbox CA {}", ids::hex(&ids::random::<4>()));
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a P-256 key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("an authority's certificate");
        Self { issuer, issued: Mutex::default() }
    }

    /// Issues a server certificate for the loopback names and one other name.
    fn issue(&self, name: &str) -> CertifiedKey {
        let mut names = LOOPBACK.map(String::from).to_vec();
        if !LOOPBACK.contains(&name) {
            names.push(name.to_owned());
        }
        let mut params = valid_now(names);
        params.distinguished_name.push(DnType::CommonName, "github-token-broker sandbox");
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().expect("a P-256 key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a server's certificate");
        let signer = aws_lc_rs::sign::any_ecdsa_type(&PrivatePkcs8KeyDer::from(key.serialize_der()).into())
            .expect("rustls signs with P-256");
        CertifiedKey::new(vec![certificate.der().clone()], signer)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // A client that connects to an address sends no name.
        let name = hello.server_name().unwrap_or("localhost");
        let mut issued = lock(&self.issued);
        Some(issued.entry(name.to_owned()).or_insert_with(|| Arc::new(self.issue(name))).clone())
    }
}

fn valid_now(names: Vec<String>) -> CertificateParams {
    let mut params = CertificateParams::new(names).expect("names that are valid in a certificate");
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::days(1);
    params.not_after = now + Duration::days(30);
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
}
