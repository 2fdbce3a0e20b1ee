//! Which module an object belongs to.

use std::collections::BTreeMap;

use migrate_core::{Migrations, Object, ObjectKind, StatementKind};

use crate::modules_error::ModulesError;
use crate::order::{Turn, place};

/// A definition of an object, or its removal.
#[derive(Clone, Copy)]
struct Mention {
    /// Which of all migrations it stands in.
    turn: usize,
    is_removal: bool,
}

/// What is defined and removed where, in the order of the migrations.
type Mentions = BTreeMap<&'static Object, Vec<Mention>>;

/// Checks that no two modules define one object, and that whoever builds on another module's table requires that module.
///
/// An object changes hands where one module removes it and the other requires the version that does.
pub(crate) fn check(modules: &[&'static Migrations], turns: &[Turn]) -> Result<(), ModulesError> {
    let mentions = mentions(modules, turns);
    let behind = Behind::new(modules.len(), turns);
    let at = |mention: &Mention| {
        let module = modules[turns[mention.turn].module];
        place(module, &module.as_slice()[turns[mention.turn].at])
    };
    let module = |mention: &Mention| turns[mention.turn].module;
    for (object, all) in &mentions {
        let definitions = || all.iter().filter(|mention| !mention.is_removal);
        for other in definitions() {
            let earlier = definitions().take_while(|one| one.turn < other.turn);
            for one in earlier.filter(|one| module(one) != module(other)) {
                // What its module says of it last before the other one begins.
                let mut known = all.iter().filter(|word| module(word) == module(one) && behind.is(other, word));
                let is_given_up = known.next_back().is_some_and(|word| word.is_removal);
                if !(is_given_up && behind.is(other, one)) {
                    let definitions = Box::new((at(one), at(other)));
                    return Err(ModulesError::SharedObject { object: (*object).clone(), definitions });
                }
            }
        }
        let table = object.table().map(|table| Object::new(ObjectKind::Table, table.to_owned()));
        let Some(tables) = table.and_then(|table| mentions.get(&table)) else { continue };
        let tables = || tables.iter().filter(|mention| !mention.is_removal);
        for one in definitions() {
            let is_settled = tables().any(|table| module(table) == module(one) || behind.is(one, table));
            if let Some(table) = tables().next().filter(|_| !is_settled) {
                let (by, owner) = (at(one), Box::new(at(table)));
                return Err(ModulesError::UnrequiredTable { object: (*object).clone(), by, owner });
            }
        }
    }
    Ok(())
}

/// Which definitions and removals are statements of their own. What a branch or a function of the database defines, nobody
/// knows.
fn mentions(modules: &[&'static Migrations], turns: &[Turn]) -> Mentions {
    let mut mentions = Mentions::new();
    for (turn, Turn { module, at, .. }) in turns.iter().enumerate() {
        for statement in modules[*module].as_slice()[*at].statements() {
            let is_removal = match statement.kind() {
                StatementKind::Define => false,
                StatementKind::Remove => true,
                _ => continue,
            };
            if let Some(object) = statement.object() {
                mentions.entry(object).or_default().push(Mention { turn, is_removal });
            }
        }
    }
    mentions
}

/// Which migrations stand behind which others because they have to, and not only because some order had to be chosen.
struct Behind<'a> {
    turns: &'a [Turn],
    /// For each migration, how many of each module's have to be before it.
    counts: Vec<Vec<usize>>,
}

impl<'a> Behind<'a> {
    fn new(modules: usize, turns: &'a [Turn]) -> Self {
        let mut counts: Vec<Vec<usize>> = Vec::with_capacity(turns.len());
        // For each module, up to which place it was gone through, and of each of its migrations the turn.
        let mut places: Vec<Vec<usize>> = vec![Vec::new(); modules];
        for (turn, Turn { module, at, needs }) in turns.iter().enumerate() {
            let mut count = vec![0; modules];
            let own = at.checked_sub(1).map(|before| (*module, before));
            for (module, at) in own.into_iter().chain(needs.iter().copied()) {
                for (count, other) in count.iter_mut().zip(&counts[places[module][at]]) {
                    *count = (*count).max(*other);
                }
            }
            count[*module] = at + 1;
            counts.push(count);
            places[*module].push(turn);
        }
        Self { turns, counts }
    }

    /// Whether `one` has to be behind `other`.
    fn is(&self, one: &Mention, other: &Mention) -> bool {
        let Turn { module, at, .. } = self.turns[other.turn];
        self.counts[one.turn][module] > at
    }
}

#[cfg(test)]
mod tests;
