//! What all threads share, and with other processes where they share a world, and how tellings reach those who listen.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::c_void,
    fs::File,
    ops::{Deref, DerefMut},
    sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
    time::Duration,
};

use standin_core::{Failure, Handle, Telling, World};
use standin_share::Share;
use windows_sys::Win32::System::HostComputeSystem::HCS_EVENT;

use crate::text::wide;

pub(crate) type Listener = unsafe extern "system" fn(*const HCS_EVENT, *const c_void);
pub(crate) type Done = unsafe extern "system" fn(*mut c_void, *const c_void);

/// How an operation stands.
pub(crate) enum Status {
    Unused,
    Busy,
    Over(Result<Option<String>, Failure>),
}

/// An operation.
pub(crate) struct Op {
    pub(crate) status: Status,
    /// Whether it makes a process.
    pub(crate) is_process: bool,
    /// The process that it made.
    pub(crate) process: Option<u32>,
    pub(crate) done: Option<(Done, usize)>,
}

/// Everything.
#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) world: World,
    pub(crate) operations: BTreeMap<Handle, Op>,
    pub(crate) listeners: BTreeMap<Handle, (Listener, usize)>,
    /// Threads inside of a listener's function.
    pub(crate) inside: Vec<(Handle, ThreadId)>,
    /// By which handle of the system a process was opened.
    pub(crate) parents: BTreeMap<Handle, Handle>,
    /// Handles of systems on which a signal is stuck.
    pub(crate) stuck: BTreeSet<Handle>,
    /// Our ends of the pipes of processes that do nothing with them.
    pub(crate) held: BTreeMap<u32, Vec<File>>,
    /// The callers' ends of the pipes of processes, as numbers, until they are taken.
    pub(crate) ends: BTreeMap<u32, [usize; 3]>,
    /// Whether nobody is told anything.
    pub(crate) is_mute: bool,
    /// How long every operation takes.
    pub(crate) delay: Duration,
    /// So many waits for a new process say that an argument is wrong, though it was made.
    pub(crate) spurious: u32,
    /// What this process shares with others.
    share: Option<Share>,
    /// What is to be told here of what others have done.
    pending: Vec<Telling>,
    /// So many faults have been written down.
    reproached: usize,
}

/// The one static: a DLL has nowhere else to keep what its callers' handles stand for.
static SHARED: LazyLock<(Mutex<Inner>, Condvar)> = LazyLock::new(|| {
    let share = Share::of_environment("compute");
    if share.is_some() {
        thread::spawn(hear_others);
    }
    (Mutex::new(Inner { share, ..Inner::default() }), Condvar::new())
});

/// Between two looks at what other processes have done.
pub(crate) const GLANCE: Duration = Duration::from_millis(10);

/// Tells what other processes have done, as long as this one lives.
fn hear_others() {
    loop {
        thread::park_timeout(GLANCE);
        let pending = std::mem::take(&mut lock().pending);
        if !pending.is_empty() {
            notify();
            tell(pending);
        }
    }
}

/// Everything, for as long as this is held.
pub(crate) struct Guard(Option<MutexGuard<'static, Inner>>);

impl Guard {
    fn begin(mut inner: MutexGuard<'static, Inner>) -> Self {
        if let Some(systems) = inner.share.as_mut().and_then(Share::begin) {
            let told = inner.world.adopt(systems);
            inner.pending.extend(told);
            let Inner { world, held, .. } = &mut *inner;
            held.retain(|pid, _| world.is_alive(*pid));
        }
        Self(Some(inner))
    }

    /// Others may go on.
    fn end(&mut self) -> Option<MutexGuard<'static, Inner>> {
        let mut inner = self.0.take()?;
        let Inner { world, share, reproached, .. } = &mut *inner;
        world.faults[*reproached..].iter().for_each(|fault| standin_share::reproach(fault));
        *reproached = world.faults.len();
        if let Some(share) = share {
            share.end(&world.systems());
        }
        Some(inner)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.end();
    }
}

impl Deref for Guard {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        self.0.as_ref().expect("it is held until it is dropped")
    }
}

impl DerefMut for Guard {
    fn deref_mut(&mut self) -> &mut Inner {
        self.0.as_mut().expect("it is held until it is dropped")
    }
}

/// Another number in every copy of this DLL.
pub(crate) fn world() -> usize {
    &raw const SHARED as usize
}

pub(crate) fn lock() -> Guard {
    Guard::begin(SHARED.0.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Something has changed.
pub(crate) fn notify() {
    SHARED.1.notify_all();
}

/// Waits for a change, so long at most.
pub(crate) fn wait(mut guard: Guard, at_most: Duration) -> Guard {
    let Some(inner) = guard.end() else { return guard };
    // What others do rings nothing here.
    let at_most = if inner.share.is_some() { at_most.min(GLANCE) } else { at_most };
    Guard::begin(SHARED.1.wait_timeout(inner, at_most).unwrap_or_else(PoisonError::into_inner).0)
}

/// Tells those who listen, on this thread, without the lock. The text is gone when they return.
pub(crate) fn tell(tellings: Vec<Telling>) {
    for telling in tellings {
        let (listener, context) = {
            let mut inner = lock();
            if inner.is_mute {
                return;
            }
            let Some(found) = inner.listeners.get(&telling.handle).copied() else { continue };
            inner.inside.push((telling.handle, std::thread::current().id()));
            found
        };
        let mut text = telling.document.as_deref().map(wide);
        let data = text.as_ref().map_or(std::ptr::null(), Vec::as_ptr);
        let event = HCS_EVENT { Type: telling.event, EventData: data, Operation: std::ptr::null_mut() };
        // SAFETY: whoever registered it promised that it can be called until the handle is closed.
        unsafe { listener(&event, context as *const c_void) };
        if let Some(text) = &mut text {
            text.fill(u16::from(b'?'));
        }
        let own = std::thread::current().id();
        lock().inside.retain(|inside| *inside != (telling.handle, own));
        notify();
    }
}

/// Tells on a thread of its own: never on a caller's.
pub(crate) fn tell_aside(tellings: Vec<Telling>) {
    if !tellings.is_empty() {
        std::thread::spawn(move || tell(tellings));
    }
}

/// Closes a handle: nothing is told to it afterwards.
pub(crate) fn close(handle: Handle, call: &str) {
    let mut inner = lock();
    inner.listeners.remove(&handle);
    inner.parents.remove(&handle);
    let own = std::thread::current().id();
    if inner.inside.contains(&(handle, own)) {
        inner.world.faults.push(format!("{call} from inside of a callback of the same handle"));
    } else {
        while inner.inside.iter().any(|(inside, _)| *inside == handle) {
            inner = wait(inner, Duration::from_secs(1));
        }
    }
    let tellings = inner.world.close(handle, call);
    inner.operations.remove(&handle);
    drop(inner);
    notify();
    tell_aside(tellings);
}
