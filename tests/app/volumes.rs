//! What an operator does with volumes: make, remove, prune, and find those who use them.

use longshore::{
    backend::fake::{Call, FakeEngine},
    model::{Caps, Feature},
};

use crate::story::Shore;

#[tokio::test(start_paused = true)]
async fn a_volume_is_made_and_its_name_is_checked_before() {
    let mut shore = Shore::on("volumes").await;
    shore.press("n").await.sees("New volume").type_text("a b").await.press("ctrl-s").await.sees("New volume");
    shore.retype("backups").await.press("ctrl-s").await.sees("there is a volume `backups` already");
    assert!(shore.engine.called(Call::CreateVolume).is_empty());
    shore.retype("cargo").await.press("up up").await.type_text("hold").await.press("ctrl-s").await.misses("created");
    shore.retype("hold=2").await.press("ctrl-s").await.sees("`cargo` created").sees_row(&["cargo", "named", "local"]);
    shore.choose("cargo").await.press("tab tab tab").await.sees_row(&["label", "hold=2"]);
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

#[tokio::test(start_paused = true)]
async fn a_volume_s_files_are_a_tree_that_is_read_folder_by_folder() {
    let mut shore = Shore::on("volumes").await;
    shore.choose("backups").await.press("b").await.sees_row(&["-rw-r--r--", "README"]).misses("monday");
    let asked = |shore: &Shore| shore.engine.called(Call::BrowseVolume).len();
    assert_eq!(asked(&shore), 1);
    shore.press("enter").await.sees_row(&["1 B", "monday.sql.gz"]).sees_row(&["2 B", "sunday.sql.gz"]);
    assert_eq!(asked(&shore), 2);
    shore.press("down down").await.press("c").await.sees("copied `/2026-11/sunday.sql.gz`");
    shore.press("left left").await.misses("monday").press("esc esc").await.sees("shop_db");
    shore.choose("/srv").await.press("b").await.sees("it is a path of the host, not a volume of the engine");
}

#[tokio::test(start_paused = true)]
async fn a_volume_is_backed_up_to_a_file_and_restored_from_it_after_a_question() {
    let folder = tempfile::tempdir().unwrap();
    let tar = folder.path().join("b.tar").display().to_string();
    let mut shore = Shore::on("volumes").await;
    shore.choose("backups").await.press("B").await.sees("Back up `backups` to a tar").retype(&tar).await;
    shore.press("enter").await.sees("volume `backups` backed up to").press("B").await.retype(&tar).await;
    shore.press("enter").await.sees("it is there already: type another name").press("esc esc").await;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);

    shore.press("n").await.type_text("other").await.press("ctrl-s").await.sees("`other` created");
    shore.choose("other").await.press("U").await.sees("Restore `other` from a tar").retype(&tar).await;
    shore.press("enter").await.sees("Restore volume `other` from").sees("is lost for good").press("n").await;
    assert!(shore.engine.called(Call::RestoreVolume).is_empty(), "it was not granted");
    shore.press("enter").await.press("y").await.sees("volume `other` restored").press("esc").await;
    shore.press("b").await.sees("README").press("esc").await;

    shore.choose("other").await.press("U").await.retype("/no/such.tar").await.press("enter y").await;
    shore.sees("cannot read `/no/such.tar`");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_done_with_a_volume_says_why() {
    let mut shore = Shore::on("volumes").await;
    shore.choose("shop_db").await.press("U").await.sees("`db` runs and has it mounted");
    let engine = FakeEngine::new();
    engine.set_caps(Caps::without([(Feature::VolumeFiles, "not here"), (Feature::VolumeArchives, "nor this")]));
    let mut shore = Shore::with(engine, "volumes", 100, 30).await;
    shore.choose("backups").await.press("B").await.sees("cannot back up `backups`: nor this");
    shore.press("U").await.sees("cannot restore `backups`: nor this");
    shore.press("b").await.sees("cannot look into `backups`: not here");
    assert!(shore.engine.called(Call::BrowseVolume).is_empty());
}
