//! `migrations.lock`: what was shipped may not change.

mod entry;
mod parse;
mod render;
mod report;
mod verify;

pub use self::entry::Correction;
pub(crate) use self::entry::{Entry, Found, restore, shipped_path};
pub(crate) use self::parse::parse;
pub(crate) use self::render::render;
pub(crate) use self::report::{Checked, check};
use self::verify::{Finding, verify};
