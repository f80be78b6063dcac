//! Which devices a container may use, on version 2 of cgroups: there is no file for it there, but a small program that
//! the kernel runs at each use. Knows no spec.

use std::{
    fs::File,
    io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd},
    path::Path,
};

/// What may be done with which devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allowed {
    /// Block devices; character devices otherwise.
    pub(crate) block: bool,
    /// Only this major number.
    pub(crate) major: Option<u32>,
    /// Only this minor number.
    pub(crate) minor: Option<u32>,
    /// Of `r`, `w` and `m` what may be done.
    pub(crate) access: String,
}

/// An instruction as the kernel has it (linux/bpf.h, `struct bpf_insn`).
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Instruction {
    code: u8,
    registers: u8,
    offset: i16,
    immediate: i32,
}

// Opcodes (Documentation/bpf/standardization/instruction-set.rst).
const LOAD_WORD: u8 = 0x61;
const MOVE: u8 = 0xb7;
const COPY: u8 = 0xbf;
const AND: u8 = 0x54;
const SHIFT_RIGHT: u8 = 0x74;
const JUMP_UNLESS: u8 = 0x56;
const EXIT: u8 = 0x95;

// What the kernel tells in its context and what for (linux/bpf.h, `struct bpf_cgroup_dev_ctx`).
const BLOCK: i32 = 1;
const CHARACTER: i32 = 2;
const MAKE: i32 = 1;
const READ: i32 = 2;
const WRITE: i32 = 4;

// Registers: the result, the context or a scratch, access, kind, major, minor.
const RESULT: u8 = 0;
const SCRATCH: u8 = 1;
const ACCESS: u8 = 2;
const KIND: u8 = 3;
const MAJOR: u8 = 4;
const MINOR: u8 = 5;

const fn instruction(code: u8, to: u8, from: u8, offset: i16, immediate: i32) -> Instruction {
    Instruction { code, registers: from << 4 | to, offset, immediate }
}

/// The program that allows these and nothing else.
fn program(allowed: &[Allowed]) -> Vec<Instruction> {
    let mut all = vec![
        // The first word has the kind in its lower half and the access in its upper.
        instruction(LOAD_WORD, ACCESS, SCRATCH, 0, 0),
        instruction(COPY, KIND, ACCESS, 0, 0),
        instruction(AND, KIND, 0, 0, 0xffff),
        instruction(SHIFT_RIGHT, ACCESS, 0, 0, 16),
        instruction(LOAD_WORD, MAJOR, SCRATCH, 4, 0),
        instruction(LOAD_WORD, MINOR, SCRATCH, 8, 0),
    ];
    for rule in allowed {
        all.extend(one(rule));
    }
    all.extend([instruction(MOVE, RESULT, 0, 0, 0), instruction(EXIT, 0, 0, 0, 0)]);
    all
}

/// Ends with "yes" when the rule fits, and goes on behind it otherwise.
fn one(rule: &Allowed) -> Vec<Instruction> {
    let bits = [('m', MAKE), ('r', READ), ('w', WRITE)];
    let may: i32 = bits.iter().filter(|(letter, _)| rule.access.contains(*letter)).map(|(_, bit)| bit).sum();
    let kind = if rule.block { BLOCK } else { CHARACTER };
    let mut tests = vec![vec![instruction(JUMP_UNLESS, KIND, 0, 0, kind)]];
    tests.push(vec![
        instruction(COPY, SCRATCH, ACCESS, 0, 0),
        instruction(AND, SCRATCH, 0, 0, !may),
        instruction(JUMP_UNLESS, SCRATCH, 0, 0, 0),
    ]);
    for (register, number) in [(MAJOR, rule.major), (MINOR, rule.minor)] {
        tests.extend(number.map(|number| vec![instruction(JUMP_UNLESS, register, 0, 0, number.cast_signed())]));
    }
    let mut all: Vec<Instruction> = tests.into_iter().flatten().collect();
    all.extend([instruction(MOVE, RESULT, 0, 0, 1), instruction(EXIT, 0, 0, 0, 0)]);
    let length = all.len();
    for (at, jump) in all.iter_mut().enumerate().filter(|(_, instruction)| instruction.code == JUMP_UNLESS) {
        // Counted from the instruction behind the jump. A rule has ten at most.
        jump.offset = i16::try_from(length - at - 1).unwrap_or(0);
    }
    all
}

/// Lets the processes in this folder of a version 2 tree use these devices and no others.
///
/// # Errors
/// What the kernel says.
pub(crate) fn restrict(folder: &Path, allowed: &[Allowed]) -> io::Result<()> {
    let folder = File::open(folder)?;
    let program = load(&program(allowed))?;
    attach(&folder, &program)
}

const PROG_LOAD: i32 = 5;
const PROG_ATTACH: i32 = 8;
const CGROUP_DEVICE_PROGRAM: u32 = 15;
const CGROUP_DEVICE_ATTACHMENT: u32 = 6;
/// Other programs in this and in higher cgroups count too: all must agree.
const ALLOW_MULTI: u32 = 2;

/// The beginning of `union bpf_attr` for each of the two calls.
#[repr(C)]
struct LoadAttributes {
    kind: u32,
    count: u32,
    instructions: u64,
    license: u64,
}

#[repr(C)]
struct AttachAttributes {
    target: u32,
    program: u32,
    kind: u32,
    flags: u32,
}

#[allow(unsafe_code, reason = "there is no other way to bpf(2)")]
fn load(program: &[Instruction]) -> io::Result<OwnedFd> {
    let license = c"MIT";
    let attributes = LoadAttributes {
        kind: CGROUP_DEVICE_PROGRAM,
        count: u32::try_from(program.len()).map_err(|_| io::ErrorKind::InvalidInput)?,
        instructions: program.as_ptr() as u64,
        license: license.as_ptr() as u64,
    };
    // SAFETY: the kernel reads `attributes` of the size that it is told and what its two pointers lead to, all of
    // which live until the call returns.
    let fd = unsafe { libc::syscall(libc::SYS_bpf, PROG_LOAD, &raw const attributes, size_of::<LoadAttributes>()) };
    let fd = i32::try_from(fd).ok().filter(|fd| *fd >= 0).ok_or_else(io::Error::last_os_error)?;
    // SAFETY: the call has just opened it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

#[allow(unsafe_code, reason = "there is no other way to bpf(2)")]
fn attach(folder: &File, program: &OwnedFd) -> io::Result<()> {
    let attributes = AttachAttributes {
        target: folder.as_raw_fd().unsigned_abs(),
        program: program.as_raw_fd().unsigned_abs(),
        kind: CGROUP_DEVICE_ATTACHMENT,
        flags: ALLOW_MULTI,
    };
    // SAFETY: the kernel only reads `attributes`, of the size that it is told.
    let done =
        unsafe { libc::syscall(libc::SYS_bpf, PROG_ATTACH, &raw const attributes, size_of::<AttachAttributes>()) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        fs,
        io::Write,
        process::{Command, Stdio},
    };

    /// Where a tree of version 2 is: alone, or beside those of version 1.
    fn tree() -> Option<&'static Path> {
        let places = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].map(Path::new);
        places.into_iter().find(|place| place.join("cgroup.controllers").exists())
    }

    #[test]
    fn the_kernel_allows_what_is_listed_and_nothing_else() {
        let Some(tree) = tree().filter(|_| rustix::process::geteuid().is_root()) else {
            let _ = writeln!(io::stderr(), "SKIPPED: no cgroups of version 2, or no root");
            assert!(std::env::var("LONGSHORE_CI").as_deref() != Ok("1"), "LONGSHORE_CI=1 forbids to skip");
            return;
        };
        let folder = tree.join(format!("longshore-devices-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let rule =
            |minor, access: &str| Allowed { block: false, major: Some(1), minor: Some(minor), access: access.into() };
        restrict(&folder, &[rule(3, "rwm"), rule(5, "r")]).unwrap();
        let line = format!(
            "echo 0 > {}/cgroup.procs && : </dev/null && echo null-read; : >/dev/null && echo null-written
             (: </dev/zero) && echo zero-read; (: >/dev/zero) && echo zero-written; (: </dev/full) && echo full-read; :",
            folder.display()
        );
        let told = Command::new("sh").args(["-c", &line]).stdin(Stdio::null()).output().unwrap();
        fs::remove_dir(&folder).unwrap();
        assert_eq!(String::from_utf8(told.stdout).unwrap(), "null-read\nnull-written\nzero-read\n");
    }
}
