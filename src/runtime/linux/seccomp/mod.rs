//! Which system calls a container may make: Docker's default, nothing at all, or a file in Docker's format, compiled
//! into programs of the kernel's. Knows neither spec nor process.

mod file;
mod table;

use std::{collections::BTreeMap, fs, io};

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};

use self::table::When;

/// What is done with a call that no rule is about, and with one that a newer C library only probes for.
const REFUSED: u32 = libc::EPERM as u32;
const UNKNOWN: u32 = libc::ENOSYS as u32;
/// Flags of clone(2) that make namespaces: without `SYS_ADMIN` none of them.
const CLONE_NEW: u64 = 0x7e02_0000;
/// `AF_VSOCK` reaches past all namespaces to the hypervisor.
const AF_VSOCK: u64 = 40;
/// Execution domains that change nothing dangerous: Linux, 32 bit, with old `uname`, and "tell me".
const PERSONALITIES: [u64; 5] = [0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff];
/// `SYS_ADMIN` by its number.
const SYS_ADMIN: u8 = 21;

/// Programs in the order in which they are to be loaded.
pub(crate) type Filters = Vec<BpfProgram>;

/// A rule: this call, under all of these conditions, is treated so.
#[derive(Clone, Debug)]
struct Rule {
    call: i64,
    conditions: Vec<Condition>,
    action: SeccompAction,
}

/// A condition on an argument of a call.
#[derive(Clone, Debug)]
struct Condition {
    argument: u8,
    operator: SeccompCmpOp,
    value: u64,
}

/// What is allowed.
#[derive(Clone, Debug)]
struct Profile {
    default: SeccompAction,
    rules: Vec<Rule>,
}

/// The programs for a container with these security options and capabilities; none for one that may do everything.
///
/// # Errors
/// What is wrong with the file that an option names, in a sentence.
pub(crate) fn filters(options: &[String], privileged: bool, capabilities: u64) -> Result<Filters, String> {
    let option = options.iter().rev().find_map(|option| option.strip_prefix("seccomp").and_then(|o| o.get(1..)));
    let profile = match option {
        Some("unconfined") => return Ok(Filters::new()),
        None if privileged => return Ok(Filters::new()),
        None | Some("builtin") => default(capabilities),
        Some(path) => {
            let text = fs::read_to_string(path).map_err(|error| format!("the seccomp file `{path}`: {error}"))?;
            file::read(&text, capabilities).map_err(|error| format!("the seccomp file `{path}`: {error}"))?
        }
    };
    compile(&profile).map_err(|error| format!("the seccomp profile cannot be compiled: {error}"))
}

/// Docker's default for a container with these capabilities.
fn default(capabilities: u64) -> Profile {
    let has = |capability: u8| capabilities & (1 << capability) != 0;
    let mut rules = Vec::new();
    let mut allow = |call: i64, conditions: Vec<Condition>| {
        rules.push(Rule { call, conditions, action: SeccompAction::Allow });
    };
    for (_, call, when) in table::calls() {
        match when {
            When::Always => allow(*call, Vec::new()),
            When::Any(wanted) if wanted.iter().any(|capability| has(*capability)) => allow(*call, Vec::new()),
            When::Any(_) | When::Never | When::Special => {}
        }
    }
    for persona in PERSONALITIES {
        let is = Condition { argument: 0, operator: SeccompCmpOp::Eq, value: persona };
        allow(libc::SYS_personality, vec![is]);
    }
    allow(libc::SYS_socket, vec![Condition { argument: 0, operator: SeccompCmpOp::Ne, value: AF_VSOCK }]);
    if has(SYS_ADMIN) {
        allow(libc::SYS_clone, Vec::new());
        allow(libc::SYS_clone3, Vec::new());
    } else {
        let none = Condition { argument: 0, operator: SeccompCmpOp::MaskedEq(CLONE_NEW), value: 0 };
        allow(libc::SYS_clone, vec![none]);
        // Its flags are behind a pointer that no filter can follow; libraries fall back to clone.
        let action = SeccompAction::Errno(UNKNOWN);
        rules.push(Rule { call: libc::SYS_clone3, conditions: Vec::new(), action });
    }
    Profile { default: SeccompAction::Errno(REFUSED), rules }
}

/// One program lets through what any rule is about and does the default with the rest; for each action but
/// "allow" one more does that. The kernel runs all and takes the sternest answer, the last loaded among equals.
fn compile(profile: &Profile) -> Result<Filters, seccompiler::BackendError> {
    let mut filters = Vec::new();
    if profile.default != SeccompAction::Allow {
        filters.push(program(&profile.default, &SeccompAction::Allow, profile.rules.iter())?);
    }
    let mut actions: Vec<&SeccompAction> = Vec::new();
    for rule in &profile.rules {
        if rule.action != SeccompAction::Allow && !actions.contains(&&rule.action) {
            actions.push(&rule.action);
        }
    }
    for action in actions {
        filters.push(program(&SeccompAction::Allow, action, profile.rules.iter().filter(|r| r.action == *action))?);
    }
    Ok(filters)
}

fn program<'a>(
    otherwise: &SeccompAction,
    matched: &SeccompAction,
    rules: impl Iterator<Item = &'a Rule>,
) -> Result<BpfProgram, seccompiler::BackendError> {
    let mut chains: BTreeMap<i64, Option<Vec<SeccompRule>>> = BTreeMap::new();
    for rule in rules {
        let chain = chains.entry(rule.call).or_insert_with(|| Some(Vec::new()));
        if rule.conditions.is_empty() {
            // One rule without conditions makes the others about the same call idle.
            *chain = None;
        } else if let Some(chain) = chain {
            let conditions = rule.conditions.iter().map(|condition| {
                let Condition { argument, operator, value } = condition.clone();
                SeccompCondition::new(argument, SeccompCmpArgLen::Qword, operator, value)
            });
            chain.push(SeccompRule::new(conditions.collect::<Result<_, _>>()?)?);
        }
    }
    let chains = chains.into_iter().map(|(call, chain)| (call, chain.unwrap_or_default())).collect();
    SeccompFilter::new(chains, otherwise.clone(), matched.clone(), ARCH)?.try_into()
}

#[cfg(target_arch = "x86_64")]
const ARCH: TargetArch = TargetArch::x86_64;
#[cfg(target_arch = "aarch64")]
const ARCH: TargetArch = TargetArch::aarch64;
#[cfg(target_arch = "riscv64")]
const ARCH: TargetArch = TargetArch::riscv64;

/// Loads a program into the calling thread, for good. Needs `SYS_ADMIN` or `no_new_privs`.
///
/// # Errors
/// What the kernel says.
#[allow(unsafe_code, reason = "seccompiler's own way to load sets no_new_privs, which must stay the user's choice")]
pub(crate) fn load(program: &BpfProgram) -> io::Result<()> {
    let length = u16::try_from(program.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let program = libc::sock_fprog { len: length, filter: program.as_ptr().cast_mut().cast() };
    // SAFETY: `program` points to `length` instructions that live until the call has copied them; the kernel
    // does not write to them. seccompiler's `sock_filter` has the layout of the kernel's.
    let done = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCKERS: u64 = 0xa804_25fb;

    fn allowed(capabilities: u64) -> Vec<&'static str> {
        let profile = default(capabilities);
        let is_allowed = |call: i64| {
            profile.rules.iter().any(|r| r.call == call && r.conditions.is_empty() && r.action == SeccompAction::Allow)
        };
        table::calls().filter(|(_, call, _)| is_allowed(*call)).map(|(name, ..)| *name).collect()
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
        let admin = allowed(DOCKERS | 1 << SYS_ADMIN);
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
            filters(&options, privileged, DOCKERS).map(|filters| filters.len())
        };
        assert_eq!(compiled(&[], false), Ok(2), "one that allows, one that says ENOSYS to clone3");
        assert_eq!(compiled(&[], true), Ok(0));
        assert_eq!(compiled(&["seccomp=unconfined"], false), Ok(0));
        assert!(compiled(&["seccomp=/nowhere.json"], false).unwrap_err().contains("/nowhere.json"));
    }

    #[test]
    fn names_are_told_once() {
        let mut names: Vec<_> = table::calls().map(|(name, ..)| *name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
