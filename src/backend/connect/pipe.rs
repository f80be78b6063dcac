//! Opens a named pipe of Windows.
//! Must not know what is spoken over it.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeClient};

use super::ConnectError;

/// `ERROR_PIPE_BUSY` of winerror.h: every instance of the pipe has its client just now.
const PIPE_BUSY: i32 = 231;

/// How long to wait before knocking again at a busy pipe.
const PAUSE: Duration = Duration::from_millis(20);

/// Opens the pipe; waits while it is busy, so the caller sets the limit.
pub(super) async fn open(pipe: String) -> Result<NamedPipeClient, ConnectError> {
    loop {
        match ClientOptions::new().open(&pipe) {
            Ok(client) => return Ok(client),
            Err(error) if error.raw_os_error() == Some(PIPE_BUSY) => tokio::time::sleep(PAUSE).await,
            Err(error) => {
                return Err(ConnectError::Pipe { pipe, source: Arc::new(error) });
            }
        }
    }
}
