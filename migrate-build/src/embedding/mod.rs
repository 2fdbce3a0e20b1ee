//! A module as a program holds it: one text and one string of bytes, which `migrate-core` reads.

mod output;
mod pack;
mod prepared;
mod record;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use migrate_core::__embedded::{Contents, Embedded, FORMAT};
use migrate_core::{Checksum, Version};

use self::output::Output;
use self::prepared::Key;
use self::record::Records;
use crate::{Folder, LoadError, Loaded, Options, load};

pub use self::prepared::PrepareError;

/// What `embed_migrations!` compiles in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Embedding {
    /// The module's name.
    pub module: String,
    /// The names that it had before.
    pub formerly: Vec<String>,
    /// The modules it needs, each with the version it must be at or behind.
    pub requires: Vec<(String, Version)>,
    /// Patterns over the names of objects that are none of its business.
    pub unmanaged: Vec<String>,
    /// Every file that was read, sorted by name.
    pub files: Vec<PathBuf>,
    /// One value for the names and contents of all those files.
    pub digest: Checksum,
    /// The texts of the migrations, one behind the other.
    pub text: String,
    /// All else that is known of them, as `FORMATS.md` has it.
    pub bytes: Vec<u8>,
}

/// Why a folder cannot be embedded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// Something is wrong with it.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A program would not read what was written for it.
    #[error(
        "what was written for the module `{module}` reads back as something else: please report this as a bug of migrate-build"
    )]
    Unfaithful {
        /// The module.
        module: String,
    },
}

impl Embedding {
    /// How a module is embedded, once a program was seen to read the same of it.
    ///
    /// # Errors
    ///
    /// A program would read something else, which is a bug of this crate.
    pub fn of(loaded: &Loaded) -> Result<Self, EmbedError> {
        let embedding = Self::unproven(loaded);
        // Both stay in memory. A build script ends soon, and the macro nearly always finds what that one prepared.
        let leaked = loaded.clone().leak();
        let is_faithful = |read: Contents| read.chain == leaked.as_slice() && read.fresh == leaked.fresh();
        if embedding.read().is_some_and(is_faithful) {
            return Ok(embedding);
        }
        Err(EmbedError::Unfaithful { module: embedding.module })
    }

    /// How a folder is embedded, for a crate whose build script writes into the folder `prepared`.
    ///
    /// What the build script has prepared is taken where the folder holds the very bytes that it saw. Otherwise the folder is
    /// [loaded](load) once more.
    ///
    /// # Errors
    ///
    /// Something is wrong with the folder.
    pub fn find(folder: &Folder, options: &Options, prepared: Option<&Path>) -> Result<Self, EmbedError> {
        let key = Key::new(folder, options);
        match prepared.and_then(|prepared| key.find(prepared)) {
            Some(embedding) => Ok(embedding),
            None => Self::of(&load(folder, options)?),
        }
    }

    /// Writes it into the folder `prepared`, for the macro of the same crate to [find](Self::find).
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn prepare(&self, folder: &Folder, options: &Options, prepared: &Path) -> Result<(), PrepareError> {
        Key::new(folder, options).prepare(self, prepared)
    }

    fn unproven(loaded: &Loaded) -> Self {
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
        Self {
            module: loaded.module.clone(),
            formerly: loaded.formerly.clone(),
            requires: loaded.requires.clone(),
            unmanaged: loaded.unmanaged.clone(),
            files: loaded.files.clone(),
            digest: loaded.digest,
            text,
            bytes: output.into_bytes(),
        }
    }

    /// What a program reads of it. Its memory is never given back.
    fn read(&self) -> Option<Contents> {
        Embedded::read(self.text.clone().leak(), self.bytes.clone().leak())
    }
}
