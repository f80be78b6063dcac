//! The contexts of the docker command line, as they stand in its files.
//! Must not know where those files were found, nor which context is wanted.

use std::path::Path;

use serde::Deserialize;

use super::{FoundFile, Surroundings, in_directory};
use crate::model::Problem;
use crate::model::endpoint::{Address, Endpoint, Source, TlsFiles};

/// The name docker gives to having no context.
pub(super) const DEFAULT: &str = "default";

/// `contexts/meta/<id>/meta.json`, as far as it concerns us.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Meta {
    name: String,
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Endpoints {
    docker: Option<Docker>,
}

#[derive(Deserialize)]
struct Docker {
    #[serde(default, rename = "Host")]
    host: String,
    #[serde(default, rename = "SkipTLSVerify")]
    skip_tls_verify: bool,
}

/// `config.json`, as far as it concerns us.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    current_context: Option<String>,
}

/// The endpoints of all contexts that can be understood, by name.
pub(super) fn read(around: &Surroundings, problems: &mut Vec<Problem>) -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    for file in &around.contexts {
        match endpoint(file, around) {
            Ok(endpoint) => endpoints.extend(endpoint),
            Err(why) => problems.push(unusable("docker context", &file.path, &why)),
        }
    }
    endpoints.sort_by(|one, other| one.name.cmp(&other.name));
    endpoints
}

/// The name of docker's current context, unless that is its default.
pub(super) fn current(around: &Surroundings, problems: &mut Vec<Problem>) -> Option<String> {
    let file = around.docker_config.as_ref()?;
    let config =
        file.text.clone().and_then(|text| serde_json::from_str::<Config>(&text).map_err(|error| error.to_string()));
    match config {
        Ok(config) => config.current_context.filter(|name| !name.is_empty() && name != DEFAULT),
        Err(why) => {
            problems.push(unusable("docker config", &file.path, &why));
            None
        }
    }
}

/// A context may be for something other than docker, which is no error.
fn endpoint(file: &FoundFile, around: &Surroundings) -> Result<Option<Endpoint>, String> {
    let text = file.text.as_ref().map_err(Clone::clone)?;
    let meta: Meta = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let Some(docker) = meta.endpoints.docker.filter(|docker| !docker.host.is_empty()) else { return Ok(None) };
    let address: Address =
        docker.host.parse().map_err(|error: crate::model::endpoint::AddressError| error.to_string())?;
    let mut endpoint = Endpoint::new(meta.name, address, Source::Context);
    endpoint.tls = tls_files(&file.path, around, !docker.skip_tls_verify);
    Ok(Some(endpoint))
}

/// The files lie beside the `meta` tree, under the id that is the name of the context's directory.
fn tls_files(meta: &Path, around: &Surroundings, verify: bool) -> Option<TlsFiles> {
    let of_context = meta.parent()?;
    let contexts = of_context.parent()?.parent()?;
    let directory = contexts.join("tls").join(of_context.file_name()?).join("docker");
    let files = in_directory(&directory, around, verify);
    let any = files.ca.is_some() || files.cert.is_some() || files.key.is_some();
    (any || !verify).then_some(files)
}

fn unusable(what: &str, path: &Path, why: &str) -> Problem {
    Problem { sentence: format!("cannot use the {what} `{}`: {why}", path.display()), hint: None }
}
