use super::*;
use crate::order::Modules;

const FILES: [&str; 5] = ["V1__a.surql", "V2__b.surql", "V3__c.surql", "V4__d.surql", "V5__e.surql"];

/// A migration, and where it came from or went.
type One = (u8, Option<Moved>);

/// A module of migrations by the byte of their checksums.
fn module(name: &'static str, migrations: &[One]) -> &'static Migrations {
    let migration = |(at, &(sum, moved)): (usize, &One)| {
        let version = u64::try_from(at).unwrap() + 1;
        let migration = Migration::__new(version, "x", FILES[at], "", [sum; 32], [sum; 32]);
        match moved {
            Some(moved) => migration.__with_moved(Box::leak(Box::new(moved))),
            None => migration,
        }
    };
    let chain: Vec<_> = migrations.iter().enumerate().map(migration).collect();
    Box::leak(Box::new(Migrations::__new(name, chain.leak())))
}

fn from(module: &'static str, version: u64) -> Moved {
    Moved::From(Requirement::__new(module, version))
}

fn to(module: &'static str, version: u64) -> Moved {
    Moved::To(Requirement::__new(module, version))
}

fn order(modules: &[&'static Migrations]) -> Result<Vec<String>, String> {
    let ordered = Modules::new(modules.iter().copied()).map_err(|error| error.to_string())?;
    let name = |module: usize, at: usize| format!("{}{}", modules[module].module(), at + 1);
    Ok(ordered.turns().iter().map(|turn| name(turn.module, turn.at)).collect())
}

#[test]
fn the_chain_in_which_it_was_shipped_is_gone_through_as_ever() {
    let auth =
        module("auth", &[(1, None), (2, None), (3, Some(to("sessions", 1))), (4, Some(to("sessions", 2))), (5, None)]);
    let sessions = module("sessions", &[(3, Some(from("auth", 3))), (4, Some(from("auth", 4))), (6, None)]);
    let chain = ["auth1", "auth2", "sessions1", "auth3", "sessions2", "auth4", "auth5"];
    assert_eq!(order(&[auth, sessions]).unwrap()[..7], chain);
    assert_eq!(
        order(&[sessions, auth]).unwrap(),
        ["auth1", "auth2", "sessions1", "auth3", "sessions2", "sessions3", "auth4", "auth5"],
        "nothing of the one stands before what it stood behind"
    );
}

#[test]
fn what_one_side_says_the_other_has_to_say_as_well() {
    let sessions = module("sessions", &[(2, Some(from("auth", 2)))]);
    let still = module("auth", &[(1, None), (2, None)]);
    assert_eq!(
        order(&[still, sessions]).unwrap_err(),
        "`sessions` V1 (migrations.toml) says that it was moved, and `auth` V2 (V2__b.surql) says nothing of that, or \
         something else: `[moved]` in the migrations.toml of both has to name the other one with its version, so bring \
         both modules to releases that do"
    );
    let auth = module("auth", &[(1, None), (2, Some(to("sessions", 1)))]);
    let other = module("sessions", &[(2, None)]);
    assert!(order(&[auth, other]).unwrap_err().starts_with("`auth` V2 (migrations.toml) says that it was moved, and"));
    let elsewhere = module("auth", &[(1, None), (2, Some(to("mail", 1)))]);
    let mail = module("mail", &[(2, Some(from("auth", 2)))]);
    assert!(order(&[elsewhere, mail, sessions]).is_err(), "it went to one of them");
    let old = module("auth", &[(1, None)]);
    assert_eq!(
        order(&[old, sessions]).unwrap_err(),
        "`sessions` V1 (migrations.toml) requires `auth` at V2, and the one given ends at V1 (V1__a.surql)"
    );
    assert_eq!(
        order(&[auth]).unwrap_err(),
        "`auth` V2 (migrations.toml) requires `sessions` at V1, which was not given to the migrator"
    );
    assert_eq!(order(&[sessions]).unwrap(), ["sessions1"], "the other way round, it has all that it needs");
}

#[test]
fn what_is_moved_is_moved_byte_for_byte() {
    let auth = module("auth", &[(1, None), (2, Some(to("sessions", 1)))]);
    let sessions = module("sessions", &[(9, Some(from("auth", 2)))]);
    let said = order(&[auth, sessions]).unwrap_err();
    assert!(
        said.starts_with(
            "`sessions` V1 (V1__a.surql) is not what was shipped as `auth` V2 (migrations.toml): its \
                          checksum is sha256:0909"
        ) && said.contains("that in the lockfile of `auth` is sha256:0202"),
        "{said}"
    );
}

#[test]
fn what_would_have_to_stand_before_itself_is_refused() {
    let auth = module("auth", &[(1, None), (2, Some(to("sessions", 2))), (3, Some(to("sessions", 1)))]);
    let sessions = module("sessions", &[(3, Some(from("auth", 3))), (2, Some(from("auth", 2)))]);
    let said = order(&[auth, sessions]).unwrap_err();
    assert!(said.starts_with("migrations require each other in a circle"), "{said}");
}

#[test]
fn either_side_may_have_had_another_name() {
    let formerly = |module: &Migrations, names: &'static [&'static str]| -> &'static Migrations {
        Box::leak(Box::new(module.__with_formerly(names)))
    };
    let login = formerly(module("login", &[(1, None), (2, Some(to("sessions", 1)))]), &["auth"]);
    let visits = formerly(module("visits", &[(2, Some(from("auth", 2)))]), &["sessions"]);
    let modules = Modules::new([login, visits]).unwrap();
    let [handover] = modules.handovers() else { panic!("one") };
    assert_eq!((handover.origin.module, handover.origin.receiver), ("login", "visits"), "rows have the present names");
}
