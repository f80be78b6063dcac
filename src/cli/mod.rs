//! The command line: what was asked for, and the plain reads that print what the dashboards show.
//! Knows neither how an engine is spoken to nor how a screen is drawn.

mod args;
mod doors;
mod info;
mod lists;
mod print;
mod reads;
mod table;
mod up;

use std::{io, process::ExitCode};

use clap::{CommandFactory, Parser};

use self::{
    args::{Args, Command},
    print::{Failure, Out},
};
use crate::{console, host};

/// Does what `argv` asks for. The code is 0 when that was done, 1 when it could not be, 2 when it was not understood.
pub fn main() -> ExitCode {
    // Ends the process itself on `--help`, `--version` and on what it does not understand.
    let args = Args::parse();
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever closed the other end, such as `head`, has read enough.
        Err(Failure::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            print::complain(&failure);
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<(), Failure> {
    host::keep_large_blocks_apart();
    let Some(command) = args.command.clone() else {
        // The screen has this thread, engines and what they say have another; each more would cost memory of its own.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        return runtime.block_on(async { console::open(args.wishes()).await.map_err(Failure::from) });
    };
    args.start_log();
    let mut out = Out::new();
    match command {
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Args::command(), "longshore", &mut out);
        }
        Command::Man => clap_mangen::Man::new(Args::command()).render(&mut out)?,
        Command::Themes { roles: true } => lists::roles(&mut out)?,
        Command::Themes { roles: false } => lists::themes(&mut out)?,
        Command::Keys => lists::keys(&args, &mut out)?,
        command => {
            // One thread does: a read is one question and its answer.
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(ask(&args, command, &mut out))?;
            // A look at a host that hangs must not keep the shell from its prompt.
            runtime.shutdown_background();
        }
    }
    out.finish()
}

async fn ask(args: &Args, command: Command, out: &mut Out) -> Result<(), Failure> {
    match command {
        Command::Info(form) => info::print(args, form, out).await,
        Command::Up => up::run(args, out).await,
        command => reads::print(args, &command, out).await,
    }
}
