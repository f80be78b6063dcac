//! From flags to an engine that answers. Knows not what is asked of it.

use super::{
    args::Args,
    print::{Failure, note},
};
use crate::{
    backend::{
        SharedEngine,
        endpoints::{self, Choice, Configured, Surroundings},
        feed::Connector,
    },
    config::Config,
    console::{Doors, options},
    model::Problem,
    paths::Paths,
};

/// All endpoints, the most wanted first. What is wrong with the settings is said and does not stop it.
pub(super) fn choose(args: &Args) -> Choice {
    let file = args.config.clone().or_else(|| Paths::find().ok().map(|paths| paths.config_file()));
    let (config, remarks) = file.map(|file| Config::load(&file)).unwrap_or_default();
    for remark in remarks {
        note(&remark.to_string());
    }
    let configured = Configured { endpoints: config.endpoints, default: config.default_endpoint };
    endpoints::choose(&args.flags(), &configured, &Surroundings::look(true))
}

/// The engine that was named, or the first on this machine that answers.
pub(super) async fn engine(args: &Args) -> Result<SharedEngine, Failure> {
    let choice = choose(args);
    let doors = Doors::new(options(), args.data_root.clone());
    let mut first = None;
    for endpoint in choice.candidates.iter().filter_map(|at| choice.endpoints.get(*at)) {
        match doors.connect(endpoint).await {
            Ok(engine) => return Ok(engine),
            Err(error) => drop(first.get_or_insert(Problem::from(&error))),
        }
    }
    Err(Failure::Told(first.or(choice.problems.into_iter().next()).unwrap_or_else(nothing_there)))
}

fn nothing_there() -> Problem {
    Problem {
        sentence: "cannot find an engine: nothing is named, and no socket or pipe of an engine is on this machine"
            .into(),
        hint: Some("name one with -H, --context or DOCKER_HOST, or start one".into()),
    }
}
