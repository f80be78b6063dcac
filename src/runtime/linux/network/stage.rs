//! A host of a test's own: a namespace with an uplink to an outside, and containers that are namespaces with sockets in
//! them and no process. Everything is gone with the test.

mod talk;

use std::{
    io::{self, Read, Write},
    net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

pub(crate) use talk::Talk;

use super::{
    KernelNetwork,
    links::{Links, Pair},
    netns, sysctl,
};
use crate::{
    model::{ContainerId, Net, NetworkId, Protocol},
    runtime::{
        document::{MappingPlan, NetworkPlan},
        host::Network,
        net::{
            names,
            plan::{self, Place, Recorded},
            ports::HostPort,
        },
    },
};

/// The host's address towards the outside.
pub(crate) const HOST: &str = "192.0.2.1";
/// Somebody outside.
pub(crate) const STRANGER: &str = "192.0.2.9";
/// How long is waited for an answer that must come, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long for one that must not.
const IMPATIENCE: Duration = Duration::from_millis(300);

pub(crate) struct Stage {
    folder: tempfile::TempDir,
    pub(crate) network: KernelNetwork,
    pub(crate) outside: PathBuf,
}

pub(crate) struct Guest {
    pub(crate) id: ContainerId,
    pub(crate) netns: PathBuf,
    pub(crate) plan: NetworkPlan,
    ends: Arc<AtomicBool>,
}

/// Runs a test on a host of its own. Says so where that needs rights that there are not.
pub(crate) fn on_a_host(test: impl FnOnce(&Stage) + Send) {
    let folder = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        let thread = scope.spawn(move || {
            if let Err(error) = netns::leave() {
                assert_ne!(std::env::var("LONGSHORE_CI").as_deref(), Ok("1"), "no namespaces here: {error}");
                let _ = writeln!(io::stderr(), "SKIPPED: no namespaces here: {error}");
                return;
            }
            let stage = Stage::new(folder);
            test(&stage);
        });
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

impl Stage {
    fn new(folder: tempfile::TempDir) -> Self {
        let outside = folder.path().join("outside");
        netns::create(&outside).unwrap();
        let stage = Self { network: KernelNetwork::new(folder.path()), outside, folder };
        let mut links = Links::here().unwrap();
        links.loopback().unwrap();
        let uplink = links.bridge("uplink", [2, 0, 0, 0, 0, 1]).unwrap();
        links.set_up(uplink, "", &[(ip(HOST), 24), (ip("2001:db8::1"), 64)]).unwrap();
        let namespace = std::fs::File::open(&stage.outside).unwrap();
        let pair = Pair {
            here: "up0",
            bridge: uplink,
            alias: "",
            isolated: false,
            there: "eth0",
            mac: [2, 0, 0, 0, 0, 9],
            namespace: std::os::fd::AsFd::as_fd(&namespace),
        };
        links.pair(&pair).unwrap();
        netns::inside(&stage.outside, || {
            let mut links = Links::here()?;
            links.loopback()?;
            let index = links.find("eth0")?.unwrap().index;
            links.set_up(index, "", &[(ip(STRANGER), 24), (ip("2001:db8::9"), 64)])?;
            links.default_routes(index, &[ip(HOST), ip("2001:db8::1")], 0)
        })
        .unwrap();
        stage
    }

    /// The name of our table.
    pub(crate) fn table(&self) -> &str {
        &self.network.mark
    }

    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Whether packets that stay on a bridge pass the filters of IP as well.
    pub(crate) fn bridges_call_filters(&self, yes: bool) {
        // A kernel without br_netfilter never calls them.
        for name in ["net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables"] {
            let _ = sysctl::write(name, if yes { "1" } else { "0" });
        }
    }

    /// A network that there is, in 10.`number`.0.0/24 and fd00:`number`::/64.
    pub(crate) fn network(&self, number: u8, internal: bool, icc: bool) -> Recorded {
        let id = NetworkId::new(format!("{number:02x}").repeat(32));
        let recorded = Recorded {
            bridge: names::bridge(&id),
            id,
            name: format!("net{number}"),
            subnet: Net::parse(&format!("10.{number}.0.0/24")).unwrap(),
            gateway: ip(&format!("10.{number}.0.1")),
            six: Some((Net::parse(&format!("fd00:{number}::/64")).unwrap(), ip(&format!("fd00:{number}::1")))),
            internal,
            icc,
        };
        self.network.ensure(&recorded.plan()).unwrap();
        recorded
    }

    /// A container with address `last` in each of these networks, that runs.
    pub(crate) fn container(&self, networks: &[&Recorded], last: u8, ports: &[HostPort]) -> Guest {
        let made = self.planned(networks, last, ports);
        self.network.attach(&made.id, &made.netns, &made.plan).unwrap();
        made
    }

    /// The same, not attached yet.
    pub(crate) fn planned(&self, networks: &[&Recorded], last: u8, ports: &[HostPort]) -> Guest {
        let id = ContainerId::new(format!("{:02x}{last:02x}", networks[0].id.as_str().as_bytes()[1]).repeat(16));
        let in_each = |(position, network): (usize, &&Recorded)| {
            let number = network.name.trim_start_matches("net").to_owned();
            plan::link(
                &id,
                &Place {
                    network,
                    position,
                    address: ip(&format!("10.{number}.0.{last}")),
                    address6: Some(ip(&format!("fd00:{number}::{last}"))),
                    mac: None,
                    names: vec![format!("c{last}")],
                },
            )
        };
        let links: Vec<_> = networks.iter().enumerate().map(in_each).collect();
        let mappings = plan::mappings(&links, ports).unwrap();
        let plan = NetworkPlan::Own { links, mappings, sysctls: Vec::new() };
        let netns = self.folder.path().join(id.as_str());
        Guest { id, netns, plan, ends: Arc::default() }
    }

    /// The outside, as somebody who can answer.
    pub(crate) fn stranger(&self) -> Guest {
        let netns = self.outside.clone();
        Guest { id: ContainerId::new("outside"), netns, plan: NetworkPlan::None, ends: Arc::default() }
    }

    /// What our table looks like to the nft tool.
    pub(crate) fn listed(&self) -> String {
        run("nft", &["list", "ruleset"])
    }

    /// Links, addresses and routes, without what the kernel changes by itself as links come up.
    pub(crate) fn look(&self) -> String {
        let links = run("ip", &["-o", "link"]);
        let names = links.lines().filter_map(|line| line.split_whitespace().nth(1));
        let rest = [&["-o", "addr", "show", "scope", "global"][..], &["route"], &["-6", "route"]];
        let rest = rest.map(|arguments| run("ip", arguments).replace(" linkdown", ""));
        let told = rest.iter().flat_map(|text| text.lines()).filter(|line| !line.contains("fe80::"));
        names.chain(told).map(|line| line.trim_end().to_owned() + "\n").collect()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            let _ = netns::remove(&entry.unwrap().path());
        }
    }
}

impl Guest {
    pub(crate) fn mappings(&self) -> &[MappingPlan] {
        match &self.plan {
            NetworkPlan::Own { mappings, .. } => mappings,
            _ => &[],
        }
    }

    /// Answers on this TCP port with who is seen to ask.
    pub(crate) fn answers(&self, port: u16) {
        let listen = || ["0.0.0.0", "::"].map(|any| TcpListener::bind((any, port))).into_iter().find_map(Result::ok);
        // `::` takes IPv4 too.
        let both = || TcpListener::bind(("::", port)).ok().or_else(listen);
        let listener = netns::inside(&self.netns, || both().ok_or_else(io::Error::last_os_error)).unwrap();
        let ends = self.ends.clone();
        listener.set_nonblocking(true).unwrap();
        thread::spawn(move || {
            while !ends.load(Ordering::Relaxed) {
                if readable(&listener)
                    && let Ok((mut stream, who)) = listener.accept()
                {
                    let _ = stream.write_all(who.ip().to_canonical().to_string().as_bytes());
                }
            }
        });
    }

    /// The same on this UDP port.
    pub(crate) fn answers_datagrams(&self, port: u16) {
        let socket = netns::inside(&self.netns, || UdpSocket::bind(("::", port))).unwrap();
        let ends = self.ends.clone();
        thread::spawn(move || {
            let mut buffer = [0; 64];
            while !ends.load(Ordering::Relaxed) {
                if readable(&socket)
                    && let Ok((_, who)) = socket.recv_from(&mut buffer)
                {
                    let _ = socket.send_to(who.ip().to_canonical().to_string().as_bytes(), who);
                }
            }
        });
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
    }
}

fn readable(socket: &impl std::os::fd::AsFd) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let tick = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
    poll(&mut [PollFd::new(socket, PollFlags::IN)], Some(&tick)).is_ok_and(|count| count > 0)
}

/// Who the server sees when somebody connects to it: from a namespace, or from the host.
pub(crate) fn asks(from: Option<&Path>, to: &str) -> Option<String> {
    within(from, || connect(to, PATIENCE))
}

/// Whether nobody answers.
pub(crate) fn asks_in_vain(from: Option<&Path>, to: &str) -> bool {
    within(from, || connect(to, IMPATIENCE)).is_none()
}

fn connect(to: &str, patience: Duration) -> io::Result<String> {
    let to: SocketAddr = to.parse().map_err(io::Error::other)?;
    let mut stream = TcpStream::connect_timeout(&to, patience)?;
    stream.set_read_timeout(Some(patience))?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

/// Who the server sees when somebody sends it a datagram.
pub(crate) fn asks_by_datagram(from: Option<&Path>, to: &str) -> Option<String> {
    within(from, || Flow::here(to)?.ask(PATIENCE))
}

/// Datagrams from one port to one port.
pub(crate) struct Flow(UdpSocket);

impl Flow {
    /// From a namespace.
    pub(crate) fn from(netns: &Path, to: &str) -> Self {
        netns::inside(netns, || Self::here(to)).unwrap()
    }

    fn here(to: &str) -> io::Result<Self> {
        let to: SocketAddr = to.parse().map_err(io::Error::other)?;
        let any: IpAddr = if to.is_ipv4() { ip("0.0.0.0") } else { ip("::") };
        let socket = UdpSocket::bind((any, 0))?;
        socket.connect(to)?;
        socket.set_read_timeout(Some(IMPATIENCE))?;
        Ok(Self(socket))
    }

    /// Whether somebody answers; waits longer for one that is `expected`.
    pub(crate) fn is_answered(&self, expected: bool) -> bool {
        self.ask(if expected { PATIENCE } else { IMPATIENCE }).is_ok()
    }

    /// The first may be lost while neighbours look for each other, or come back as refused.
    fn ask(&self, patience: Duration) -> io::Result<String> {
        let mut buffer = [0; 64];
        let begun = std::time::Instant::now();
        while begun.elapsed() < patience {
            let sent = self.0.send(b"who am I?");
            if let Ok(length) = sent.and_then(|_| self.0.recv(&mut buffer)) {
                return Ok(String::from_utf8_lossy(&buffer[..length]).into_owned());
            }
        }
        Err(io::ErrorKind::TimedOut.into())
    }
}

fn within<T: Send>(from: Option<&Path>, work: impl FnOnce() -> io::Result<T> + Send) -> Option<T> {
    match from {
        Some(netns) => netns::inside(netns, work).ok(),
        None => work().ok(),
    }
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub(crate) fn tcp(host_ip: Option<&str>, host_port: u16, port: u16) -> HostPort {
    HostPort { protocol: Protocol::Tcp, host_ip: host_ip.map(ip), host_port, port }
}

pub(crate) fn run(tool: &str, arguments: &[&str]) -> String {
    let output = Command::new(tool).args(arguments).output().unwrap();
    assert!(output.status.success(), "{tool} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
