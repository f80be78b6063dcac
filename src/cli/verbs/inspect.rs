//! `inspect`: the engine's own document about a thing, whole or a part of it. Changes nothing.

use std::io::Write;

use serde::Serialize;
use serde_json::{Value, ser::PrettyFormatter};

use super::find;
use crate::{
    backend::{Engine, EngineError},
    cli::print::{Failure, Out, complain},
    model::{Kind, Subject, text::cleaned},
};

mod template;

/// `inspect`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Inspect {
    /// Print a part: {{.State.Status}}, {{json .Config}}, {{index .Config.Labels "key"}}
    #[arg(short = 'f', long)]
    format: Option<String>,
    /// Look only among containers, images, networks or volumes
    #[arg(long = "type", value_name = "KIND")]
    kind: Option<What>,
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
}

/// What sort of thing is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum What {
    Container,
    Image,
    Network,
    Volume,
}

impl What {
    const ALL: [Self; 4] = [Self::Container, Self::Image, Self::Network, Self::Volume];

    const fn kind(self) -> Kind {
        match self {
            Self::Container => Kind::Container,
            Self::Image => Kind::Image,
            Self::Network => Kind::Network,
            Self::Volume => Kind::Volume,
        }
    }

    async fn id(self, engine: &dyn Engine, name: &str) -> Result<String, EngineError> {
        Ok(match self {
            Self::Container => find::container(engine, name).await?.id.to_string(),
            Self::Image => find::image(engine, name).await?.id.to_string(),
            Self::Network => find::network(engine, name).await?.to_string(),
            Self::Volume => name.to_owned(),
        })
    }
}

impl Inspect {
    /// Prints the documents; what is not found is told, and the others are printed all the same.
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out, of: Option<What>) -> Result<(), Failure> {
        let template = self.format.as_deref().map(template::Template::parse).transpose()?;
        let (mut found, mut failed) = (Vec::new(), false);
        for name in &self.names {
            match document(engine, name, of.or(self.kind)).await {
                Ok(document) => found.push(document),
                Err(error) => {
                    failed = true;
                    complain(&Failure::from(error));
                }
            }
        }
        match template {
            Some(template) => {
                for document in &found {
                    writeln!(out, "{}", cleaned(template.fill(document)?))?;
                }
            }
            None => documents(out, &found)?,
        }
        if failed { Err(Failure::Ended(1)) } else { Ok(()) }
    }
}

async fn document(engine: &dyn Engine, name: &str, what: Option<What>) -> Result<Value, EngineError> {
    let kinds = what.map_or_else(|| What::ALL.to_vec(), |what| vec![what]);
    for what in kinds {
        let told = match what.id(engine, name).await {
            Ok(id) => engine.inspect(&Subject::new(what.kind(), id, name)).await,
            Err(error) => Err(error),
        };
        match told {
            Err(EngineError::NotFound { .. }) => {}
            told => return told,
        }
    }
    let what = what.map_or("object", |what| what.kind().word());
    Err(EngineError::NotFound { tried: format!("inspect `{name}`"), why: format!("No such {what}: {name}") })
}

/// As docker prints them: a list, four cells deep.
fn documents(out: &mut Out, found: &[Value]) -> Result<(), Failure> {
    let mut writer = serde_json::Serializer::with_formatter(&mut *out, PrettyFormatter::with_indent(b"    "));
    found.serialize(&mut writer)?;
    Ok(writeln!(out)?)
}
