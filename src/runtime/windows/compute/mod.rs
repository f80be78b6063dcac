//! Running containers, as the rest of the runtime sees them: each call speaks to a monitor or to the host compute
//! service. Knows no database but where a monitor's death is accounted for.

mod launch;

use std::{
    io,
    path::{Path, PathBuf},
    thread,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    runtime::Handle,
    time::timeout,
};

use super::{
    hands::Hands,
    hcs::{FORCE, HcsError, Process as Running, System},
    lookout::Lookout,
    monitor::{self, Live, SIGKILL, door_of, end_system},
    pipe,
};
use crate::{
    model::{self, ContainerId, Isolation, Limits, SessionId, State, Tuning},
    runtime::{
        Result, RuntimeError,
        document::{
            Process,
            hcs::{
                plan::{self, Unfit},
                process::ConsoleEvent,
                query::{self, Properties, SystemQuery},
                system::Modify,
            },
        },
        foreigners::Foreign,
        host::{self, Counters, Line, Started},
        monitor::{
            asking::PATIENCE,
            folder::{self as running, id_of, read_order, write_process},
            frame::Frame,
        },
    },
};

/// HCS counts memory in these.
const MIB: u64 = 1 << 20;

/// Windows' [`host::Compute`].
pub struct Compute {
    hands: Hands,
    program: PathBuf,
}

impl Compute {
    /// With these hands; monitors are `program`, which must be longshore.
    pub fn new(hands: Hands, program: PathBuf) -> Self {
        Self { hands, program }
    }

    /// A container that runs.
    fn system(&self, folder: &Path, tried: &str) -> Result<System> {
        self.hands.hcs.open(id_of(folder).as_str()).map_err(|error| of_one_that_ends(error, tried))
    }

    fn processes_of(&self, folder: &Path, pid: u32, tried: &str) -> Result<Running> {
        self.system(folder, tried)?.open_process(pid).map_err(|error| {
            if error.is_not_found() {
                let why = "the container has no such process".into();
                return RuntimeError::NotFound { tried: tried.to_owned(), why };
            }
            of_one_that_ends(error, tried)
        })
    }

    /// Sends what stands for a signal.
    fn send(&self, folder: &Path, pid: u32, signal: i32, tried: &str) -> Result<()> {
        let process = self.processes_of(folder, pid, tried)?;
        if signal == SIGKILL {
            return Ok(process.terminate()?);
        }
        let Some(event) = ConsoleEvent::of_signal(signal) else {
            let why = format!("Windows has nothing for signal {signal}: it knows 1, 2, 3, 15 and 9");
            return Err(RuntimeError::Invalid { tried: tried.to_owned(), why });
        };
        // Images with services take until they have ended.
        self.hands.hcs.signal_aside(id_of(folder).as_str(), pid, event, FORCE);
        Ok(())
    }
}

/// A container of another program's, as far as the service tells of it.
fn foreign(told: Properties, lookout: &Lookout) -> Foreign {
    let state = match told.state {
        query::State::Created => State::Created,
        query::State::Running => State::Running,
        query::State::Paused => State::Paused,
        query::State::Stopped | query::State::Unknown => State::Unknown,
    };
    let isolation = if told.hosting_system_id.is_empty() { Isolation::Process } else { Isolation::HyperV };
    Foreign { started: lookout.since(&told.id), id: told.id, owner: told.owner, state, isolation }
}

/// The numbers and the words of processes that monitors have started in a container.
fn started(folder: &Path) -> Vec<(u32, Vec<String>)> {
    let main = read_order(folder).ok().map(|order| (order.process.args, folder.to_owned()));
    let execs = running::execs(folder).into_iter().map(|(_, process, session)| (process.args, session));
    let number = |(words, place): (_, PathBuf)| Some((Live::read(&place).ok()?.pid, words));
    main.into_iter().chain(execs).filter_map(number).collect()
}

/// What is not there has ended.
fn of_one_that_ends(error: HcsError, tried: &str) -> RuntimeError {
    if error.is_not_found() || error.is_of_an_ending() {
        return gone(tried.to_owned());
    }
    error.into()
}

fn gone(tried: String) -> RuntimeError {
    RuntimeError::Conflict { tried, why: "it does not run".into() }
}

/// Waits on this thread, which may block, for what is done by tokio.
fn waiting<T>(deed: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match Handle::try_current() {
        Ok(here) => here.block_on(deed),
        Err(_) => tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(deed),
    }
}

/// Says something to a monitor, and waits until it says that it has taken note.
async fn hear_noted(folder: &Path, frame: &Frame) -> io::Result<()> {
    let talk = async {
        let mut line = pipe::dial(&door_of(folder)?).await?;
        let mut bytes = Vec::new();
        frame.encode(&mut bytes);
        line.write_all(&bytes).await?;
        bytes.clear();
        loop {
            if line.read_buf(&mut bytes).await? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "its monitor does not listen"));
            }
            while let Some(heard) = Frame::decode(&mut bytes).map_err(io::Error::other)? {
                if heard == Frame::Noted {
                    return Ok(());
                }
            }
        }
    };
    // One that is itself stopped does not stop us.
    timeout(PATIENCE, talk).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Connects to the monitor of a running folder or an exec's. The line is of the runtime that this is called in.
fn dial(folder: &Path) -> io::Result<Line> {
    let here = Handle::try_current().map_err(io::Error::other)?;
    let line = here.block_on(async { pipe::dial(&door_of(folder)?).await })?;
    Ok(Box::new(line))
}

impl host::Compute for Compute {
    fn start(&self, folder: &Path) -> Result<u32> {
        let tried = format!("start container `{}`", id_of(folder).short());
        self.launch("start", folder, &tried)
    }

    fn start_attached(&self, folder: &Path) -> Result<Started> {
        let tried = format!("start container `{}`", id_of(folder).short());
        self.launch_attached("start", folder, &tried)
    }

    fn attach(&self, folder: &Path) -> Result<Line> {
        let tried = format!("attach to container `{}`", id_of(folder).short());
        dial(folder).map_err(RuntimeError::system(tried))
    }

    fn exec(&self, folder: &Path, id: &SessionId, process: &Process) -> Result<Started> {
        let tried = format!("start a process in container `{}`", id_of(folder).short());
        let session = running::exec(folder, id);
        write_process(&session, process).map_err(RuntimeError::system(tried.clone()))?;
        self.launch_attached("exec", &session, &tried)
    }

    fn attach_exec(&self, folder: &Path, id: &SessionId) -> Result<Line> {
        let tried = format!("attach to session `{}`", id.short());
        dial(&running::exec(folder, id)).map_err(RuntimeError::system(tried))
    }

    fn execs(&self, folder: &Path) -> Result<Vec<(SessionId, Process, u32)>> {
        let all = running::execs(folder);
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let system = self.system(folder, "look for sessions")?;
        // One that has ended cannot be opened any more.
        let alive = |pid: u32| system.open_process(pid).is_ok();
        let of = |(id, process, session): (_, _, PathBuf)| {
            let pid = Live::read(&session).ok().map(|live| live.pid).filter(|pid| alive(*pid))?;
            Some((id, process, pid))
        };
        Ok(all.into_iter().filter_map(of).collect())
    }

    fn kill(&self, folder: &Path, signal: i32) -> Result<()> {
        let tried = format!("signal container `{}`", id_of(folder).short());
        let live = Live::read(folder).map_err(|_| gone(tried.clone()))?;
        self.send(folder, live.pid, signal, &tried)
    }

    fn signal(&self, folder: &Path, pid: u32, signal: i32) -> Result<()> {
        let tried = format!("signal process {pid} of container `{}`", id_of(folder).short());
        self.send(folder, pid, signal, &tried)
    }

    fn tell(&self, folder: &Path, frame: &Frame) -> io::Result<()> {
        waiting(hear_noted(folder, frame))
    }

    fn freeze(&self, folder: &Path, frozen: bool) -> Result<()> {
        let tried = format!("{} container `{}`", if frozen { "pause" } else { "unpause" }, id_of(folder).short());
        let system = self.system(folder, &tried)?;
        let done = if frozen { system.pause() } else { system.resume() };
        done.map_err(|error| match error.code() {
            Some(code) if code.is_unsupported() => {
                let why = "Windows freezes only containers in virtual machines, and this one shares the host's kernel";
                RuntimeError::Invalid { tried, why: why.into() }
            }
            _ => error.into(),
        })
    }

    fn update(&self, folder: &Path, limits: &Limits, tuning: &Tuning) -> Result<()> {
        let tried = format!("change what container `{}` may use", id_of(folder).short());
        let unfit = |unfit: Unfit| RuntimeError::Invalid { tried: tried.clone(), why: unfit.to_string() };
        if limits.pids.is_some_and(|pids| pids > 0) || limits.memory_swap.is_some() || tuning.cpuset.is_some() {
            return Err(unfit(Unfit::Setting("limits of processes, of swap, or of which processors")));
        }
        let processors = thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(1));
        let processor = plan::processor(limits, tuning, processors).map_err(unfit)?;
        let system = self.system(folder, &tried)?;
        if let Some(memory) = limits.memory {
            system.modify(&Modify::memory(memory.0.div_ceil(MIB).max(1)))?;
        }
        if let Some(processor) = processor {
            system.modify(&Modify::processor(processor))?;
        }
        Ok(())
    }

    fn counters(&self, folder: &Path) -> Result<Counters> {
        let id = id_of(folder);
        let tried = format!("measure container `{}`", id.short());
        let order = read_order(folder)?;
        let lookout = Lookout::new(self.hands.hcs.clone());
        let counted = lookout.counters(id.as_str(), order.spec.limits.memory);
        let counted = counted.map_err(|error| of_one_that_ends(error, &tried))?;
        let (net_in, net_out) = self.hands.meters.traffic(&id, &order.network);
        Ok(Counters { net_in, net_out, ..counted })
    }

    fn processes(&self, folder: &Path) -> Result<Vec<model::Process>> {
        let id = id_of(folder);
        let tried = format!("list processes of container `{}`", id.short());
        let silo = Lookout::new(self.hands.hcs.clone()).processes(id.as_str());
        let mut processes = silo.map_err(|error| of_one_that_ends(error, &tried))?.processes;
        // Windows tells a program's file only; what was started from here is known whole.
        for (pid, words) in started(folder) {
            if let Some(process) = processes.iter_mut().find(|process| process.pid == pid) {
                process.command = words.join(" ");
            }
        }
        Ok(processes)
    }

    fn is_watched(&self, folder: &Path) -> bool {
        monitor::is_locked(folder)
    }

    fn foreign(&self) -> Result<Vec<Foreign>> {
        let lookout = Lookout::new(self.hands.hcs.clone());
        let others = lookout.containers()?.into_iter().filter(|one| one.owner != self.hands.owner && !one.stopped);
        Ok(others.map(|one| foreign(one, &lookout)).collect())
    }

    fn foreign_counters(&self, id: &str) -> Result<Counters> {
        Ok(Lookout::new(self.hands.hcs.clone()).counters(id, None)?)
    }

    fn foreign_processes(&self, id: &str) -> Result<Vec<model::Process>> {
        Ok(Lookout::new(self.hands.hcs.clone()).processes(id)?.processes)
    }

    fn bury(&self, folder: &Path) -> Result<()> {
        monitor::bury(&self.hands, folder)
    }

    fn sweep(&self, alive: &dyn Fn(&ContainerId) -> bool) -> Result<()> {
        let mut swept = Ok(());
        for left in self.hands.hcs.list(&SystemQuery::of(&self.hands.owner))? {
            let id = ContainerId::new(&left.id);
            if !alive(&id) {
                tracing::info!(container = id.short(), "a container of nobody is ended");
                // One that does not end keeps none of the others.
                swept = swept.and(end_system(&self.hands.hcs, id.as_str(), false).map_err(RuntimeError::from));
            }
        }
        swept
    }
}
