//! From flags, files and surroundings to everything the console is started with. Opens no terminal.

use std::{path::PathBuf, sync::Arc};

use chrono::{Local, Offset, Utc};

use super::{Doors, Setup, run::ConsoleError};
use crate::{
    app::{
        desk::{Desk, Known, Settings, Tested},
        jobs::Jobs,
        keys::{Keys, Preset},
        own_log::OwnLog,
        theme::{self, ColorDepth, Glyphs, Theme},
        toast::Toasts,
    },
    audit::Audit,
    backend::{
        connect,
        endpoints::{self, Configured, Flags, Surroundings},
        feed::Connector,
    },
    config::Config,
    logging,
    model::{Refusal, Store, endpoint::Endpoint},
    paths::Paths,
    views,
};

/// What was asked for on the command line.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// Which engine.
    pub flags: Flags,
    /// The dashboard to begin with.
    pub view: Option<String>,
    /// The filter to begin with.
    pub filter: Option<String>,
    /// `--read-only` or `--write`; `None` leaves it to the config and the endpoint.
    pub read_only: Option<bool>,
    /// The theme's name.
    pub theme: Option<String>,
    /// The preset of keys.
    pub keys: Option<Preset>,
    /// Whether to draw with ASCII alone.
    pub ascii: bool,
    /// Another config file than the usual one.
    pub config: Option<PathBuf>,
    /// Another log file than the usual one.
    pub log_file: Option<PathBuf>,
    /// Where the engine aboard keeps its data; the usual place where `None`.
    pub data_root: Option<PathBuf>,
}

/// Something asked for that there is not.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// No such dashboard.
    #[error("there is no dashboard `{name}`: take one of {all}")]
    View {
        /// What was asked for.
        name: String,
        /// What there is.
        all: String,
    },
    /// No such theme.
    #[error("there is no theme `{name}`: take one of {all}")]
    Theme {
        /// What was asked for.
        name: String,
        /// What there is.
        all: String,
    },
    /// Nowhere to look for settings.
    #[error(transparent)]
    Paths(#[from] crate::paths::PathError),
    /// No engine to look at.
    #[error("there is no engine to look at: {0}")]
    Endpoint(String),
}

/// Opens the console and stays until the user quits.
///
/// # Errors
/// When something was asked for that there is not, or the terminal cannot be used.
pub async fn open(wishes: Wishes) -> Result<(), OpenError> {
    let setup = prepare(wishes).await?;
    Ok(super::run(setup).await?)
}

/// Why the console did not open, or ended early.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Before it opened.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// While it was open.
    #[error(transparent)]
    Console(#[from] ConsoleError),
}

async fn prepare(wishes: Wishes) -> Result<Setup, SetupError> {
    let paths = Paths::find()?;
    let config_file = wishes.config.clone().unwrap_or_else(|| paths.config_file());
    let (config, remarks) = Config::load(&config_file);
    let mut told: Vec<String> = remarks.iter().map(ToString::to_string).collect();
    let log_file = wishes.log_file.clone().unwrap_or_else(|| paths.log_file());
    let level = std::env::var(logging::LEVEL_VARIABLE).ok();
    let (own_log, log_error) = logging::start(Some(&log_file), level.as_deref());
    told.extend(log_error.iter().map(ToString::to_string));

    let configured = Configured { endpoints: config.endpoints.clone(), default: config.default_endpoint.clone() };
    let choice = endpoints::choose(&wishes.flags, &configured, &Surroundings::look(true));
    told.extend(choice.problems.iter().map(|p| p.sentence.clone()));
    let connector: Arc<dyn Connector> = Arc::new(Doors::new(options(), wishes.data_root.clone()));
    let endpoint = pick(&choice, connector.as_ref()).await.ok_or_else(|| {
        SetupError::Endpoint(choice.problems.first().map_or("none was found".into(), |p| p.sentence.clone()))
    })?;

    let (themes, theme_errors) = Theme::all(&user_themes(&paths));
    told.extend(theme_errors.iter().map(ToString::to_string));
    let themes = fitted(themes, wishes.ascii || config.ascii.unwrap_or_else(|| !speaks_unicode()));
    let theme = theme(&wishes, &config, &themes)?;
    let keys = keys(&wishes, &config, &paths, &mut told);

    let mut shell = views::shell();
    if let Some(name) = &wishes.view
        && !shell.show(name)
    {
        return Err(SetupError::View { name: name.clone(), all: shell.names().join(", ").to_lowercase() });
    }
    if let Some(filter) = &wishes.filter {
        shell.filter(filter);
    }
    let read_only = wishes.read_only.unwrap_or(config.read_only || endpoint.read_only);
    let desk = Desk {
        store: Store::default(),
        endpoints: choice.endpoints.iter().map(|e| Known { endpoint: e.clone(), tested: Tested::Never }).collect(),
        endpoint,
        jobs: Jobs::default(),
        toasts: Toasts::default(),
        logs: Default::default(),
        consoles: Default::default(),
        theme,
        themes,
        keys,
        settings: settings(&config),
        read_only: read_only.then(Refusal::read_only),
        mouse: config.mouse,
        own_log: OwnLog::new(own_log),
        now: Utc::now(),
        zone: Local::now().offset().fix(),
    };
    Ok(Setup { desk, shell, connector, audit: Audit::new(paths.audit_file()), config_file, remarks: told })
}

/// How connections are made: with the user's own ssh, or the one that the environment names.
pub fn options() -> connect::Options {
    let ssh = std::env::var(connect::SSH_VARIABLE).unwrap_or_default();
    connect::Options::default().with_ssh_command(&ssh)
}

/// The endpoint that was named, or else the first that answers, or else the first of all.
async fn pick(choice: &endpoints::Choice, connector: &dyn Connector) -> Option<Endpoint> {
    let candidates: Vec<&Endpoint> = choice.candidates.iter().filter_map(|i| choice.endpoints.get(*i)).collect();
    if let [one] = candidates.as_slice() {
        return Some((*one).clone());
    }
    for endpoint in &candidates {
        if connector.connect(endpoint).await.is_ok() {
            return Some((*endpoint).clone());
        }
    }
    candidates.first().map(|e| (*e).clone())
}

fn settings(config: &Config) -> Settings {
    let save_dir = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    Settings { grace: config.stop_grace, log_lines: config.log_lines, save_dir, ..Settings::default() }
}

/// The user's themes: every `NAME.toml` of the themes directory.
pub(crate) fn user_themes(paths: &Paths) -> Vec<(String, String)> {
    let Ok(entries) = std::fs::read_dir(paths.themes_dir()) else { return Vec::new() };
    let files = entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "toml"));
    files
        .filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), std::fs::read_to_string(&path).ok()?)))
        .collect()
}

type Themes = std::collections::BTreeMap<String, Theme>;

fn fitted(themes: Themes, ascii: bool) -> Themes {
    let depth = ColorDepth::detect(|name| std::env::var(name).ok());
    let glyphs = if ascii { Glyphs::ASCII } else { Glyphs::UNICODE };
    themes.into_iter().map(|(name, theme)| (name, theme.with_glyphs(glyphs).fit(depth))).collect()
}

fn theme(wishes: &Wishes, config: &Config, themes: &Themes) -> Result<Theme, SetupError> {
    let name = wishes.theme.as_deref().or(config.theme.as_deref()).unwrap_or(theme::DEFAULT);
    themes.get(name).cloned().ok_or_else(|| {
        let all = themes.keys().cloned().collect::<Vec<_>>().join(", ");
        SetupError::Theme { name: name.to_owned(), all }
    })
}

fn keys(wishes: &Wishes, config: &Config, paths: &Paths, told: &mut Vec<String>) -> Keys {
    let configured = config.keys.as_deref().and_then(|name| match name.parse() {
        Ok(preset) => Some(preset),
        Err(error) => {
            let error: crate::app::keys::BadPreset = error;
            told.push(error.to_string());
            None
        }
    });
    let mut keys = Keys::new(wishes.keys.or(configured).unwrap_or_default());
    let file = paths.keys_file();
    if let Ok(text) = std::fs::read_to_string(&file) {
        told.extend(keys.customise(&file.display().to_string(), &text).iter().map(ToString::to_string));
    }
    keys
}

/// Whether the locale says UTF-8, in the order of POSIX; Windows' consoles always do.
fn speaks_unicode() -> bool {
    let set = |name| std::env::var(name).ok().filter(|v| !v.is_empty());
    let Some(locale) = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")) else {
        // Nothing set: a bare SSH session or a container. Terminals of this century draw Unicode.
        return true;
    };
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}
