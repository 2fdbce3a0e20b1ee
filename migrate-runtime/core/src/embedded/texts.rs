//! The texts that the build wrote, in few bytes: names, definitions, undo texts and queries, of which most stands in the
//! migrations already, or in what comes before.

use super::code::Coded;
use super::input::Input;

/// What comes next of them. Its code is the lowest two bits of a number, how many bytes it has the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// The bytes themselves.
    Literal,
    /// Bytes of the migrations' texts. A signed number says how far behind the end of the last such piece they begin.
    OfMigrations,
    /// Bytes that are there already. A number says how far back they begin.
    Back,
    /// The same, as far back as the last time.
    AsFarBack,
}

impl Coded for Piece {
    const ALL: &'static [Self] = &[Self::Literal, Self::OfMigrations, Self::Back, Self::AsFarBack];
}

/// Puts them together: as many bytes as a number says.
pub(super) fn unpack(input: &mut Input<'_>, migrations: &str) -> Option<String> {
    let migrations = migrations.as_bytes();
    let length = input.size()?;
    let mut unpacked = Vec::new();
    let (mut at, mut back) = (0_usize, 0);
    while unpacked.len() < length {
        let head = input.number()?;
        let count = usize::try_from(head >> 2).ok().filter(|count| (1..=length - unpacked.len()).contains(count))?;
        match Piece::of_code(head & 3)? {
            Piece::Literal => unpacked.extend_from_slice(input.take(count)?),
            Piece::OfMigrations => {
                at = at.checked_add_signed(isize::try_from(input.signed()?).ok()?)?;
                let piece = migrations.get(at..)?.get(..count)?;
                unpacked.extend_from_slice(piece);
                at += count;
            }
            piece @ (Piece::Back | Piece::AsFarBack) => {
                if piece == Piece::Back {
                    back = input.size()?;
                }
                let start = unpacked.len().checked_sub(back)?;
                let end = start.checked_add(count).filter(|end| *end <= unpacked.len())?;
                unpacked.extend_from_within(start..end);
            }
        }
    }
    String::from_utf8(unpacked).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(bytes: &[u8]) -> Option<String> {
        unpack(&mut Input::new(bytes), "DEFINE TABLE user;")
    }

    #[test]
    fn pieces_are_put_one_behind_the_other() {
        let literal = |count: u8| count << 2;
        let of_migrations = |count: u8| count << 2 | 1;
        let back = |count: u8| count << 2 | 2;
        let as_far_back = |count: u8| count << 2 | 3;
        let bytes = [12, literal(2), b'a', b'b', of_migrations(4), 26, back(2), 6, as_far_back(4)];
        assert_eq!(unpacked(&bytes).as_deref(), Some("abuserabuser"));
        // Behind the end of the last one.
        assert_eq!(unpacked(&[6, of_migrations(3), 0, of_migrations(3), 0]).as_deref(), Some("DEFINE"));
        assert_eq!(unpacked(&[6, of_migrations(3), 6, of_migrations(3), 11]).as_deref(), Some("INEDEF"));
    }

    #[test]
    fn pieces_of_what_is_not_there_are_refused() {
        for bytes in [
            &[1][..],
            &[1, 0],
            &[1, 8, b'a', b'b'],
            &[2, 4, b'a'],
            &[1, 5, 1],
            &[1, 5, 36],
            &[2, 4, b'a', 6, 2],
            &[3, 4, b'a', 10, 1],
            &[1, 4, 0xff],
        ] {
            assert_eq!(unpacked(bytes), None, "{bytes:?}");
        }
    }
}
