//! What comes from containers is shown and never obeyed: none of its sequences reaches the terminal.

use crate::engines;
use crate::stage::{Console, Stage};

/// A title, a clipboard, a device string, a question, a bell, another screen, and the cursor elsewhere.
const HOSTILE: &str =
    "\x1b]0;pwn\x07\x1b]52;c;cHdu\x07\x1bPpwn\x1b\\\x1b[6n\x07\x1b[?1049l\x1b[3;3Hpwn\u{9b}31mpwn\u{202e}";

/// As `printf` of a shell takes it.
const PRINTED: &str =
    r"\033]0;pwn\007\033]52;c;cHdu\007\033Ppwn\033\\\033[6n\007\033[?1049l\033[3;3Hpwn\302\23331mpwn\342\200\256";

fn is_unharmed(console: &Console) {
    for sequence in ["\x1b]", "\x07", "\x1bP", "\x1b[6n", "\x1b[?1049l", "\x1b[3;3Hpwn", "\u{9b}", "\u{202e}"] {
        assert!(!console.has_sent(sequence), "sent {sequence:?}");
    }
}

#[test]
fn labels_and_logs_are_shown_and_not_obeyed() {
    let Some(docker) = engines::docker() else { return };
    let (label, variable) = (format!("evil={HOSTILE}"), format!("EVIL={HOSTILE}"));
    let project = format!("com.docker.compose.project={HOSTILE}");
    let options = ["--network", "none", "--label", &label, "--label", &project, "--env", &variable];
    let script = format!("printf '{PRINTED}'; echo; echo the end; sleep 600; : '{HOSTILE}'");
    let container = docker.run("tty-hostile", &options, &["sh", "-c", &script]);
    let mut console = Stage::containers(docker.address(), container.name()).open();
    console.wait_row(container.name(), &["running"]);
    console.press("l");
    console.wait_for("the end");
    // It is not hidden either.
    console.wait_for("pwn");
    is_unharmed(&console);
    console.press("q");
    console.wait_row(container.name(), &["running"]);
    console.press("i");
    console.wait_for("Config");
    console.press("/EVIL");
    console.wait_for("EVIL=");
    console.press("\r");
    is_unharmed(&console);
    console.signal(rustix::process::Signal::TERM);
    console.ends_with(0);
}

#[test]
fn a_program_in_a_container_draws_in_its_pane_only() {
    let Some(docker) = engines::docker() else { return };
    let container = docker.run("tty-pane", &["--network", "none"], &["sleep", "600"]);
    let mut console = Stage::containers(docker.address(), container.name()).open();
    console.wait_row(container.name(), &["running"]);
    console.press("e");
    console.wait_for("no shell reads this line");
    console.press("\r");
    console.wait_for("/ #");
    console.press(&format!("printf '{PRINTED}'; echo; echo the e''nd\r"));
    console.wait_for("the end");
    is_unharmed(&console);
    console.press("exit\r");
    console.wait_for("ended");
    console.press("\r");
    console.wait_gone("Enter closes");
    console.quit();
}
