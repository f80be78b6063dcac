//! What the firewall's dashboard tells where the real rules cannot be read.

use longshore::app::msg::Effect;

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
