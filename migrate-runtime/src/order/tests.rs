use migrate_core::{Migration, Requirement};
use proptest::prelude::*;

use super::*;

type Needs<'a> = &'a [(&'static str, u64)];

fn requirements_of(requires: Needs<'_>) -> &'static [Requirement] {
    requires.iter().map(|(name, version)| Requirement::__new(name, *version)).collect::<Vec<_>>().leak()
}

/// A module of which each migration requires what stands at its place.
fn chain(name: &'static str, migrations: &[Needs<'_>]) -> &'static Migrations {
    let chain = (1..).zip(migrations).map(|(version, needs)| {
        let file = format!("V{version}__x.surql").leak();
        Migration::__new(version, "x", file, "", [0; 32], [0; 32]).__with_requires(requirements_of(needs))
    });
    Box::leak(Box::new(Migrations::__new(name, chain.collect::<Vec<_>>().leak())))
}

fn module(name: &'static str, last: usize, requires: Needs<'_>) -> &'static Migrations {
    let module = *chain(name, &vec![&[][..]; last]);
    Box::leak(Box::new(module.__with_requires(requirements_of(requires))))
}

fn order(modules: &[&'static Migrations]) -> Result<String, ModulesError> {
    let modules = Modules::new(modules.iter().copied())?;
    let name = |turn: &Turn| format!("{}{}", modules[turn.module].module(), turn.at + 1);
    Ok(modules.turns().iter().map(name).collect::<Vec<_>>().join(" "))
}

fn refused(modules: &[&'static Migrations]) -> String {
    order(modules).unwrap_err().to_string()
}

#[test]
fn what_is_required_comes_first_and_the_rest_stays_in_order() {
    let (app, auth, log) = (module("app", 1, &[("auth", 2)]), module("auth", 2, &[]), module("log", 1, &[]));
    assert_eq!(order(&[log, app, auth]).unwrap(), "log1 auth1 auth2 app1");
    assert_eq!(order(&[auth, app, log]).unwrap(), "auth1 auth2 app1 log1");
}

#[test]
fn only_what_is_needed_of_another_chain_comes_first() {
    let app = chain("app", &[&[("auth", 3)], &[], &[("auth", 4)]]);
    let auth = module("auth", 5, &[]);
    assert_eq!(order(&[app, auth]).unwrap(), "auth1 auth2 auth3 app1 app2 auth4 app3 auth5");
}

#[test]
fn modules_may_need_parts_of_each_other() {
    let (app, auth) = (chain("app", &[&[], &[("auth", 1)]]), chain("auth", &[&[("app", 1)], &[("app", 2)]]));
    assert_eq!(order(&[app, auth]).unwrap(), "app1 auth1 app2 auth2");
    assert_eq!(order(&[auth, app]).unwrap(), "app1 auth1 app2 auth2");
}

#[test]
fn a_gap_in_a_chain_is_passed_over_to_the_next_version() {
    let dates = [20_240_101, 20_250_101]
        .map(|version| Migration::__new(version, "x", "V20240101__x.surql", "", [0; 32], [0; 32]));
    let auth = Box::leak(Box::new(Migrations::__new("auth", dates.to_vec().leak())));
    assert_eq!(order(&[module("app", 1, &[("auth", 20_240_601)]), auth]).unwrap(), "auth1 auth2 app1");
}

#[test]
fn what_cannot_be_brought_together_is_refused_with_both_names_and_files() {
    let app = module("app", 1, &[("auth", 2)]);
    assert_eq!(
        refused(&[app]),
        "`app` V1 (migrations.toml) requires `auth` at V2, which was not given to the migrator"
    );
    assert_eq!(
        refused(&[app, module("auth", 1, &[])]),
        "`app` V1 (migrations.toml) requires `auth` at V2, and the one given ends at V1 (V1__x.surql)"
    );
    assert!(refused(&[app, module("auth", 0, &[])]).ends_with("ends with nothing"));
    assert!(refused(&[module("app", 0, &[("auth", 1)])]).ends_with("was not given to the migrator"));
    let second = chain("app", &[&[], &[("auth", 2)]]);
    assert!(refused(&[second]).starts_with("`app` V2 (V2__x.surql) requires `auth` at V2"));
    assert!(
        refused(&[app, app]).starts_with("two modules are named `app`, one with V1__x.surql, the other with V1__x")
    );
}

#[test]
fn a_circle_is_refused_with_every_migration_on_it() {
    let (app, auth) = (chain("app", &[&[], &[("auth", 2)]]), chain("auth", &[&[], &[("log", 1)]]));
    let log = module("log", 1, &[("app", 2)]);
    assert_eq!(
        refused(&[module("first", 1, &[]), app, auth, log]),
        "migrations require each other in a circle: `app` V2 (V2__x.surql) requires `auth` at V2, \
         `auth` V2 (V2__x.surql) requires `log` at V1, `log` V1 (migrations.toml) requires `app` at V2"
    );
    let later = chain("app", &[&[("auth", 1)], &[]]);
    assert!(refused(&[later, module("auth", 1, &[("app", 2)])]).contains("circle"), "of a later one of its own chain");
}

/// A requirement: module, migration, other module, version, each to be cut to what there is.
type Edge = (usize, usize, usize, usize);

/// What each migration of each module requires.
type AllNeeds = Vec<Vec<Vec<(&'static str, u64)>>>;

/// The lengths of chains, and requirements.
fn graphs() -> impl Strategy<Value = (Vec<usize>, Vec<Edge>)> {
    let edges = prop::collection::vec((0..4_usize, 0..5_usize, 0..4_usize, 0..5_usize), 0..8);
    (prop::collection::vec(1..5_usize, 1..5), edges)
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

fn graph(lengths: &[usize], edges: &[Edge]) -> Vec<&'static Migrations> {
    let mut needs: AllNeeds = lengths.iter().map(|&length| vec![Vec::new(); length]).collect();
    for &(module, at, other, version) in edges {
        let (module, other) = (module % lengths.len(), other % lengths.len());
        if module != other {
            let version = version % lengths[other] + 1;
            needs[module][at % lengths[module]].push((NAMES[other], version as u64));
        }
    }
    let borrowed = needs.iter().map(|module| module.iter().map(Vec::as_slice).collect::<Vec<_>>());
    borrowed.zip(NAMES).map(|(needs, name)| chain(name, &needs)).collect()
}

/// Whether no order can do, found by taking away what needs nothing until nothing can be taken away.
fn has_circle(modules: &[&'static Migrations]) -> bool {
    let mut done = vec![0; modules.len()];
    let is_met = |done: &[usize], one: &Requirement| {
        modules
            .iter()
            .zip(done)
            .any(|(other, &done)| other.module() == one.module() && done as u64 >= one.version().get())
    };
    loop {
        let next = (0..modules.len()).find(|&module| {
            let next = modules[module].as_slice().get(done[module]);
            next.is_some_and(|next| next.requires().iter().all(|one| is_met(&done, one)))
        });
        match next {
            Some(module) => done[module] += 1,
            None => return modules.iter().zip(done).any(|(module, done)| module.len() != done),
        }
    }
}

proptest! {
    #[test]
    fn every_migration_comes_once_behind_its_chain_and_what_it_requires((lengths, edges) in graphs()) {
        let given = graph(&lengths, &edges);
        let ordered = Modules::new(given.iter().copied());
        prop_assert_eq!(ordered.is_err(), has_circle(&given));
        if let Ok(modules) = ordered {
            let mut done = vec![0; modules.len()];
            for turn in modules.turns() {
                prop_assert_eq!(turn.at, done[turn.module]);
                for &(module, at) in &turn.needs {
                    prop_assert!(done[module] > at);
                }
                done[turn.module] += 1;
            }
            prop_assert_eq!(done, lengths);
        }
    }

    #[test]
    fn the_same_modules_always_give_the_same_order((lengths, edges) in graphs()) {
        prop_assert_eq!(order(&graph(&lengths, &edges)), order(&graph(&lengths, &edges)));
    }

    #[test]
    fn modules_that_require_nothing_are_gone_through_as_given(lengths in prop::collection::vec(0..4_usize, 0..5)) {
        let given: Vec<_> = lengths.iter().zip(NAMES).map(|(&length, name)| module(name, length, &[])).collect();
        let names = given.iter().flat_map(|module| (1..=module.len()).map(|at| format!("{}{at}", module.module())));
        prop_assert_eq!(order(&given).unwrap(), names.collect::<Vec<_>>().join(" "));
    }
}

#[test]
fn a_requirement_by_a_former_name_means_the_module_that_was_renamed() {
    let app = chain("app", &[&[("mail", 2)]]);
    let post: &'static Migrations = Box::leak(Box::new(module("post", 3, &[]).__with_formerly(&["mail"])));
    assert_eq!(order(&[app, post]).unwrap(), "post1 post2 app1 post3");
    assert!(refused(&[app]).contains("requires `mail` at V2, which was not given"));
}
