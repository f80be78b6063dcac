//! Everybody who is connected to a monitor: who comes in, what they say, and what they are told. Knows no process.

use std::{
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf},
    net::windows::named_pipe::NamedPipeServer,
    sync::{Notify, mpsc},
    task::{AbortHandle, JoinHandle},
    time::{sleep, timeout},
};

use super::door_of;
use crate::{
    model::Stream,
    runtime::{
        monitor::{frame::Frame, printed::Printed, report::Report},
        windows::pipe::Door,
    },
};

/// Consoles at once.
const MOST_CLIENTS: usize = 64;
/// Bytes that wait for a console before the process must wait too.
const FULL: usize = 256 * 1024;
/// How long a console may take nothing, while there is something for it, before it is dropped.
const SLOW: Duration = Duration::from_secs(10);
/// How long consoles that have been told everything are waited for to hang up: what they have not read is lost then.
const HANG_UP: Duration = Duration::from_secs(1);
/// Things said that wait to be heard at most.
const UNHEARD: usize = 16;
/// How long a console that wants to be attached before the process runs may take to dial.
const DIALS: Duration = Duration::from_secs(5);
/// Between two tries to let somebody in, where Windows has no pipe to give.
const PAUSE: Duration = Duration::from_millis(100);

/// What is typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// This.
    Bytes(Vec<u8>),
    /// Nothing more.
    End,
}

/// The hall.
pub(super) struct Hall {
    shared: Arc<Shared>,
    said: mpsc::Receiver<(usize, Frame)>,
    door: JoinHandle<()>,
}

/// What the tasks of all consoles share.
pub(super) struct Shared {
    state: Mutex<State>,
    /// Rings when a console has taken something, or has come or gone.
    moved: Notify,
}

struct State {
    tty: bool,
    printed: Printed,
    clients: Vec<Client>,
    next: usize,
    input: Option<mpsc::Sender<Typed>>,
    /// Whether who comes in is attached at once.
    attaches: bool,
}

/// A console.
struct Client {
    id: usize,
    outbox: mpsc::UnboundedSender<Frame>,
    /// Bytes in there.
    waiting: usize,
    attached: bool,
    /// When it last took something, or had nothing to take.
    took: Instant,
    /// Hears it, once it does.
    ear: Option<AbortHandle>,
}

impl Drop for Client {
    /// Who is let go is heard no more: with the task its end of the pipe goes, and it sees that.
    fn drop(&mut self) {
        if let Some(ear) = &self.ear {
            ear.abort();
        }
    }
}

impl Hall {
    /// Opens it. With `attaches`, who comes in before the first run, of a process with a console or not, is attached to
    /// it without asking.
    ///
    /// # Errors
    /// When another process has a door of this name.
    pub(super) fn open(name: &str, tty: bool, attaches: bool) -> io::Result<Self> {
        let door = Door::open(name)?;
        let (tell, said) = mpsc::channel(UNHEARD);
        let (printed, clients) = (Printed::new(None), Vec::new());
        let state = State { tty, printed, clients, next: 0, input: None, attaches };
        let shared = Arc::new(Shared { state: Mutex::new(state), moved: Notify::new() });
        let door = tokio::spawn(let_in(door, Arc::clone(&shared), tell));
        Ok(Self { shared, said, door })
    }

    /// Opens the hall of a monitor's folder. With `attached`, says to `report` that it is open, and waits for the console
    /// that wants to be attached before anything runs; for [`DIALS`] at most.
    ///
    /// # Errors
    /// When another process has that door.
    pub(super) async fn greet(folder: &Path, tty: bool, attached: bool, report: &mut impl Write) -> io::Result<Self> {
        let hall = Self::open(&door_of(folder)?, tty, attached)?;
        if attached {
            Report::Listening.say(report);
            hall.first(DIALS).await;
        }
        Ok(hall)
    }

    /// A run begins: what its process prints is taken into `printed`, what is typed goes to `input`.
    pub(super) fn begin(&self, tty: bool, printed: Printed, input: Option<mpsc::Sender<Typed>>) {
        let mut state = self.shared.lock();
        (state.tty, state.printed, state.input, state.attaches) = (tty, printed, input, false);
    }

    /// For tasks that take what is printed.
    pub(super) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Waits for the first console, so long at most.
    async fn first(&self, at_most: Duration) {
        let come = async {
            while self.shared.lock().clients.is_empty() {
                self.shared.moved.notified().await;
            }
        };
        // Whoever does not come gets what is still kept when it does.
        let _ = timeout(at_most, come).await;
    }

    /// The next thing that somebody says which is not for the process's input.
    pub(super) async fn hear(&mut self) -> (usize, Frame) {
        match self.said.recv().await {
            Some(said) => said,
            // The door's task holds the other end as long as it runs.
            None => std::future::pending().await,
        }
    }

    /// What was said and is not heard yet.
    pub(super) fn unheard(&mut self) -> Option<(usize, Frame)> {
        self.said.try_recv().ok()
    }

    /// Tells one.
    pub(super) fn say(&self, to: usize, frame: Frame) {
        let mut state = self.shared.lock();
        if let Some(client) = state.clients.iter_mut().find(|client| client.id == to) {
            client.say(frame);
        }
    }

    /// Attaches one: it gets what was printed from a byte on, and from now on everything.
    pub(super) fn attach(&self, id: usize, from: u64) {
        let mut state = self.shared.lock();
        let State { printed, clients, .. } = &mut *state;
        if let Some(client) = clients.iter_mut().find(|client| client.id == id) {
            client.attach(from, printed);
        }
    }

    /// Nothing more is printed: the log is whole from now on, and closed.
    pub(super) fn end_log(&self) {
        self.shared.lock().printed.end();
    }

    /// The run is over: nothing more is typed, and everybody who waits is told its code and let go.
    pub(super) async fn end(&self, code: i32) {
        {
            let mut state = self.shared.lock();
            state.input = None;
            state.clients.iter_mut().for_each(|client| client.say(Frame::Exit(code)));
        }
        self.shared.drained().await;
        // What they have not read goes with the pipe.
        let _ = timeout(HANG_UP, self.shared.empty()).await;
        self.shared.lock().clients.clear();
    }

    /// Nobody is let in any more.
    pub(super) async fn close(&mut self) {
        self.door.abort();
        // The pipe is closed when the task is gone; whether it was cut short does not matter.
        let _ = (&mut self.door).await;
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what was printed, once.
    pub(super) fn print(&self, stream: Stream, bytes: &[u8]) {
        let mut state = self.lock();
        state.printed.take(stream, bytes);
        for client in state.clients.iter_mut().filter(|client| client.attached) {
            client.say(Frame::Output(stream, bytes.to_vec()));
        }
    }

    /// Bytes printed so far.
    pub(super) fn printed(&self) -> u64 {
        self.lock().printed.total()
    }

    /// Whether some console has to take something before the process may go on.
    pub(super) fn is_crowded(&self) -> bool {
        let mut state = self.lock();
        state.clients.retain(|client| !client.is_stuck());
        state.clients.iter().any(|client| client.waiting > FULL)
    }

    /// Waits until no console is that far behind; those that take nothing are dropped.
    pub(super) async fn room(&self) {
        while self.is_crowded() {
            let _ = timeout(SLOW / 10, self.moved.notified()).await;
        }
    }

    /// Waits until all have taken what there is for them; those that do not are dropped.
    async fn drained(&self) {
        loop {
            {
                let mut state = self.lock();
                state.clients.retain(|client| !client.is_stuck());
                if state.clients.iter().all(|client| client.waiting == 0) {
                    return;
                }
            }
            let _ = timeout(SLOW / 10, self.moved.notified()).await;
        }
    }

    async fn empty(&self) {
        while !self.lock().clients.is_empty() {
            self.moved.notified().await;
        }
    }

    fn leave(&self, id: usize) {
        self.lock().clients.retain(|client| client.id != id);
        self.moved.notify_waiters();
    }

    fn took(&self, id: usize, bytes: usize) {
        if let Some(client) = self.lock().clients.iter_mut().find(|client| client.id == id) {
            client.waiting = client.waiting.saturating_sub(bytes);
            client.took = Instant::now();
        }
        self.moved.notify_waiters();
    }

    /// Notes who hears a console; one that has gone meanwhile is heard no more.
    fn heard_by(&self, id: usize, ear: &JoinHandle<()>) {
        match self.lock().clients.iter_mut().find(|client| client.id == id) {
            Some(client) => client.ear = Some(ear.abort_handle()),
            None => ear.abort(),
        }
    }

    fn input(&self) -> Option<mpsc::Sender<Typed>> {
        self.lock().input.clone()
    }

    /// Greets a console; `None` when there are too many.
    fn welcome(&self) -> Option<(usize, mpsc::UnboundedReceiver<Frame>)> {
        let mut state = self.lock();
        if state.clients.len() >= MOST_CLIENTS {
            return None;
        }
        let (outbox, to_send) = mpsc::unbounded_channel();
        let id = state.next;
        state.next += 1;
        let mut client = Client { id, outbox, waiting: 0, attached: false, took: Instant::now(), ear: None };
        client.say(Frame::Hello { tty: state.tty, printed: state.printed.total() });
        if state.attaches {
            client.attach(0, &state.printed);
        }
        state.clients.push(client);
        drop(state);
        self.moved.notify_waiters();
        Some((id, to_send))
    }
}

impl Client {
    fn say(&mut self, frame: Frame) {
        if self.waiting == 0 {
            self.took = Instant::now();
        }
        self.waiting += size(&frame);
        // One that has gone is taken out by its own task.
        let _ = self.outbox.send(frame);
    }

    fn attach(&mut self, from: u64, printed: &Printed) {
        if !self.attached {
            self.attached = true;
            for (stream, bytes) in printed.since(from) {
                self.say(Frame::Output(stream, bytes));
            }
        }
    }

    fn is_stuck(&self) -> bool {
        self.waiting > 0 && self.took.elapsed() > SLOW
    }
}

/// What a frame counts for in an outbox.
fn size(frame: &Frame) -> usize {
    if let Frame::Output(_, bytes) = frame { bytes.len() + 1 } else { 1 }
}

/// Lets everybody in.
async fn let_in(mut door: Door, shared: Arc<Shared>, tell: mpsc::Sender<(usize, Frame)>) {
    loop {
        match door.accept().await {
            Ok(line) => {
                if let Some((id, to_send)) = shared.welcome() {
                    let (read, write) = tokio::io::split(line);
                    let ear = tokio::spawn(listen(id, read, Arc::clone(&shared), tell.clone()));
                    shared.heard_by(id, &ear);
                    tokio::spawn(talk(id, write, Arc::clone(&shared), to_send));
                }
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
}

/// Hears one console until it goes.
async fn listen(
    id: usize,
    mut line: ReadHalf<NamedPipeServer>,
    shared: Arc<Shared>,
    tell: mpsc::Sender<(usize, Frame)>,
) {
    let mut buffer = Vec::new();
    loop {
        // Whoever speaks nonsense is not listened to any more.
        let Ok(frame) = Frame::decode(&mut buffer) else { break };
        let heard = match frame {
            Some(Frame::Input(bytes)) => type_in(&shared, Typed::Bytes(bytes)).await,
            Some(Frame::InputEnd) => type_in(&shared, Typed::End).await,
            Some(frame) => tell.send((id, frame)).await.is_ok(),
            None => matches!(line.read_buf(&mut buffer).await, Ok(1..)),
        };
        if !heard {
            break;
        }
    }
    shared.leave(id);
}

/// Who types more than is read has to wait; others are heard all the same.
async fn type_in(shared: &Shared, typed: Typed) -> bool {
    if let Some(input) = shared.input() {
        // Nobody may read any more.
        let _ = input.send(typed).await;
    }
    true
}

/// Tells one console everything that is meant for it, until it goes.
async fn talk(
    id: usize,
    mut line: WriteHalf<NamedPipeServer>,
    shared: Arc<Shared>,
    mut to_send: mpsc::UnboundedReceiver<Frame>,
) {
    let mut bytes = Vec::new();
    while let Some(frame) = to_send.recv().await {
        bytes.clear();
        frame.encode(&mut bytes);
        if !matches!(timeout(SLOW, line.write_all(&bytes)).await, Ok(Ok(()))) {
            break;
        }
        shared.took(id, size(&frame));
    }
    shared.leave(id);
}
