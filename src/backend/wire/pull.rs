//! How far a pull, push or load has come, from the lines an engine prints. Knows no transport.

use serde::Deserialize;

use super::lenient::{Number, Text};
use crate::model::{Bytes, ImageId, Piece, Progress};

/// What a line of a load says was loaded.
pub(crate) fn loaded(line: &[u8]) -> Option<String> {
    let words = serde_json::from_slice::<Line>(line).ok()?.stream;
    let words = words.as_str().trim();
    // A clean text has spaces for line ends.
    ["Loaded image ID: ", "Loaded image: "].iter().find_map(|before| words.strip_prefix(before)).map(str::to_owned)
}

/// The id of the image that a line of an import says was made.
pub(crate) fn made(line: &[u8]) -> Option<ImageId> {
    let status = serde_json::from_slice::<Line>(line).ok()?.status;
    status.as_str().starts_with("sha256:").then(|| ImageId::new(status.as_str()))
}

/// Gathers the lines of a pull.
#[derive(Default)]
pub(crate) struct Pull {
    progress: Progress,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Line {
    id: Text,
    status: Text,
    progress_detail: Option<Detail>,
    error: Text,
    error_detail: Option<Trouble>,
    /// Podman's words.
    stream: Text,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Detail {
    current: Number,
    total: Number,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Trouble {
    message: Text,
}

impl Pull {
    /// Takes one line; gives how far it is.
    ///
    /// # Errors
    /// The engine's words, when the pull failed. A line that makes no sense changes nothing.
    pub(crate) fn line(&mut self, line: &[u8]) -> Result<&Progress, String> {
        let Ok(line) = serde_json::from_slice::<Line>(line) else {
            return Ok(&self.progress);
        };
        if let Some(trouble) = line.error_detail.and_then(|t| t.message.some()).or(line.error.some()) {
            return Err(trouble);
        }
        let step = step(line.status.as_str());
        match (line.id.some(), step) {
            (Some(id), Some((step, finished))) => self.piece(id, step, finished, line.progress_detail),
            (id, None) => self.note(id, line.status.some().or(line.stream.some())),
            (None, Some((step, _))) => self.progress.note = step.to_owned(),
        }
        Ok(&self.progress)
    }

    fn note(&mut self, id: Option<String>, words: Option<String>) {
        let Some(words) = words else { return };
        self.progress.note = id.map_or_else(|| words.clone(), |id| format!("{id}: {words}"));
    }

    fn piece(&mut self, name: String, step: &str, finished: bool, detail: Option<Detail>) {
        let found = self.progress.pieces.iter().position(|piece| piece.name == name);
        let at = found.unwrap_or_else(|| {
            let (step, done) = (String::new(), Bytes(0));
            self.progress.pieces.push(Piece { name, step, done, total: None, finished: false });
            self.progress.pieces.len() - 1
        });
        let piece = &mut self.progress.pieces[at];
        if piece.step != step {
            step.clone_into(&mut piece.step);
            piece.done = Bytes(0);
        }
        piece.finished = finished;
        let Some(detail) = detail else { return };
        if let Some(current) = detail.current.amount() {
            piece.done = Bytes(current);
        }
        if let Some(total) = detail.total.limit() {
            piece.total = Some(Bytes(total));
        }
    }
}

/// Our word for a step of a layer, and whether it is the last; `None` for what is about no layer.
fn step(status: &str) -> Option<(&'static str, bool)> {
    Some(match status {
        "Pulling fs layer" | "Waiting" | "Preparing" => ("waiting", false),
        "Downloading" => ("downloading", false),
        "Verifying Checksum" => ("verifying", false),
        "Download complete" => ("downloaded", false),
        "Extracting" => ("extracting", false),
        "Pull complete" => ("complete", true),
        "Already exists" => ("already here", true),
        "Pushing" => ("uploading", false),
        "Pushed" => ("complete", true),
        "Layer already exists" => ("already there", true),
        "Loading layer" => ("loading", false),
        _ if status.starts_with("Mounted from") => ("already there", true),
        _ if status.starts_with("Retrying") => ("retrying", false),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_layer_is_a_piece() {
        let mut pull = Pull::default();
        for line in [
            r#"{"status":"Pulling from library/nginx","id":"1.27"}"#,
            r#"{"status":"Pulling fs layer","progressDetail":{},"id":"a"}"#,
            r#"{"status":"Already exists","progressDetail":{},"id":"b"}"#,
            r#"{"status":"Downloading","progressDetail":{"current":5,"total":10},"progress":"[=> ]","id":"a"}"#,
        ] {
            pull.line(line.as_bytes()).unwrap();
        }
        let progress = pull.line(b"{}").unwrap().clone();
        assert_eq!(progress.note, "1.27: Pulling from library/nginx");
        assert_eq!((progress.pieces.len(), progress.fraction()), (2, Some(0.5)));
        let done = pull.line(br#"{"status":"Pull complete","id":"a"}"#).unwrap();
        assert_eq!(done.fraction(), Some(1.0));
    }

    #[test]
    fn what_was_loaded_and_made_is_told_by_the_last_words() {
        let name = loaded(br#"{"stream":"Loaded image: a/b:1\n"}"#);
        assert_eq!(name.as_deref(), Some("a/b:1"));
        assert_eq!(loaded(br#"{"stream":"Loaded image ID: sha256:0a\n"}"#).as_deref(), Some("sha256:0a"));
        assert_eq!(loaded(br#"{"status":"Loading layer"}"#), None);
        assert_eq!(made(br#"{"status":"sha256:0a"}"#), Some(ImageId::new("sha256:0a")));
        assert_eq!(made(br#"{"status":"Importing"}"#), None);
    }

    #[test]
    fn a_failure_comes_as_a_line() {
        let line = br#"{"errorDetail":{"message":"manifest unknown"},"error":"manifest unknown"}"#;
        assert_eq!(Pull::default().line(line), Err("manifest unknown".to_owned()));
        assert!(Pull::default().line(b"<html>").is_ok());
    }
}
