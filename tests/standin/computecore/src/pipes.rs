//! Pipes between a process and who started it: named ones of Windows, whose outer ends are overlapped as HCS's are.

use std::{
    fs::File,
    io::{Read, Write},
    os::windows::io::FromRawHandle,
};

use standin_core::{Script, Step};
use windows_sys::Win32::{
    Foundation::{GENERIC_READ, GENERIC_WRITE, INVALID_HANDLE_VALUE},
    Storage::FileSystem::{CreateFileW, FILE_FLAG_OVERLAPPED, OPEN_EXISTING, PIPE_ACCESS_DUPLEX},
    System::Pipes::{CreateNamedPipeW, PIPE_TYPE_BYTE, PIPE_WAIT},
};

use crate::{
    shared::{GLANCE, lock, notify, tell, wait, world},
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

/// A process of which the pipes are used.
pub(crate) struct Player {
    pub(crate) id: String,
    pub(crate) pid: u32,
    /// Whether it has a console.
    pub(crate) tty: bool,
    pub(crate) pipes: [Option<File>; 3],
}

impl Player {
    /// Does what a process does with its pipes, on a thread, and ends it.
    pub(crate) fn play(mut self, script: Script, line: &str) {
        let line = line.to_owned();
        std::thread::spawn(move || {
            let code = match script {
                Script::Echo => self.copy(),
                Script::Say(code) => {
                    let said = line.splitn(3, ' ').nth(2).unwrap_or_default().to_owned();
                    // The same words on both.
                    self.print(said.as_bytes(), false);
                    self.print(said.as_bytes(), true);
                    Some(code)
                }
                _ => {
                    standin_core::script(&line).unwrap_or_default().iter().find_map(|step| self.take(step)).or(Some(0))
                }
            };
            // Its own ends are closed before anybody hears of its end.
            self.pipes = [None, None, None];
            if let Some(code) = code {
                let tellings = lock().world.exit(&self.id, self.pid, code);
                notify();
                tell(tellings);
            }
        });
    }

    /// Takes a step; its code when it ends by that.
    fn take(&mut self, step: &Step) -> Option<u32> {
        match step {
            Step::Print(bytes, is_error) => self.print(bytes, *is_error),
            Step::Copy => drop(self.copy()),
            Step::ReadLine => drop(self.line()),
            Step::Size => {
                let (rows, columns) = lock().world.process(&self.id, self.pid).map_or((0, 0), |process| process.size);
                self.print(format!("{rows} {columns}\n").as_bytes(), false);
            }
            Step::Sleep => {
                let mut inner = lock();
                while inner.world.is_alive(self.pid) {
                    inner = wait(inner, GLANCE);
                }
                return Some(0);
            }
            Step::Exit(code) => return Some(*code),
        }
        None
    }

    /// A console has one output, and its own ends of lines.
    fn print(&mut self, bytes: &[u8], is_error: bool) {
        let text = String::from_utf8_lossy(bytes);
        let text = if self.tty { text.replace('\n', "\r\n") } else { text.into_owned() };
        if let Some(stream) = &mut self.pipes[if is_error && !self.tty { 2 } else { 1 }] {
            let _ = stream.write_all(text.as_bytes());
        }
    }

    /// What is typed up to the end of a line; a console shows it.
    fn line(&mut self) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        let mut byte = [0];
        while let Some(input) = &mut self.pipes[0]
            && matches!(input.read(&mut byte), Ok(1..))
        {
            line.push(byte[0]);
            if byte[0] == b'\n' {
                break;
            }
        }
        if self.tty {
            self.print(&line.clone(), false);
        }
        (!line.is_empty() && line[0] != 0x1a).then_some(line)
    }

    /// Until either end is gone.
    fn copy(&mut self) -> Option<u32> {
        if self.tty {
            while let Some(line) = self.line() {
                self.print(&line, false);
            }
            return Some(0);
        }
        let mut buffer = [0; 512];
        while let Some(input) = &mut self.pipes[0]
            && let Ok(count @ 1..) = input.read(&mut buffer)
        {
            self.print(&buffer[..count], false);
        }
        Some(0)
    }
}
