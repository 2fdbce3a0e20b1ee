//! All that knows SurrealDB's parser crates, behind types of our own.
//!
//! `surrealdb-syn` is the parser that servers run: it alone decides what is valid and what a text means. It keeps no
//! positions, so `surrealdb-parser`, which does, is asked where things stand.

mod batch;
mod control_flow;
mod lower;
mod outside;
mod parse;
mod places;
mod regions;
mod reserved;
mod spanned;
mod split;
mod statement;
mod syntax_error;
mod traps;
mod unlocated;

#[cfg(test)]
mod spelling_law;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use self::batch::{Batch, End, Takes};
pub(crate) use self::lower::{
    Alteration, Implied, Loosened, body_changes, definition, implicit_table, implied, loosened, quoted, removing,
    statements,
};
pub(crate) use self::parse::parse;
pub(crate) use self::statement::ParsedStatement;
pub(crate) use self::traps::check;

#[cfg(test)]
mod tests {
    #[test]
    fn what_texts_are_said_to_be_checked_for_is_the_version_of_the_parser() {
        let required = format!("surrealdb-syn = \"~{}.", migrate_core::CHECKED_FOR);
        assert!(include_str!("../../../Cargo.toml").contains(&required), "{required}");
    }
}
