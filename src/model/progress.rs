//! How far a job has come. Knows neither bars nor registries.

use serde::Serialize;

use super::Bytes;

/// How far a job has come; the newest replaces the one before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Pieces that advance on their own, in a steady order: layers of a pull.
    pub pieces: Vec<Piece>,
    /// What it is doing now, in a few words.
    pub note: String,
}

/// One piece of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// Its short name.
    pub name: String,
    /// What happens to it now: `downloading`, `extracting`, `complete`, …
    pub step: String,
    /// Bytes done of the present step.
    pub done: Bytes,
    /// Bytes of the present step, where known.
    pub total: Option<Bytes>,
    /// Whether nothing is left to do.
    pub finished: bool,
}

impl Progress {
    /// Bytes done of all pieces whose size is known.
    pub fn done(&self) -> Bytes {
        self.sized().map(|(done, _)| done).sum()
    }

    /// Bytes of all pieces whose size is known.
    pub fn total(&self) -> Bytes {
        self.sized().map(|(_, total)| total).sum()
    }

    /// From 0 to 1, where anything is known.
    pub fn fraction(&self) -> Option<f64> {
        let total = self.total().0;
        (total > 0).then(|| self.done().0 as f64 / total as f64)
    }

    fn sized(&self) -> impl Iterator<Item = (Bytes, Bytes)> {
        self.pieces.iter().filter_map(|p| {
            let total = p.total?;
            Some((if p.finished { total } else { p.done.min(total) }, total))
        })
    }
}
