use core::fmt;

use super::VersionNode;

/// Versions that require each other in a circle, so that none of them can be first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionCircle(
    /// Each stands behind the one before it, and the first behind the last.
    pub Vec<VersionNode>,
);

impl fmt::Display for VersionCircle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these versions require each other:")?;
        self.0.iter().try_for_each(|node| write!(f, " {node} →"))?;
        self.0.first().map_or(Ok(()), |node| write!(f, " {node}"))
    }
}

impl std::error::Error for VersionCircle {}
