//! The form that makes a container.

use longshore::backend::{EngineError, fake::Call};

use crate::story::Shore;

/// The form, with a name typed.
async fn form(name: &str) -> Shore {
    let mut shore = Shore::on("containers").await;
    shore.choose("web-1").await.press("n").await.sees("New container").press("down").await.type_text(name).await;
    shore
}

#[tokio::test(start_paused = true)]
async fn a_port_that_leads_elsewhere_is_told_before_the_engine_is_asked() {
    let mut shore = form("front").await;
    shore.press("down down down").await.type_text("8080:80").await.press("ctrl-s").await;
    shore.sees("port 8080/tcp of the host leads to `web-1` already").sees("New container");
    assert!(shore.engine.called(Call::Create).is_empty());
    shore.retype("9090:80").await.press("ctrl-s").await.sees("`front` created and started").press("esc").await;
    shore.sees_row(&["front", "running", "nginx:1.27", "9090→80"]);
    shore.press("7").await.sees_row(&["*:9090", "front:80/tcp", "up"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_is_said_in_its_field() {
    let mut shore = form("web-1").await;
    shore.press("ctrl-s").await.sees("another container is called `web-1`").retype("front").await;
    shore.press("down down").await.type_text("=1").await.press("ctrl-s").await.sees("New container").retype("").await;
    shore.press("down").await.type_text("70000:80").await.press("ctrl-s").await.sees("`70000` is no port: 1 to 65535");
    shore.retype("").await.press("down").await.type_text("data:var").await.press("ctrl-s").await.sees("a whole path");
    assert!(shore.engine.called(Call::Create).is_empty());
    shore.press("esc esc").await.misses("New container");
}

#[tokio::test(start_paused = true)]
async fn the_docker_command_that_does_the_same_is_shown() {
    let mut shore = form("front").await;
    shore.press("down down").await.type_text("MODE='very calm'").await.press("down").await.type_text("9090:80").await;
    shore
        .press("ctrl-o")
        .await
        .sees("docker run")
        .sees("--name front")
        .sees("--env 'MODE=very")
        .sees("calm' nginx:1.27");
    shore.press("ctrl-o").await.misses("docker run");
}

#[tokio::test(start_paused = true)]
async fn what_is_only_made_does_not_run() {
    let mut shore = form("front").await;
    shore.press("up up up").await.sees("started as soon as it is made").press("space ctrl-s").await;
    shore.sees("`front` created").misses("created and started").press("esc").await.sees_row(&["front", "created"]);
    assert!(shore.engine.called(Call::Start).is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_the_engine_refuses_is_told_in_its_words_and_nothing_typed_is_lost() {
    let mut shore = form("front").await;
    let error = EngineError::NotFound { tried: "create `front`".into(), why: "no such image: nginx:1.27".into() };
    shore.engine.fail_next(Call::Create, error);
    shore.press("ctrl-s").await.sees("cannot create `front`: no such image: nginx:1.27");
    shore.press("esc").await.sees("New container").sees("front").sees("no such image").type_text("ier").await;
    shore.press("ctrl-s").await.sees("`frontier` created and started").misses("New container");
}

#[tokio::test(start_paused = true)]
async fn what_was_typed_is_thrown_away_only_when_asked_twice() {
    let mut shore = form("front").await;
    shore.press("esc").await.sees("Esc again throws away what was typed").press("down up").await;
    shore.misses("Esc again").press("esc esc").await.misses("New container");
    shore.press("n").await.sees("New container").press("esc").await.misses("New container");
}

#[tokio::test(start_paused = true)]
async fn what_quits_leaves_a_form_first_as_esc_does() {
    let mut shore = form("front").await;
    shore.press("ctrl-c").await.sees("again throws away what was typed").press("ctrl-c").await;
    shore.misses("New container").press("/").await.type_text("web").await.press("ctrl-c").await;
    shore.sees("sort state").misses("/web");
}

#[tokio::test(start_paused = true)]
async fn a_form_can_be_left_while_the_engine_is_at_it() {
    let mut shore = form("front").await;
    shore.engine.hang(Call::Create);
    shore.press("ctrl-s").await.sees("the engine is at it").type_text("x").await.press("esc").await;
    shore.misses("New container").sees("create `front`");
}
