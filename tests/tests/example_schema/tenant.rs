use std::{fs, path::Path, time::Duration};

use serde_json::Value;
use surrealdb::{
    Surreal,
    engine::local::{Db, Mem},
    opt::auth::Record,
};

/// One database on an engine of its own, asked as the service would ask it, or as a person who signed in.
pub(crate) struct Tenant {
    db: Surreal<Db>,
}

/// A migration as it stands in the example's folder.
pub(crate) struct File {
    pub(crate) version: usize,
    pub(crate) text: String,
}

const NAMESPACE: &str = "tenants";
const DATABASE: &str = "tenant_1";

/// How the engine says that a statement may be tried again, and how we say that it was the first of its text.
const CONFLICT: &str = "This transaction can be retried";
const FIRST: &str = "statement 1:";

impl Tenant {
    /// A database without any schema.
    pub(crate) async fn blank() -> Self {
        let db = Surreal::new::<Mem>(()).await.expect("an engine in memory starts");
        db.use_ns(NAMESPACE).use_db(DATABASE).await.expect("an embedded engine lets us in");
        Self { db }
    }

    /// A database at this version.
    pub(crate) async fn at(version: usize) -> Self {
        let tenant = Self::blank().await;
        tenant.migrate(1, version).await;
        tenant
    }

    /// A database at the latest version, with the rows of `seed.surql`.
    pub(crate) async fn seeded() -> Self {
        let tenant = Self::at(usize::MAX).await;
        tenant.run(include_str!("seed.surql")).await;
        tenant
    }

    /// Runs the migrations from this version to that one, each in a transaction of its own, as a migration is applied.
    pub(crate) async fn migrate(&self, from: usize, to: usize) {
        for file in files().into_iter().filter(|file| (from..=to).contains(&file.version)) {
            self.run(&format!("BEGIN;\n{}\n;\nCOMMIT;", file.text)).await;
        }
    }

    /// Runs the statements, all of which must succeed, and returns what the last one did.
    pub(crate) async fn run(&self, text: &str) -> Value {
        // The engine compacts its full-text and vector indexes by itself, and a write that meets it is to be tried again.
        // Only where nothing of the text was kept, so that no statement runs twice.
        for _ in 0..20 {
            match self.try_run(text).await {
                Ok(last) => return last,
                Err(error) if error.contains(CONFLICT) && (error.starts_with(FIRST) || text.starts_with("BEGIN;")) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(error) => panic!("{error}, in: {text:.120}"),
            }
        }
        panic!("still in conflict with the engine's own work after 20 tries, in: {text:.120}")
    }

    /// Runs the statements, one of which must be refused, and returns the reason.
    pub(crate) async fn refusal(&self, text: &str) -> String {
        match self.try_run(text).await {
            Ok(last) => panic!("it was not refused but returned {last}: {text}"),
            Err(error) => error,
        }
    }

    async fn try_run(&self, text: &str) -> Result<Value, String> {
        let mut results = self.db.query(text).await.map_err(|error| error.to_string())?;
        let mut last = Value::Null;
        for index in 0..results.num_statements() {
            let result: surrealdb::types::Value =
                results.take(index).map_err(|error| format!("statement {}: {error}", index + 1))?;
            last = result.into_json_value();
        }
        Ok(last)
    }

    /// Signs a person up and returns the database as they see it.
    pub(crate) async fn sign_up(&self, handle: &str, password: &str) -> Result<Self, surrealdb::Error> {
        // A clone is a session of its own: this one stays the service's.
        let db = self.db.clone();
        db.signup(credentials(handle, password)).await?;
        Ok(Self { db })
    }

    /// Signs a person in and returns the database as they see it.
    pub(crate) async fn sign_in(&self, handle: &str, password: &str) -> Result<Self, surrealdb::Error> {
        let db = self.db.clone();
        db.signin(credentials(handle, password)).await?;
        Ok(Self { db })
    }
}

fn credentials(handle: &str, password: &str) -> Record<Value> {
    let params = serde_json::json!({ "handle": handle, "password": password, "display_name": handle });
    Record { namespace: NAMESPACE.into(), database: DATABASE.into(), access: "person".into(), params }
}

/// The example's migrations, in order.
pub(crate) fn files() -> Vec<File> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/many_tenants/migrations");
    let mut files: Vec<File> = fs::read_dir(folder)
        .expect("the example has migrations")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "surql"))
        .map(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).expect("a plain name");
            let version = name.strip_prefix('V').and_then(|name| name.split_once("__")).expect("a versioned name").0;
            File {
                version: version.parse().expect("a number"),
                text: fs::read_to_string(&path).expect("the file can be read"),
            }
        })
        .collect();
    files.sort_by_key(|file| file.version);
    files
}
