//! Themes: what each role looks like, read from TOML, fitted to the terminal's colours. Knows no view.

mod depth;
mod glyphs;
mod parse;
mod role;

use std::collections::BTreeMap;

use ratatui::style::Style;

use depth::Ground;

pub use depth::ColorDepth;
pub use glyphs::Glyphs;
pub use parse::ThemeError;
pub use role::Role;

/// What every role looks like, and the signs to draw with.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    name: String,
    styles: [Style; Role::COUNT],
    glyphs: Glyphs,
}

/// The name of the theme that needs no choice.
pub const DEFAULT: &str = "longshore-dark";
/// The theme for a terminal without colours.
pub const MONO: &str = "mono";

/// Themes that come with the program: name and text.
const BUILTIN: [(&str, &str); 5] = [
    (DEFAULT, include_str!("../../../themes/longshore-dark.toml")),
    ("longshore-light", include_str!("../../../themes/longshore-light.toml")),
    ("high-contrast", include_str!("../../../themes/high-contrast.toml")),
    (MONO, include_str!("../../../themes/mono.toml")),
    ("ansi16", include_str!("../../../themes/ansi16.toml")),
];

impl Theme {
    /// Every theme: those that come along and the user's, which win over a name that comes along.
    /// A user's theme that cannot be read is told, and the others count.
    pub fn all(users: &[(String, String)]) -> (BTreeMap<String, Self>, Vec<ThemeError>) {
        let mut texts: BTreeMap<&str, &str> = BUILTIN.into_iter().collect();
        texts.extend(users.iter().map(|(name, text)| (name.as_str(), text.as_str())));
        let mut themes = BTreeMap::new();
        let mut problems = Vec::new();
        for name in texts.keys() {
            match parse::theme(name, &texts) {
                Ok(theme) => drop(themes.insert((*name).to_owned(), theme)),
                Err(problem) => problems.push(problem),
            }
        }
        (themes, problems)
    }

    /// A theme that shows everything in the terminal's own colours; for when nothing else can be had.
    pub fn plain() -> Self {
        Self { name: "plain".into(), styles: [Style::new(); Role::COUNT], glyphs: Glyphs::UNICODE }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a role looks like.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// The signs to draw with.
    pub fn glyphs(&self) -> &Glyphs {
        &self.glyphs
    }

    /// With these signs instead.
    pub fn with_glyphs(mut self, glyphs: Glyphs) -> Self {
        self.glyphs = glyphs;
        self
    }

    /// With colours that a terminal of this depth has. Where a colour cannot tell any more what is selected or
    /// alarming, reverse, bold and underline do.
    pub fn fit(mut self, depth: ColorDepth) -> Self {
        let ground = Ground::below(self.style(Role::Text));
        for (style, role) in self.styles.iter_mut().zip(Role::ALL) {
            let (fitted, lost) = depth::fit(*style, ground, depth);
            *style = if lost || depth == ColorDepth::None { role.without_colour(fitted) } else { fitted };
        }
        self
    }
}

#[cfg(test)]
mod tests;
