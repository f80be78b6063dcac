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

/// Lets go of the code and constants that only the start has needed: the kernel reads a page of them again from their
/// file's cache when it is used once more. On a host with many consoles open that is memory for others.
///
/// Holes in the heap go too.
///
/// # Errors
/// When the mappings cannot be read.
pub(in crate::host) fn release_start() -> io::Result<()> {
    let mut mappings = clean(&fs::read_to_string("/proc/self/smaps")?);
    // The table itself leaves a hole.
    trim_heap();
    // What runs from here on comes back at once, and 16 pages around it: the code that does this goes last.
    let here = release as *const () as usize;
    let own = mappings.iter().position(|(begin, end)| (*begin..*end).contains(&here));
    let own = own.map(|at| mappings.swap_remove(at));
    for (begin, end) in mappings {
        release(begin, end);
    }
    if let Some((begin, end)) = own {
        release(begin, end);
    }
    Ok(())
}

#[allow(unsafe_code, reason = "malloc_trim is a C function")]
fn trim_heap() {
    #[cfg(target_env = "gnu")]
    // SAFETY: malloc_trim gives pages back to the system in which nothing is allocated.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Begin and end of the mappings of files that cannot be written to and never were, not even by the loader; from a
/// table of proc_pid_smaps(5): `BEGIN-END r-xp OFFSET DEVICE INODE PATH`, then lines of `NAME: NUMBER kB`.
fn clean(smaps: &str) -> Vec<(usize, usize)> {
    let mut clean = Vec::new();
    let mut mapping = None;
    for line in smaps.lines() {
        match line.strip_prefix("Anonymous:") {
            Some(written) => clean.extend(mapping.take().filter(|_| written.trim() == "0 kB")),
            None => mapping = read_only(line).or(mapping),
        }
    }
    clean
}

fn read_only(line: &str) -> Option<(usize, usize)> {
    let mut words = line.split_ascii_whitespace();
    let (begin, end) = words.next()?.split_once('-')?;
    let rights = words.next()?;
    let is_of_a_file = words.nth(3)?.starts_with('/');
    let number = |hex| usize::from_str_radix(hex, 16).ok();
    Some((number(begin)?, number(end)?)).filter(|_| is_of_a_file && matches!(rights, "r-xp" | "r--p"))
}

#[allow(unsafe_code, reason = "madvise takes an address")]
fn release(begin: usize, end: usize) {
    // SAFETY: the range is a private mapping of a file that is never written to, as `clean` chose it; its pages are
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
    fn only_what_was_never_written_is_let_go() {
        let smaps =
            |mapping: &str, written: u32| format!("{mapping}\nRss: 8 kB\nAnonymous: {written} kB\nSwap: 0 kB\n");
        let code = smaps("1000-3000 r-xp 00204000 fe:00 53254 /usr/bin/longshore", 0);
        let constants = smaps("4000-5000 r--p 00404000 fe:00 53254 /usr/bin/longshore", 0);
        assert_eq!(clean(&(code + &constants)), [(0x1000, 0x3000), (0x4000, 0x5000)]);
        for kept in [
            smaps("1000-3000 r--p 00204000 fe:00 53254 /usr/bin/longshore", 4),
            smaps("1000-3000 rw-p 00204000 fe:00 53254 /usr/bin/longshore", 0),
            smaps("1000-3000 r-xs 00204000 fe:00 53254 /usr/bin/longshore", 0),
            smaps("1000-3000 r-xp 00000000 00:00 0 [vdso]", 0),
            smaps("1000-3000 r-xp 00000000 00:00 0", 0),
            smaps("1000-3000 r--p 00204000 fe:00 53254 /usr/bin/longshore", 4) + &smaps("5000-6000 rw-p 0 00:00 0", 0),
        ] {
            assert_eq!(clean(&kept), [], "{kept}");
        }
    }

    #[test]
    fn code_that_was_let_go_still_runs() {
        release_start().unwrap();
        assert_eq!((1..=3).map(|n| n.to_string()).collect::<Vec<_>>().join(","), "1,2,3");
    }
}
