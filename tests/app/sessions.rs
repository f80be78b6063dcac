//! What an operator does with sessions: look at their processes, signal them, start and come back to terminals.

use longshore::backend::fake::Call;

use crate::story::Shore;

#[tokio::test(start_paused = true)]
async fn a_sessions_processes_are_a_tree() {
    let mut shore = Shore::on("sessions").await;
    shore.choose("web-1").await.sees("3 processes").sees_row(&["1000", "root", "nginx -g daemon off;"]);
    shore.sees_row(&["1002", "nginx", "└─ nginx: worker process"]);
}

#[tokio::test(start_paused = true)]
async fn a_signal_to_a_session_asks_first() {
    let mut shore = Shore::on("sessions").await;
    shore.choose("psql").await.press("K").await.sees("Signal to process 50002").type_text("TERM").await;
    shore.press("enter").await.sees("goes to this process alone").press("n").await;
    assert!(shore.engine.called(Call::Signal).is_empty());
    shore.press("K").await.type_text("TERM").await.press("enter y").await.sees("process 50002 got");
    shore.press("esc").await.misses("psql");
}

#[tokio::test(start_paused = true)]
async fn a_signal_to_a_main_session_is_one_to_the_container() {
    let mut shore = Shore::on("sessions").await;
    shore.choose("api").await.press("K").await.type_text("KILL").await.press("enter y").await;
    assert_eq!(shore.engine.called(Call::Kill), ["api"]);
    shore.press("esc").await.misses("node server.js");
}

#[tokio::test(start_paused = true)]
async fn a_terminal_is_left_running_and_come_back_to() {
    let mut shore = Shore::on("sessions").await;
    shore.choose("web-1").await.press("e").await.sees("Run in `web-1`").press("enter").await;
    shore.type_text("echo ahoy").await.press("enter").await.sees("ahoy").press("ctrl-]").await.misses("ahoy");
    shore.sees_row(&["web-1", "exec", "sh"]);
    shore.press("a").await.sees("open terminal: come back to it").press("enter").await.sees("ahoy");
    shore.type_text("exit 3").await.press("enter").await.sees("ended with 3").press("enter").await.misses("ahoy");
    shore.sees("1 of 7 shown").sees("3 processes");
}

#[tokio::test(start_paused = true)]
async fn a_frozen_containers_sessions_are_not_entered() {
    let mut shore = Shore::on("sessions").await;
    shore.choose("worker").await.press("e").await.sees("cannot exec").misses("Run in");
    assert!(shore.engine.called(Call::Exec).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_session_leads_to_its_container_and_groups_by_it() {
    let mut shore = Shore::on("sessions").await;
    shore.press("f").await.sees_row(&["db", "2"]);
    shore.choose("psql").await.press("J").await.sees("Containers ─").sees("╭ db ─");
}
