//! The data root, however it is named.

use std::{path::Path, process::Command};

use crate::{shore::Shore, support::engines::IMAGE};

#[tokio::test]
async fn a_data_root_may_be_named_from_where_one_stands() {
    let Some(shore) = Shore::new().await else { return };
    let layout = shore.runtime().layout().clone();
    let (above, name) = (layout.data.parent().unwrap(), Path::new(layout.data.file_name().unwrap()));
    let mut command = Command::new(env!("CARGO_BIN_EXE_longshore"));
    command.current_dir(above).arg("--embedded").arg("--data-root").arg(name);
    let output = command.args(["run", "--rm", IMAGE, "echo", "here"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "here\n", "{}", String::from_utf8_lossy(&output.stderr));
}
