//! Terminals into containers.

use futures_util::StreamExt;
use longshore::{
    backend::{Console, Size},
    model::{ContainerSpec, ExecSpec},
};
use tokio::io::AsyncWriteExt;

use crate::stage::{PATIENCE, Stage, next};

const SIZE: Size = Size { columns: 80, rows: 24 };

fn shell(script: &str, tty: bool) -> ExecSpec {
    ExecSpec { command: ["sh", "-c", script].map(str::to_owned).into(), tty, ..ExecSpec::default() }
}

/// Reads until `wanted` was printed; gives all that was.
async fn read_until(console: &mut Console, wanted: &str) -> String {
    let mut heard = String::new();
    while !heard.contains(wanted) {
        heard.push_str(&String::from_utf8_lossy(&next(&mut console.output).await));
    }
    heard
}

/// Reads to the end.
async fn rest(console: &mut Console) -> String {
    let collect = async {
        let mut heard = String::new();
        while let Some(piece) = console.output.next().await {
            heard.push_str(&String::from_utf8_lossy(&piece.unwrap()));
        }
        heard
    };
    tokio::time::timeout(PATIENCE, collect).await.expect("the console ends")
}

async fn typed(console: &mut Console, text: &str) {
    console.input.write_all(text.as_bytes()).await.unwrap();
    console.input.flush().await.unwrap();
}

pub(crate) async fn an_exec_prints_and_ends_with_its_code(stage: &Stage) {
    let id = stage.running("exec").await;
    for tty in [false, true] {
        let mut console = stage.engine().exec(&id, &shell("echo out; exit 3", tty), SIZE).await.unwrap();
        assert_eq!(rest(&mut console).await, if tty { "out\r\n" } else { "out\n" });
        assert_eq!(console.control.exit_code().await, Ok(Some(3)));
    }
}

pub(crate) async fn an_exec_hears_what_is_typed(stage: &Stage) {
    let id = stage.running("cat").await;
    let mut console = stage.engine().exec(&id, &shell("cat", false), SIZE).await.unwrap();
    typed(&mut console, "ping\n").await;
    assert_eq!(read_until(&mut console, "\n").await, "ping\n");
    console.input.shutdown().await.unwrap();
    assert_eq!(rest(&mut console).await, "");
    assert_eq!(console.control.exit_code().await, Ok(Some(0)));
}

pub(crate) async fn a_terminal_has_the_size_it_was_given(stage: &Stage) {
    let id = stage.running("size").await;
    let mut console = stage.engine().exec(&id, &shell("echo ready; read x; stty size", true), SIZE).await.unwrap();
    read_until(&mut console, "ready").await;
    console.control.resize(Size { columns: 91, rows: 33 }).await.unwrap();
    typed(&mut console, "\n").await;
    let heard = rest(&mut console).await;
    assert!(heard.contains("33 91"), "{heard:?}");
}

pub(crate) async fn attaching_reaches_the_main_process(stage: &Stage) {
    let spec = ContainerSpec { tty: true, stdin: true, start: true, ..stage.spec("attach", "cat") };
    let id = stage.engine().create(&spec).await.unwrap();
    let mut console = stage.engine().attach(&id, SIZE).await.unwrap();
    typed(&mut console, "hello\n").await;
    // Once echoed by the terminal, once printed by the program.
    let heard = read_until(&mut console, "hello\r\nhello\r\n").await;
    assert!(heard.ends_with("hello\r\n"), "{heard:?}");
}
