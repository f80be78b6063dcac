//! What an operator does with networks: make them with ranges that are free, and move containers in and out.

use longshore::backend::fake::Call;

use crate::story::Shore;

#[tokio::test(start_paused = true)]
async fn a_range_is_checked_and_reckoned_against_those_taken() {
    let mut shore = Shore::on("networks").await;
    shore.press("n").await.sees("New network").type_text("harbour").await.press("down down").await;
    shore.type_text("10.20.0.0").await.press("ctrl-s").await.sees("a subnet is an address and a prefix");
    shore.retype("10.20.0.7/24").await.press("ctrl-s").await.sees("the subnet is 10.20.0.0/24");
    shore.retype("172.20.8.0/24").await.press("ctrl-s").await.sees("which `shop_default` has");
    assert!(shore.engine.called(Call::CreateNetwork).is_empty());
    shore.retype("10.20.0.0/24").await.press("down").await.type_text("10.21.0.1").await.press("ctrl-s").await;
    shore.sees("it is not in 10.20.0.0/24").retype("10.20.0.1").await.press("ctrl-s").await;
    shore.sees("`harbour` created").sees_row(&["harbour", "bridge", "10.20.0.0/24", "10.20.0.1"]);
}

#[tokio::test(start_paused = true)]
async fn containers_are_connected_and_disconnected() {
    let mut shore = Shore::on("networks").await;
    shore.choose("shop_default").await.press("C").await.sees("Connect to shop_default").type_text("api").await;
    shore.press("enter").await.sees("`api` connected to `shop_default`").sees_row(&["shop_default", "3"]);
    shore.press("D").await.sees("Disconnect from shop_default").type_text("api").await.press("enter").await;
    shore.sees("its connections through this network break").press("y").await;
    shore.sees("`api` disconnected from `shop_default`").sees_row(&["shop_default", "2"]);
}

#[tokio::test(start_paused = true)]
async fn what_the_engine_made_or_somebody_is_in_does_not_go() {
    let mut shore = Shore::on("networks").await;
    shore.choose("bridge 172").await.press("x").await.sees("cannot remove `bridge`: the engine made it for itself");
    shore.choose("shop_default").await.press("x").await.sees("must be disconnected first");
    shore.choose("null").await.press("C").await.sees("`none` has no places");
    assert!(shore.engine.called(Call::RemoveNetwork).is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_nobody_is_in_is_pruned_or_removed_after_a_question() {
    let mut shore = Shore::on("networks").await;
    shore.press("P").await.sees("every network is in use or the engine's own");
    for name in ["quay", "pier"] {
        shore.press("n").await.type_text(name).await.press("ctrl-s").await.sees(&format!("`{name}` created"));
    }
    shore.choose("pier").await.press("x").await.sees("Remove network `pier`?").press("y").await;
    shore.sees("network `pier` removed").press("esc P").await.sees("· quay").press("y").await;
    shore.sees("unused networks pruned").misses("quay  ");
}

#[tokio::test(start_paused = true)]
async fn a_network_leads_to_those_in_it() {
    let mut shore = Shore::on("networks").await;
    shore.choose("shop_default").await.press("J").await.type_text("web-1").await.press("enter").await.sees("╭ web-1 ─");
}
