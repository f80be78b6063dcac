//! `exec`. Knows no flag but its own.

use super::{
    find, start,
    streams::{self, Join, Target},
    words,
};
use crate::{backend::Engine, cli::print::Failure, model::ExecSpec};

/// `exec`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Exec {
    /// Leave it alone
    #[arg(short = 'd', long)]
    detach: bool,
    /// Send it what is typed
    #[arg(short = 'i', long)]
    interactive: bool,
    /// Give it a terminal
    #[arg(short = 't', long)]
    tty: bool,
    /// Environment: KEY=value, or KEY for this shell's value
    #[arg(short = 'e', long, value_name = "KEY[=VALUE]")]
    env: Vec<String>,
    /// File of such lines
    #[arg(long, value_name = "FILE")]
    env_file: Vec<std::path::PathBuf>,
    /// User inside
    #[arg(short = 'u', long, value_name = "USER[:GROUP]")]
    user: Option<String>,
    /// Working directory inside
    #[arg(short = 'w', long, value_name = "DIR")]
    workdir: Option<String>,
    /// Let it do everything the host can
    #[arg(long)]
    privileged: bool,
    /// Container, and what to run in it
    #[arg(value_name = "CONTAINER COMMAND", trailing_var_arg = true, num_args = 2.., required = true)]
    words: Vec<String>,
}

impl Exec {
    pub(crate) async fn go(&self, engine: &dyn Engine) -> Result<(), Failure> {
        let Some((name, command)) = self.words.split_first() else {
            return Err(Failure::plain("name a container and a command", 125));
        };
        let spec = ExecSpec {
            command: command.to_vec(),
            user: self.user.clone(),
            workdir: self.workdir.clone(),
            env: self.env()?,
            tty: self.tty,
            privileged: self.privileged,
        };
        if !self.detach {
            streams::check_terminal(self.interactive, self.tty)?;
        }
        let id = find::container(engine, name).await?.id;
        if self.detach {
            return Ok(engine.exec_detached(&id, &spec).await?);
        }
        let join = Join { input: self.interactive, tty: self.tty, proxy: false, detach: Default::default() };
        start::end(streams::exec(Target { engine, id: &id }, &spec, join).await?)
    }

    fn env(&self) -> Result<Vec<String>, Failure> {
        let mut all = Vec::new();
        for file in &self.env_file {
            all.extend(words::lines(&std::fs::read_to_string(file)?));
        }
        all.extend(self.env.iter().cloned());
        Ok(words::environment(all, |name| std::env::var(name).ok())?)
    }
}
