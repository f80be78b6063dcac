use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

#[cfg(unix)]
use futures_util::StreamExt;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::model::endpoint::{Source, TlsFiles};

fn endpoint(address: &str) -> Endpoint {
    Endpoint::new("test", address.parse().unwrap(), Source::Flag)
}

/// Serves every connection of a loopback port with `serve`.
async fn listen<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> (Endpoint, u16)
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    (endpoint(&format!("tcp://127.0.0.1:{port}")), port)
}

/// Reads requests without a body, and answers each with what `answer` makes of its first line.
async fn answer_all(stream: TcpStream, answer: impl Fn(&str) -> String) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    while stream.read_line(&mut first).await? > 0 {
        let mut line = String::new();
        while stream.read_line(&mut line).await? > 2 {
            line.clear();
        }
        stream.write_all(answer(&first).as_bytes()).await?;
        first.clear();
    }
    Ok(())
}

fn answered(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
}

fn engine(version: &'static str) -> impl Fn(&str) -> String {
    move |first| {
        if first.starts_with("GET /_ping") {
            let headers = format!("Api-Version: {version}\r\nOstype: linux\r\nServer: Docker/20.10\r\n");
            return answered("200 OK", &headers, "OK");
        }
        // The path comes back as an error, which is the way to see what was asked.
        answered("404 Not Found", "", &format!("{{\"message\":\"{}\"}}", first.trim_end()))
    }
}

async fn path_asked(link: &Link) -> String {
    link.docker.info().await.unwrap_err().to_string()
}

#[tokio::test]
async fn an_older_engine_is_asked_in_its_own_version() {
    let (endpoint, _) = listen(|stream| answer_all(stream, engine("1.41"))).await;
    let link = connect(&endpoint, &Options::default()).await.unwrap();
    assert_eq!(link.greeting.spoken, Some(ApiVersion { major: 1, minor: 41 }));
    assert_eq!(link.greeting.os.as_deref(), Some("linux"));
    assert_eq!(link.greeting.server.as_deref(), Some("Docker/20.10"));
    assert!(path_asked(&link).await.contains("GET /v1.41/info HTTP"));
}

#[tokio::test]
async fn a_newer_engine_is_asked_in_the_newest_version_we_can_read() {
    let (endpoint, _) = listen(|stream| answer_all(stream, engine("1.999"))).await;
    let link = connect(&endpoint, &Options::default()).await.unwrap();
    assert_eq!(link.greeting.spoken, Some(ApiVersion::NEWEST));
    let wanted = format!("GET /v{}/info HTTP", ApiVersion::NEWEST);
    assert!(path_asked(&link).await.contains(&wanted));
}

#[tokio::test]
async fn one_connection_serves_one_request_after_another() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let (endpoint, _) = listen(move |stream| {
        counted.fetch_add(1, Ordering::SeqCst);
        answer_all(stream, engine("1.44"))
    })
    .await;
    let link = connect(&endpoint, &Options::default()).await.unwrap();
    path_asked(&link).await;
    path_asked(&link).await;
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

async fn failure(endpoint: &Endpoint) -> ConnectError {
    match connect(endpoint, &Options::default()).await {
        Ok(link) => panic!("connected: {:?}", link.greeting),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_port_on_which_nothing_listens_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = failure(&endpoint(&format!("tcp://127.0.0.1:{port}"))).await;
    assert!(error.to_string().starts_with(&format!("cannot connect to `127.0.0.1` on port {port}: ")), "{error}");
    assert!(error.hint().is_some());
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_takes_the_call_and_says_nothing_is_given_up() {
    let (endpoint, _) = listen(|mut stream| async move {
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.map(|_| ())
    })
    .await;
    let started = tokio::time::Instant::now();
    let error = failure(&endpoint).await;
    assert!(matches!(error, ConnectError::Timeout { .. }), "{error}");
    assert_eq!(started.elapsed(), Options::default().connect_timeout);
}

#[tokio::test]
async fn a_tls_port_spoken_to_without_tls_is_recognised() {
    let sentence = "Client sent an HTTP request to an HTTPS server.\n";
    let (endpoint, _) =
        listen(move |stream| answer_all(stream, move |_| answered("400 Bad Request", "", sentence))).await;
    let error = failure(&endpoint).await;
    assert!(matches!(error, ConnectError::WantsTls { .. }), "{error}");
}

#[tokio::test]
async fn another_web_server_is_not_taken_for_an_engine() {
    let page = |_: &str| answered("200 OK", "", "<html>welcome</html>");
    let (endpoint, _) = listen(move |stream| answer_all(stream, page)).await;
    let error = failure(&endpoint).await;
    assert!(matches!(error, ConnectError::NotAnEngine { status: 200, .. }), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_an_error_and_not_a_hang() {
    let (endpoint, _) = listen(|mut stream| async move { stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n").await }).await;
    let error = failure(&endpoint).await;
    assert!(matches!(error, ConnectError::Broken { .. }), "{error}");
}

#[tokio::test]
async fn tls_with_a_port_that_speaks_none_says_so() {
    let plain = |_: &str| answered("400 Bad Request", "", "");
    let (mut endpoint, _) = listen(move |mut stream| async move {
        let mut hello = [0; 64];
        stream.read_exact(&mut hello).await?;
        stream.write_all(plain("").as_bytes()).await
    })
    .await;
    endpoint.tls = Some(TlsFiles { verify: false, ..TlsFiles::default() });
    let error = failure(&endpoint).await;
    assert!(matches!(error, ConnectError::Tls { .. }), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("may not speak TLS")));
}

#[test]
fn tls_files_that_cannot_be_used_are_named() {
    let home = tempfile::tempdir().unwrap();
    let nonsense = home.path().join("cert.pem");
    std::fs::write(&nonsense, "not a certificate").unwrap();
    let refusal = |files: TlsFiles| {
        let mut endpoint = endpoint("tcp://127.0.0.1:2376");
        endpoint.tls = Some(files);
        client(&endpoint, &Options::default()).unwrap_err()
    };
    let unverified = TlsFiles { verify: false, ..TlsFiles::default() };

    let error = refusal(TlsFiles { ca: Some(home.path().join("none.pem")), ..TlsFiles::default() });
    assert!(error.to_string().contains("cannot read the TLS CA certificate") && error.to_string().contains("none.pem"));
    let error = refusal(TlsFiles { ca: Some(nonsense.clone()), ..TlsFiles::default() });
    assert!(error.to_string().contains("cert.pem` holds no CA certificate in PEM form"), "{error}");
    let error = refusal(TlsFiles { cert: Some(nonsense.clone()), ..unverified.clone() });
    assert!(matches!(error, ConnectError::TlsHalf { present: TlsPart::Certificate, missing: TlsPart::Key }));
    let error = refusal(TlsFiles { key: Some(nonsense), ..unverified });
    assert!(matches!(error, ConnectError::TlsHalf { present: TlsPart::Key, missing: TlsPart::Certificate }));
}

#[test]
fn the_engine_aboard_is_not_dialled() {
    let error = client(&endpoint("embedded:"), &Options::default()).unwrap_err();
    assert!(matches!(error, ConnectError::NotDialled { .. }));
}

#[cfg(unix)]
#[tokio::test]
async fn a_socket_that_is_missing_or_left_over_is_named() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("engine.sock");
    let endpoint = endpoint(&format!("unix://{}", path.display()));
    let missing = failure(&endpoint).await;
    assert!(missing.to_string().contains("engine.sock"), "{missing}");
    drop(tokio::net::UnixListener::bind(&path).unwrap());
    let left_over = failure(&endpoint).await;
    assert!(left_over.hint().is_some_and(|hint| hint.contains("leftover")));
}

/// Options under which `sh` runs `script` in place of ssh.
#[cfg(unix)]
fn ssh(script: &str) -> Options {
    Options { ssh: ["sh", "-c", script, "ssh"].map(OsString::from).into(), ..Options::default() }
}

#[cfg(unix)]
#[tokio::test]
async fn the_words_of_a_failing_ssh_become_the_error() {
    let options = ssh("echo 'Host key verification failed.' >&2; exit 255");
    let error = connect(&endpoint("ssh://ops@host"), &options).await.unwrap_err();
    assert_eq!(error.to_string(), "ssh to `ops@host`: the host's key is not known here");
    assert!(error.hint().is_some());
}

#[cfg(unix)]
#[tokio::test]
async fn a_missing_ssh_program_is_named() {
    let options = Options { ssh: vec!["/nonexistent/ssh".into()], ..Options::default() };
    let error = connect(&endpoint("ssh://host"), &options).await.unwrap_err();
    assert!(error.to_string().contains("there is no ssh program here"), "{error}");
}

/// A far engine in shell: answers the greeting, then hands an exec's stream back to its sender.
#[cfg(unix)]
const ECHO_ENGINE: &str = r#"
    while read -r verb path rest; do
        length=0
        while read -r line; do
            case "$line" in
                [Cc]ontent-[Ll]ength:*) length=$(echo "$line" | tr -dc 0-9) ;;
            esac
            [ "$line" = "$(printf '\r')" ] && break
        done
        [ "$length" -gt 0 ] && head -c "$length" >/dev/null
        case "$path" in
            */_ping) printf 'HTTP/1.1 200 OK\r\nApi-Version: 1.44\r\nContent-Length: 2\r\n\r\nOK' ;;
            *) printf 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n'; exec cat ;;
        esac
    done
"#;

#[cfg(unix)]
#[tokio::test]
async fn an_exec_stream_runs_both_ways_through_ssh_and_ends_with_its_input() {
    let link = connect(&endpoint("ssh://host"), &ssh(ECHO_ENGINE)).await.unwrap();
    let started = link.docker.start_exec("id", None).await.unwrap();
    let bollard::exec::StartExecResults::Attached { mut output, mut input } = started else {
        panic!("the exec is not attached");
    };
    // The engine's framing: stream 1, three zeros, and the length.
    input.write_all(b"\x01\0\0\0\0\0\0\x05hello").await.unwrap();
    input.flush().await.unwrap();
    let heard = output.next().await.unwrap().unwrap();
    assert_eq!(heard.into_bytes().as_ref(), b"hello");
    input.shutdown().await.unwrap();
    assert!(output.next().await.is_none());
}

#[cfg(unix)]
#[tokio::test]
async fn a_client_that_is_dropped_takes_its_ssh_process_along() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("pid");
    let script = format!("echo $$ > {}; {ECHO_ENGINE}", file.display());
    let link = connect(&endpoint("ssh://host"), &ssh(&script)).await.unwrap();
    let pid: i32 = std::fs::read_to_string(&file).unwrap().trim().parse().unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    assert!(rustix::process::test_kill_process(pid).is_ok());
    drop(link);
    let gone = async {
        while rustix::process::test_kill_process(pid).is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), gone).await.expect("ssh should have ended");
}

#[test]
fn the_ssh_command_may_come_from_the_environment() {
    let options = Options::default().with_ssh_command("ssh -F /tmp/config");
    assert_eq!(options.ssh, ["ssh", "-F", "/tmp/config"].map(OsString::from));
    assert_eq!(Options::default().with_ssh_command(" "), Options::default());
}
