//! What a build script leaves for the macro, so that a folder is analysed once.
//!
//! The macro reads the folder all the same. It takes what was prepared only for the very bytes that it has read itself, from the
//! same version of this crate, and only whole; anything else is as if there was nothing.

use std::path::{Path, PathBuf};
use std::{fs, io};

use migrate_core::__embedded::{FORMAT, Input};
use migrate_core::{Checksum, Version};

use super::Embedding;
use super::output::Output;
use crate::discover::{Entry, discover};
use crate::read::{digest, read};
use crate::{Diagnostics, Folder, Options, hash};

/// Why the result of a build script could not be left for the macro.
#[derive(Debug, thiserror::Error)]
#[error("`{}` cannot be written", path.display())]
#[non_exhaustive]
pub struct PrepareError {
    /// The file.
    pub path: PathBuf,
    /// What the system says.
    #[source]
    pub source: io::Error,
}

/// What an embedding was made of, besides the bytes of the folder's files.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key<'a> {
    folder: &'a Folder,
    options: &'a Options,
}

impl<'a> Key<'a> {
    pub(super) const fn new(folder: &'a Folder, options: &'a Options) -> Self {
        Self { folder, options }
    }

    /// Folders of one crate have files of their own, with names that are short however long those of the folders are.
    fn path(self, prepared: &Path) -> PathBuf {
        let name = hash::of(&[self.folder.digest_variable().as_bytes()]).to_string();
        prepared.join(name.replace(':', "_"))
    }

    pub(super) fn prepare(self, embedding: &Embedding, prepared: &Path) -> Result<(), PrepareError> {
        let path = self.path(prepared);
        fs::write(&path, self.seal(embedding)).map_err(|source| PrepareError { path, source })
    }

    pub(super) fn find(self, prepared: &Path) -> Option<Embedding> {
        let sealed = fs::read(self.path(prepared)).ok()?;
        let mut diagnostics = Diagnostics::default();
        let entries = discover(self.folder, &mut diagnostics)?;
        let files = entries.iter().map(|Entry { path, .. }| path.clone()).collect();
        let raw = read(self.folder, entries, &mut diagnostics);
        if diagnostics.has_errors() {
            return None;
        }
        self.open(&sealed, files, digest(&raw.files))
    }

    /// What says by whom and of what it was made; it, each part behind its length; and the SHA-256 of all that.
    fn seal(self, embedding: &Embedding) -> Vec<u8> {
        let mut output = Output::default();
        output.bytes(&self.head(embedding.digest));
        output.text(&embedding.text);
        output.number(embedding.bytes.len());
        output.bytes(&embedding.bytes);
        output.text(&embedding.module);
        for names in [&embedding.formerly, &embedding.unmanaged] {
            output.number(names.len());
            for name in names {
                output.text(name);
            }
        }
        output.number(embedding.requires.len());
        for (module, version) in &embedding.requires {
            output.text(module);
            output.number(version.get());
        }
        let mut sealed = output.into_bytes();
        sealed.extend_from_slice(hash::of(&[&sealed]).as_bytes());
        sealed
    }

    fn head(self, digest: Checksum) -> Vec<u8> {
        let mut head = Output::default();
        head.text(concat!("migrate-build ", env!("CARGO_PKG_VERSION")));
        head.number(u64::from(FORMAT));
        head.text(self.options.module());
        head.bytes(digest.as_bytes());
        head.into_bytes()
    }

    /// What was sealed, if it is whole and of these files.
    fn open(self, sealed: &[u8], files: Vec<PathBuf>, digest: Checksum) -> Option<Embedding> {
        let (content, seal) = sealed.split_last_chunk::<32>()?;
        let body = content.strip_prefix(&self.head(digest)[..])?;
        if hash::of(&[content]).as_bytes() != seal {
            return None;
        }
        let mut input = Input::new(body);
        let embedding = Embedding {
            text: text(&mut input)?,
            bytes: bytes(&mut input)?.to_vec(),
            module: text(&mut input)?,
            formerly: list(&mut input, text)?,
            unmanaged: list(&mut input, text)?,
            requires: list(&mut input, |input| Some((text(input)?, Version::new(input.number()?)?)))?,
            files,
            digest,
        };
        input.is_empty().then_some(embedding)
    }
}

fn bytes<'a>(input: &mut Input<'a>) -> Option<&'a [u8]> {
    let length = input.size()?;
    input.take(length)
}

fn text(input: &mut Input<'_>) -> Option<String> {
    str::from_utf8(bytes(input)?).ok().map(str::to_owned)
}

fn list<T>(input: &mut Input<'_>, mut read: impl FnMut(&mut Input<'_>) -> Option<T>) -> Option<Vec<T>> {
    let count = input.number()?;
    (0..count).map(|_| read(input)).collect()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    struct Crate {
        root: TempDir,
        folder: Folder,
        options: Options,
    }

    impl Crate {
        /// A crate of which the build script has run.
        fn built() -> Self {
            let root = tempfile::tempdir().unwrap();
            fs::create_dir(root.path().join("m")).unwrap();
            let folder = Folder::in_crate(root.path(), "m");
            let one = Self { root, folder, options: Options::new("app") };
            one.write("m/V1__a.surql", "-- migrate: description first\nDEFINE TABLE a;\n");
            one.write(
                "m/migrations.toml",
                "formerly = \"old\"\nrequires = { auth = 2 }\nunmanaged = [\"table tmp_*\"]\n",
            );
            let loaded = crate::load(&one.folder, &one.options).unwrap();
            let embedding = Embedding::of(&loaded).unwrap();
            embedding.prepare(&one.folder, &one.options, one.root.path()).unwrap();
            assert_eq!(one.found(), Some(embedding));
            one
        }

        fn write(&self, file: &str, text: &str) {
            fs::write(self.root.path().join(file), text).unwrap();
        }

        fn key(&self) -> Key<'_> {
            Key::new(&self.folder, &self.options)
        }

        fn found(&self) -> Option<Embedding> {
            self.key().find(self.root.path())
        }
    }

    #[test]
    fn what_was_prepared_is_found_while_nothing_has_changed() {
        let one = Crate::built();
        let found = one.found().unwrap();
        assert_eq!((found.module.as_str(), found.formerly.len(), found.files.len()), ("app", 1, 2));
    }

    #[test]
    fn after_any_change_of_the_folder_nothing_is_found() {
        for (file, text) in [
            ("m/V1__a.surql", "-- migrate: description first\nDEFINE TABLE b;\n"),
            ("m/V2__b.surql", "DEFINE TABLE b;"),
            ("m/migrations.lock", ""),
            ("m/migrations.toml", "requires = { auth = 3 }"),
            ("m/notes.txt", "what does not belong there"),
        ] {
            let one = Crate::built();
            one.write(file, text);
            assert_eq!(one.found(), None, "{file}");
        }
        let one = Crate::built();
        fs::remove_file(one.root.path().join("m/migrations.toml")).unwrap();
        assert_eq!(one.found(), None);
    }

    #[test]
    fn of_another_crate_nothing_is_found() {
        let one = Crate::built();
        let options = Options::new("other");
        assert_eq!(Key { options: &options, ..one.key() }.find(one.root.path()), None);
    }

    #[test]
    fn what_is_not_whole_is_not_found() {
        let one = Crate::built();
        let path = one.key().path(one.root.path());
        let sealed = fs::read(&path).unwrap();
        for at in 0..sealed.len() {
            let mut other = sealed.clone();
            other[at] ^= 1;
            fs::write(&path, other).unwrap();
            assert_eq!(one.found(), None, "{at}");
            fs::write(&path, &sealed[..at]).unwrap();
            assert_eq!(one.found(), None, "{at}");
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(one.found(), None);
    }

    #[test]
    fn where_nothing_can_be_written_the_error_names_the_file() {
        let one = Crate::built();
        let embedding = one.found().unwrap();
        let error = embedding.prepare(&one.folder, &one.options, &one.root.path().join("absent")).unwrap_err();
        assert!(error.to_string().contains("absent/sha256_"), "{error}");
    }
}
