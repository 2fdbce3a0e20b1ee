//! The histories that a database may have where a shipped text was corrected.

use migrate_core::{Checksum, Link};

use crate::hash;

/// So many histories are told apart.
pub(crate) const LIMIT: usize = 64;

/// For each migration what may be recorded of it, its own first, given its checksum and those that are accepted in its place;
/// `None` for the first one whose histories are too many.
pub(crate) fn histories(chain: &[(Checksum, Vec<Checksum>)]) -> Result<Vec<Vec<Link>>, usize> {
    let mut before: Vec<Option<Checksum>> = vec![None];
    let mut all = Vec::with_capacity(chain.len());
    for (at, (own, accepted)) in chain.iter().enumerate() {
        let mut links = Vec::with_capacity(before.len() * (accepted.len() + 1));
        for checksum in std::iter::once(own).chain(accepted) {
            for predecessor in &before {
                links.push(Link::__new(*predecessor, *checksum, hash::chain(*predecessor, *checksum)));
            }
        }
        if links.len() > LIMIT {
            return Err(at);
        }
        before = links.iter().map(|link| Some(link.chain())).collect();
        all.push(links);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(byte: u8) -> Checksum {
        Checksum::from_bytes([byte; 32])
    }

    #[test]
    fn without_a_correction_there_is_one_history() {
        let links = histories(&[(sum(1), vec![]), (sum(2), vec![])]).unwrap();
        assert_eq!(links.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1]);
        assert_eq!(links[1][0].predecessor(), Some(links[0][0].chain()));
    }

    #[test]
    fn a_correction_gives_all_that_lies_behind_it_two_histories() {
        let links = histories(&[(sum(1), vec![]), (sum(2), vec![sum(9)]), (sum(3), vec![])]).unwrap();
        assert_eq!(links.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 2]);
        let old = hash::chain(Some(hash::chain(Some(hash::chain(None, sum(1))), sum(9))), sum(3));
        assert_eq!(links[2].iter().filter(|link| link.chain() == old).count(), 1);
        let own = hash::chain(Some(hash::chain(Some(hash::chain(None, sum(1))), sum(2))), sum(3));
        assert_eq!(links[2][0].chain(), own, "its own comes first");
    }

    #[test]
    fn too_many_are_refused() {
        let twice: Vec<_> = (1..=7).map(|byte| (sum(byte), vec![sum(100 + byte)])).collect();
        assert_eq!(histories(&twice[..6]).unwrap()[5].len(), LIMIT);
        assert_eq!(histories(&twice), Err(6));
    }
}
