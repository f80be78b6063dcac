//! The command line: what was asked for, the plain reads that print what the dashboards show, and docker's verbs.
//! Knows neither how an engine is spoken to nor how a screen is drawn.

mod args;
mod doors;
mod info;
mod lists;
mod print;
mod reads;
mod table;
mod up;
mod verbs;

use std::{io, process::ExitCode, thread, time::Duration};

use clap::{CommandFactory, Subcommand};

use self::{
    args::{Args, Command},
    print::{Failure, Out},
    verbs::{OUR_FAILURE, Verb},
};
use crate::{console, host};

/// Does what `argv` asks for. The code is 0 when that was done, 1 when it could not be, 2 when it was not understood;
/// the verbs have docker's codes.
pub fn main() -> ExitCode {
    let args = match Args::read() {
        Ok(args) => args,
        Err(error) => return misread(&error),
    };
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        // A process in a container has said what there is to say.
        Err(Failure::Ended(code)) => ExitCode::from(code),
        // Whoever closed the other end, such as `head`, has read enough.
        Err(Failure::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            print::complain(&failure);
            ExitCode::from(failure.code())
        }
    }
}

/// Prints help, the version, or what was not understood; the code tells which. A verb's is docker's, for scripts
/// take any other for that of a process in a container.
fn misread(error: &clap::Error) -> ExitCode {
    // With the output closed there is nobody left to tell.
    let _ = error.print();
    let verbs = Verb::augment_subcommands(clap::Command::new("verbs"));
    let is_verb = |word: &String| verbs.get_subcommands().any(|verb| verb.get_name() == word);
    if !error.use_stderr() {
        ExitCode::SUCCESS
    } else if std::env::args().skip(1).any(|word| is_verb(&word)) {
        ExitCode::from(OUR_FAILURE)
    } else {
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
    }
}

/// How long the console waits at its end for what is just being written; an engine that hangs must not keep the shell
/// from its prompt.
const FAREWELL: Duration = Duration::from_secs(2);

fn run(args: Args) -> Result<(), Failure> {
    host::keep_large_blocks_apart();
    let Some(command) = args.command.clone() else { return open_console(&args) };
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

/// The screen has this thread, engines and what they say have another; each more would cost memory of its own, as would
/// a scheduler for many.
fn open_console(args: &Args) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let (closed, is_closed) = tokio::sync::oneshot::channel::<()>();
    let engines = thread::Builder::new().name("engines".into()).spawn(move || {
        // Nothing is ever sent: it is closed when the console is, even by a panic.
        let _ = runtime.block_on(is_closed);
        runtime.shutdown_timeout(FAREWELL);
    })?;
    let outcome = handle.block_on(console::open(args.wishes()));
    drop(closed);
    // It has nothing to tell; a panic of it was told when it happened.
    let _ = engines.join();
    Ok(outcome?)
}

async fn ask(args: &Args, command: Command, out: &mut Out) -> Result<(), Failure> {
    match command {
        Command::Info(form) => info::print(args, form, out).await,
        Command::Up => up::run(args, out).await,
        Command::Verb(verb) => {
            let engine = match doors::engine(args).await {
                Err(failure) if matches!(verb, Verb::Run(_)) => return Err(failure.with_code_if_plain(OUR_FAILURE)),
                engine => engine?,
            };
            verb.go(engine.as_ref(), out).await
        }
        command => reads::print(args, &command, out).await,
    }
}
