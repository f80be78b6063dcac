use super::*;

fn route(command: &[&str]) -> Route {
    Route {
        command: command.iter().map(OsString::from).collect(),
        user: Some("ops".into()),
        host: "build-7".into(),
        port: Some(2222),
        socket: Some("/run/it's.sock".into()),
        timeout: Duration::from_secs(10),
    }
}

#[test]
fn ssh_is_told_never_to_ask_and_the_far_shell_gets_its_words_quoted() {
    let arguments = route(&["ssh"]).arguments();
    let line: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
    let line = line.join(" ");
    assert!(line.contains("-o BatchMode=yes"));
    assert!(line.contains("-o ConnectTimeout=10"));
    assert!(
        line.ends_with(r"-l ops -p 2222 -- build-7 docker --host 'unix:///run/it'\''s.sock' system dial-stdio"),
        "{line}"
    );
}

#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn the_ninth_connection_waits_and_is_then_refused() {
    let room = Arc::new(Semaphore::new(LIMIT));
    let route = route(&["sh", "-c", "cat"]);
    let mut open = Vec::new();
    for _ in 0..LIMIT {
        open.push(dial(route.clone(), Arc::clone(&room)).await.unwrap());
    }
    let refused = dial(route.clone(), Arc::clone(&room)).await.err().unwrap();
    assert_eq!(refused.to_string(), "ssh to `ops@build-7`: all 8 connections are in use");
    open.pop();
    assert!(dial(route, room).await.is_ok());
}

#[cfg(unix)]
#[tokio::test]
async fn an_end_after_an_answer_is_an_ordinary_end() {
    let room = Arc::new(Semaphore::new(LIMIT));
    let route = route(&["sh", "-c", "printf answer; echo noise >&2; exit 1"]);
    let mut stream = dial(route, room).await.unwrap();
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await.unwrap();
    assert_eq!(heard, "answer");
}

#[cfg(unix)]
#[tokio::test]
async fn an_ssh_that_says_very_much_is_read_to_its_last_line() {
    let room = Arc::new(Semaphore::new(LIMIT));
    let script = "i=0; while [ $i -lt 5000 ]; do echo 'banner line of some length' >&2; i=$((i+1)); done; \
                  echo 'Permission denied (publickey).' >&2; exit 255";
    let mut stream = dial(route(&["sh", "-c", script]), room).await.unwrap();
    let error = stream.read_to_string(&mut String::new()).await.unwrap_err();
    let found = ConnectError::behind(&error).unwrap();
    assert!(matches!(found, ConnectError::Ssh { why: SshFailure::Denied, .. }), "{found}");
}
