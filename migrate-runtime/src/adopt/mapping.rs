//! Which of a module's migrations the entries of another tool's ledger are, without any I/O.

use std::collections::BTreeMap;

use migrate_core::{Migration, Migrations, Version};

use super::error::AdoptionError;
use super::foreign::ForeignMigration;
use super::tool::Tool;
use crate::context::Context;

/// The last of the module's migrations that was applied, if any was: all those before it were, too.
pub(super) fn last_applied(
    context: &Context,
    tool: Tool,
    module: &'static Migrations,
    map: &BTreeMap<String, Version>,
    entries: &[ForeignMigration],
) -> Result<Option<Version>, AdoptionError> {
    let mut applied: BTreeMap<Version, &ForeignMigration> = BTreeMap::new();
    let mut unmapped = Vec::new();
    for entry in entries {
        if let Some(&version) = map.get(&entry.id) {
            applied.insert(version, entry);
            continue;
        }
        let Some(version) = find(module, entry) else {
            unmapped.push(entry.id.clone());
            continue;
        };
        if let Some(earlier) = applied.insert(version, entry) {
            let (one, other) = (earlier.id.clone(), entry.id.clone());
            let (context, module) = (context.clone(), module.module());
            return Err(AdoptionError::Ambiguous { context, tool, module, version, one, other });
        }
    }
    if !unmapped.is_empty() {
        let (context, module) = (context.clone(), module.module());
        return Err(AdoptionError::Unmapped { context, tool, module, ids: unmapped });
    }
    let Some((&later, _)) = applied.last_key_value() else { return Ok(None) };
    let until = module.iter().map(Migration::version).take_while(|&version| version < later);
    match until.into_iter().find(|version| !applied.contains_key(version)) {
        Some(missing) => {
            Err(AdoptionError::Gap { context: context.clone(), tool, module: module.module(), missing, later })
        }
        None => Ok(Some(later)),
    }
}

/// The migration that an entry is, if there is exactly one that it can be.
fn find(module: &'static Migrations, entry: &ForeignMigration) -> Option<Version> {
    let only = |is: &dyn Fn(&Migration) -> bool| {
        let mut found = module.iter().filter(|migration| is(migration));
        found.next().filter(|_| found.next().is_none()).map(Migration::version)
    };
    let sum = entry.checksum.as_ref().map(|sum| format!("sha256:{sum}"));
    let time: String = entry.id.chars().take_while(|c| c.is_ascii_digit() || *c == '_').filter(|c| *c != '_').collect();
    let name = plain(&entry.name);
    sum.and_then(|sum| only(&|migration| migration.checksum().to_string() == sum))
        // A time has fourteen digits: a shorter number is no version of ours by accident.
        .or_else(|| only(&|migration| time.len() == 14 && migration.version().to_string() == time))
        .or_else(|| only(&|migration| !name.is_empty() && plain(migration.name()) == name))
}

/// A name without what spells it: `AddUser`, `add user` and `add_user` are one.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(chain: &[(u64, &'static str)]) -> &'static Migrations {
        let migration = |&(version, name): &(u64, &'static str)| {
            let sum = [u8::try_from(version % 251).unwrap(); 32];
            Migration::__new(version, name, "V__x.surql", "", sum, sum)
        };
        let chain: Vec<_> = chain.iter().map(migration).collect();
        Box::leak(Box::new(Migrations::__new("app", chain.leak())))
    }

    fn entry(id: &str, name: &str, checksum: Option<String>) -> ForeignMigration {
        ForeignMigration { id: id.to_owned(), name: name.to_owned(), checksum }
    }

    fn last(
        module: &'static Migrations,
        map: &[(&str, u64)],
        entries: &[ForeignMigration],
    ) -> Result<Option<u64>, AdoptionError> {
        let map = map.iter().map(|(id, version)| ((*id).to_owned(), Version::new(*version).unwrap())).collect();
        let context = Context::new("a", "b").unwrap();
        Ok(last_applied(&context, Tool::SurrealdbMigrations, module, &map, entries)?.map(Version::get))
    }

    #[test]
    fn names_are_compared_without_their_spelling() {
        let app = module(&[(1, "add_user"), (2, "add_post"), (3, "later")]);
        let (user, post) =
            (entry("20230101_120000_AddUser", "AddUser", None), entry("20230102_120000_x", "Add post", None));
        assert_eq!(last(app, &[], &[user.clone(), post.clone()]), Ok(Some(2)));
        assert_eq!(last(app, &[], &[]), Ok(None));
        let gap = last(app, &[], std::slice::from_ref(&post)).unwrap_err();
        assert!(matches!(gap, AdoptionError::Gap { missing: Version::FIRST, .. }), "{gap}");
        let twice = last(app, &[], &[user.clone(), entry("again", "add_user", None)]).unwrap_err();
        assert!(matches!(twice, AdoptionError::Ambiguous { .. }), "{twice}");
        let stranger = last(app, &[], &[user, entry("x", "Gone", None)]).unwrap_err();
        assert!(matches!(&stranger, AdoptionError::Unmapped { ids, .. } if ids[..] == ["x"]), "{stranger}");
    }

    #[test]
    fn what_the_user_says_counts_more_than_any_rule() {
        let app = module(&[(1, "init"), (2, "add_user")]);
        let entries = [entry("a", "add_user", None), entry("b", "x", None), entry("c", "add_user", None)];
        assert_eq!(last(app, &[("a", 1), ("b", 1)], &entries), Ok(Some(2)));
    }

    #[test]
    fn a_checksum_counts_more_than_a_time_and_a_time_more_than_a_name() {
        let app = module(&[(20_230_101_120_000, "one"), (20_230_102_120_000, "two")]);
        let of_two = app.last().unwrap().checksum().to_string()[7..].to_owned();
        let one = entry("20230101_120000", "two", None);
        assert_eq!(last(app, &[], std::slice::from_ref(&one)), Ok(Some(20_230_101_120_000)));
        let two = entry("20990101_000000", "one", Some(of_two));
        assert_eq!(last(app, &[], &[one, two]), Ok(Some(20_230_102_120_000)));
    }

    #[test]
    fn a_name_that_two_migrations_have_is_no_proof() {
        let app = module(&[(1, "fix"), (2, "fix")]);
        assert!(matches!(last(app, &[], &[entry("1_fix", "fix", None)]), Err(AdoptionError::Unmapped { .. })));
    }
}
