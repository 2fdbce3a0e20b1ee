use std::borrow::Cow;

/// How an empty database gets the schema that a chain's first migrations lead to, without running what was superseded
/// since.
///
/// The build knows that those migrations do nothing but define things, and has tried the statements on the empty schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fresh {
    migrations: u32,
    statements: Cow<'static, [FreshStatement]>,
}

/// One statement of a [`Fresh`] script: where its text stands already, or the text itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FreshStatement {
    /// The definition in a change, both by their index.
    Change {
        /// The migration, counted from 0.
        migration: u32,
        /// The change of that migration, counted from 0.
        change: u32,
    },
    /// A statement as a migration wrote it: what holds a secret, which no catalog has.
    Statement {
        /// The migration, counted from 0.
        migration: u32,
        /// The statement of that migration, counted from 0.
        statement: u32,
    },
    /// Neither of them.
    Text(Cow<'static, str>),
}

impl Fresh {
    /// Called by generated code.
    #[doc(hidden)]
    pub const fn __new(migrations: u32, statements: Cow<'static, [FreshStatement]>) -> Self {
        Self { migrations, statements }
    }

    /// How many of the first migrations it stands for.
    pub const fn migrations(&self) -> usize {
        self.migrations as usize
    }

    /// Its statements, in order.
    pub fn statements(&self) -> &[FreshStatement] {
        &self.statements
    }
}
