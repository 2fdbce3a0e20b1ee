use super::tenant::{Tenant, files};

#[test]
fn the_versions_are_contiguous_from_one() {
    let versions: Vec<usize> = files().iter().map(|file| file.version).collect();
    assert_eq!(versions, (1..=versions.len()).collect::<Vec<_>>());
    assert!(versions.len() >= 5, "{versions:?}");
}

#[tokio::test]
async fn every_table_takes_a_row() {
    let tenant = Tenant::seeded().await;
    let tables = tenant.run("object::keys((INFO FOR DB).tables)").await;
    let tables = tables.as_array().expect("a list of names");
    assert!(tables.len() >= 30, "{tables:?}");
    for table in tables {
        let table = table.as_str().expect("a name");
        let count = tenant.run(&format!("count(SELECT VALUE id FROM {table})")).await;
        assert!(count.as_u64() > Some(0), "seed.surql writes nothing to `{table}`");
    }
}

#[tokio::test]
async fn every_function_can_be_called() {
    let calls = [
        ("claim_job", "fn::claim_job('empty', 'worker-1')"),
        ("contents", "fn::contents(collection:reading)"),
        ("learn", "fn::learn(entity:engine, 'built', false)"),
        ("my_scopes", "fn::my_scopes()"),
        ("once", "fn::once(principal:bot, 'another-key', 'hash')"),
        ("recall", "fn::recall(memory:likes)"),
        ("search", "fn::search(scope:research, 'weaving', 10)"),
        ("search_turns", "fn::search_turns(session:first, 'pattern', 10)"),
        ("similar", "fn::similar(scope:research, $near, 10)"),
        ("similar_sessions", "fn::similar_sessions(scope:research, $near, 10)"),
        ("strength", "fn::strength(memory:likes)"),
    ];
    let tenant = Tenant::seeded().await;
    let functions = tenant.run("object::keys((INFO FOR DB).functions)").await;
    let known: Vec<&str> = calls.iter().map(|(name, _)| *name).collect();
    assert_eq!(functions, serde_json::json!(known), "a function without a call here");
    for (_, call) in calls {
        tenant.run(call).await;
    }
}

#[tokio::test]
async fn rows_of_the_first_release_go_on_living() {
    let tenant = Tenant::at(1).await;
    tenant
        .run(
            "CREATE scope:s SET kind = 'team', slug = 's', title = 'S';
             CREATE principal:ada SET handle = 'ada', display_name = 'Ada';
             CREATE document:d SET scope = scope:s, title = 'D', digest = crypto::sha256('d');
             CREATE chunk:c SET document = document:d, scope = scope:s, ordinal = 0, text = 'twelve bytes';
             CREATE memory:m SET scope = scope:s, owner = principal:ada, text = 'old';
             CREATE session:x SET scope = scope:s;
             CREATE turn:t SET session = session:x, number = 1, author = principal:ada, role = 'user', content = 'weaves';",
        )
        .await;
    tenant.migrate(2, usize::MAX).await;

    assert_eq!(tenant.run("RETURN chunk:c.tokens").await, 3, "the backfill reached it");
    // Each is changed in a field that it had before, so that what came later is left to the schema.
    tenant.run("UPDATE memory SET importance = 0.7; UPDATE session SET title = 'X'; UPDATE chunk SET start = 1;").await;
    assert_eq!(tenant.run("fn::recall(memory:m)").await, 1);
    let found = tenant.run("fn::search_turns(session:x, 'weaving', 1).map(|$turn| $turn.number)").await;
    assert_eq!(found, serde_json::json!([1]), "the new index knows the old turn");
}

#[tokio::test]
async fn the_release_before_goes_on_writing() {
    let tenant = Tenant::seeded().await;
    // What a replica that only knows V1 sends: none of the later fields.
    tenant
        .run(
            "CREATE chunk SET document = document:engine, scope = scope:research, ordinal = 7, text = 'no token count';
             CREATE memory SET scope = scope:research, owner = principal:ada, text = 'no recalls';
             CREATE session SET scope = scope:research;",
        )
        .await;
}
