use migrate_runtime::{Migrations, Version};

/// The module that every release carries, at a version of its own.
pub const MODULE: &str = "notes";

/// The version of the module that version 2 of the service carries.
pub const NEWEST: Version = {
    let Some(version) = Version::new(3) else { panic!("a version is positive") };
    version
};

/// A release of the service: all in which its binary differs from that of another one.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "named for what they are")]
pub struct Release {
    pub name: &'static str,
    pub number: &'static str,
    pub schema: &'static Migrations,
    /// What it does to write a note.
    pub write: &'static str,
    /// What it does to read the latest notes.
    pub read: &'static str,
}
