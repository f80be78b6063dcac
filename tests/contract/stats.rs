//! What a container uses.

use crate::stage::{Stage, next};

pub(crate) async fn a_running_container_is_measured(stage: &Stage) {
    let id = if stage.is_real() { stage.running("stats").await } else { stage.named("web-1").await };
    let mut samples = stage.engine().stats(&id).await.unwrap();
    let sample = next(&mut samples).await;
    assert!(sample.pids >= 1, "{sample:?}");
    assert!(sample.memory_limit.0 > 0 && sample.memory < sample.memory_limit, "{sample:?}");
    assert!((0.0..=100_000.0).contains(&sample.cpu_percent), "{sample:?}");
    let later = next(&mut samples).await;
    assert!(later.at > sample.at, "{sample:?} {later:?}");
}
