use super::{Permission, ValueType};

/// What a function definition says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) arguments: Vec<(String, ValueType)>,
    pub(crate) returns: Option<ValueType>,
    pub(crate) body: String,
    pub(crate) permission: Permission,
}

impl Function {
    /// How many arguments a call must give: those at the end that accept `NONE` may be left out.
    pub(crate) fn required_arguments(&self) -> usize {
        let optional = self.arguments.iter().rev().take_while(|(_, value_type)| value_type.accepts_none()).count();
        self.arguments.len() - optional
    }
}

/// What a param definition says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Param {
    pub(crate) value: String,
    pub(crate) permission: Permission,
}

/// What an event definition says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// The definition without its comment.
    pub(crate) behaviour: String,
}

/// What an API definition says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Api {
    /// The definition without its comment.
    pub(crate) behaviour: String,
}
