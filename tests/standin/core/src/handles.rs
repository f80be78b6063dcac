//! Handles: an index and a generation, so that a closed one is never taken for another.

/// A handle as callers have it; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(
    /// The number that callers see.
    pub usize,
);

/// What a handle stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A system, by its id in small letters.
    System(String),
    /// A process of a system; `true`: the caller made it.
    Process(String, u32, bool),
    /// An operation; what becomes of it is kept by the DLL.
    Operation,
}

/// An open handle.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    /// The service was restarted since.
    pub(crate) is_dead: bool,
    is_listening: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Handles {
    slots: Vec<(usize, Option<Entry>)>,
}

/// Of a handle's number what is the index; the rest is the generation.
const INDEX: usize = 0xFFFF;

impl Handles {
    pub(crate) fn open(&mut self, kind: Kind) -> Handle {
        let entry = Entry { kind, is_dead: false, is_listening: false };
        let free = self.slots.iter().position(|(_, entry)| entry.is_none());
        let at = free.unwrap_or_else(|| {
            self.slots.push((0, None));
            self.slots.len() - 1
        });
        let (generation, slot) = &mut self.slots[at];
        *generation += 1;
        *slot = Some(entry);
        Handle(*generation << 16 | at)
    }

    fn at(handle: Handle) -> (usize, usize) {
        (handle.0 & INDEX, handle.0 >> 16)
    }

    fn slot(&mut self, handle: Handle) -> Option<&mut Option<Entry>> {
        let (at, generation) = Self::at(handle);
        let (current, slot) = self.slots.get_mut(at)?;
        (*current == generation).then_some(slot)
    }

    pub(crate) fn get(&mut self, handle: Handle) -> Option<&Entry> {
        self.slot(handle)?.as_ref()
    }

    pub(crate) fn close(&mut self, handle: Handle) -> Option<Kind> {
        Some(self.slot(handle)?.take()?.kind)
    }

    pub(crate) fn becomes(&mut self, handle: Handle, kind: Kind) {
        if let Some(Some(entry)) = self.slot(handle) {
            entry.kind = kind;
        }
    }

    pub(crate) fn listen(&mut self, handle: Handle) {
        if let Some(Some(entry)) = self.slot(handle) {
            entry.is_listening = true;
        }
    }

    fn all(&self) -> impl Iterator<Item = (Handle, &Entry)> {
        let entry = |(at, (generation, entry)): (usize, &'_ (usize, Option<Entry>))| {
            entry.is_some().then_some(Handle(*generation << 16 | at))
        };
        let handles = self.slots.iter().enumerate().filter_map(entry);
        handles.zip(self.slots.iter().filter_map(|(_, entry)| entry.as_ref()))
    }

    /// Handles of a system that are open, dead ones too.
    pub(crate) fn of_system(&self, id: &str) -> impl Iterator<Item = Handle> {
        self.all().filter(move |(_, entry)| entry.kind == Kind::System(id.to_owned())).map(|(handle, _)| handle)
    }

    /// Handles of what fits that are listened to and live.
    pub(crate) fn listening(&self, fits: impl Fn(&Kind) -> bool) -> Vec<Handle> {
        let hears = |entry: &Entry| entry.is_listening && !entry.is_dead && fits(&entry.kind);
        self.all().filter(|(_, entry)| hears(entry)).map(|(handle, _)| handle).collect()
    }

    /// Makes all handles of systems and processes dead; gives those that are listened to.
    pub(crate) fn kill(&mut self) -> Vec<Handle> {
        let listening = self.listening(|_| true);
        for (_, entry) in &mut self.slots {
            if let Some(entry) = entry.as_mut().filter(|entry| entry.kind != Kind::Operation) {
                entry.is_dead = true;
            }
        }
        listening
    }

    pub(crate) fn count(&self) -> usize {
        self.all().count()
    }
}
