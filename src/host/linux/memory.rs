//! The memory of longshore's own process. Knows nothing of containers.

use std::{fs, io};

use rustix::mm::{Advice, madvise};

/// From this size on, in bytes, a block is given back to the system as soon as it is free.
const LARGE: i32 = 256 << 10;

/// Keeps large blocks apart from small ones: an engine's answer of many megabytes would otherwise leave a hole in the
/// heap that stays ours. One heap serves all threads, for there are few and they allocate little at a time.
#[allow(unsafe_code, reason = "mallopt is a C function")]
pub(in crate::host) fn keep_large_blocks_apart() {
    #[cfg(target_env = "gnu")]
    for (parameter, value) in [(libc::M_MMAP_THRESHOLD, LARGE), (libc::M_TRIM_THRESHOLD, LARGE), (libc::M_ARENA_MAX, 1)]
    {
        // SAFETY: mallopt takes two numbers and changes nothing but how later calls of malloc choose their memory.
        if unsafe { libc::mallopt(parameter, value) } == 0 {
            tracing::debug!(parameter, value, "malloc does not take a parameter");
        }
    }
}

/// Lets go of the code that only the start has needed: the kernel reads a page of it again from its file's cache when
/// it is run once more. On a host with many consoles open that is memory for others.
///
/// # Errors
/// When the mappings cannot be read.
pub(in crate::host) fn release_code() -> io::Result<()> {
    for line in fs::read_to_string("/proc/self/maps")?.lines() {
        if let Some((begin, end)) = code(line) {
            release(begin, end);
        }
    }
    Ok(())
}

/// Begin and end of a mapping of a file's code, or of the constants that come before it at the file's begin:
/// `BEGIN-END r-xp OFFSET DEVICE INODE PATH` (proc(5)). What else can only be read now was written by the loader.
fn code(line: &str) -> Option<(usize, usize)> {
    let mut words = line.split_ascii_whitespace();
    let (begin, end) = words.next()?.split_once('-')?;
    let (rights, offset) = (words.next()?, words.next()?);
    let is_clean = rights == "r-xp" || (rights == "r--p" && offset.bytes().all(|digit| digit == b'0'));
    let is_code = is_clean && words.nth(2)?.starts_with('/');
    let number = |hex| usize::from_str_radix(hex, 16).ok();
    Some((number(begin)?, number(end)?)).filter(|_| is_code)
}

#[allow(unsafe_code, reason = "madvise takes an address")]
fn release(begin: usize, end: usize) {
    // SAFETY: the range is a private mapping of a file that is never written to, as `code` chose it; its pages are
    // the file's, and the kernel maps the same ones again at the next fetch.
    let released = unsafe { madvise(begin as *mut _, end - begin, Advice::LinuxDontNeed) };
    if let Err(error) = released {
        tracing::debug!(%error, "code pages stay");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_of_files_is_let_go() {
        assert_eq!(code("1000-3000 r-xp 00204000 fe:00 53254 /usr/bin/longshore"), Some((0x1000, 0x3000)));
        assert_eq!(code("1000-3000 rw-p 00204000 fe:00 53254 /usr/bin/longshore"), None);
        assert_eq!(code("1000-3000 r--p 00204000 fe:00 53254 /usr/bin/longshore"), None);
        assert_eq!(code("1000-3000 r--p 00000000 fe:00 53254 /usr/bin/longshore"), Some((0x1000, 0x3000)));
        assert_eq!(code("1000-3000 r-xp 00000000 00:00 0 [vdso]"), None);
        assert_eq!(code("1000-3000 r-xp 00000000 00:00 0"), None);
    }

    #[test]
    fn code_that_was_let_go_still_runs() {
        release_code().unwrap();
        assert_eq!((1..=3).map(|n| n.to_string()).collect::<Vec<_>>().join(","), "1,2,3");
    }
}
