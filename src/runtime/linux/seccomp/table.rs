//! The system calls of Linux and when a container may make them: the facts of Docker's default profile. Knows no
//! filter.

/// When a container may make a call.
#[derive(Clone, Copy, Debug)]
pub(super) enum When {
    /// Always.
    Always,
    /// When it has any of these capabilities.
    Any(&'static [u8]),
    /// Some of its uses; said in code.
    Special,
    /// Never by default. Told only so that a profile of the user's can name it.
    Never,
}

/// A call's name, its number and when it may be made.
pub(super) type Call = (&'static str, i64, When);

/// Calls by when they may be made, with their numbers from the C library's headers.
macro_rules! calls {
    ($($when:expr => [$($name:ident)*];)*) => {
        [$(&[$((stringify!($name).split_at(4).1, libc::$name, $when)),*] as &[Call]),*]
    };
}

const DAC_READ_SEARCH: u8 = 2;
const SYS_MODULE: u8 = 16;
const SYS_RAWIO: u8 = 17;
const SYS_CHROOT: u8 = 18;
const SYS_PTRACE: u8 = 19;
const SYS_PACCT: u8 = 20;
pub(super) const SYS_ADMIN: u8 = 21;
const SYS_BOOT: u8 = 22;
const SYS_NICE: u8 = 23;
pub(super) const SYS_TIME: u8 = 25;
const SYS_TTY_CONFIG: u8 = 26;
const SYSLOG: u8 = 34;
const PERFMON: u8 = 38;
const BPF: u8 = 39;

/// Those that every architecture has.
const COMMON: &[&[Call]] = &calls! {
    When::Always => [
        SYS_accept SYS_accept4 SYS_adjtimex SYS_bind SYS_brk SYS_capget SYS_capset SYS_chdir SYS_clock_adjtime
        SYS_clock_getres SYS_clock_gettime SYS_clock_nanosleep SYS_close SYS_close_range SYS_connect
        SYS_copy_file_range SYS_dup SYS_dup3 SYS_epoll_create1 SYS_epoll_ctl SYS_epoll_pwait SYS_epoll_pwait2
        SYS_eventfd2 SYS_execve SYS_execveat SYS_exit SYS_exit_group SYS_faccessat SYS_faccessat2 SYS_fadvise64
        SYS_fallocate SYS_fanotify_mark SYS_fchdir SYS_fchmod SYS_fchmodat SYS_fchown SYS_fchownat SYS_fcntl
        SYS_fdatasync SYS_fgetxattr SYS_flistxattr SYS_flock SYS_fremovexattr SYS_fsetxattr SYS_fstat
        SYS_fstatfs SYS_fsync SYS_ftruncate SYS_futex SYS_get_robust_list SYS_getcpu SYS_getcwd SYS_getdents64
        SYS_getegid SYS_geteuid SYS_getgid SYS_getgroups SYS_getitimer SYS_getpeername SYS_getpgid SYS_getpid
        SYS_getppid SYS_getpriority SYS_getrandom SYS_getresgid SYS_getresuid SYS_getrusage SYS_getsid
        SYS_getsockname SYS_getsockopt SYS_gettid SYS_gettimeofday SYS_getuid SYS_getxattr SYS_inotify_add_watch
        SYS_inotify_init1 SYS_inotify_rm_watch SYS_io_cancel SYS_io_destroy SYS_io_getevents SYS_io_setup
        SYS_io_submit SYS_ioctl SYS_ioprio_get SYS_ioprio_set SYS_kill SYS_landlock_add_rule
        SYS_landlock_create_ruleset SYS_landlock_restrict_self SYS_lgetxattr SYS_linkat SYS_listen SYS_listxattr
        SYS_llistxattr SYS_lremovexattr SYS_lseek SYS_lsetxattr SYS_madvise SYS_membarrier SYS_memfd_create
        SYS_mincore SYS_mkdirat SYS_mknodat SYS_mlock SYS_mlock2 SYS_mlockall SYS_mmap SYS_mprotect
        SYS_mq_getsetattr SYS_mq_notify SYS_mq_open SYS_mq_timedreceive SYS_mq_timedsend SYS_mq_unlink
        SYS_mremap SYS_msgctl SYS_msgget SYS_msgrcv SYS_msgsnd SYS_msync SYS_munlock SYS_munlockall SYS_munmap
        SYS_name_to_handle_at SYS_nanosleep SYS_newfstatat SYS_openat SYS_openat2 SYS_pidfd_open
        SYS_pidfd_send_signal SYS_pipe2 SYS_pkey_alloc SYS_pkey_free SYS_pkey_mprotect SYS_ppoll SYS_prctl
        SYS_pread64 SYS_preadv SYS_preadv2 SYS_prlimit64 SYS_process_vm_readv SYS_process_vm_writev SYS_pselect6
        SYS_ptrace SYS_pwrite64 SYS_pwritev SYS_pwritev2 SYS_read SYS_readahead SYS_readlinkat SYS_readv
        SYS_recvfrom SYS_recvmmsg SYS_recvmsg SYS_remap_file_pages SYS_removexattr SYS_renameat2
        SYS_restart_syscall SYS_rseq SYS_rt_sigaction SYS_rt_sigpending SYS_rt_sigprocmask SYS_rt_sigqueueinfo
        SYS_rt_sigreturn SYS_rt_sigsuspend SYS_rt_sigtimedwait SYS_rt_tgsigqueueinfo SYS_sched_get_priority_max
        SYS_sched_get_priority_min SYS_sched_getaffinity SYS_sched_getattr SYS_sched_getparam
        SYS_sched_getscheduler SYS_sched_rr_get_interval SYS_sched_setaffinity SYS_sched_setattr
        SYS_sched_setparam SYS_sched_setscheduler SYS_sched_yield SYS_seccomp SYS_semctl SYS_semget SYS_semop
        SYS_semtimedop SYS_sendfile SYS_sendmmsg SYS_sendmsg SYS_sendto SYS_set_robust_list SYS_set_tid_address
        SYS_setfsgid SYS_setfsuid SYS_setgid SYS_setgroups SYS_setitimer SYS_setpgid SYS_setpriority
        SYS_setregid SYS_setresgid SYS_setresuid SYS_setreuid SYS_setsid SYS_setsockopt SYS_setuid SYS_setxattr
        SYS_shmat SYS_shmctl SYS_shmdt SYS_shmget SYS_shutdown SYS_sigaltstack SYS_signalfd4 SYS_socketpair
        SYS_splice SYS_statfs SYS_statx SYS_symlinkat SYS_sync SYS_syncfs SYS_sysinfo SYS_tee SYS_tgkill
        SYS_timer_create SYS_timer_delete SYS_timer_getoverrun SYS_timer_gettime SYS_timer_settime
        SYS_timerfd_create SYS_timerfd_gettime SYS_timerfd_settime SYS_times SYS_tkill SYS_truncate SYS_umask
        SYS_uname SYS_unlinkat SYS_utimensat SYS_vmsplice SYS_wait4 SYS_waitid SYS_write SYS_writev
    ];
    When::Any(&[DAC_READ_SEARCH]) => [
        SYS_open_by_handle_at
    ];
    When::Any(&[SYS_ADMIN]) => [
        SYS_fanotify_init SYS_fsconfig SYS_fsmount SYS_fsopen SYS_fspick SYS_lookup_dcookie SYS_mount
        SYS_mount_setattr SYS_move_mount SYS_open_tree SYS_quotactl SYS_setdomainname SYS_sethostname SYS_setns
        SYS_umount2 SYS_unshare
    ];
    When::Any(&[SYS_ADMIN, BPF]) => [
        SYS_bpf
    ];
    When::Any(&[SYS_ADMIN, PERFMON]) => [
        SYS_perf_event_open
    ];
    When::Any(&[SYS_ADMIN, SYSLOG]) => [
        SYS_syslog
    ];
    When::Any(&[SYS_BOOT]) => [
        SYS_reboot
    ];
    When::Any(&[SYS_CHROOT]) => [
        SYS_chroot
    ];
    When::Any(&[SYS_MODULE]) => [
        SYS_delete_module SYS_finit_module SYS_init_module
    ];
    When::Any(&[SYS_NICE]) => [
        SYS_get_mempolicy SYS_mbind SYS_set_mempolicy
    ];
    When::Any(&[SYS_PACCT]) => [
        SYS_acct
    ];
    When::Any(&[SYS_PTRACE]) => [
        SYS_kcmp SYS_pidfd_getfd SYS_process_madvise
    ];
    When::Any(&[SYS_TIME]) => [
        SYS_clock_settime SYS_settimeofday
    ];
    When::Any(&[SYS_TTY_CONFIG]) => [
        SYS_vhangup
    ];
    When::Special => [
        SYS_clone SYS_clone3 SYS_personality SYS_socket
    ];
    When::Never => [
        SYS_add_key SYS_io_uring_enter SYS_io_uring_register SYS_io_uring_setup SYS_kexec_file_load
        SYS_kexec_load SYS_keyctl SYS_migrate_pages SYS_move_pages SYS_nfsservctl SYS_pivot_root SYS_request_key
        SYS_swapoff SYS_swapon SYS_userfaultfd
    ];
};

/// Those that only this architecture has, or has under another number.
#[cfg(target_arch = "x86_64")]
const OWN: &[&[Call]] = &calls! {
    When::Always => [
        SYS_access SYS_alarm SYS_arch_prctl SYS_chmod SYS_chown SYS_creat SYS_dup2 SYS_epoll_create
        SYS_epoll_ctl_old SYS_epoll_wait SYS_epoll_wait_old SYS_eventfd SYS_fork SYS_futimesat
        SYS_get_thread_area SYS_getdents SYS_getpgrp SYS_getrlimit SYS_inotify_init SYS_lchown SYS_link
        SYS_lstat SYS_mkdir SYS_mknod SYS_modify_ldt SYS_open SYS_pause SYS_pipe SYS_poll SYS_readlink
        SYS_rename SYS_renameat SYS_rmdir SYS_select SYS_set_thread_area SYS_setrlimit SYS_signalfd SYS_stat
        SYS_symlink SYS_sync_file_range SYS_time SYS_unlink SYS_utime SYS_utimes SYS_vfork
    ];
    When::Any(&[SYS_RAWIO]) => [
        SYS_ioperm SYS_iopl
    ];
    When::Never => [
        SYS__sysctl SYS_sysfs SYS_uselib SYS_ustat
    ];
};
/// Those that the headers do not have, by their numbers; from 424 on these are the same on all architectures.
const NEWER: &[Call] = &[
    ("quotactl_fd", 443, When::Any(&[SYS_ADMIN])),
    ("memfd_secret", 447, When::Always),
    ("process_mrelease", 448, When::Always),
    ("futex_waitv", 449, When::Always),
    ("set_mempolicy_home_node", 450, When::Any(&[SYS_NICE])),
    ("cachestat", 451, When::Always),
    ("fchmodat2", 452, When::Always),
    ("map_shadow_stack", 453, When::Always),
    ("futex_wake", 454, When::Always),
    ("futex_wait", 455, When::Always),
    ("futex_requeue", 456, When::Always),
    ("mseal", 462, When::Always),
    ("setxattrat", 463, When::Always),
    ("getxattrat", 464, When::Always),
    ("listxattrat", 465, When::Always),
    ("removexattrat", 466, When::Always),
];
#[cfg(target_arch = "x86_64")]
const NEWER_OWN: &[Call] = &[("io_pgetevents", 333, When::Always), ("uretprobe", 335, When::Always)];
#[cfg(target_arch = "aarch64")]
const NEWER_OWN: &[Call] = &[
    ("getrlimit", 163, When::Always),
    ("io_pgetevents", 292, When::Always),
    ("renameat", 38, When::Always),
    ("setrlimit", 164, When::Always),
    ("sync_file_range", 84, When::Always),
];
#[cfg(not(target_arch = "x86_64"))]
const OWN: &[&[Call]] = &[];
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const NEWER_OWN: &[Call] = &[];

/// All calls of programs of this machine's kind.
fn calls() -> impl Iterator<Item = &'static Call> {
    COMMON.iter().chain(OWN).copied().flatten().chain(NEWER).chain(NEWER_OWN)
}

/// All calls by their names; without a number those that only 32-bit programs have.
pub(super) fn all() -> impl Iterator<Item = (&'static str, Option<i64>, When)> {
    let only = super::x86::only().filter(|_| super::RUNS_X86).map(|(name, when)| (name, None, when));
    calls().map(|(name, number, when)| (*name, Some(*number), *when)).chain(only)
}

/// A call by its name, and its number here; `None` for one that this machine does not have or nobody knew when this
/// was written.
pub(super) fn find(name: &str) -> Option<(&'static str, Option<i64>)> {
    all().find(|(known, ..)| *known == name).map(|(name, number, _)| (name, number))
}
