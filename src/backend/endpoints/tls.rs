//! Which TLS files flags and variables ask for, by docker's rules.
//! Must not know endpoints.

use super::{Flags, Surroundings, in_directory};
use crate::model::endpoint::TlsFiles;

/// The TLS files for addresses from the command line and `DOCKER_HOST`; `None` if nobody asked for TLS.
///
/// `DOCKER_CERT_PATH` says only where the files are: it does not switch TLS on, in docker neither.
pub(super) fn from_flags_and_variables(flags: &Flags, around: &Surroundings) -> Option<TlsFiles> {
    let named = flags.tls_ca.is_some() || flags.tls_cert.is_some() || flags.tls_key.is_some();
    let verified = flags.tls_verify || around.variable("DOCKER_TLS_VERIFY").is_some();
    let wanted = verified || named || around.variable("DOCKER_TLS").is_some();
    if !wanted {
        return None;
    }
    // Only `DOCKER_TLS` alone means encryption without a check of who answers.
    let verify = verified || named;
    let directory = around.variable("DOCKER_CERT_PATH").map(Into::into).or_else(|| around.docker_dir.clone());
    let usual = directory.map(|directory| in_directory(&directory, around, verify));
    let usual = usual.unwrap_or(TlsFiles { verify, ..TlsFiles::default() });
    Some(TlsFiles {
        ca: flags.tls_ca.clone().or(usual.ca),
        cert: flags.tls_cert.clone().or(usual.cert),
        key: flags.tls_key.clone().or(usual.key),
        verify,
    })
}
