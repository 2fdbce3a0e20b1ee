use serde_json::json;

use super::tenant::Tenant;

#[tokio::test]
async fn a_person_signs_up_and_in() {
    let tenant = Tenant::seeded().await;
    tenant.sign_up("grace", "a long password").await.expect("a free handle");
    let grace = tenant.sign_in("grace", "a long password").await.expect("the right password");

    assert_eq!(grace.run("RETURN $auth.handle").await, "grace");
    let hash = tenant.run("SELECT VALUE hash FROM ONLY credential WHERE principal.handle = 'grace' LIMIT 1").await;
    assert!(hash.as_str().is_some_and(|hash| hash.starts_with("$argon2")), "{hash}");
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let tenant = Tenant::seeded().await;
    tenant.sign_up("grace", "a long password").await.expect("a free handle");
    assert!(tenant.sign_in("grace", "another password").await.is_err());
}

#[tokio::test]
async fn a_taken_handle_is_refused_whole() {
    let tenant = Tenant::seeded().await;
    assert!(tenant.sign_up("ada", "a long password").await.is_err());
    assert_eq!(tenant.run("count(SELECT VALUE id FROM credential)").await, 1);
}

#[tokio::test]
async fn a_disabled_person_is_refused() {
    let tenant = Tenant::seeded().await;
    tenant.sign_up("grace", "a long password").await.expect("a free handle");
    tenant.run("UPDATE principal SET disabled = true WHERE handle = 'grace'").await;
    assert!(tenant.sign_in("grace", "a long password").await.is_err());
}

#[tokio::test]
async fn a_person_sees_the_scopes_they_belong_to_and_no_other() {
    let tenant = Tenant::seeded().await;
    let grace = tenant.sign_up("grace", "a long password").await.expect("a free handle");
    let titles = "SELECT VALUE title FROM document";
    assert_eq!(grace.run(titles).await, json!([]));
    assert_eq!(grace.run("fn::search(scope:research, 'weaving', 10)").await, json!([]));

    tenant
        .run("RELATE (SELECT VALUE id FROM ONLY principal WHERE handle = 'grace' LIMIT 1)->member_of->scope:research")
        .await;
    assert_eq!(grace.run("SELECT VALUE slug FROM scope").await, json!(["research"]));
    assert_eq!(grace.run(titles).await, json!(["Notes on the Analytical Engine"]));
    let found = grace.run("fn::search(scope:research, 'weaving', 10)").await;
    assert_eq!(found.as_array().map(Vec::len), Some(2), "{found}");
    assert_eq!(grace.run("SELECT VALUE content FROM turn").await, json!([]), "it was not her session");
}

#[tokio::test]
async fn a_person_changes_their_own_name_and_nobody_elses() {
    let tenant = Tenant::seeded().await;
    let grace = tenant.sign_up("grace", "a long password").await.expect("a free handle");
    grace.run("UPDATE principal SET display_name = ' Grace Hopper '").await;

    let names = tenant.run("SELECT VALUE display_name FROM principal ORDER BY display_name").await;
    assert_eq!(names, json!(["Ada", "Bot", "Grace Hopper"]));
    assert_eq!(grace.run("SELECT VALUE email FROM principal WHERE email != NONE").await, json!([]));
}

#[tokio::test]
async fn secrets_and_operations_are_for_the_service_alone() {
    let tenant = Tenant::seeded().await;
    let grace = tenant.sign_up("grace", "a long password").await.expect("a free handle");
    for table in ["credential", "api_key", "idempotency_key", "job", "webhook", "setting"] {
        assert_eq!(grace.run(&format!("SELECT * FROM {table}")).await, json!([]), "{table}");
    }
    grace.refusal("fn::claim_job('default', 'grace')").await;
}
