//! Texts in few bytes: of what the migrations or earlier texts say already, only where it stands is written.

use migrate_core::__embedded::{Coded as _, Piece};

use super::output::Output;

/// Packs the texts that belong to one migration after another.
#[derive(Debug, Default)]
pub(super) struct Packer {
    output: Output,
    migrations: Seen,
    packed: Seen,
    /// Behind the last piece of the migrations' texts, and how far back the last one of the packed ones began.
    at: usize,
    back: usize,
}

/// Shorter pieces do not pay.
const SHORTEST: usize = 4;

/// Of the places where four bytes stand, so many are looked at: more would be slow, and hardly better.
const LOOKED_AT: usize = 4;

impl Packer {
    /// Of this migration the next texts may have pieces.
    pub(super) fn migration(&mut self, text: &str) {
        self.migrations.extend(text.as_bytes());
    }

    /// Packs what belongs to that migration.
    pub(super) fn pack(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        let mut literal = Vec::new();
        while let Some(first) = rest.first() {
            let Some((piece, start, length)) = self.best(rest) else {
                literal.push(*first);
                self.packed.extend(&rest[..1]);
                rest = &rest[1..];
                continue;
            };
            self.literal(&mut literal);
            self.head(piece, length);
            if piece == Piece::OfMigrations {
                self.output.step(self.at, start);
                self.at = start + length;
            } else if piece == Piece::Back {
                self.back = self.packed.bytes.len() - start;
                self.output.number(self.back);
            }
            let (packed, behind) = rest.split_at(length);
            self.packed.extend(packed);
            rest = behind;
        }
        self.literal(&mut literal);
    }

    /// How many bytes were packed, and what was made of them.
    pub(super) fn finish(self) -> (usize, Vec<u8>) {
        (self.packed.bytes.len(), self.output.into_bytes())
    }

    /// The piece at the start of a text that saves most, with where it stands and how long it is.
    fn best(&self, text: &[u8]) -> Option<(Piece, usize, usize)> {
        let as_far_back = self.packed.bytes.len().checked_sub(self.back).filter(|_| self.back > 0);
        let as_far_back = as_far_back.map(|start| (Piece::AsFarBack, start, self.packed.common(start, text), 1));
        let of_migrations = self.migrations.places(text).map(|start| {
            let place = if start.abs_diff(self.at) < 64 { 1 } else { 2 };
            (Piece::OfMigrations, start, self.migrations.common(start, text), 1 + place)
        });
        let back = self.packed.places(text).map(|start| {
            let place = if self.packed.bytes.len() - start < 128 { 1 } else { 2 };
            (Piece::Back, start, self.packed.common(start, text), 1 + place)
        });
        let pieces = as_far_back.into_iter().chain(of_migrations).chain(back);
        let saves = |&(_, _, length, cost): &(Piece, usize, usize, usize)| length.saturating_sub(cost);
        let best = pieces.filter(|piece| piece.2 >= SHORTEST).max_by_key(saves)?;
        Some((best.0, best.1, best.2))
    }

    fn literal(&mut self, bytes: &mut Vec<u8>) {
        if !bytes.is_empty() {
            self.head(Piece::Literal, bytes.len());
            self.output.bytes(bytes);
            bytes.clear();
        }
    }

    fn head(&mut self, piece: Piece, length: usize) {
        self.output.number(length as u64 * 4 + piece.code());
    }
}

/// Bytes that were seen, with where in them the same four bytes stand.
#[derive(Debug)]
struct Seen {
    bytes: Vec<u8>,
    /// For each hash of four bytes the last place, and for each place the one before it, counted from 1.
    last: Vec<u32>,
    before: Vec<u32>,
}

impl Default for Seen {
    fn default() -> Self {
        Self { bytes: Vec::new(), last: vec![0; 1 << HASH_BITS], before: Vec::new() }
    }
}

const HASH_BITS: u32 = 15;

impl Seen {
    fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        // Places that no `u32` can hold are not found again.
        while let Some(hash) = self.bytes.get(self.before.len()..).and_then(hash) {
            let Ok(place) = u32::try_from(self.before.len() + 1) else { break };
            self.before.push(std::mem::replace(&mut self.last[hash], place));
        }
    }

    /// Where these bytes may stand, the nearest first.
    fn places(&self, bytes: &[u8]) -> impl Iterator<Item = usize> {
        let at = |place: u32| usize::try_from(place).ok()?.checked_sub(1);
        let first = hash(bytes).and_then(|hash| at(self.last[hash]));
        std::iter::successors(first, move |place| at(self.before[*place])).take(LOOKED_AT)
    }

    /// How many bytes are the same from this place on.
    fn common(&self, start: usize, bytes: &[u8]) -> usize {
        self.bytes[start..].iter().zip(bytes).take_while(|(one, other)| one == other).count()
    }
}

fn hash(bytes: &[u8]) -> Option<usize> {
    let four = u32::from_le_bytes(*bytes.first_chunk()?);
    usize::try_from(four.wrapping_mul(0x9e37_79b1) >> (32 - HASH_BITS)).ok()
}
