use migrate_core::{Catalog, Checksum};
use sha2::{Digest, Sha256};

/// One value for a whole schema: equal ones mean that every object has the same definition. `FORMATS.md` says what is hashed;
/// the database computes the same for what it stores.
pub(crate) fn checksum(catalog: &Catalog) -> Checksum {
    let mut objects: Vec<_> = catalog.iter().map(|(object, definition)| (object.to_string(), definition)).collect();
    objects.sort_unstable();
    let mut hash = Sha256::new();
    for (object, definition) in objects {
        // The lengths make it certain where each part ends, whatever it holds.
        let lengths = format!("{} {} ", object.chars().count(), definition.chars().count());
        hash.update(lengths);
        hash.update(object);
        hash.update(definition);
    }
    Checksum::from_bytes(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use migrate_core::{Object, ObjectKind};

    fn of(objects: &[(&'static str, &str)]) -> Checksum {
        let table = |name: &'static str| Object::new(ObjectKind::Table, name);
        checksum(&objects.iter().map(|(name, text)| (table(name), (*text).to_owned())).collect())
    }

    #[test]
    fn it_is_what_it_was_and_tells_every_change() {
        assert_eq!(of(&[]).to_string(), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(of(&[("a", "é")]), Checksum::from_bytes(Sha256::digest("7 1 table aé").into()));
        let all = [of(&[]), of(&[("a", "")]), of(&[("a", "b")]), of(&[("ab", "")]), of(&[("a", ""), ("b", "")])];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[at + 1..].contains(one), "{one}");
        }
    }
}
