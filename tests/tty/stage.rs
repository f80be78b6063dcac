//! The built longshore in a pseudo terminal, with settings and state of its own.
//! Knows how longshore is started, and nothing of what the stories are about.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use portable_pty::CommandBuilder;
use tempfile::TempDir;

use crate::pty::Pty;

/// Wide enough for whole names of containers, and narrow enough for the detail to stand below.
const SIZE: (u16, u16) = (140, 40);

/// What would reach longshore from the surroundings of the test.
const UNSET: &[&str] = &[
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
    "NO_COLOR",
    "COLORTERM",
    "TMUX",
    "STY",
    "LC_ALL",
    "LC_CTYPE",
];

/// A longshore about to be started.
pub(crate) struct Stage {
    home: TempDir,
    arguments: Vec<String>,
    environment: Vec<(&'static str, String)>,
}

impl Stage {
    /// A longshore with these arguments.
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self { home: tempfile::tempdir().unwrap(), arguments, environment: Vec::new() }
    }

    /// A longshore that shows the containers of an engine whose names contain `filter`.
    pub(crate) fn containers(engine: &str, filter: &str) -> Self {
        Self::new(&["-H", engine, "--view", "containers", "--filter", &format!("/{filter}")])
    }

    /// With one more argument.
    pub(crate) fn with(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// With a variable.
    pub(crate) fn env(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, value.to_owned()));
        self
    }

    /// Starts it in the terminal.
    pub(crate) fn open(self) -> Console {
        let program = CommandBuilder::new(env!("CARGO_BIN_EXE_longshore"));
        self.start(program)
    }

    /// Starts it by a script of `sh`, in which it is `"$@"`.
    pub(crate) fn open_by(self, script: &str) -> Console {
        let mut shell = CommandBuilder::new("sh");
        shell.args(["-c", script, "sh", env!("CARGO_BIN_EXE_longshore")]);
        self.start(shell)
    }

    fn start(self, mut command: CommandBuilder) -> Console {
        command.args(&self.arguments);
        for name in UNSET {
            command.env_remove(name);
        }
        let (config, state) = (self.home.path().join("config"), self.home.path().join("state"));
        command.env("LONGSHORE_CONFIG_DIR", config);
        command.env("LONGSHORE_STATE_DIR", &state);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        command.cwd(self.home.path());
        let (columns, rows) = SIZE;
        Console { pty: Pty::spawn(command, columns, rows), home: self.home }
    }
}

/// A longshore that runs.
pub(crate) struct Console {
    pty: Pty,
    home: TempDir,
}

impl Console {
    /// The directory it was started in.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Its record of what was done.
    pub(crate) fn audit_file(&self) -> PathBuf {
        self.home.path().join("state/audit.log")
    }

    /// Waits until a row names `name` and says all of `words`.
    #[track_caller]
    pub(crate) fn wait_row(&mut self, name: &str, words: &[&str]) {
        let what = format!("a row of `{name}` that says {words:?}");
        self.pty.wait_until(&what, |screen| {
            row(screen, name).is_some_and(|row| words.iter().all(|word| row.contains(word)))
        });
    }

    /// Waits until no row names `name`.
    #[track_caller]
    pub(crate) fn wait_no_row(&mut self, name: &str) {
        self.pty.wait_until(&format!("no row of `{name}`"), |screen| row(screen, name).is_none());
    }

    /// Quits by key and holds that the terminal is given back. `q` would first go back, as from a filter.
    #[track_caller]
    pub(crate) fn quit(&mut self) {
        self.press("\x03");
        self.ends_with(0);
    }
}

/// The row of a table whose first cell is `name`, or as much of it as the column has room for.
pub(crate) fn row(screen: &vt100::Screen, name: &str) -> Option<String> {
    let is_first = |line: &String| {
        let mut words = line.split([' ', '│', '|', '▌', '>']).filter(|word| !word.is_empty());
        words.next().is_some_and(|first| match first.strip_suffix(['…', '~']) {
            Some(cut) => cut.len() > 6 && name.starts_with(cut),
            None => first == name,
        })
    };
    screen.rows(0, screen.size().1.get()).find(is_first)
}

impl Deref for Console {
    type Target = Pty;

    fn deref(&self) -> &Pty {
        &self.pty
    }
}

impl DerefMut for Console {
    fn deref_mut(&mut self) -> &mut Pty {
        &mut self.pty
    }
}
