//! Tells within this process that the database may have changed, by whichever process. Knows neither rows nor what
//! follows from them.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use tokio::sync::watch;

/// At least so often whoever watches looks: for what rings no bell, such as a monitor that was killed.
const AT_LEAST: Duration = Duration::from_secs(2);

/// Waits for the bell on this platform. Dropped, it gives back what it holds.
pub trait Ears: Send {
    /// Waits until the bell rings, or so long.
    fn wait(&mut self, patience: Duration);
}

/// Makes [`Ears`] for the bell's file.
pub type MakeEars = fn(PathBuf) -> Box<dyn Ears>;

/// One thread that listens while anybody wants to know.
pub struct Watch {
    bell: PathBuf,
    ears: MakeEars,
    told: Arc<Mutex<Option<watch::Sender<u64>>>>,
}

impl Watch {
    /// Nothing listens yet.
    pub fn new(bell: PathBuf, ears: MakeEars) -> Self {
        Self { bell, ears, told: Arc::default() }
    }

    /// Is marked as changed after each ring of the bell, and now and then without one. What rang before this call is
    /// not told: look once after it.
    pub fn listen(&self) -> watch::Receiver<u64> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = told.as_ref() {
            return sender.subscribe();
        }
        let (sender, receiver) = watch::channel(0);
        let (bell, ears, shared) = (self.bell.clone(), self.ears, Arc::clone(&self.told));
        // Made here, not in the thread: what rings after this call must be heard.
        let ears = ears(bell);
        let listener = thread::Builder::new().name("bell".into()).spawn(move || listen(ears, &shared));
        match listener {
            Ok(_) => *told = Some(sender),
            // The receiver is marked as closed, and whoever waits looks by the clock.
            Err(error) => tracing::warn!(%error, "nothing listens for changes of other processes"),
        }
        receiver
    }
}

/// Ends when nobody listens any more.
fn listen(mut ears: Box<dyn Ears>, told: &Mutex<Option<watch::Sender<u64>>>) {
    loop {
        ears.wait(AT_LEAST);
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        match told.as_ref().filter(|sender| sender.receiver_count() > 0) {
            Some(sender) => sender.send_modify(|rings| *rings = rings.wrapping_add(1)),
            None => {
                *told = None;
                return;
            }
        }
    }
}

/// Waits for the next ring, by the clock where nothing listens.
pub async fn rung(rings: &mut watch::Receiver<u64>) {
    if rings.changed().await.is_err() {
        tokio::time::sleep(AT_LEAST / 10).await;
    }
}

/// Ears for platforms without a better way: looks at the file's time.
pub struct Glances {
    bell: PathBuf,
    last: Option<std::time::SystemTime>,
}

impl Glances {
    /// Between two looks.
    const EVERY: Duration = Duration::from_millis(100);

    /// Looks at this file.
    pub fn at(bell: PathBuf) -> Self {
        let last = time_of(&bell);
        Self { bell, last }
    }
}

fn time_of(bell: &std::path::Path) -> Option<std::time::SystemTime> {
    std::fs::metadata(bell).and_then(|bell| bell.modified()).ok()
}

impl Ears for Glances {
    fn wait(&mut self, patience: Duration) {
        let until = std::time::Instant::now() + patience;
        while std::time::Instant::now() < until {
            let now = time_of(&self.bell);
            if now != self.last {
                self.last = now;
                return;
            }
            thread::sleep(Self::EVERY.min(patience));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn heard(rings: &mut watch::Receiver<u64>) {
        tokio::time::timeout(Duration::from_secs(20), rings.changed()).await.unwrap().unwrap();
    }

    async fn hears(ears: MakeEars) {
        let folder = tempfile::tempdir().unwrap();
        let bell = folder.path().join("bell");
        std::fs::write(&bell, b"").unwrap();
        let watch = Watch::new(bell.clone(), ears);
        let (mut one, mut two) = (watch.listen(), watch.listen());
        std::fs::write(&bell, b"ring\n").unwrap();
        heard(&mut one).await;
        heard(&mut two).await;
        drop((one, two));
        // Whether or not the thread has ended meanwhile, a new listener hears.
        let mut again = watch.listen();
        std::fs::write(&bell, b"ring ring\n").unwrap();
        heard(&mut again).await;
    }

    #[tokio::test]
    async fn all_who_listen_hear_the_bell() {
        hears(|bell| Box::new(Glances::at(bell))).await;
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_kernel_tells_of_the_bell() {
        hears(crate::runtime::linux::bell::ears).await;
    }
}
