//! What the firewall's dashboard shows and answers.

use super::dashboard;
use crate::{
    app::{desk::Desk, keys::Intent},
    model::{
        Action, Ask, Change, ContainerId, Direction, Explanation, Fate, Firewall, Listing, Owner, Packet, Protocol,
        Rule, RuleId, Step, Told,
    },
    views::stage::{Landing, Stage},
};

fn rule(order: usize, name: &str, action: Action, text: &str) -> Rule {
    Rule {
        id: RuleId::new(format!("ip filter {order}")),
        order,
        name: name.into(),
        direction: Direction::In,
        action,
        protocol: "tcp".into(),
        ports: "80".into(),
        remote: String::new(),
        chain: "ip filter DOCKER".into(),
        enabled: true,
        owner: Owner::Engine,
        container: None,
        container_name: None,
        packets: Some(3_120),
        bytes: Some(1_258_291),
        text: text.into(),
        number: None,
    }
}

fn rules() -> Firewall {
    let text =
        "iifname != \"br-shop\" oifname \"br-shop\" ip daddr 172.18.0.2 tcp dport 80 counter packets 3120 accept";
    let web = Rule {
        container: Some(ContainerId::new("id-web")),
        container_name: Some("web".into()),
        ..rule(1, "port 80 of web", Action::Accept, text)
    };
    let person = Rule { owner: Owner::Other, ..rule(2, "no ssh from outside", Action::Drop, "tcp dport 22 drop") };
    Firewall { rules: vec![web, person], derived: None }
}

fn stage(firewall: Firewall) -> Stage {
    let desk = Desk::for_test().told([Change::Listed(Listing::Firewall(firewall))]);
    Stage::new(desk, vec![dashboard(), Landing::of(Intent::Containers)])
}

#[test]
fn rules_stand_in_the_order_of_the_host_with_their_whole_text() {
    insta::assert_snapshot!("80x24", stage(rules()).screen());
    insta::assert_snapshot!("160x45", stage(rules()).sized(160, 45).screen());
}

#[test]
fn foreign_rules_are_left_alone_and_each_refusal_has_its_reason() {
    let mut stage = stage(rules());
    assert!(stage.press(&["x"]).refused().starts_with("this rule is the engine's"));
    assert!(stage.press(&["down", "x"]).refused().starts_with("this rule is somebody else's"));
    assert_eq!(stage.press(&["n"]).refused(), "there is no container or network that a rule could be about");
}

#[test]
fn a_rule_leads_to_its_container_if_it_has_one() {
    let mut stage = stage(rules());
    assert_eq!(stage.press(&["down", "J"]).refused(), "rule 2 is about no container in particular");
    assert!(stage.press(&["up", "J"]).screen().contains("landed on id-web"));
}

#[test]
fn derived_rules_say_so_and_explain_nothing() {
    let derived = Some("derived from ports, for the engine is elsewhere".into());
    let mut stage = stage(Firewall { derived, ..rules() });
    let screen = stage.screen();
    assert!(screen.contains("derived from ports, for the engine is elsewhere"), "{screen}");
    assert!(stage.press(&["T"]).refused().starts_with("only the real rules tell"));
}

#[test]
fn a_packet_is_explained_by_the_rules_it_meets() {
    let mut stage = stage(rules());
    stage.press(&["T", "8080", "enter"]);
    let ask = Ask::Explain(Packet::In { protocol: Protocol::Tcp, remote: None, port: 8080 });
    assert_eq!(stage.wants().asks, std::slice::from_ref(&ask));
    let step = |order: usize, action, certain| Step {
        rule: RuleId::new(format!("ip filter {order}")),
        chain: "ip filter DOCKER".into(),
        action,
        text: format!("rule {order}"),
        certain,
    };
    let steps = vec![step(1, Action::Continue, false), step(2, Action::Drop, true)];
    stage.desk.store.asked(ask.clone());
    let now = stage.desk.now;
    stage.desk.store.told(&ask, Ok(Told::Explanation(Explanation { steps, fate: Fate::Stopped })), now);
    insta::assert_snapshot!("explained", stage.screen());
    assert!(stage.press(&["enter"]).screen().contains("2 no ssh from outside ─ Rule"));
}

#[test]
fn a_packet_that_cannot_be_read_stays_in_the_prompt() {
    let screen = stage(rules()).press(&["T", "many", "enter"]).screen();
    assert!(screen.contains("`many` is no port"), "{screen}");
}
