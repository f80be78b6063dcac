//! Orders and looks: every column sorts, every theme shows the same words, ASCII is ASCII.

use longshore::{
    app::theme::{ColorDepth, Glyphs},
    backend::fake::FakeEngine,
};

use crate::story::Shore;

/// Keys of all dashboards.
pub(crate) const BOARDS: [&str; 13] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "f2", "f3", "f4"];

/// Makes jobs and events, good and bad ones.
async fn busy(shore: &mut Shore) {
    shore.press("2").await.choose("once").await.press("s").await.choose("api").await.press("s y esc").await;
    shore
        .press("3 n")
        .await
        .retype("no/such")
        .await
        .press("enter n")
        .await
        .retype("redis:7")
        .await
        .press("enter")
        .await;
}

#[tokio::test(start_paused = true)]
async fn every_column_sorts_both_ways_and_the_selection_stays() {
    let mut shore = Shore::on("containers").await;
    busy(&mut shore).await;
    for board in &BOARDS[1..12] {
        shore.press(board).await.press("down").await;
        let selected = shore.selected();
        for _ in 0..16 {
            shore.press("o").await;
            assert_eq!(shore.selected(), selected, "{}", shore.screen());
            shore.press("O").await;
            assert_eq!(shore.selected(), selected, "{}", shore.screen());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn in_ascii_everything_of_our_own_is_ascii() {
    let size = (120, 36);
    let mut shore =
        Shore::dressed(FakeEngine::new(), "containers", size, |theme| theme.with_glyphs(Glyphs::ASCII)).await;
    busy(&mut shore).await;
    let check = |shore: &Shore, keys: &str| {
        // The shop's own log has a word with an umlaut.
        let screen = shore.screen().replace("größe", "");
        let strange: Vec<char> = screen.chars().filter(|c| !c.is_ascii()).collect();
        assert!(strange.is_empty(), "after {keys}: {strange:?} in\n{screen}");
    };
    for board in BOARDS {
        for keys in
            [board, "enter", "tab", "tab", "tab", "tab", "tab", "tab", "esc", "o", "?", "esc", ":", "esc", "f9", "esc"]
        {
            shore.press(keys).await;
            check(&shore, &format!("{board} {keys}"));
        }
        for key in ["n", "x", "K", "s", "L", "P", "J", "T", "R", "C", "D", "t", "c", "ctrl-s"] {
            shore.press(board).await.press(key).await;
            check(&shore, &format!("{board} {key}"));
            shore.press("esc").await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_theme_in_every_depth_shows_the_same_words() {
    let words = Shore::on("containers").await.screen();
    for depth in [ColorDepth::None, ColorDepth::Ansi16, ColorDepth::Ansi256, ColorDepth::True] {
        let mut shore = Shore::dressed(FakeEngine::new(), "containers", (120, 36), |theme| theme.fit(depth)).await;
        let names: Vec<String> = shore.desk().themes.keys().cloned().collect();
        for name in names {
            shore.press("f9").await.type_text(&name).await.press("enter").await;
            assert_eq!(shore.desk().theme.name(), name);
            assert_eq!(shore.screen(), words, "{name} in {depth:?}");
        }
    }
}
