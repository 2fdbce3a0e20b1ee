//! Watches the folder that the library embeds, as every crate with migrations does.

fn main() {
    migrate_build::Builder::new("migrations").run();
}
