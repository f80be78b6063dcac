//! What an operator does with volumes: make, remove, prune, and find those who use them.

use longshore::backend::fake::Call;

use crate::story::Shore;

#[tokio::test(start_paused = true)]
async fn a_volume_is_made_and_its_name_is_checked_before() {
    let mut shore = Shore::on("volumes").await;
    shore.press("n").await.sees("New volume").type_text("a b").await.press("ctrl-s").await.sees("New volume");
    shore.retype("backups").await.press("ctrl-s").await.sees("there is a volume `backups` already");
    assert!(shore.engine.called(Call::CreateVolume).is_empty());
    shore.retype("cargo").await.press("up up").await.type_text("hold").await.press("ctrl-s").await.misses("created");
    shore.retype("hold=2").await.press("ctrl-s").await.sees("`cargo` created").sees_row(&["cargo", "named", "local"]);
    shore.choose("cargo").await.press("tab tab").await.sees_row(&["label", "hold=2"]);
}

#[tokio::test(start_paused = true)]
async fn a_volume_in_use_and_a_path_of_the_host_cannot_go() {
    let mut shore = Shore::on("volumes").await;
    shore.choose("shop_db").await.press("x").await.sees("cannot remove `shop_db`: `db` has it mounted");
    shore.choose("/srv").await.press("x").await.sees("it is a path of the host, not a volume of the engine");
    assert!(shore.engine.called(Call::RemoveVolume).is_empty());
}

#[tokio::test(start_paused = true)]
async fn removing_says_how_much_is_lost() {
    let mut shore = Shore::on("volumes").await;
    shore.choose("backups").await.press("x").await.sees("the data in it, 2.0 GiB, is lost for good").press("n").await;
    shore.sees_row(&["backups", "2.0 GiB"]).press("x y").await.sees("volume `backups` removed");
    shore.press("esc").await.misses("/backups/");
}

#[tokio::test(start_paused = true)]
async fn pruning_takes_the_anonymous_or_all_that_nobody_uses() {
    let mut shore = Shore::on("volumes").await;
    shore.press("P").await.sees_row(&["unused anonymous volumes", "1 of them, about 35 MiB"]);
    shore.sees_row(&["unused volumes", "3 of them, about 2.0 GiB"]).press("enter").await;
    shore.sees("Prune unused anonymous volumes?").sees("· 7831d9040f03").press("y").await.sees("1 went, 35 MiB freed");
    shore.sees("backups").press("P").await.sees("type 2").type_text("2").await.press("enter").await.sees("2 went");
    shore.misses("/backups/").sees_row(&["shop_db", "412 MiB"]).press("P").await.sees("no volume is unused");
}

#[tokio::test(start_paused = true)]
async fn a_volume_leads_to_who_uses_it() {
    let mut shore = Shore::on("volumes").await;
    shore.choose("shop_db").await.press("J").await.sees("Containers ─").sees("╭ db ─");
    shore.press("6").await.choose("backups").await.press("J").await.sees("no container has `backups` mounted");
}
