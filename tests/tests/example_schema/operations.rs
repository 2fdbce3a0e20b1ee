use serde_json::json;

use super::tenant::Tenant;

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer() {
    let tenant = Tenant::seeded().await;
    let once = "fn::once(principal:bot, 'key-of-a-request', 'hash')";
    assert_eq!(tenant.run(once).await["fresh"], true);
    tenant
        .run("UPDATE idempotency_key SET response = { status: 201, body: { id: 7 } } WHERE key = 'key-of-a-request'")
        .await;
    assert_eq!(tenant.run(once).await, json!({ "fresh": false, "response": { "status": 201, "body": { "id": 7 } } }));
}

#[tokio::test]
async fn a_key_of_another_request_is_refused() {
    let tenant = Tenant::seeded().await;
    let reason = tenant.refusal("fn::once(principal:bot, 'a-first-key', 'another hash')").await;
    assert!(reason.contains("belongs to another request"), "{reason}");
}

#[tokio::test]
async fn a_key_expires_after_its_window() {
    let tenant = Tenant::seeded().await;
    let window = "SELECT VALUE [expires_at - created_at > 23h, expired] FROM idempotency_key";
    assert_eq!(tenant.run(window).await, json!([[true, false]]));
    tenant.run("UPDATE idempotency_key SET expires_at = time::now() - 1s").await;
    assert_eq!(tenant.run("SELECT VALUE expired FROM idempotency_key").await, json!([true]));
}

#[tokio::test]
async fn jobs_are_claimed_once_in_order_of_priority() {
    let tenant = Tenant::seeded().await;
    tenant.run("CREATE job:low SET kind = 'embed'; CREATE job:high SET kind = 'embed', priority = 9").await;
    let claim = "fn::claim_job('default', 'worker-1').id";
    assert_eq!(tenant.run(claim).await, "job:high");
    assert_eq!(tenant.run(claim).await, "job:low");
    assert_eq!(tenant.run(claim).await, json!(null), "nothing is left");

    let runs = tenant.run("SELECT VALUE [attempt, worker] FROM job_run WHERE job = job:high").await;
    assert_eq!(runs, json!([[1, "worker-1"]]));
}

#[tokio::test]
async fn a_job_of_a_dead_worker_is_claimed_again() {
    let tenant = Tenant::seeded().await;
    tenant.run("CREATE job:one SET kind = 'embed'; fn::claim_job('default', 'dead')").await;
    tenant.run("UPDATE job:one SET leased_until = time::now() - 1s").await;
    let claimed = tenant.run("fn::claim_job('default', 'alive')").await;
    assert_eq!((&claimed["leased_by"], &claimed["attempts"]), (&json!("alive"), &json!(2)));
}

#[tokio::test]
async fn two_jobs_with_one_key_are_refused() {
    let tenant = Tenant::seeded().await;
    tenant.run("CREATE job SET kind = 'embed', unique_key = 'document:engine'").await;
    let reason = tenant.refusal("CREATE job SET kind = 'embed', unique_key = 'document:engine'").await;
    assert!(reason.contains("job_unique_key"), "{reason}");
    tenant.run("CREATE job SET kind = 'embed'; CREATE job SET kind = 'embed'").await;
}

#[tokio::test]
async fn an_audit_event_stays_as_it_was_written() {
    let tenant = Tenant::seeded().await;
    tenant.run("UPDATE principal:bot SET disabled = true").await;
    let events = tenant.run("SELECT VALUE detail FROM audit_event WHERE action = 'principal.update'").await;
    assert_eq!(events, json!([{ "handle": "bot", "disabled": true }]));
    tenant.refusal("UPDATE audit_event SET action = 'principal.create'").await;
}

#[tokio::test]
async fn usage_is_summed_by_model_as_it_comes() {
    let tenant = Tenant::seeded().await;
    tenant.run("CREATE token_usage SET scope = scope:research, model = 'small', input = 5, output = 1").await;
    let usage = tenant.run("SELECT VALUE [model, calls, input, output] FROM usage_by_model").await;
    assert_eq!(usage, json!([["small", 2, 125.0, 31.0]]));
}

#[tokio::test]
async fn only_hashes_of_secrets_are_taken() {
    let tenant = Tenant::seeded().await;
    for text in [
        "UPDATE api_key SET hash = 'the key itself'",
        "UPDATE credential SET hash = 'the password itself'",
        "UPDATE webhook SET secret_hash = 'the secret itself'",
        "UPDATE webhook SET url = 'http://example.com/in-the-clear'",
    ] {
        tenant.refusal(text).await;
    }
}
