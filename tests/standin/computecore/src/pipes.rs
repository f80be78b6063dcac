//! Pipes between a process and who started it: named ones of Windows, whose outer ends are overlapped as HCS's are.

use std::{
    fs::File,
    io::{Read, Write},
    os::windows::io::FromRawHandle,
};

use standin_core::Script;
use windows_sys::Win32::{
    Foundation::{GENERIC_READ, GENERIC_WRITE, INVALID_HANDLE_VALUE},
    Storage::FileSystem::{CreateFileW, FILE_FLAG_OVERLAPPED, OPEN_EXISTING, PIPE_ACCESS_DUPLEX},
    System::Pipes::{CreateNamedPipeW, PIPE_TYPE_BYTE, PIPE_WAIT},
};

use crate::{
    shared::{lock, notify, tell, world},
    text::wide,
};

/// A pipe: our end, and the caller's as a number; `None` when the system refuses.
pub(crate) fn pipe(name: &str) -> Option<(File, usize)> {
    let path = wide(&format!(r"\\.\pipe\standin-{}-{:x}-{name}", std::process::id(), world()));
    // SAFETY: the path ends with a zero; no security attributes are allowed.
    let ours = unsafe {
        CreateNamedPipeW(
            path.as_ptr(),
            PIPE_ACCESS_DUPLEX,
            PIPE_TYPE_BYTE | PIPE_WAIT,
            1,
            4096,
            4096,
            0,
            std::ptr::null(),
        )
    };
    if ours == INVALID_HANDLE_VALUE {
        return None;
    }
    // SAFETY: the handle was just made and is nobody else's.
    let ours = unsafe { File::from_raw_handle(ours) };
    let access = GENERIC_READ | GENERIC_WRITE;
    // SAFETY: as above; neither attributes nor a template are allowed.
    let theirs = unsafe {
        CreateFileW(
            path.as_ptr(),
            access,
            0,
            std::ptr::null(),
            OPEN_EXISTING,
            FILE_FLAG_OVERLAPPED,
            std::ptr::null_mut(),
        )
    };
    (theirs != INVALID_HANDLE_VALUE).then_some((ours, theirs as usize))
}

/// Does what a process does with its pipes, and ends it.
pub(crate) fn play(id: String, pid: u32, script: Script, line: &str, [input, output, error]: [Option<File>; 3]) {
    let said = line.split_once(' ').and_then(|(_, rest)| rest.split_once(' ')).map(|(_, text)| text.to_owned());
    let play = move || {
        let code = match script {
            Script::Echo => {
                if let (Some(mut input), Some(mut output)) = (input, output) {
                    copy(&mut input, &mut output);
                }
                0
            }
            Script::Say(code) => {
                // The same words on both.
                for mut stream in [output, error].into_iter().flatten() {
                    let _ = stream.write_all(said.as_deref().unwrap_or_default().as_bytes());
                }
                code
            }
            _ => return,
        };
        let tellings = lock().world.exit(&id, pid, code);
        notify();
        tell(tellings);
    };
    std::thread::spawn(play);
}

/// Until either end is gone.
fn copy(from: &mut File, to: &mut File) {
    let mut buffer = [0; 512];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
}
