//! Rules of the firewall, real and derived, and what they do with a packet.

use longshore::{
    app::msg::Effect,
    backend::fake::{Call, FakeEngine},
    model::{Action, Caps, Direction, Explanation, Fate, Feature, Firewall, Owner, Rule, RuleId, Step},
};

use crate::story::Shore;

#[tokio::test(start_paused = true)]
async fn rules_stand_in_order_and_say_that_they_are_derived() {
    let mut shore = Shore::on("firewall").await;
    shore.sees("derived from ports and networks").sees("`nft list ruleset` there shows the real rules");
    let screen = shore.screen();
    let places: Vec<_> = ["1  published port 8080", "2  published port 8443", "3  bridge goes out"]
        .map(|rule| screen.find(rule).unwrap_or_else(|| panic!("no {rule}:\n{screen}")))
        .into();
    assert!(places.is_sorted(), "{screen}");
}

#[tokio::test(start_paused = true)]
async fn derived_rules_explain_no_packet() {
    let mut shore = Shore::on("firewall").await;
    shore.press("T").await.sees("only the real rules tell what happens to a packet").misses("Explain a packet");
}

#[tokio::test(start_paused = true)]
async fn real_rules_explain_a_packet_and_lead_to_the_one_that_decides() {
    let rules = [rule(1, Action::Jump("DOCKER".into())), rule(2, Action::Drop)];
    let step = |rule: &Rule| Step {
        rule: rule.id.clone(),
        chain: rule.chain.clone(),
        action: rule.action.clone(),
        text: rule.text.clone(),
        certain: true,
    };
    let explanation = Explanation { steps: rules.iter().map(step).collect(), fate: Fate::Stopped };
    let engine = FakeEngine::new();
    engine.set_rules(Firewall { rules: rules.into(), derived: None }, explanation);
    let mut shore = Shore::with(engine, "firewall", 120, 36).await;
    shore.misses("derived").sees("2 rules · 1 stops packets").press("T").await.sees("Explain a packet");
    shore.retype("in tcp 0").await.press("enter").await.sees("`0` is no port: 1 to 65535");
    shore.retype("in tcp 8080 from 203.0.113.9").await.press("enter").await;
    shore.sees("it is stopped").sees_row(&["ip filter FORWARD", "drop", "rule 2"]);
    assert_eq!(shore.engine.called(Call::Explain).len(), 1);
    shore.press("enter").await;
    assert_eq!(shore.selected(), "2 rule 2");
}

#[tokio::test(start_paused = true)]
async fn a_rule_leads_to_its_container_and_is_not_touched() {
    let mut shore = Shore::on("firewall").await;
    shore.choose("8080").await.press("x").await.sees("this rule is the engine's, which would make it again");
    shore.press("c").await;
    let text = |e: &Effect| matches!(e, Effect::Clipboard(text) if text.contains("172.20.0.2:80/tcp accept"));
    assert!(shore.effects().iter().any(text));
    shore.press("J").await.sees("Containers ─");
    assert_eq!(shore.selected(), "web-1");
    shore.press("8").await.choose("masquerade").await.press("J").await.sees("about no container in particular");
}

#[tokio::test(start_paused = true)]
async fn a_rule_is_added_and_removed_and_foreign_ones_are_left_alone() {
    let mut shore = Shore::on("firewall").await;
    shore.press("n").await.sees("New rule").sees("container").press("down down down").await.press("space").await;
    shore.press("down").await.type_text("80").await.press("down").await.type_text("10.1.2.3/8").await;
    shore.press("ctrl-s").await.sees("10.1.2.3/8 is an address in a range: the range is 10.0.0.0/8");
    shore.retype("10.0.0.0/8").await.press("ctrl-s").await.misses("New rule");
    shore.choose("deny in").await.sees("deny in, tcp port 80, from 10.0.0.0/8").sees("longshore").press("x").await;
    shore.sees("Remove the rule `deny in, tcp port 80, from 10.0.0.0/8`?").press("y").await.sees("0 of 4 shown");
    shore.choose("published").await.press("x").await.sees("this rule is the engine's, which would make it again");
}

#[tokio::test(start_paused = true)]
async fn an_engine_without_rules_of_its_own_says_so() {
    let engine = FakeEngine::new();
    let why = "the rules of this host are Docker's";
    engine.set_caps(Caps::without([(Feature::OwnRules, why)]));
    let mut shore = Shore::with(engine, "firewall", 120, 36).await;
    shore.press("n").await.sees(why).misses("New rule");
}

fn rule(order: usize, action: Action) -> Rule {
    Rule {
        id: RuleId::new(order.to_string()),
        order,
        name: format!("rule {order}"),
        direction: Direction::In,
        action,
        protocol: "tcp".into(),
        ports: "8080".into(),
        remote: String::new(),
        chain: "ip filter FORWARD".into(),
        enabled: true,
        owner: Owner::Other,
        container: None,
        container_name: None,
        packets: Some(7),
        bytes: Some(420),
        text: format!("tcp dport 8080 # rule {order}"),
        number: None,
    }
}
