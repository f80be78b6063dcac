//! Which endpoints there are and which is opened first: a choice made from values alone.
//! Must not know files, variables or sockets; [`Surroundings::look`] gathers those.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::model::Problem;
use crate::model::endpoint::{Address, Endpoint, Source, TlsFiles};

mod contexts;
mod look;
#[cfg(test)]
mod tests;
mod tls;

/// What the command line says about endpoints.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `-H`, as often as it was given.
    pub hosts: Vec<String>,
    /// `--context`: a docker context or an endpoint of the config.
    pub context: Option<String>,
    /// `--embedded`: the engine aboard.
    pub embedded: bool,
    /// `--tlsverify`: speak TLS and check the engine's certificate.
    pub tls_verify: bool,
    /// `--tlscacert`.
    pub tls_ca: Option<PathBuf>,
    /// `--tlscert`.
    pub tls_cert: Option<PathBuf>,
    /// `--tlskey`.
    pub tls_key: Option<PathBuf>,
}

/// What the config says about endpoints.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configured {
    /// The endpoints, in the order of the file.
    pub endpoints: Vec<Endpoint>,
    /// The name of the one to open.
    pub default: Option<String>,
}

/// What was found around us; all that the choice depends on besides flags and config.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The variables that matter; those that are empty count as not set.
    pub variables: BTreeMap<String, String>,
    /// Docker's directory: `DOCKER_CONFIG`, or `.docker` in the home directory.
    pub docker_dir: Option<PathBuf>,
    /// The text of docker's `config.json`, or why it cannot be read; `None` if there is none.
    pub docker_config: Option<FoundFile>,
    /// The `meta.json` of each docker context.
    pub contexts: Vec<FoundFile>,
    /// The files that exist among those which may hold TLS certificates and keys.
    pub tls_files: BTreeSet<PathBuf>,
    /// The usual sockets and pipes that exist on this machine, the likeliest first.
    pub local: Vec<Address>,
    /// Whether there is an engine aboard for this platform.
    pub aboard: bool,
}

/// A file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// Where.
    pub path: PathBuf,
    /// Its text, or why it cannot be read.
    pub text: Result<String, String>,
}

/// The endpoints of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// All endpoints, the most wanted first; names and addresses are each unique.
    pub endpoints: Vec<Endpoint>,
    /// Indices into `endpoints` of those to try in turn until one answers. Whoever named an engine
    /// gets that one or an error, so there is more than one only if nobody did.
    pub candidates: Vec<usize>,
    /// What was wrong on the way. None of it keeps the rest from counting.
    pub problems: Vec<Problem>,
}

/// Chooses. What was asked for comes first: `-H`, `--context` and `--embedded`; then `DOCKER_HOST`,
/// `DOCKER_CONTEXT`, the default of the config, the current context of docker, what runs on this
/// machine, and the engine aboard.
#[must_use]
pub fn choose(flags: &Flags, configured: &Configured, around: &Surroundings) -> Choice {
    let mut chooser = Chooser::new(flags, configured, around);
    chooser.add_from_flags();
    chooser.add_from_variables();
    chooser.add_from_config();
    chooser.add_from_docker();
    chooser.list_the_rest();
    chooser.choice
}

struct Chooser<'a> {
    flags: &'a Flags,
    configured: &'a Configured,
    around: &'a Surroundings,
    contexts: Vec<Endpoint>,
    /// Whether flags or variables named an engine that there is not: another one would be a surprise.
    in_vain: bool,
    choice: Choice,
}

impl<'a> Chooser<'a> {
    fn new(flags: &'a Flags, configured: &'a Configured, around: &'a Surroundings) -> Self {
        let mut problems = Vec::new();
        let contexts = contexts::read(around, &mut problems);
        let choice = Choice { problems, ..Choice::default() };
        Self { flags, configured, around, contexts, in_vain: false, choice }
    }

    fn add_from_flags(&mut self) {
        for host in &self.flags.hosts {
            self.want_address(host, "-H", Source::Flag);
        }
        if let Some(name) = &self.flags.context {
            self.want_name(name, "--context", Source::Flag);
        }
        if self.flags.embedded {
            self.want(Endpoint::new("embedded", Address::Embedded, Source::Flag));
        }
    }

    /// As for docker, a context named by a variable counts only where no host is.
    fn add_from_variables(&mut self) {
        if let Some(host) = self.around.variable("DOCKER_HOST") {
            self.want_address(host, "DOCKER_HOST", Source::Env);
        } else if let Some(name) = self.around.variable("DOCKER_CONTEXT") {
            self.want_name(name, "DOCKER_CONTEXT", Source::Env);
        }
    }

    fn add_from_config(&mut self) {
        if let Some(name) = &self.configured.default {
            self.want_name(name, "default_endpoint", Source::Config);
        }
    }

    fn add_from_docker(&mut self) {
        if let Some(name) = contexts::current(self.around, &mut self.choice.problems) {
            self.want_name(&name, "docker's current context", Source::Context);
        }
    }

    /// Lists everything else, and falls back on this machine if nobody named an engine.
    fn list_the_rest(&mut self) {
        let known: Vec<Endpoint> = self.configured.endpoints.iter().chain(&self.contexts).cloned().collect();
        for endpoint in known {
            self.list(endpoint);
        }
        let here = self.around.local.iter().cloned().chain(self.around.aboard.then_some(Address::Embedded));
        let here: Vec<usize> =
            here.map(|address| self.list(Endpoint::new(short_name(&address), address, Source::Found))).collect();
        if self.choice.candidates.is_empty() && !self.in_vain {
            self.choice.candidates = here;
        }
    }

    fn want_address(&mut self, text: &str, place: &str, source: Source) {
        match text.parse::<Address>() {
            Ok(address) => {
                let endpoint = self.describe(address, source);
                self.want(endpoint);
            }
            Err(error) => self.failed(source, format!("{place}: {error}"), error.hint()),
        }
    }

    /// An address that the config describes keeps the name and the files it has there.
    fn describe(&self, address: Address, source: Source) -> Endpoint {
        let asked_tls = tls::from_flags_and_variables(self.flags, self.around);
        let configured = self.configured.endpoints.iter().find(|endpoint| endpoint.address == address);
        let mut endpoint = match configured {
            Some(endpoint) => Endpoint { source, ..endpoint.clone() },
            None => Endpoint::new(short_name(&address), address, source),
        };
        if matches!(endpoint.address, Address::Tcp { .. } | Address::Https { .. }) {
            endpoint.tls = asked_tls.or(endpoint.tls);
        }
        endpoint
    }

    fn want_name(&mut self, name: &str, place: &str, source: Source) {
        // Each names its own kind first: the config an endpoint of its own, all others a context.
        let (first, second) = match source {
            Source::Config => (&self.configured.endpoints, &self.contexts),
            _ => (&self.contexts, &self.configured.endpoints),
        };
        let found = first.iter().chain(second).find(|endpoint| endpoint.name == name);
        match found.cloned() {
            Some(endpoint) => self.want(Endpoint { source, ..endpoint }),
            None if name == contexts::DEFAULT => {}
            None => self.failed(
                source,
                format!("{place}: there is no context or endpoint `{name}`"),
                Some("`docker context ls` lists the contexts, F2 all endpoints"),
            ),
        }
    }

    /// Lists an endpoint, and opens it if nothing was wanted before.
    fn want(&mut self, endpoint: Endpoint) {
        let may_open = !self.in_vain || endpoint.source == Source::Flag;
        let index = self.list(endpoint);
        if self.choice.candidates.is_empty() && may_open {
            self.choice.candidates.push(index);
        }
    }

    /// Adds an endpoint unless its address is there already, and tells where it is.
    fn list(&mut self, mut endpoint: Endpoint) -> usize {
        let endpoints = &mut self.choice.endpoints;
        if let Some(index) = endpoints.iter().position(|known| known.address == endpoint.address) {
            return index;
        }
        let plain = endpoint.name.clone();
        let mut number = 2;
        while endpoints.iter().any(|known| known.name == endpoint.name) {
            endpoint.name = format!("{plain}-{number}");
            number += 1;
        }
        endpoints.push(endpoint);
        endpoints.len() - 1
    }

    fn failed(&mut self, source: Source, sentence: String, hint: Option<&str>) {
        self.in_vain |= matches!(source, Source::Flag | Source::Env);
        self.choice.problems.push(Problem { sentence, hint: hint.map(str::to_owned) });
    }
}

/// A name for an address that has none: the host, or what the socket or pipe is called.
#[must_use]
pub fn short_name(address: &Address) -> String {
    match address {
        Address::Unix(path) => {
            let file = path.rsplit('/').next().unwrap_or(path);
            file.strip_suffix(".sock").unwrap_or(file).to_owned()
        }
        Address::Pipe { name, .. } => name.strip_suffix("_engine").unwrap_or(name).to_owned(),
        Address::Tcp { host, .. } | Address::Https { host, .. } | Address::Ssh { host, .. } => host.clone(),
        Address::Embedded => "embedded".to_owned(),
    }
}

impl Surroundings {
    /// A variable that is set to something.
    fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// TLS files in a directory, under docker's names.
fn in_directory(directory: &std::path::Path, around: &Surroundings, verify: bool) -> TlsFiles {
    let file = |name: &str| Some(directory.join(name)).filter(|path| around.tls_files.contains(path));
    TlsFiles { ca: file("ca.pem"), cert: file("cert.pem"), key: file("key.pem"), verify }
}
