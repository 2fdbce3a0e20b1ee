//! What `embed_migrations!` leaves in a program, and how it is read.
//!
//! A pointer costs its own 8 bytes and, in a program that may be loaded anywhere, 24 more that say it is one; a chain as static
//! data is full of them. So a module is one text and one string of bytes, without a pointer in either. The text is that of
//! the migrations, as it is executed. The bytes are all else that the build knows, which is read when the chain is first asked
//! for. `FORMATS.md` has them one by one; `migrate-build` writes them.

mod code;
mod input;
mod record;
mod texts;

use std::sync::OnceLock;

use self::record::Records;
use crate::{Fresh, Migration};

pub use self::code::{Coded, Flags, PaceCode};
pub use self::input::Input;
pub use self::record::NEW_OBJECTS;
pub use self::texts::Piece;

/// The first byte: what the others mean.
pub const FORMAT: u8 = 1;

/// A module's migrations as a program holds them.
pub struct Embedded {
    text: &'static str,
    bytes: &'static [u8],
    contents: OnceLock<Contents>,
}

/// What is read from them.
#[derive(Clone, Copy, Debug)]
pub struct Contents {
    /// The chain.
    pub chain: &'static [Migration],
    /// How an empty database gets what its first migrations lead to.
    pub fresh: Option<&'static Fresh>,
}

impl Embedded {
    /// The texts of all migrations, one behind the other, and what else is known of them.
    ///
    /// # Panics
    ///
    /// The bytes are of another format. In a `static` that is an error of the compiler.
    pub const fn new(text: &'static str, bytes: &'static [u8]) -> Self {
        let [FORMAT, ..] = bytes else {
            panic!("`embed_migrations!` and `migrate-runtime` are of different versions: update both")
        };
        Self { text, bytes, contents: OnceLock::new() }
    }

    /// What they hold, or `None` where they are not what `migrate-build` writes. Its memory is never given back.
    pub fn read(text: &'static str, bytes: &'static [u8]) -> Option<Contents> {
        let (FORMAT, bytes) = bytes.split_first().map(|(format, bytes)| (*format, bytes))? else { return None };
        Records::new(text, bytes)?.contents()
    }

    /// What this one holds: read once, when it is first asked for.
    pub(crate) fn contents(&self) -> Contents {
        let read = || Self::read(self.text, self.bytes);
        // The macro embeds only what it has read back.
        *self.contents.get_or_init(|| read().expect("what `embed_migrations!` wrote can be read"))
    }
}
