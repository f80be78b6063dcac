//! Wishes of views that concern the program itself, granted. No IO in here: what needs hands becomes an effect.

use std::path::PathBuf;

use super::{
    App,
    desk::{Known, Tested},
    jobs::JobState,
    msg::{Effect, Epoch},
    view::{News, Wish},
};
use crate::{
    app::{theme::Theme, wants::Wants},
    model::{Part, Refusal, Store, endpoint::Endpoint},
};

impl App {
    pub(super) fn grant(&mut self, wish: Wish, effects: &mut Vec<Effect>) {
        match wish {
            Wish::Quit => effects.push(Effect::Quit),
            Wish::Suspend => effects.push(Effect::Suspend),
            Wish::Copy(text) => {
                self.good(format!("copied {}", excerpt(&text)));
                effects.push(Effect::Clipboard(text));
            }
            Wish::Save { path, text } => effects.push(Effect::Save(self.save_path(&path), text)),
            Wish::Theme(name) => self.take_theme(&name),
            Wish::Mouse => {
                self.desk.mouse = !self.desk.mouse;
                effects.push(Effect::Mouse(self.desk.mouse));
                self.plain(if self.desk.mouse { "mouse on" } else { "mouse off: the terminal selects text again" });
            }
            Wish::ReadOnly(on) => self.set_read_only(on),
            Wish::Refresh(parts) => self.refresh(&parts, effects),
            Wish::Switch(name) => self.switch(&name, effects),
            Wish::AddEndpoint(endpoint) => self.add_endpoint(*endpoint, effects),
            Wish::RemoveEndpoint(name) => self.remove_endpoint(name, effects),
            Wish::TestEndpoint(name) => self.test_endpoint(&name, effects),
            Wish::TestPort(address) => effects.push(Effect::ProbePort(address)),
            Wish::CancelJob(id) => self.cancel(id, effects),
            Wish::Console { container, name, wire } => self.open_console(container, name, wire),
            Wish::Type(id, bytes) => effects.push(Effect::TypeConsole(id, bytes)),
            Wish::Scroll(id, lines) => {
                if let Some(console) = self.desk.consoles.get_mut(&id) {
                    console.scroll(lines);
                }
            }
            Wish::CloseConsole(id) => self.close_console(id, effects),
            Wish::MoreLog(id, tail) => self.reopen_log(id, tail, effects),
        }
    }

    fn save_path(&self, typed: &str) -> PathBuf {
        // `join` keeps an absolute path as it is.
        self.desk.settings.save_dir.join(typed)
    }

    fn take_theme(&mut self, name: &str) {
        match self.desk.themes.get(name) {
            Some(theme) => {
                self.desk.theme = Theme::clone(theme);
                self.redraw = true;
            }
            None => {
                self.plain(format!("there is no theme `{name}`"));
            }
        }
    }

    fn set_read_only(&mut self, on: bool) {
        self.desk.read_only = on.then(Refusal::read_only);
        self.plain(if on { "read-only: nothing can be changed" } else { "read-only lifted: changes are possible" });
    }

    fn refresh(&mut self, parts: &[Part], effects: &mut Vec<Effect>) {
        if self.desk.is_lost() {
            effects.push(Effect::Retry);
            self.plain("asking the engine again");
            return;
        }
        for part in parts {
            self.in_flight.insert(*part);
            effects.push(Effect::Load(self.epoch, *part));
        }
    }

    /// Looks at another endpoint at once; the old one may hang as long as it likes.
    fn switch(&mut self, name: &str, effects: &mut Vec<Effect>) {
        let Some(known) = self.desk.endpoints.iter().find(|k| k.endpoint.name == name) else { return };
        let endpoint = known.endpoint.clone();
        let consoles: Vec<_> = self.desk.consoles.keys().copied().collect();
        for id in consoles {
            self.close_console(id, effects);
        }
        self.epoch = Epoch(self.epoch.0 + 1);
        self.streams = Wants::default();
        self.in_flight.clear();
        self.asking.clear();
        self.desk.logs.clear();
        self.desk.store = Store::default();
        if let Some(before) = self.read_only_before.take() {
            self.desk.read_only = before;
        }
        if endpoint.read_only {
            self.read_only_before = Some(self.desk.read_only.take());
            self.set_read_only(true);
        }
        self.desk.endpoint = endpoint.clone();
        effects.push(Effect::Connect(self.epoch, endpoint));
        self.root.hear(&News::Switched, &self.desk);
    }

    fn add_endpoint(&mut self, endpoint: Endpoint, effects: &mut Vec<Effect>) {
        effects.push(Effect::KeepEndpoint(endpoint.clone()));
        self.desk.endpoints.retain(|k| k.endpoint.name != endpoint.name);
        self.good(format!("endpoint `{}` added", endpoint.name));
        self.desk.endpoints.push(Known { endpoint, tested: Tested::Never });
    }

    fn remove_endpoint(&mut self, name: String, effects: &mut Vec<Effect>) {
        if self.desk.endpoint.name == name {
            self.plain(format!("`{name}` is looked at: switch to another endpoint first"));
            return;
        }
        self.desk.endpoints.retain(|k| k.endpoint.name != name);
        effects.push(Effect::DropEndpoint(name));
    }

    fn test_endpoint(&mut self, name: &str, effects: &mut Vec<Effect>) {
        if let Some(known) = self.desk.endpoints.iter_mut().find(|k| k.endpoint.name == name) {
            known.tested = Tested::Testing;
            effects.push(Effect::Probe(known.endpoint.clone()));
        }
    }

    fn cancel(&mut self, id: super::jobs::JobId, effects: &mut Vec<Effect>) {
        let Some(job) = self.desk.jobs.end(id, JobState::Cancelled(self.desk.now)) else { return };
        let line = super::audit(&job.cmd, &job.endpoint, "cancelled".into());
        let title = job.cmd.title();
        effects.push(Effect::Cancel(id));
        effects.push(Effect::Audit(line));
        self.plain(format!("{title}: cancelled"));
    }
}

fn excerpt(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let short: String = line.chars().take(40).collect();
    let cut = short.len() < text.trim_end().len();
    format!("`{short}{}`", if cut { "…" } else { "" })
}
