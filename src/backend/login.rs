//! The login for a registry: docker's `config.json` and the helpers it names. Knows no registry.

use std::{env, path::PathBuf, process::Stdio, time::Duration};

use tokio::{io::AsyncWriteExt, process::Command, time::timeout};

use crate::backend::wire::login::{Found, Login, Logins};

/// Time for a helper; some ask a desktop's keyring, which may ask its user.
const HELPER: Duration = Duration::from_secs(10);

/// The login for the registry of `reference`; `None` where there is none, or it cannot be had: then the registry is
/// asked without, and says so if it wants one.
pub(super) async fn of(reference: &str) -> Option<Login> {
    let file = tokio::fs::read(config_file()?).await.ok()?;
    match Logins::read(&file).find(reference) {
        Found::Here(login) => Some(login),
        Found::Helper { name, server } => ask(&name, &server).await,
        Found::Nowhere => None,
    }
}

/// `DOCKER_CONFIG` or `.docker` in the home directory, as the docker command has it.
fn config_file() -> Option<PathBuf> {
    let directory = env::var_os("DOCKER_CONFIG").filter(|dir| !dir.is_empty()).map(PathBuf::from);
    let directory = directory.or_else(|| Some(directories::BaseDirs::new()?.home_dir().join(".docker")))?;
    Some(directory.join("config.json"))
}

async fn ask(name: &str, server: &str) -> Option<Login> {
    let program = format!("docker-credential-{name}");
    let work = async {
        let mut helper = Command::new(&program)
            .arg("get")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .ok()?;
        let mut input = helper.stdin.take()?;
        input.write_all(server.as_bytes()).await.ok()?;
        drop(input);
        let output = helper.wait_with_output().await.ok()?;
        output.status.success().then_some(output.stdout)
    };
    let told = timeout(HELPER, work).await.ok().flatten().and_then(|output| Login::from_helper(&output, server));
    if told.is_none() {
        tracing::info!(%program, %server, "the credential helper gave no login");
    }
    told
}
