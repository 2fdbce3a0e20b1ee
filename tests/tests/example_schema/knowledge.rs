use serde_json::json;

use super::tenant::Tenant;

#[tokio::test]
async fn words_are_found_in_any_of_their_forms() {
    let tenant = Tenant::seeded().await;
    let found = tenant.run("fn::search(scope:research, 'ALGEBRAIC pattern', 10).map(|$hit| $hit.excerpt)").await;
    assert_eq!(found, json!(["The analytical engine weaves **algebraic** **patterns**."]));
    assert_eq!(tenant.run("fn::search(scope:sales, 'weaving', 10)").await, json!([]), "it is another scope's");
}

#[tokio::test]
async fn titles_are_found_as_they_are_typed() {
    let tenant = Tenant::seeded().await;
    let found = tenant.run("SELECT VALUE id FROM document WHERE title @@ 'analyt'").await;
    assert_eq!(found, json!(["document:engine"]));
}

#[tokio::test]
async fn meaning_is_found_by_the_nearest_vector() {
    let tenant = Tenant::seeded().await;
    let near = tenant.run("fn::similar(scope:research, $near, 1).map(|$hit| $hit.id)").await;
    assert_eq!(near, json!(["chunk:weaving"]));
    let far = tenant.run("fn::similar(scope:research, $far, 2).map(|$hit| $hit.id)").await;
    assert_eq!(far, json!(["chunk:flowers", "chunk:weaving"]));
}

#[tokio::test]
async fn the_vector_search_uses_its_index() {
    let tenant = Tenant::seeded().await;
    // A parameter of the database is not known when the query is planned, hence the copy.
    let search = "LET $vector = $near; SELECT id FROM chunk WHERE embedding <|2,64|> $vector EXPLAIN";
    let plan = tenant.run(search).await.to_string();
    assert!(plan.contains("chunk_embedding"), "{plan}");
}

#[tokio::test]
async fn a_vector_of_another_model_is_refused() {
    let tenant = Tenant::seeded().await;
    let short = tenant.refusal("UPDATE chunk:weaving SET embedding = [1.0, 2.0]").await;
    assert!(short.contains("embedding"), "{short}");
    tenant.refusal("UPDATE chunk:weaving SET embedding = array::repeat(0.1, 385)").await;
}

#[tokio::test]
async fn the_same_content_twice_in_a_scope_is_refused() {
    let tenant = Tenant::seeded().await;
    let again = |scope: &str| {
        format!("CREATE document SET scope = {scope}, title = 'Again', digest = crypto::sha256('engine, corrected')")
    };
    let reason = tenant.refusal(&again("scope:research")).await;
    assert!(reason.contains("document_digest"), "{reason}");
    tenant.run(&again("scope:sales")).await;
}

#[tokio::test]
async fn a_document_counts_its_chunks_and_keeps_its_past() {
    let tenant = Tenant::seeded().await;
    assert_eq!(tenant.run("RETURN document:engine.chunk_count").await, 2);
    tenant.run("DELETE chunk:flowers").await;
    assert_eq!(tenant.run("RETURN document:engine.chunk_count").await, 1);

    tenant.run("UPDATE document:engine SET digest = crypto::sha256('again')").await;
    let past = tenant.run("SELECT VALUE [number, title] FROM revision ORDER BY number").await;
    assert_eq!(past, json!([[1, "Notes on the Engine"], [2, "Notes on the Analytical Engine"]]));
}

#[tokio::test]
async fn what_belongs_to_a_document_goes_with_it() {
    let tenant = Tenant::seeded().await;
    tenant.run("DELETE document:engine").await;
    for table in ["document", "chunk", "revision", "tagged", "mentions", "holds"] {
        assert_eq!(tenant.run(&format!("SELECT * FROM {table}")).await, json!([]), "{table}");
    }
}

#[tokio::test]
async fn a_new_value_of_an_attribute_ends_the_one_before() {
    let tenant = Tenant::seeded().await;
    tenant.run("fn::learn(entity:engine, 'built', false); fn::learn(entity:engine, 'built', true)").await;
    let history = "SELECT VALUE [value, current] FROM attribute WHERE key = 'built' ORDER BY valid_from";
    assert_eq!(tenant.run(history).await, json!([[false, false], [true, true]]));
}

#[tokio::test]
async fn an_edge_to_nowhere_is_refused() {
    let tenant = Tenant::seeded().await;
    tenant.refusal("RELATE entity:ada->relates_to->entity:nobody SET predicate = 'knows'").await;
    tenant.refusal("RELATE entity:ada->relates_to->document:engine SET predicate = 'knows'").await;
}
