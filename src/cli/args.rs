//! What can be written on the command line, as values. Knows not what comes of it.

use std::{ffi::OsString, ops::Deref, path::PathBuf};

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use super::verbs::Verb;
use crate::{app::keys::Preset, backend::endpoints::Flags, console::Wishes, logging};

/// A container console for the terminal: containers, images, layers, sessions, volumes, NAT and firewall in one place.
///
/// Without a command it opens the console on the engine that -H, --context, DOCKER_HOST, the config or docker's own
/// context names, or else on the first that answers on this machine.
#[derive(Clone, Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(super) struct Args {
    #[command(flatten)]
    given: Given,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// The command line of the console alone. It is tried first: to describe all commands with all their flags takes
/// time and memory that the console would have for nothing.
#[derive(Parser)]
#[command(disable_help_flag = true)]
struct Alone {
    #[command(flatten)]
    given: Given,
}

/// What may be given with and without a command.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Given {
    /// Engine to look at: unix:///…, npipe:////./pipe/…, tcp://HOST:PORT, https://…, ssh://USER@HOST/SOCKET
    #[arg(short = 'H', long = "host", value_name = "URL", global = true, help_heading = "Engine")]
    hosts: Vec<String>,
    /// Docker context, or endpoint of the config, to look at
    #[arg(short = 'c', long, value_name = "NAME", global = true, help_heading = "Engine")]
    context: Option<String>,
    /// The engine aboard: containers without any engine installed (Linux, as root)
    #[arg(long, global = true, help_heading = "Engine")]
    embedded: bool,
    /// Connect to tcp:// engines by TLS, and check who they are
    #[arg(long, global = true, help_heading = "Engine")]
    tlsverify: bool,
    /// Certificates that may vouch for the engine, in PEM
    #[arg(long, value_name = "FILE", global = true, help_heading = "Engine")]
    tlscacert: Option<PathBuf>,
    /// Our certificate, in PEM
    #[arg(long, value_name = "FILE", global = true, help_heading = "Engine", requires = "tlskey")]
    tlscert: Option<PathBuf>,
    /// The key of our certificate, in PEM
    #[arg(long, value_name = "FILE", global = true, help_heading = "Engine", requires = "tlscert")]
    tlskey: Option<PathBuf>,

    /// Dashboard to begin with: overview, containers, images, …
    #[arg(long, value_name = "NAME", help_heading = "Console")]
    view: Option<String>,
    /// Filter to begin with
    #[arg(long, value_name = "TEXT", help_heading = "Console")]
    filter: Option<String>,
    /// Change nothing, whatever is pressed
    #[arg(long, conflicts_with = "write", help_heading = "Console")]
    read_only: bool,
    /// Allow changes, whatever the config says
    #[arg(long, help_heading = "Console")]
    write: bool,
    /// Theme to draw with; `longshore themes` lists them
    #[arg(long, value_name = "NAME", help_heading = "Console")]
    theme: Option<String>,
    /// Keys to obey: longshore, k9s or lazydocker
    #[arg(long, value_name = "PRESET", global = true, help_heading = "Console")]
    pub(super) keys: Option<Preset>,
    /// Draw with ASCII alone
    #[arg(long, help_heading = "Console")]
    ascii: bool,

    /// Settings to use instead of the usual file
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) config: Option<PathBuf>,
    /// Where the engine aboard keeps its data [default: /var/lib/longshore]
    #[arg(long, value_name = "DIR", global = true)]
    pub(super) data_root: Option<PathBuf>,
    /// Log to write to
    #[arg(long, value_name = "FILE", global = true)]
    log_file: Option<PathBuf>,
}

/// What to do instead of opening the console.
#[derive(Clone, Debug, Subcommand)]
pub(super) enum Command {
    /// List containers, stopped ones too
    Ps(Form),
    /// List images
    Images(Form),
    /// List layers as the forest they are
    Layers(Form),
    /// List sessions: main processes and execs
    Sessions(Form),
    /// List volumes, and host paths that containers have mounted
    Volumes(Form),
    /// List NAT mappings, or live NAT sessions
    Nat {
        /// Translated connections of this moment instead of mappings
        #[arg(long)]
        live: bool,
        #[command(flatten)]
        form: Form,
    },
    /// List firewall rules that touch containers
    Firewall(Form),
    /// List networks
    Networks(Form),
    /// Print what happens from now on, until interrupted
    Events(Form),
    /// Say what each endpoint offers and what is missing
    Info(Form),
    /// Start what should run on the engine aboard, as after a boot
    Up,
    #[command(flatten)]
    Verb(Verb),
    /// List the themes
    Themes {
        /// List what a theme can colour instead
        #[arg(long)]
        roles: bool,
    },
    /// List the keys and what they mean
    Keys,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man,
}

/// The form of what is printed.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(super) struct Form {
    /// Print JSON: one array, or one line for each event
    #[arg(long)]
    pub(super) json: bool,
}

impl Args {
    /// Reads the command line of this process.
    ///
    /// # Errors
    /// What was not understood, or a question for help or the version.
    pub(super) fn read() -> Result<Self, clap::Error> {
        let words: Vec<OsString> = std::env::args_os().collect();
        Self::read_from(words.into_iter())
    }

    fn read_from(words: impl Iterator<Item = OsString> + Clone) -> Result<Self, clap::Error> {
        match Alone::try_parse_from(words.clone()) {
            Ok(alone) => Ok(Self { given: alone.given, command: None }),
            // A command, or something that only the whole description can explain.
            Err(_) => Self::try_parse_from(words),
        }
    }
}

impl Deref for Args {
    type Target = Given;

    fn deref(&self) -> &Given {
        &self.given
    }
}

impl Given {
    /// Which engine was asked for.
    pub(super) fn flags(&self) -> Flags {
        Flags {
            hosts: self.hosts.clone(),
            context: self.context.clone(),
            embedded: self.embedded,
            tls_verify: self.tlsverify,
            tls_ca: self.tlscacert.clone(),
            tls_cert: self.tlscert.clone(),
            tls_key: self.tlskey.clone(),
        }
    }

    /// What the console shall begin with.
    pub(super) fn wishes(&self) -> Wishes {
        Wishes {
            flags: self.flags(),
            view: self.view.clone(),
            filter: self.filter.clone(),
            read_only: if self.read_only { Some(true) } else { self.write.then_some(false) },
            theme: self.theme.clone(),
            keys: self.keys,
            ascii: self.ascii,
            config: self.config.clone(),
            log_file: self.log_file.clone(),
            data_root: self.data_root.clone(),
        }
    }

    /// Logs what a read does, if that was asked for: its output belongs to a script.
    pub(super) fn start_log(&self) {
        let level = std::env::var(logging::LEVEL_VARIABLE).ok();
        let started = self.log_file.as_deref().map(|file| logging::start(Some(file), level.as_deref()));
        if let Some((_, Some(error))) = started {
            super::print::note(&error.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn engine_flags_stand_before_and_behind_the_command() {
        let args = Args::try_parse_from(["longshore", "-H", "tcp://a", "ps", "--json", "-H", "tcp://b"]).unwrap();
        assert!(matches!(args.command, Some(Command::Ps(Form { json: true }))));
        let args = Args::try_parse_from(["longshore", "ps", "-H", "tcp://b"]).unwrap();
        assert_eq!(args.flags().hosts, ["tcp://b"]);
    }

    #[test]
    fn the_console_alone_is_read_as_with_all_commands_and_errors_are_explained_by_all() {
        let read = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            Args::read_from(words.into_iter())
        };
        let console = "longshore --embedded --view nat --filter 8080 --data-root /x --read-only";
        let (quick, whole) = (read(console).unwrap(), Args::try_parse_from(console.split(' ')).unwrap());
        assert!(quick.command.is_none() && whole.command.is_none());
        assert_eq!(format!("{:?}", quick.wishes()), format!("{:?}", whole.wishes()));
        assert!(matches!(read("longshore --view nat ps").unwrap().command, Some(Command::Ps(_))));
        assert!(read("longshore --help").unwrap_err().to_string().contains("  images "), "help tells the commands");
        assert!(read("longshore --version").unwrap_err().to_string().contains(env!("CARGO_PKG_VERSION")));
        assert!(read("longshore --veiw nat").unwrap_err().to_string().contains("--view"), "a slip is explained");
    }

    #[test]
    fn read_only_and_write_exclude_each_other() {
        assert!(Args::try_parse_from(["longshore", "--read-only", "--write"]).is_err());
        let asked = |flag: &str| Args::try_parse_from(["longshore", flag]).unwrap().wishes().read_only;
        assert_eq!((asked("--read-only"), asked("--write")), (Some(true), Some(false)));
    }
}
