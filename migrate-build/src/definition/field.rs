use super::{Permissions, ValueType};

/// What a field definition says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// The path in parts: `tags.*` is `tags` and `*`.
    pub(crate) path: Vec<String>,
    /// `any` where no type is given.
    pub(crate) value_type: ValueType,
    pub(crate) flexible: bool,
    pub(crate) readonly: bool,
    pub(crate) inline: bool,
    pub(crate) value: Option<String>,
    pub(crate) assert: Option<String>,
    pub(crate) computed: Option<String>,
    pub(crate) default: DefaultValue,
    /// `REFERENCE …`, as text.
    pub(crate) reference: Option<String>,
    pub(crate) permissions: Permissions,
    /// Its `DEFAULT` or `VALUE`, where that is a plain value which its type refuses.
    pub(crate) unfit: Option<String>,
}

/// What a field becomes when nothing is given for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DefaultValue {
    None,
    /// Only when the record is created.
    Once(String),
    /// On every write.
    Always(String),
}

/// Which rows a field is refused for when nothing is given for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Required {
    /// None.
    Never,
    /// Rows written before the field was defined: `DEFAULT` without `ALWAYS` fills new rows only.
    OfOldRows,
    /// All.
    OfAllRows,
}

impl Field {
    /// Which rows are refused that lack it.
    pub(crate) fn required(&self) -> Required {
        let is_filled =
            self.computed.is_some() || self.value.is_some() || matches!(self.default, DefaultValue::Always(_));
        // Without a type, the assertion is what says whether a value may be missing; with one, it is not asked.
        let may_lack = match self.value_type {
            ValueType::Any => self.assert.is_none(),
            ref value_type => value_type.accepts_none(),
        };
        // No record is without an id.
        let is_id = self.path == ["id"];
        match self.default {
            _ if is_filled || may_lack || is_id => Required::Never,
            DefaultValue::Once(_) => Required::OfOldRows,
            DefaultValue::None | DefaultValue::Always(_) => Required::OfAllRows,
        }
    }
}
