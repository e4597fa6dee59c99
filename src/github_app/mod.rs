//! The GitHub App: its IDs, its private key and its JWTs. Does no I/O and reads no clock.

mod client_id;
mod installation_id;
mod jwt;
mod private_key;

pub(crate) use client_id::ClientId;
pub(crate) use installation_id::InstallationId;
pub(crate) use jwt::AppJwt;
pub(crate) use private_key::{PrivateKey, PrivateKeyError};
