//! Terminals into containers aboard: a monitor's line as a console. Knows no screen.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;

use crate::{
    backend::{Console, ConsoleControl, EngineError, Printed, Result, Size},
    runtime::{
        host::Line,
        monitor::{client, frame::NOW},
    },
};

/// Everything that the process has printed and will.
pub(super) async fn open(tried: &'static str, line: Line, size: Size) -> Result<Console> {
    from(tried, line, 0, size).await
}

/// What it prints from now on.
pub(super) async fn open_now(tried: &'static str, line: Line, size: Size) -> Result<Console> {
    from(tried, line, NOW, size).await
}

async fn from(tried: &'static str, line: Line, from: u64, size: Size) -> Result<Console> {
    let session = client::Session::attach(line, from).await.map_err(|error| lost(tried, &error))?;
    let control = Control { control: session.control, tty: session.tty };
    // One that has ended already has no terminal any more: that is no error.
    if let Err(why) = control.resize(size).await {
        tracing::debug!(%why, "the first size was not taken");
    }
    let printed = session.output.map(|(channel, bytes)| Ok(Printed { channel, bytes: bytes.into() }));
    Ok(Console { input: Box::pin(session.input), output: Box::pin(printed), control: Arc::new(control) })
}

fn lost(tried: &str, error: &std::io::Error) -> EngineError {
    EngineError::Conflict { tried: tried.to_owned(), why: error.to_string() }
}

struct Control {
    control: client::Control,
    tty: bool,
}

#[async_trait]
impl ConsoleControl for Control {
    async fn resize(&self, size: Size) -> Result<()> {
        if !self.tty {
            return Ok(());
        }
        self.control.resize(size.columns, size.rows).await.map_err(|error| lost("resize the terminal", &error))
    }

    async fn exit_code(&self) -> Result<Option<i64>> {
        Ok(self.control.exit_code().await.map(i64::from))
    }
}
