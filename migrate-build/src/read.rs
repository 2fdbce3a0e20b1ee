use std::fs;

use migrate_core::{Checksum, Version};

use crate::discover::Entry;
use crate::filename::{self, FileName};
use crate::rules::{m002_file_unreadable, m003_unexpected_file};
use crate::{Diagnostics, Folder, hash};

/// A file of the folder that matters, with its bytes as they are on disk.
#[derive(Clone, Debug)]
pub(crate) struct RawFile {
    pub(crate) role: FileName,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// All files of the folder that matter, and the versions of those that could not be had.
#[derive(Debug, Default)]
pub(crate) struct RawFiles {
    /// Sorted by name.
    pub(crate) files: Vec<RawFile>,
    /// What was reported already shall not be reported again as missing.
    pub(crate) excused: Vec<Version>,
}

/// Tells by their names what the files are, and reads those that matter.
pub(crate) fn read(folder: &Folder, entries: Vec<Entry>, diagnostics: &mut Diagnostics) -> RawFiles {
    let mut read = RawFiles::default();
    for Entry { name, path } in entries {
        let shown = folder.file(&name);
        let role = match FileName::parse(&name) {
            Ok(role) => role,
            Err(misnamed) => {
                read.excused.extend(filename::guess(&name).map(|(slot, _)| slot.version));
                diagnostics.push(m003_unexpected_file::diagnostic(shown, &name, misnamed));
                continue;
            }
        };
        match fs::read(path) {
            Ok(bytes) => read.files.push(RawFile { role, name, bytes }),
            Err(error) => {
                diagnostics.push(m002_file_unreadable::diagnostic(shown, &error));
                if let FileName::Up(slot) | FileName::Phased(slot) | FileName::Down(slot) = role {
                    read.excused.push(slot.version);
                }
            }
        }
    }
    read
}

/// The SHA-256 by which the macro knows that a folder is as the build script saw it.
///
/// For each file in ascending order of the bytes of its name are hashed: the length of the name, the name, the length
/// of the contents, the contents as they are on disk; lengths as 8 bytes, little-endian. That the lockfile and
/// `migrations.toml` are among them makes a change of either rebuild what it decides.
pub(crate) fn digest(files: &[RawFile]) -> Checksum {
    let mut files: Vec<_> = files.iter().map(|file| (file.name.as_bytes(), file.bytes.as_slice())).collect();
    files.sort_unstable();
    let lengths: Vec<_> = files.iter().map(|(name, bytes)| [length(name), length(bytes)]).collect();
    let parts = files.iter().zip(&lengths);
    let parts: Vec<_> = parts.flat_map(|((name, bytes), [n, b])| [&n[..], name, &b[..], bytes]).collect();
    hash::of(&parts)
}

fn length(bytes: &[u8]) -> [u8; 8] {
    (bytes.len() as u64).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, bytes: &[u8]) -> RawFile {
        RawFile { role: FileName::Manifest, name: name.to_owned(), bytes: bytes.to_vec() }
    }

    #[test]
    fn the_order_of_files_makes_no_difference_to_the_digest() {
        let (a, b) = (file("a", b"1"), file("b", b"2"));
        assert_eq!(digest(&[a.clone(), b.clone()]), digest(&[b, a]));
    }

    #[test]
    fn every_byte_and_every_border_makes_a_difference_to_the_digest() {
        let digests = [
            digest(&[]),
            digest(&[file("a", b"")]),
            digest(&[file("a", b"b")]),
            digest(&[file("ab", b"")]),
            digest(&[file("a", b"\n")]),
            digest(&[file("a", b"\r\n")]),
            digest(&[file("a", b""), file("b", b"")]),
        ];
        for (at, one) in digests.iter().enumerate() {
            assert!(!digests[at + 1..].contains(one), "{at}");
        }
    }
}
