//! Images: `pull`, `push`, `tag`, `rmi`, `save`, `load`, `import`, `commit`, `history`. Knows no flag but its own.

use std::{io::Write, path::PathBuf};

use chrono::Utc;

use super::{each, files, find, progress};
use crate::{
    backend::Engine,
    cli::{
        print::{Failure, Out},
        table::{Column, age, number, text, write},
    },
    model::{CommitSpec, HistoryStep, ImportSpec, whole_reference},
};

/// `pull` and `push`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Transfer {
    /// Say nothing on the way
    #[arg(short = 'q', long)]
    quiet: bool,
    /// Platform, such as linux/arm64
    #[arg(long)]
    platform: Option<String>,
    image: String,
}

/// `tag`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Tag {
    image: String,
    /// Its further name
    name: String,
}

/// `rmi`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Remove {
    /// Also with several names, and when a stopped container needs it
    #[arg(short = 'f', long)]
    force: bool,
    #[arg(value_name = "IMAGE", required = true)]
    images: Vec<String>,
}

/// `save`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Save {
    /// File to write to, instead of standard output
    #[arg(short = 'o', long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[arg(value_name = "IMAGE", required = true)]
    images: Vec<String>,
}

/// `load`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Load {
    /// File to read, instead of standard input
    #[arg(short = 'i', long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Say nothing on the way
    #[arg(short = 'q', long)]
    quiet: bool,
}

/// `import`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Import {
    /// Change of its config: a line of a Dockerfile
    #[arg(long, value_name = "LINE")]
    change: Vec<String>,
    /// Remark for its history
    #[arg(short = 'm', long)]
    message: Option<String>,
    /// Platform, such as linux/arm64
    #[arg(long)]
    platform: Option<String>,
    /// Tar archive of files, or - for standard input
    file: PathBuf,
    /// Its name
    image: Option<String>,
}

/// `commit`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Commit {
    /// Who made it
    #[arg(short = 'a', long)]
    author: Option<String>,
    /// Change of its config: a line of a Dockerfile
    #[arg(long, value_name = "LINE")]
    change: Vec<String>,
    /// Remark for its history
    #[arg(short = 'm', long)]
    message: Option<String>,
    /// Freeze the container meanwhile
    #[arg(short = 'p', long, value_name = "BOOL", default_value_t = true, num_args = 0..=1, require_equals = true,
          default_missing_value = "true", action = clap::ArgAction::Set)]
    pause: bool,
    container: String,
    /// Its name
    image: Option<String>,
}

/// `history`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct History {
    image: String,
}

fn whole(name: &str) -> Result<String, Failure> {
    whole_reference(name).map_err(|bad| Failure::plain(&bad.to_string(), 1))
}

/// The name with its registry, as docker prints it at the end of a pull.
fn in_full(reference: &str) -> String {
    match reference.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => reference.to_owned(),
        Some(_) => format!("docker.io/{reference}"),
        None => format!("docker.io/library/{reference}"),
    }
}

impl Transfer {
    pub(crate) async fn pull(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        let name = whole(&self.image)?;
        progress::told(self.quiet, async |report| match &self.platform {
            Some(platform) => engine.pull_platform(&name, platform, &report).await,
            None => engine.pull(&name, &report).await,
        })
        .await?;
        Ok(writeln!(out, "{}", in_full(&name))?)
    }

    pub(crate) async fn push(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        let name = whole(&self.image)?;
        progress::told(self.quiet, async |report| engine.push(&name, &report).await).await?;
        Ok(writeln!(out, "{}", in_full(&name))?)
    }
}

impl Tag {
    pub(crate) async fn go(&self, engine: &dyn Engine) -> Result<(), Failure> {
        let name = whole(&self.name)?;
        let image = find::image(engine, &self.image).await?;
        Ok(engine.tag(&image.id, &name).await?)
    }
}

impl Remove {
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        each::told(out, &self.images, async |name| {
            let gone = engine.remove_image(name, self.force).await?;
            Ok(gone.iter().map(|line| as_docker(line)).collect())
        })
        .await
    }
}

/// "untagged a:1" as "Untagged: a:1".
fn as_docker(line: &str) -> String {
    for (ours, theirs) in [("untagged ", "Untagged: "), ("deleted ", "Deleted: ")] {
        if let Some(what) = line.strip_prefix(ours) {
            return format!("{theirs}{what}");
        }
    }
    line.to_owned()
}

impl Save {
    pub(crate) async fn go(&self, engine: &dyn Engine) -> Result<(), Failure> {
        for name in &self.images {
            // Before a file is made: an archive's own answer would come too late.
            find::image(engine, name).await?;
        }
        files::sink(engine.save(&self.images).await?, self.output.as_deref()).await
    }
}

impl Load {
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        let archive = files::source(self.input.as_deref()).await?;
        let loaded = progress::told(self.quiet, async |report| engine.load(archive, &report).await).await?;
        for name in loaded {
            let what = if name.starts_with("sha256:") { "Loaded image ID" } else { "Loaded image" };
            writeln!(out, "{what}: {name}")?;
        }
        Ok(())
    }
}

impl Import {
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        let spec = ImportSpec {
            reference: self.image.as_deref().map(whole).transpose()?,
            message: self.message.clone(),
            changes: self.change.clone(),
            platform: self.platform.clone(),
        };
        let archive = files::source(Some(&self.file)).await?;
        Ok(writeln!(out, "{}", engine.import(archive, &spec).await?)?)
    }
}

impl Commit {
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        let spec = CommitSpec {
            reference: self.image.as_deref().map(whole).transpose()?,
            author: self.author.clone(),
            message: self.message.clone(),
            changes: self.change.clone(),
            pause: self.pause,
        };
        let found = find::container(engine, &self.container).await?;
        Ok(writeln!(out, "{}", engine.commit(&found.id, &spec).await?)?)
    }
}

const STEPS: [Column<HistoryStep>; 4] = [
    number("AGE", |step, now| age(Some(step.created), now)),
    number("SIZE", |step, _| step.size.to_string()),
    text("MADE BY", |step, _| step.by.clone()),
    text("COMMENT", |step, _| step.comment.clone()),
];

impl History {
    pub(crate) async fn go(&self, engine: &dyn Engine, out: &mut Out) -> Result<(), Failure> {
        let image = find::image(engine, &self.image).await?;
        Ok(write(out, &STEPS, &engine.history(&image.id).await?, Utc::now())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_printed_with_its_registry() {
        assert_eq!(in_full("alpine:3"), "docker.io/library/alpine:3");
        assert_eq!(in_full("me/app:1"), "docker.io/me/app:1");
        assert_eq!(in_full("localhost/app:1"), "localhost/app:1");
        assert_eq!(in_full("127.0.0.1:5000/app:1"), "127.0.0.1:5000/app:1");
    }
}
