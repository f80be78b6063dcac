//! What a user does with a document.

use serde_json::json;

use super::*;
use crate::{
    model::Problem,
    views::detail::scene::{self, press, subject},
};

fn told(desk: &mut Desk, document: Value) {
    let ask = Ask::Inspect(subject("web"));
    desk.store.asked(ask.clone());
    desk.store.told(&ask, Ok(Told::Document(document)), desk.now);
}

fn document() -> Value {
    json!({
        "Id": "4f1e",
        "State": { "Status": "running", "Health": { "Status": "healthy" } },
        "Args": ["-g", "daemon off;"],
    })
}

fn shown(page: &mut InspectPage, desk: &Desk) -> String {
    scene::page(page, &subject("web"), desk, 40, 8)
}

#[test]
fn until_it_is_told_the_page_says_so_and_then_why_not() {
    let mut desk = Desk::for_test();
    let mut page = InspectPage::new();
    let mut wants = Wants::default();
    page.wants(&subject("web"), &desk, &mut wants);
    assert_eq!(wants.asks, [Ask::Inspect(subject("web"))]);
    assert!(shown(&mut page, &desk).contains("reading the document"));
    let ask = Ask::Inspect(subject("web"));
    desk.store.asked(ask.clone());
    desk.store.told(&ask, Err(Problem::new("no such container: web")), desk.now);
    assert!(shown(&mut page, &desk).contains("no such container: web"));
}

#[test]
fn what_was_unfolded_stays_so_when_the_document_is_told_again() {
    let mut desk = Desk::for_test();
    told(&mut desk, document());
    let mut page = InspectPage::new();
    press(&mut page, &subject("web"), &desk, &["j", "right"]);
    assert!(shown(&mut page, &desk).contains("Status: running"));
    desk.now += chrono::Duration::seconds(1);
    let mut newer = document();
    newer["State"]["Status"] = json!("exited");
    told(&mut desk, newer);
    assert!(shown(&mut page, &desk).contains("Status: exited"));
}

#[test]
fn a_search_is_typed_and_walked_through_and_counted() {
    let mut desk = Desk::for_test();
    told(&mut desk, document());
    let mut page = InspectPage::new();
    let web = subject("web");
    assert!(matches!(press(&mut page, &web, &desk, &["n"]), Outcome::Refuse(_)));
    press(&mut page, &web, &desk, &["/"]);
    assert!(page.is_typing(), "q and c are letters now");
    press(&mut page, &web, &desk, &["h", "e", "a", "l"]);
    insta::assert_snapshot!(shown(&mut page, &desk), @r"
          Id: 4f1e
        ▾ State
            Status: running
          ▸ Health: {…} 1
        ▸ Args: […] 2


         /heal
        ");
    press(&mut page, &web, &desk, &["enter"]);
    assert_eq!(page.remark(&web, &desk), "2 matches of `heal`");
    press(&mut page, &web, &desk, &["n"]);
    match press(&mut page, &web, &desk, &["C"]) {
        Outcome::Wish(Wish::Copy(path)) => assert_eq!(path, ".State.Health.Status"),
        _ => panic!("nothing was copied"),
    }
    match press(&mut page, &web, &desk, &["c"]) {
        Outcome::Wish(Wish::Copy(value)) => assert_eq!(value, "healthy"),
        _ => panic!("nothing was copied"),
    }
    press(&mut page, &web, &desk, &["esc"]);
    assert_eq!(page.remark(&web, &desk), "");
    assert!(matches!(press(&mut page, &web, &desk, &["esc"]), Outcome::Ignored), "the next one leaves the page");
}

#[test]
fn everything_is_unfolded_and_folded_by_one_key() {
    let mut desk = Desk::for_test();
    told(&mut desk, document());
    let mut page = InspectPage::new();
    press(&mut page, &subject("web"), &desk, &["z"]);
    assert!(shown(&mut page, &desk).contains("daemon off;"));
    press(&mut page, &subject("web"), &desk, &["z"]);
    assert!(!shown(&mut page, &desk).contains("daemon off;"));
}

#[test]
fn the_document_of_another_thing_is_never_shown() {
    let mut desk = Desk::for_test();
    told(&mut desk, document());
    let mut page = InspectPage::new();
    shown(&mut page, &desk);
    let other = scene::page(&mut page, &subject("db"), &desk, 40, 8);
    assert!(other.contains("reading the document"), "{other}");
}
