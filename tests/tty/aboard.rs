//! The story of the engine aboard, from an empty host to an empty host, by keys alone.

use std::{
    io::Read,
    net::{TcpListener, TcpStream},
    time::Duration,
};

use crate::{
    arena::Arena,
    engines::{self, IMAGE, unique},
    stage::Stage,
};

/// Says a word in its log, and the same to everybody who connects.
const SERVER: &str = r#"sh -c "echo ahoy | tee /word; while true; do nc -l -p 80 < /word; done""#;

/// What is said at a port of this host, if anybody answers.
fn said_at(port: u16) -> Option<String> {
    let mut line = TcpStream::connect(("127.0.0.1", port)).ok()?;
    line.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut said = String::new();
    let _ = line.read_to_string(&mut said);
    (!said.is_empty()).then_some(said)
}

#[test]
fn an_image_is_pulled_run_looked_into_published_and_removed_with_no_engine_but_our_own() {
    let (Some(registry), Some(arena)) = (engines::registry(), Arena::empty()) else { return };
    let image = format!("{registry}/{IMAGE}");
    let (name, port) = (unique("story"), TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port());
    let folder = arena.folder().to_str().unwrap();
    let mut console = Stage::new(&["--embedded", "--data-root", folder, "--view", "images"]).open();
    console.wait_for("longshore");

    console.press("n");
    console.wait_for("Pull");
    console.press(&format!("{image}\r"));
    console.wait_for(&format!("`{image}` pulled"));

    console.press("2n");
    console.wait_for("New container");
    console.press(&format!("\x15{image}\t{name}\t{SERVER}\x13"));
    console.wait_for("created and started");
    console.wait_row(&name, &["running"]);

    console.press("l");
    console.wait_for("ahoy");
    console.press("q");
    console.wait_row(&name, &["running"]);
    console.press("e");
    console.wait_for("no shell reads this line");
    console.press("\r");
    console.wait_for("/ #");
    console.press("cat /wo*; exit 3\r");
    console.wait_for("ended with 3");
    console.press("\r");
    console.wait_row(&name, &["running"]);

    console.press("7n");
    console.wait_for("Publish ports");
    console.press(&format!("\t127.0.0.1:{port}:80\x13"));
    console.wait_row(&format!("127.0.0.1:{port}"), &["up"]);
    assert_eq!(said_at(port).as_deref(), Some("ahoy\n"));
    console.press("x");
    console.wait_for("Close");
    console.press("y");
    console.wait_no_row(&format!("127.0.0.1:{port}"));
    assert_eq!(said_at(port), None, "it is closed");

    console.press("2x");
    console.wait_for("it runs: it is killed first");
    console.press("y");
    console.wait_no_row(&name);
    console.quit();
}
