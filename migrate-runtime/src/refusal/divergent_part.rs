use serde::Serialize;

/// What of a migration differs from its ledger row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DivergentPart {
    /// Its own text.
    Checksum,
    /// Something before it.
    Chain,
}

impl std::fmt::Display for DivergentPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Checksum => "checksum",
            Self::Chain => "chain",
        })
    }
}
