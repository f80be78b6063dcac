//! Which system calls a container may make: Docker's default, everything, or a file in Docker's format, compiled
//! into a program of the kernel's. Knows neither spec nor process.

mod bpf;
mod compile;
mod file;
mod table;
mod x86;

use std::{fs, io};

use self::{compile::compile, table::When};

pub(crate) use compile::Program;

/// What is done with a call that no rule is about, and with one that a newer C library only probes for.
const REFUSED: u16 = libc::EPERM as u16;
const UNKNOWN: u16 = libc::ENOSYS as u16;
/// Flags of clone(2) that make namespaces: without `SYS_ADMIN` none of them.
const CLONE_NEW: u64 = 0x7e02_0000;
/// `AF_VSOCK` reaches past all namespaces to the hypervisor.
const AF_VSOCK: u64 = 40;
/// Execution domains that change nothing dangerous: Linux, 32 bit, with old `uname`, and "tell me".
const PERSONALITIES: [u64; 5] = [0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff];
/// Whether this machine's kernel also runs the programs of x86 with 32 bits.
#[cfg(target_arch = "x86_64")]
const RUNS_X86: bool = true;
#[cfg(not(target_arch = "x86_64"))]
const RUNS_X86: bool = false;

/// What is done with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    KillProcess,
    KillThread,
    Trap,
    Errno(u16),
    Trace(u16),
    Log,
    Allow,
}

impl Action {
    /// The sternest first, as the kernel has it among filters (seccomp(2)).
    fn leniency(self) -> u8 {
        match self {
            Self::KillProcess => 0,
            Self::KillThread => 1,
            Self::Trap => 2,
            Self::Errno(_) => 3,
            Self::Trace(_) => 4,
            Self::Log => 5,
            Self::Allow => 6,
        }
    }
}

/// How an argument is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
    /// The bits of this mask equal.
    Masked(u64),
}

/// A rule: this call, under all of these conditions, is treated so.
#[derive(Clone, Debug)]
struct Rule {
    name: &'static str,
    /// Here; some calls only 32-bit programs have.
    number: Option<i64>,
    conditions: Vec<Condition>,
    action: Action,
}

/// A condition on an argument of a call.
#[derive(Clone, Copy, Debug)]
struct Condition {
    argument: u8,
    operator: Operator,
    value: u64,
}

/// What is allowed.
#[derive(Clone, Debug)]
struct Profile {
    default: Action,
    rules: Vec<Rule>,
    /// Whether it holds for programs of i386; otherwise these are killed.
    x86: bool,
    /// Whether it holds for 32-bit programs that use the registers of 64-bit ones (x32).
    x32: bool,
}

/// The program for a container with these security options and capabilities; none for one that may do everything.
///
/// # Errors
/// What is wrong with the file that an option names, in a sentence.
pub(crate) fn filter(options: &[String], privileged: bool, capabilities: u64) -> Result<Option<Program>, String> {
    let option = options.iter().rev().find_map(|option| option.strip_prefix("seccomp").and_then(|o| o.get(1..)));
    let profile = match option {
        Some("unconfined") => return Ok(None),
        None if privileged => return Ok(None),
        None | Some("builtin") => default(capabilities),
        Some(path) => {
            let text = fs::read_to_string(path).map_err(|error| format!("the seccomp file `{path}`: {error}"))?;
            file::read(&text, capabilities).map_err(|error| format!("the seccomp file `{path}`: {error}"))?
        }
    };
    Ok(Some(compile(&profile)))
}

/// Docker's default for a container with these capabilities.
fn default(capabilities: u64) -> Profile {
    let has = |capability: u8| capabilities & (1 << capability) != 0;
    let mut rules = Vec::new();
    let mut rule = |name: &'static str, number: Option<i64>, conditions: Vec<Condition>, action: Action| {
        rules.push(Rule { name, number, conditions, action });
    };
    let is_open = |when: When| match when {
        When::Always => true,
        When::Any(wanted) => wanted.iter().any(|capability| has(*capability)),
        When::Never | When::Special => false,
    };
    for (name, number, when) in table::all() {
        if is_open(when) {
            rule(name, number, Vec::new(), Action::Allow);
        }
    }
    for persona in PERSONALITIES {
        let is = Condition { argument: 0, operator: Operator::Equal, value: persona };
        rule("personality", Some(libc::SYS_personality), vec![is], Action::Allow);
    }
    let other = Condition { argument: 0, operator: Operator::Unequal, value: AF_VSOCK };
    rule("socket", Some(libc::SYS_socket), vec![other], Action::Allow);
    let (clone, clone3) = (Some(libc::SYS_clone), Some(libc::SYS_clone3));
    if has(table::SYS_ADMIN) {
        rule("clone", clone, Vec::new(), Action::Allow);
        rule("clone3", clone3, Vec::new(), Action::Allow);
    } else {
        let none = Condition { argument: 0, operator: Operator::Masked(CLONE_NEW), value: 0 };
        rule("clone", clone, vec![none], Action::Allow);
        // Its flags are behind a pointer that no filter can follow; libraries fall back to clone.
        rule("clone3", clone3, Vec::new(), Action::Errno(UNKNOWN));
    }
    Profile { default: Action::Errno(REFUSED), rules, x86: RUNS_X86, x32: RUNS_X86 }
}

/// Loads a program into the calling thread, for good. Needs `SYS_ADMIN` or `no_new_privs`.
///
/// # Errors
/// What the kernel says.
#[allow(unsafe_code, reason = "rustix has no seccomp")]
pub(crate) fn load(program: &[bpf::Instruction]) -> io::Result<()> {
    let length = u16::try_from(program.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let program = libc::sock_fprog { len: length, filter: program.as_ptr().cast_mut().cast() };
    // SAFETY: `program` points to `length` instructions that live until the call has copied them, and that have the
    // layout of the kernel's; it does not write to them.
    let done = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCKERS: u64 = 0xa804_25fb;

    fn allowed(capabilities: u64) -> Vec<&'static str> {
        let is_allowed = |rule: &Rule| rule.conditions.is_empty() && rule.action == Action::Allow;
        default(capabilities).rules.into_iter().filter(is_allowed).map(|rule| rule.name).collect()
    }

    #[test]
    fn capabilities_open_their_calls() {
        let plain = allowed(DOCKERS);
        for name in ["read", "execve", "ptrace", "chroot"] {
            assert!(plain.contains(&name), "{name}");
        }
        for name in ["mount", "unshare", "setns", "clone3", "reboot", "bpf", "keyctl", "io_uring_setup", "kexec_load"] {
            assert!(!plain.contains(&name), "{name}");
        }
        let admin = allowed(DOCKERS | 1 << table::SYS_ADMIN);
        for name in ["mount", "unshare", "setns", "clone3"] {
            assert!(admin.contains(&name), "{name}");
        }
        assert!(!admin.contains(&"keyctl"));
        assert!(allowed(DOCKERS | 1 << 22).contains(&"reboot"));
    }

    #[test]
    fn what_is_asked_for_is_compiled() {
        let compiled = |options: &[&str], privileged| {
            let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
            filter(&options, privileged, DOCKERS).map(|filter| filter.is_some())
        };
        assert_eq!(compiled(&[], false), Ok(true));
        assert_eq!(compiled(&[], true), Ok(false));
        assert_eq!(compiled(&["seccomp=unconfined"], false), Ok(false));
        assert!(compiled(&["seccomp=/nowhere.json"], false).unwrap_err().contains("/nowhere.json"));
    }

    #[test]
    fn names_are_told_once() {
        let mut names: Vec<_> = table::all().map(|(name, ..)| name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
