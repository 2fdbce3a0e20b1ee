//! Whether contexts really have what was to be applied: who is fast because it did nothing is not measured.

use migrate_runtime::Context;
use serde_json::Value;
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

use crate::Failure;
use crate::chain::{Chain, FIELDS, INDEX};

/// Checks that each of these contexts has every table with its fields and its index, and every function.
pub(crate) async fn check(db: &Surreal<Any>, contexts: &[Context], chain: Chain) -> Result<(), Failure> {
    for batch in contexts.chunks(32) {
        let question = |context: &Context| {
            format!(
                "USE NS `{}` DB `{}`; RETURN {{ functions: object::len((INFO FOR DB).functions), \
                 tables: array::map($tables, |$name| {{ LET $table = (INFO FOR TABLE $name); \
                 [object::len($table.fields), object::keys($table.indexes)] }}) }};",
                context.namespace(),
                context.database(),
            )
        };
        let tables: Vec<String> = (0..chain.tables).map(|at| format!("t{at}")).collect();
        let text: String = batch.iter().map(question).collect();
        let mut answers = db.query(text).bind(("tables", tables)).await?.check()?;
        for (at, context) in batch.iter().enumerate() {
            let answer: Option<Value> = answers.take(2 * at + 1)?;
            let answer = answer.ok_or("no answer")?;
            let has_functions = answer["functions"].as_u64() == Some(chain.functions as u64);
            let tables = answer["tables"].as_array().ok_or("no tables")?;
            let is_whole = |table: &Value| {
                table[0] == FIELDS && table[1].as_array().is_some_and(|all| all.contains(&INDEX.into()))
            };
            if !has_functions || tables.len() != chain.tables || !tables.iter().all(is_whole) {
                return Err(format!("{context} does not have what was applied, but {answer}").into());
            }
        }
    }
    Ok(())
}
