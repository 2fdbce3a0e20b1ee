//! Checks the migrations, and tells the macro that embeds them about it.

fn main() {
    migrate_build::Builder::new("{MIGRATIONS}").run();
}
