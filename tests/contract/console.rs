//! Terminals into containers.

use futures_util::StreamExt;
use longshore::{
    backend::{Console, Size},
    model::{ContainerSpec, ExecSpec, Stream},
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
        heard.push_str(&String::from_utf8_lossy(&next(&mut console.output).await.bytes));
    }
    heard
}

/// Reads to the end.
async fn rest(console: &mut Console) -> String {
    let collect = async {
        let mut heard = String::new();
        while let Some(piece) = console.output.next().await {
            heard.push_str(&String::from_utf8_lossy(&piece.unwrap().bytes));
        }
        heard
    };
    tokio::time::timeout(PATIENCE, collect).await.expect("the console ends")
}

/// Reads to the end, standard output and standard error apart.
async fn apart(console: &mut Console) -> [String; 2] {
    let collect = async {
        let mut heard = [String::new(), String::new()];
        while let Some(piece) = console.output.next().await {
            let piece = piece.unwrap();
            heard[usize::from(piece.channel == Stream::Err)].push_str(&String::from_utf8_lossy(&piece.bytes));
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
    let looks =
        if stage.lacks("a size that counts at once: its service is told of it beside what is typed") { 50 } else { 1 };
    let script = format!("echo ready{}", "; read x; stty size".repeat(looks));
    let mut console = stage.engine().exec(&id, &shell(&script, true), SIZE).await.unwrap();
    read_until(&mut console, "ready").await;
    console.control.resize(Size { columns: 91, rows: 33 }).await.unwrap();
    let mut told = String::new();
    for _ in 0..looks {
        typed(&mut console, "\n").await;
        told = size(&mut console).await;
        if told == "33 91" {
            return;
        }
    }
    panic!("{told:?}");
}

/// What `stty size` tells: rows and columns, on a line of their own.
async fn size(console: &mut Console) -> String {
    let is_size = |line: &&str| line.split(' ').filter(|number| number.parse::<u16>().is_ok()).count() == 2;
    let mut heard = String::new();
    loop {
        heard.push_str(&read_until(console, "\n").await);
        if let Some(told) = heard.split_inclusive("\r\n").filter_map(|line| line.strip_suffix("\r\n")).find(is_size) {
            return told.to_owned();
        }
    }
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

pub(crate) async fn outputs_are_told_apart_without_a_terminal(stage: &Stage) {
    let id = stage.running("apart").await;
    let mut console = stage.engine().exec(&id, &shell("echo out; echo err >&2", false), SIZE).await.unwrap();
    assert_eq!(apart(&mut console).await, ["out\n", "err\n"]);
}

pub(crate) async fn a_run_is_heard_from_its_first_word_to_its_code(stage: &Stage) {
    let id = stage.engine().create(&stage.spec("run", "echo first; echo bad >&2; exit 5")).await.unwrap();
    let mut console = stage.engine().run(&id, SIZE).await.unwrap();
    assert_eq!(apart(&mut console).await, ["first\n", "bad\n"]);
    assert_eq!(console.control.exit_code().await, Ok(Some(5)));
}

pub(crate) async fn a_run_that_vanishes_tells_its_code(stage: &Stage) {
    let spec = ContainerSpec { auto_remove: true, ..stage.spec("runrm", "echo last; exit 6") };
    let id = stage.engine().create(&spec).await.unwrap();
    let mut console = stage.engine().run(&id, SIZE).await.unwrap();
    assert_eq!(rest(&mut console).await, "last\n");
    assert_eq!(console.control.exit_code().await, Ok(Some(6)));
    assert_eq!(stage.listed(&id).await, None);
}

pub(crate) async fn a_run_reads_its_input_to_the_end(stage: &Stage) {
    let spec = ContainerSpec { stdin: true, stdin_once: true, ..stage.spec("runcat", "cat") };
    let id = stage.engine().create(&spec).await.unwrap();
    let mut console = stage.engine().run(&id, SIZE).await.unwrap();
    typed(&mut console, "ping\n").await;
    console.input.shutdown().await.unwrap();
    assert_eq!(rest(&mut console).await, "ping\n");
    assert_eq!(console.control.exit_code().await, Ok(Some(0)));
}

pub(crate) async fn what_cannot_be_run_says_why(stage: &Stage) {
    let spec = ContainerSpec { command: vec!["no-such-program".into()], ..stage.spec("norun", "") };
    let id = stage.engine().create(&spec).await.unwrap();
    let Err(error) = stage.engine().run(&id, SIZE).await else { panic!("it ran") };
    assert!(error.to_string().contains("executable file not found"), "{error}");
}

pub(crate) async fn a_process_left_alone_runs_on(stage: &Stage) {
    let id = stage.running("alone").await;
    stage.engine().exec_detached(&id, &shell("sleep 611", false)).await.unwrap();
    let processes = stage.engine().processes(&id).await.unwrap();
    assert!(processes.iter().any(|process| process.command.ends_with("sleep 611")), "{processes:?}");
}
