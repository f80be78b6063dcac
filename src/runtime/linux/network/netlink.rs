//! A blocking netlink socket: sends a few messages at once and waits for the kernel's word on each. Knows neither
//! links nor packet filters; asynchronous clients would leave threads in a monitor that must have none.

use std::io;

use netlink_sys::{Socket, SocketAddr, protocols};

/// Length of `struct nlmsghdr` (linux/netlink.h), as of all further numbers here.
const HEADER: usize = 16;
/// `NLMSG_ERROR`: an error, or with the number 0 an acknowledgement.
const ERROR: u16 = 2;
/// `NLMSG_DONE`: the end of a dump.
const DONE: u16 = 3;
/// `NLM_F_REQUEST`.
const REQUEST: u16 = 0x1;
/// `NLM_F_ACK`.
const ACK: u16 = 0x4;
/// `NLM_F_CAPPED`: the message that was refused is not repeated behind its header.
const CAPPED: u16 = 0x100;
/// `NLM_F_ACK_TLVS`: attributes follow an error.
const HAS_WORDS: u16 = 0x200;
/// `NLMSGERR_ATTR_MSG`: the error in words.
const WORDS: u16 = 1;

/// `NLM_F_DUMP`.
pub(in crate::runtime::linux) const DUMP: u16 = 0x300;
/// `NLM_F_REPLACE`.
pub(in crate::runtime::linux) const REPLACE: u16 = 0x100;
/// `NLM_F_EXCL`.
pub(in crate::runtime::linux) const EXCLUSIVE: u16 = 0x200;
/// `NLM_F_CREATE`.
pub(in crate::runtime::linux) const CREATE: u16 = 0x400;
/// `NLM_F_APPEND`.
pub(in crate::runtime::linux) const APPEND: u16 = 0x800;

/// Room for what is on its way to or from the kernel: some thousands of set elements.
const BUFFER: usize = 8 << 20;

/// A message to the kernel without its header, or one of its answers.
#[derive(Clone, Debug)]
pub(in crate::runtime::linux) struct Message {
    /// `nlmsg_type`.
    pub(in crate::runtime::linux) kind: u16,
    /// `nlmsg_flags` beside those that every request has.
    pub(in crate::runtime::linux) flags: u16,
    /// What follows the header.
    pub(in crate::runtime::linux) body: Vec<u8>,
    /// Whether the kernel is asked for its word on it. Those that frame a transaction have none.
    pub(in crate::runtime::linux) answered: bool,
}

/// A message was refused.
#[derive(Debug)]
pub(in crate::runtime::linux) struct Refused {
    /// Which of those sent together, from 0.
    pub(in crate::runtime::linux) at: usize,
    /// The kernel's number, in its words where it has some.
    pub(in crate::runtime::linux) source: io::Error,
    /// The kernel's number.
    pub(in crate::runtime::linux) code: i32,
}

impl Refused {
    /// Whether it was refused for this, such as `rustix::io::Errno::EXIST`.
    pub(in crate::runtime::linux) fn is(&self, errno: rustix::io::Errno) -> bool {
        self.code == errno.raw_os_error()
    }
}

impl From<io::Error> for Refused {
    fn from(source: io::Error) -> Self {
        Self { at: 0, code: source.raw_os_error().unwrap_or_default(), source }
    }
}

/// A socket to the kernel. It belongs to the network namespace in which it was opened, wherever it is used.
#[derive(Debug)]
pub(in crate::runtime::linux) struct Netlink {
    socket: Socket,
    sequence: u32,
}

impl Netlink {
    /// Opens one for links, addresses and routes.
    pub(in crate::runtime::linux) fn route() -> io::Result<Self> {
        Self::open(protocols::NETLINK_ROUTE)
    }

    /// Opens one for packet filters.
    pub(in crate::runtime::linux) fn netfilter() -> io::Result<Self> {
        Self::open(protocols::NETLINK_NETFILTER)
    }

    fn open(protocol: isize) -> io::Result<Self> {
        let mut socket = Socket::new(protocol)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        // Words in errors, and room: without either it works on a small scale.
        let _ = socket.set_ext_ack(true);
        let _ = socket.set_cap_ack(true);
        let _ = rustix::net::sockopt::set_socket_send_buffer_size_force(Fd(&socket), BUFFER);
        let _ = rustix::net::sockopt::set_socket_recv_buffer_size_force(Fd(&socket), BUFFER);
        Ok(Self { socket, sequence: 0 })
    }

    /// Sends these at once and waits until the kernel has had its word on each.
    ///
    /// # Errors
    /// The first that was refused. Whether those behind it were done is up to the kernel's part.
    pub(in crate::runtime::linux) fn run(&mut self, messages: &[Message]) -> Result<(), Refused> {
        let first = self.send(messages)?;
        let mut open: Vec<_> = messages.iter().map(|message| message.answered).collect();
        let mut failed: Option<Refused> = None;
        while open.contains(&true) {
            for answer in self.receive()? {
                let Some(at) = answer.place(first, messages.len()) else { continue };
                let refused = answer.refusal(at);
                // An error for the frame of a transaction is one for all of it.
                if refused.is_some() && !messages[at].answered {
                    open.fill(false);
                }
                open[at] = false;
                if let Some(refused) = refused.filter(|refused| failed.as_ref().is_none_or(|f| refused.at < f.at)) {
                    failed = Some(refused);
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Asks, and gives all that the kernel says.
    pub(in crate::runtime::linux) fn ask(&mut self, question: Message) -> Result<Vec<Message>, Refused> {
        let first = self.send(std::slice::from_ref(&question))?;
        let mut all = Vec::new();
        loop {
            for answer in self.receive()? {
                if answer.place(first, 1).is_none() {
                    continue;
                }
                match answer.message.kind {
                    DONE => return Ok(all),
                    ERROR => return answer.refusal(0).map_or(Ok(all), Err),
                    _ => all.push(answer.message),
                }
            }
        }
    }

    /// Gives the number of the first; the others follow it.
    fn send(&mut self, messages: &[Message]) -> io::Result<u32> {
        let first = self.sequence.wrapping_add(1);
        let mut packet = Vec::new();
        for message in messages {
            self.sequence = self.sequence.wrapping_add(1);
            let length = HEADER + message.body.len();
            let flags = message.flags | REQUEST | if message.answered { ACK } else { 0 };
            packet.extend(u32::try_from(length).map_err(io::Error::other)?.to_ne_bytes());
            packet.extend(message.kind.to_ne_bytes());
            packet.extend(flags.to_ne_bytes());
            packet.extend(self.sequence.to_ne_bytes());
            packet.extend(0u32.to_ne_bytes());
            packet.extend(&message.body);
            packet.resize(packet.len().next_multiple_of(4), 0);
        }
        let sent = self.socket.send(&packet, 0)?;
        if sent == packet.len() { Ok(first) } else { Err(io::ErrorKind::WriteZero.into()) }
    }

    fn receive(&self) -> io::Result<Vec<Answer>> {
        loop {
            match self.socket.recv_from_full() {
                Ok((packet, _)) => return Ok(answers(&packet)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// The socket as one whose options can be set.
struct Fd<'a>(&'a Socket);

impl std::os::fd::AsFd for Fd<'_> {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.0.as_fd()
    }
}

struct Answer {
    sequence: u32,
    message: Message,
}

impl Answer {
    /// Which of `count` messages from number `first` on it answers; none if it is an answer to somebody's earlier.
    fn place(&self, first: u32, count: usize) -> Option<usize> {
        let at = self.sequence.wrapping_sub(first) as usize;
        (at < count).then_some(at)
    }

    fn refusal(&self, at: usize) -> Option<Refused> {
        if self.message.kind != ERROR {
            return None;
        }
        let body = &self.message.body;
        let code = -i32::from_ne_bytes(*body.first_chunk()?);
        if code == 0 {
            return None;
        }
        let bare = io::Error::from_raw_os_error(code);
        let source = match self.words() {
            Some(words) => io::Error::new(bare.kind(), format!("{bare}: {words}")),
            None => bare,
        };
        Some(Refused { at, source, code })
    }

    /// What the kernel says of an error beside its number.
    fn words(&self) -> Option<String> {
        let (flags, body) = (self.message.flags, &self.message.body);
        if flags & HAS_WORDS == 0 {
            return None;
        }
        let repeated =
            if flags & CAPPED == 0 { u32::from_ne_bytes(*body.get(4..8)?.first_chunk()?) as usize } else { HEADER };
        let rest = body.get(4 + repeated.next_multiple_of(4)..)?;
        let words = attributes(rest).find(|(kind, _)| *kind == WORDS)?.1;
        Some(String::from_utf8_lossy(words).trim_end_matches('\0').to_owned())
    }
}

/// The messages of a packet; what is cut off at its end is left out.
fn answers(packet: &[u8]) -> Vec<Answer> {
    let mut all = Vec::new();
    let mut rest = packet;
    while let Some(header) = rest.first_chunk::<HEADER>() {
        let [l0, l1, l2, l3, k0, k1, f0, f1, s0, s1, s2, s3, ..] = *header;
        let length = u32::from_ne_bytes([l0, l1, l2, l3]) as usize;
        let Some(body) = rest.get(HEADER..length) else { break };
        let message = Message {
            kind: u16::from_ne_bytes([k0, k1]),
            flags: u16::from_ne_bytes([f0, f1]),
            body: body.to_vec(),
            answered: false,
        };
        all.push(Answer { sequence: u32::from_ne_bytes([s0, s1, s2, s3]), message });
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    all
}

/// The attributes in a message, by their numbers without the flags for nesting and byte order.
pub(in crate::runtime::linux) fn attributes(mut rest: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    const NUMBER: u16 = 0x3fff;
    std::iter::from_fn(move || {
        let [l0, l1, k0, k1] = *rest.first_chunk::<4>()?;
        let length = usize::from(u16::from_ne_bytes([l0, l1]));
        let value = rest.get(4..length)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((u16::from_ne_bytes([k0, k1]) & NUMBER, value))
    })
}
