//! The story of the engine aboard, from an empty host to an empty host, by keys alone.

use std::{
    io::Read,
    net::{TcpListener, TcpStream},
    time::Duration,
};

use longshore::model::VolumeName;

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

#[test]
fn a_volume_is_filled_looked_into_backed_up_and_restored_by_keys() {
    let Some(arena) = Arena::empty() else { return };
    let runtime = arena.runtime();
    let volume = unique("kept");
    let data = runtime.volume_folder(&VolumeName::new(&volume));
    let tar = std::env::temp_dir().join(unique("backup")).with_extension("tar");
    let folder = arena.folder().to_str().unwrap();
    let mut console = Stage::new(&["--embedded", "--data-root", folder, "--view", "volumes"]).open();
    console.wait_for("no volumes");

    console.press("n");
    console.wait_for("New volume");
    console.press(&format!("{volume}\x13"));
    console.wait_row(&volume, &["named"]);
    std::fs::create_dir_all(data.join("logs")).unwrap();
    std::fs::write(data.join("logs/monday"), "ahoy").unwrap();

    console.press("b");
    console.wait_for("logs");
    console.press("\r");
    console.wait_for("monday");
    console.wait_for("-rw-r--r--");
    console.press("q");

    console.press("B");
    console.wait_for("not overwritten");
    console.press(&format!("\x15{}\r", tar.display()));
    console.wait_for("backed up to");
    std::fs::remove_dir_all(data.join("logs")).unwrap();

    console.press("U");
    console.wait_for("packed by gzip");
    console.press(&format!("\x15{}\r", tar.display()));
    console.wait_for("lost for good");
    console.press("y");
    console.wait_for("restored");
    let back = data.join("logs/monday");
    assert_eq!(std::fs::read_to_string(back).unwrap(), "ahoy");
    console.press("x");
    console.wait_for("Remove volume");
    console.press("y");
    console.wait_no_row(&volume);
    console.quit();
    std::fs::remove_file(tar).unwrap();
}
