use migrate_core::Checksum;
use sha2::{Digest as _, Sha256};

/// The SHA-256 of a migration's canonical text, as UTF-8 bytes.
///
/// ```
/// # use migrate_build::checksum;
/// let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// assert_eq!(checksum("").to_string(), empty);
/// ```
pub fn checksum(text: &str) -> Checksum {
    of(&[text.as_bytes()])
}

/// The chain value of a migration: one value for the whole history up to it.
///
/// It is the SHA-256 of 64 bytes: the 32 of the predecessor's chain value, then the 32 of the migration's checksum. The
/// first of a module has no predecessor, and its chain value is the SHA-256 of the 32 bytes of its checksum alone.
///
/// ```
/// # use migrate_build::{chain, checksum};
/// let one = chain(None, checksum("DEFINE TABLE a;"));
/// let two = chain(Some(one), checksum("DEFINE TABLE b;"));
/// assert_ne!(two, chain(None, checksum("DEFINE TABLE b;")));
/// ```
pub fn chain(predecessor: Option<Checksum>, checksum: Checksum) -> Checksum {
    match predecessor {
        Some(predecessor) => of(&[predecessor.as_bytes(), checksum.as_bytes()]),
        None => of(&[checksum.as_bytes()]),
    }
}

/// The SHA-256 of the parts, one behind the other.
pub(crate) fn of(parts: &[&[u8]]) -> Checksum {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    Checksum::from_bytes(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_the_sha256_of_the_text() {
        let known = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(checksum("abc").to_string(), known);
    }

    /// The values were computed with `sha256sum` and `xxd`, so that a change of the format cannot go unnoticed.
    #[test]
    fn a_chain_value_hashes_the_raw_bytes_of_both() {
        let first = chain(None, checksum("abc"));
        assert_eq!(first.to_string(), "sha256:4f8b42c22dd3729b519ba6f68d2da7cc5b2d606d05daed5ad5128cc03e6c6358");
        let second = chain(Some(first), checksum("abc"));
        assert_eq!(second.to_string(), "sha256:385a305a980b846cb26525733d49c1f1027a345051e123893b206ef0d70f8c36");
    }
}
