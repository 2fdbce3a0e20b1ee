//! From a loaded folder to the tokens of one constant expression.

mod embedded;

pub(crate) use self::embedded::Embedded;
