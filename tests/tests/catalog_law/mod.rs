//! The law of the catalog: what the build computes is, text for text, what the database reports; and a derived undo
//! leads back to the very report of before.

mod chains;
mod desired;
mod generated;

use migrate_build::Contents;
use migrate_core::{Catalog, Undo};
use migrate_tests::live_catalog;
use surrealdb::Surreal;
use surrealdb::engine::local::{Db, Mem};
use surrealdb::opt::Config;
use surrealdb::opt::capabilities::Capabilities;

/// Holds a chain against a fresh database: each catalog on the way there, each undo on the way back.
async fn assert_lawful(chain: &[&str]) {
    let db = database().await;
    let analysed = migrate_build::__analyse(chain);
    assert_eq!(analysed.len(), chain.len(), "every text parses");
    for (text, analysed) in chain.iter().zip(&analysed) {
        run(&db, text).await;
        assert_eq!(analysed.uncertain, [], "{text}");
        assert_same(&live_catalog(&db).await.unwrap(), &analysed.catalog, text);
    }
    for (at, one) in analysed.iter().enumerate() {
        let Some((migrations, statements)) = &one.fresh else {
            let only_defines = analysed.iter().take(2).all(|one| one.contents < Contents::More);
            assert!(at == 0 || !only_defines, "what only defines things is had without its history: {chain:#?}");
            continue;
        };
        let fresh = database().await;
        let text = statements.join(";\n");
        run(&fresh, &text).await;
        assert_same(&live_catalog(&fresh).await.unwrap(), &analysed[migrations - 1].catalog, &text);
    }
    let folded = analysed.iter().flat_map(|one| &one.changes).collect::<Catalog>();
    assert_eq!(Some(&folded), analysed.last().map(|one| &one.catalog), "the changes give the last catalog");

    let before = std::iter::once(Catalog::new()).chain(analysed.iter().map(|one| one.catalog.clone()));
    for ((text, analysed), before) in chain.iter().zip(&analysed).zip(before.collect::<Vec<_>>()).rev() {
        let Undo::Derived { text: undo, .. } = &analysed.undo else {
            panic!("{:?} has no derived undo: {:?}", text, analysed.undo)
        };
        run(&db, undo).await;
        assert_same(&live_catalog(&db).await.unwrap(), &before, undo);
    }
}

async fn database() -> Surreal<Db> {
    let capabilities = Capabilities::all().with_all_experimental_features_allowed();
    let db = Surreal::new::<Mem>(Config::new().capabilities(capabilities)).await.unwrap();
    db.use_ns("law").use_db("law").await.unwrap();
    db
}

/// Runs a text as migrations are run: in one transaction.
async fn run(db: &Surreal<Db>, text: &str) {
    let mut results = db.query(format!("BEGIN;\n{text}\n;COMMIT;")).await.unwrap();
    let errors = results.take_errors();
    assert!(errors.is_empty(), "{text}\n{errors:#?}");
}

fn assert_same(live: &Catalog, computed: &Catalog, text: &str) {
    assert_eq!(live.diff(computed), [], "from the database's own catalog to the computed one, after:\n{text}");
}
