//! Checks and hashes the migrations whenever one of them changes.

fn main() {
    migrate_build::Builder::new("migrations").run();
}
