//! Figures to compare builds by; `cargo test --release --test compute figures -- --ignored --nocapture` prints them.

use std::{
    fs,
    time::{Duration, Instant},
};

use longshore::model::State;

use crate::stage::stage;

#[tokio::test]
#[ignore = "measures, and proves nothing"]
async fn a_run_to_its_end_and_the_memory_of_monitors() {
    let Some(stage) = stage() else { return };
    let mut runs: Vec<Duration> = Vec::new();
    for _ in 0..15 {
        let brief = stage.container("", |order| {
            order.process.args = vec!["true".into()];
            order.spec.auto_remove = true;
        });
        let begun = Instant::now();
        assert_eq!(brief.run().await.2, Some(0));
        runs.push(begun.elapsed());
    }
    runs.sort();
    println!("run `true` to exit and clean: median {:?}, least {:?}, most {:?}", runs[7], runs[0], runs[14]);
    let containers: Vec<_> = (0..8).map(|_| stage.container("sleep 1000", |_| {})).collect();
    for container in &containers {
        container.start();
    }
    let of = |name: &str| {
        let each = containers.iter().map(|container| {
            let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", container.monitor())).unwrap();
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse::<u64>().unwrap()
        });
        each.sum::<u64>() / containers.len() as u64
    };
    println!("each of 8 monitors: PSS {} KiB, of it dirty {} KiB", of("Pss:"), of("Private_Dirty:"));
    for container in &containers {
        container.kill(9);
        container.wait_for(State::Exited(137));
    }
    stage.assert_clean();
}
