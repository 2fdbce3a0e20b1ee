use std::borrow::Cow;

use crate::Object;

/// What one migration does to one object: gives it a definition, or takes it away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    object: Object,
    definition: Option<Cow<'static, str>>,
}

impl Change {
    /// The object has this definition afterwards.
    pub fn define(object: Object, definition: impl Into<Cow<'static, str>>) -> Self {
        Self { object, definition: Some(definition.into()) }
    }

    /// The object is gone afterwards.
    pub const fn remove(object: Object) -> Self {
        Self { object, definition: None }
    }

    /// Called by generated code.
    #[doc(hidden)]
    pub const fn __new(object: Object, definition: Option<&'static str>) -> Self {
        let definition = match definition {
            Some(text) => Some(Cow::Borrowed(text)),
            None => None,
        };
        Self { object, definition }
    }

    /// What changes.
    pub const fn object(&self) -> &Object {
        &self.object
    }

    /// Its canonical definition afterwards, or `None` when it is gone.
    pub fn definition(&self) -> Option<&str> {
        self.definition.as_deref()
    }
}
