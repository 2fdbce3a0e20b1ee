//! A module as a program holds it: one text and one string of bytes, which `migrate-core` reads.

mod output;
mod pack;
mod record;

#[cfg(test)]
mod tests;

use migrate_core::__embedded::{Contents, Embedded, FORMAT};

use self::output::Output;
use self::record::Records;
use crate::Loaded;

/// What `embed_migrations!` compiles in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Embedding {
    /// The texts of the migrations, one behind the other.
    pub text: String,
    /// All else, as `FORMATS.md` has it.
    pub bytes: Vec<u8>,
}

impl Embedding {
    /// How these migrations are embedded.
    pub fn of(loaded: &Loaded) -> Self {
        let mut text = String::new();
        let mut records = Records::default();
        records.count(loaded.migrations.len());
        for migration in &loaded.migrations {
            text.push_str(migration.source.text());
            records.migration(migration);
        }
        records.fresh(loaded.fresh.as_ref());
        let (length, packed, records) = records.finish();
        let mut output = Output::default();
        output.bytes(&[FORMAT]);
        output.number(length);
        output.bytes(&packed);
        output.bytes(&records);
        Self { text, bytes: output.into_bytes() }
    }

    /// What is read of it: the very values that a program will have. Their memory is never given back.
    pub fn read(&self) -> Option<Contents> {
        Embedded::read(self.text.clone().leak(), self.bytes.clone().leak())
    }
}
