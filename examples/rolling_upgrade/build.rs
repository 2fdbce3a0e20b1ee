//! Checks and hashes the migrations of both releases whenever one of them changes.

fn main() {
    for release in ["migrations/v1", "migrations/v2"] {
        migrate_build::Builder::new(release).run();
    }
}
