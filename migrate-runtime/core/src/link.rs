use crate::Checksum;

/// What may be recorded of a migration: the checksum of its text, or of one that was accepted in its place, behind one of the
/// histories that may lie before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    predecessor: Option<Checksum>,
    checksum: Checksum,
    chain: Checksum,
}

impl Link {
    /// Called by generated code.
    #[doc(hidden)]
    pub const fn __new(predecessor: Option<Checksum>, checksum: Checksum, chain: Checksum) -> Self {
        Self { predecessor, checksum, chain }
    }

    /// Called by generated code.
    #[doc(hidden)]
    pub const fn __of_bytes(predecessor: Option<[u8; 32]>, checksum: [u8; 32], chain: [u8; 32]) -> Self {
        let predecessor = match predecessor {
            Some(bytes) => Some(Checksum::from_bytes(bytes)),
            None => None,
        };
        Self::__new(predecessor, Checksum::from_bytes(checksum), Checksum::from_bytes(chain))
    }

    /// The chain value before it, or `None` where it is the first.
    pub const fn predecessor(&self) -> Option<Checksum> {
        self.predecessor
    }

    /// The checksum.
    pub const fn checksum(&self) -> Checksum {
        self.checksum
    }

    /// The chain value of it behind its predecessor.
    pub const fn chain(&self) -> Checksum {
        self.chain
    }
}
