use migrate_core::{Object, ObjectKind};

use crate::analysis::{Presence, Step};
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M234",
    name: "foreign-object",
    severity: Severity::Warning,
    summary: "A module changes an object that another module defines",
    explanation: "A module that says `requires` in `migrations.toml` shares its database with others. What it alters, \
                  removes or builds on without having defined it is theirs, and their next version may change it as \
                  well. Let the module that defines an object change it, or allow this with a reason.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Some(object) = step.object().filter(|_| step.schema().is_shared()) else { return };
    let changed = match object.table() {
        Some(table) => Object::new(ObjectKind::Table, table.to_owned()),
        // Defining something of one's own changes nothing of others.
        None if step.define().is_some() => return,
        None => object.clone(),
    };
    if !matches!(step.schema().presence(&changed), Presence::Absent) {
        return;
    }
    let message = format!("this changes {changed}, which this module does not define");
    let help = "let the module that defines it change it, or write `-- migrate: allow(M234) reason`".to_owned();
    diagnostics.push(step.at_name(&RULE, changed.name(), message, help).with_label("of another module"));
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::{Folder, Options, load};

    fn codes(manifest: &str, text: &str) -> Vec<&'static str> {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("migrations.toml"), manifest).unwrap();
        fs::write(dir.path().join("V1__a.surql"), "DEFINE TABLE invoice; DEFINE PARAM $tax VALUE 1;").unwrap();
        fs::write(dir.path().join("V2__b.surql"), text).unwrap();
        let found = load(&Folder::new(dir.path()), &Options::new("app"));
        let found = found.map_or_else(|error| error.into_parts().0, |loaded| loaded.warnings);
        found.iter().map(|diagnostic| diagnostic.rule().code).filter(|code| *code == "M234").collect()
    }

    const SHARED: &str = "requires = { auth = 1 }\n";

    #[test]
    fn what_another_module_defines_is_not_changed_in_silence() {
        for text in [
            "DEFINE FIELD plan ON user TYPE option<string>;",
            "DEFINE INDEX plan ON user FIELDS plan;",
            "REMOVE TABLE user;",
            "REMOVE FIELD name ON user;",
            "ALTER TABLE user SCHEMAFULL;",
            "REMOVE FUNCTION fn::sign_in;",
        ] {
            assert_eq!(codes(SHARED, text), ["M234"], "{text}");
        }
    }

    #[test]
    fn what_is_its_own_or_only_used_is_not_spoken_of() {
        for text in [
            "DEFINE FIELD owner ON invoice TYPE option<record<user>>;",
            "DEFINE TABLE payment; DEFINE FIELD by ON payment TYPE record<user>;",
            "REMOVE PARAM $tax;",
            "CREATE invoice SET owner = user:1;",
        ] {
            assert_eq!(codes(SHARED, text), [""; 0], "{text}");
        }
        assert_eq!(codes("", "DEFINE FIELD plan ON user TYPE option<string>;"), [""; 0], "there is no other module");
    }
}
