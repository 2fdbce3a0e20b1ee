use serde_json::json;

use super::tenant::Tenant;

#[tokio::test]
async fn a_session_counts_its_turns() {
    let tenant = Tenant::seeded().await;
    tenant.run("CREATE turn SET session = session:first, number = 2, author = principal:bot, role = 'assistant', content = ''").await;
    let counted = tenant.run("RETURN [session:first.turn_count, session:first.last_turn_at != NONE]").await;
    assert_eq!(counted, json!([2, true]));
}

#[tokio::test]
async fn two_turns_with_one_number_are_refused() {
    let tenant = Tenant::seeded().await;
    let twice =
        "CREATE turn SET session = session:first, number = 1, author = principal:bot, role = 'user', content = ''";
    let reason = tenant.refusal(twice).await;
    assert!(reason.contains("turn_number"), "{reason}");
    assert_eq!(tenant.run("RETURN session:first.turn_count").await, 1, "the event went with the turn");
}

#[tokio::test]
async fn a_role_that_nobody_knows_is_refused() {
    let tenant = Tenant::seeded().await;
    let reason = tenant.refusal("UPDATE turn:question SET role = 'narrator'").await;
    assert!(reason.contains("role"), "{reason}");
}

#[tokio::test]
async fn a_session_points_at_its_latest_summary_only() {
    let tenant = Tenant::seeded().await;
    for up_to in [3, 2] {
        tenant
            .run(&format!(
                "CREATE summary SET session = session:first, scope = scope:research, up_to = {up_to}, text = 'x'"
            ))
            .await;
    }
    assert_eq!(tenant.run("RETURN session:first.summary.up_to").await, 3);
    let similar = tenant.run("fn::similar_sessions(scope:research, $near, 5).map(|$hit| $hit.text)").await;
    assert_eq!(similar, json!(["On weaving."]), "the others have no vector yet");
}

#[tokio::test]
async fn a_memory_fades_unless_it_is_recalled() {
    let tenant = Tenant::seeded().await;
    tenant.run("UPDATE memory:likes SET recalled_at = time::now() - $memory_half_life").await;
    let faded = tenant.run("fn::strength(memory:likes)").await.as_f64().expect("a number");
    assert!((faded - 0.25).abs() < 0.001, "half of 0.5, but it is {faded}");

    assert_eq!(tenant.run("fn::recall(memory:likes); fn::recall(memory:likes)").await, 2);
    let strong = tenant.run("fn::strength(memory:likes)").await.as_f64().expect("a number");
    assert!((strong - 0.5).abs() < 0.001, "{strong}");
}

#[tokio::test]
async fn forgetting_leaves_a_trace_of_nothing_but_itself() {
    let tenant = Tenant::seeded().await;
    tenant.run("DELETE memory:likes").await;
    let events = tenant.run("SELECT VALUE [subject, detail] FROM audit_event WHERE action = 'memory.forget'").await;
    assert_eq!(events, json!([["memory:likes", {}]]));
    assert_eq!(tenant.run("SELECT * FROM derived_from").await, json!([]));
}
