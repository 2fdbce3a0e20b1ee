use migrate_core::{Effect, Migration, Migrations, Object, ObjectKind, Requirement, Statement, StatementKind};

use crate::modules_error::ModulesError;
use crate::order::Modules;

type Said = (StatementKind, Object);

fn defines(object: Object) -> Said {
    (StatementKind::Define, object)
}

fn removes(object: Object) -> Said {
    (StatementKind::Remove, object)
}

fn table(name: &str) -> Object {
    Object::new(ObjectKind::Table, name.to_owned())
}

fn field(table: &str, name: &str) -> Object {
    Object::on(table.to_owned(), ObjectKind::Field, name.to_owned())
}

fn module(name: &'static str, requires: &[(&'static str, u64)], chain: &[&[Said]]) -> &'static Migrations {
    let migration = |(version, said): (u64, &&[Said])| {
        let statement =
            |(kind, object): &Said| Statement::__new((0, 0), 1, *kind, Effect::Additive, Some(object.clone()));
        let statements: Vec<_> = said.iter().map(statement).collect();
        let file = format!("V{version}__{name}.surql").leak();
        Migration::__new(version, "x", file, "", [0; 32], [0; 32]).__with_statements(statements.leak())
    };
    let chain: Vec<_> = (1..).zip(chain).map(migration).collect();
    let requires: Vec<_> = requires.iter().map(|(name, version)| Requirement::__new(name, *version)).collect();
    Box::leak(Box::new(Migrations::__new(name, chain.leak()).__with_requires(requires.leak())))
}

fn check(modules: &[&'static Migrations]) -> Result<(), ModulesError> {
    Modules::new(modules.iter().copied()).map(|_| ())
}

#[test]
fn one_object_of_two_modules_is_refused_with_both_files() {
    let auth = module("auth", &[], &[&[defines(table("user"))]]);
    for requires in [&[][..], &[("auth", 1)]] {
        let app = module("app", requires, &[&[], &[defines(table("user"))]]);
        assert_eq!(
            check(&[auth, app]).unwrap_err().to_string(),
            "two modules define table user: `auth` V1 (V1__auth.surql) and `app` V2 (V2__app.surql). Only one of them can \
             own it; it is handed over by removing it in the one and requiring that version in the other"
        );
    }
}

#[test]
fn a_field_on_a_table_of_a_required_module_is_fine() {
    let auth = module("auth", &[], &[&[], &[defines(table("user"))]]);
    let app = |version| module("app", &[("auth", version)], &[&[defines(field("user", "plan"))]]);
    assert_eq!(check(&[auth, app(2)]), Ok(()));
    assert!(matches!(check(&[auth, app(1)]), Err(ModulesError::UnrequiredTable { .. })), "it does not define it yet");
}

#[test]
fn a_field_on_a_table_of_a_module_that_is_not_required_is_refused_with_the_remedy() {
    let auth = module("auth", &[], &[&[defines(table("user"))]]);
    let app = module("app", &[], &[&[defines(field("user", "plan"))]]);
    let refused = check(&[app, auth]).unwrap_err().to_string();
    assert_eq!(
        refused,
        "`app` V1 (V1__app.surql) defines field user.plan on a table that `auth` V1 (V1__auth.surql) defines, and does not \
         require it: write `requires = { auth = 1 }` in the migrations.toml of `app`, or `-- migrate: requires auth 1` in \
         V1__app.surql"
    );
}

#[test]
fn what_was_removed_can_be_handed_over_to_whom_requires_that() {
    let auth = module("auth", &[], &[&[defines(table("note"))], &[removes(table("note"))]]);
    let app = |version| module("app", &[("auth", version)], &[&[defines(table("note"))]]);
    assert_eq!(check(&[auth, app(2)]), Ok(()));
    assert!(matches!(check(&[auth, app(1)]), Err(ModulesError::SharedObject { .. })));
    let again = module("auth", &[], &[&[defines(table("note"))], &[removes(table("note"))], &[defines(table("note"))]]);
    assert!(matches!(check(&[again, app(2)]), Err(ModulesError::SharedObject { .. })));
}

#[test]
fn a_module_may_define_its_own_object_as_often_as_it_likes() {
    let twice = &[&[defines(table("user"))][..], &[defines(table("user")), defines(field("user", "a"))]];
    assert_eq!(check(&[module("auth", &[], twice)]), Ok(()));
}
