//! What the dashboard of endpoints shows and answers.

use super::dashboard;
use crate::{
    app::{
        desk::{Desk, Known, Tested},
        view::Wish,
    },
    model::{
        Problem,
        endpoint::{Endpoint, Source},
    },
    views::stage::Stage,
};

fn known(name: &str, address: &str, source: Source, tested: Tested) -> Known {
    Known { endpoint: Endpoint::new(name, address.parse().unwrap(), source), tested }
}

/// The local engine that is looked at, and three others.
fn desk() -> Desk {
    let mut desk = Desk::for_test();
    let here = desk.endpoint.clone();
    let hint = Some("is the daemon running there?".to_owned());
    let problem = Problem { sentence: "cannot connect to `far`: connection refused".into(), hint };
    desk.endpoints = vec![
        Known { endpoint: here, tested: Tested::Never },
        known("build", "tcp://build:2376", Source::Config, Tested::Answered("Docker Engine 28.1".into())),
        known("far", "tcp://far:2375", Source::Context, Tested::Failed(problem)),
        known("lab", "ssh://me@lab", Source::Context, Tested::Never),
    ];
    desk
}

fn stage() -> Stage {
    Stage::new(desk(), vec![dashboard()])
}

#[test]
fn an_endpoint_says_where_it_is_how_it_stands_and_who_told_of_it() {
    insta::assert_snapshot!("80x24", stage().press(&["down", "down"]).screen());
    insta::assert_snapshot!("160x45", stage().sized(160, 45).screen());
}

#[test]
fn enter_switches_unless_it_is_looked_at_already() {
    assert_eq!(*stage().press(&["down", "enter"]).wished(), Wish::Switch("build".into()));
    assert!(stage().press(&["enter"]).refused().ends_with("is looked at already"));
    assert!(stage().press(&["down"]).hints().contains("switch"));
}

#[test]
fn testing_and_copying_are_about_the_selected_one() {
    assert_eq!(*stage().press(&["down", "down", "T"]).wished(), Wish::TestEndpoint("far".into()));
    assert_eq!(stage().press(&["down", "c"]).copied(), "tcp://build:2376");
}

#[test]
fn only_what_the_config_told_is_removed_and_only_after_a_question() {
    let refused = "`far` is told by the docker context, not by the config file: it can only be removed there";
    assert_eq!(stage().press(&["down", "down", "x"]).refused(), refused);
    let mut stage = stage();
    assert!(stage.press(&["down", "x"]).screen().contains("Remove `build` from the config file?"));
    assert_eq!(*stage.press(&["down", "enter"]).wished(), Wish::RemoveEndpoint("build".into()));
}

#[test]
fn a_new_one_is_checked_before_it_is_added() {
    let mut stage = stage();
    let screen = stage.press(&["n", "far", "tab", "tcp://new:0", "ctrl-s"]).screen();
    assert!(screen.contains("`0` is not a port"), "{screen}");
    let screen = stage.press(&["backspace", "2376", "ctrl-s"]).screen();
    assert!(screen.contains("there is an endpoint `far` already"), "{screen}");
    let screen = stage.press(&["2", "down", "down", "down", "cert.pem", "ctrl-s"]).screen();
    assert!(screen.contains("a certificate needs its key"), "{screen}");
    let Wish::AddEndpoint(added) = stage.press(&["key.pem", "ctrl-s"]).wished() else { panic!("nothing was added") };
    assert_eq!((added.name.as_str(), added.address.to_string()), ("far2", "tcp://new:2376".to_owned()));
    assert!(added.tls.is_some() && added.source == Source::Config && !added.read_only);
}
