//! Which versions of which modules stand behind which others.

use std::fmt;
use std::ops::Deref;

use migrate_core::Migrations;

/// The versions of some modules, and what has to be before what: in a chain, and by what is required of other modules.
///
/// It is the [graph of the vocabulary](migrate_core::VersionGraph), with a JSON form. `Display` gives Mermaid text.
///
/// ```
/// # use migrate_runtime::{Migrations, VersionGraph};
/// static EMPTY: Migrations = Migrations::__new("app", &[]);
/// let graph = VersionGraph::new([&EMPTY]);
/// assert!(graph.nodes().is_empty() && graph.to_dot().starts_with("digraph"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionGraph(migrate_core::VersionGraph);

impl VersionGraph {
    /// The graph of these modules. They need not fit together: what is required and not among them is part of it as a version
    /// that is not known.
    pub fn new<'a>(modules: impl IntoIterator<Item = &'a Migrations>) -> Self {
        Self(migrate_core::VersionGraph::new(modules))
    }
}

impl Deref for VersionGraph {
    type Target = migrate_core::VersionGraph;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl fmt::Display for VersionGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(feature = "surrealdb")]
mod json {
    use migrate_core::{EdgeKind, VersionEdge, VersionNode};
    use serde::ser::SerializeMap;
    use serde::{Serialize, Serializer};

    use super::VersionGraph;

    struct Node<'a>(&'a VersionNode);
    struct Edge<'a>(&'a VersionEdge);

    impl Serialize for VersionGraph {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(2))?;
            map.serialize_entry("nodes", &self.nodes().iter().map(Node).collect::<Vec<_>>())?;
            map.serialize_entry("edges", &self.edges().iter().map(Edge).collect::<Vec<_>>())?;
            map.end()
        }
    }

    impl Serialize for Node<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(3))?;
            map.serialize_entry("module", &self.0.module)?;
            map.serialize_entry("version", &self.0.version.get())?;
            map.serialize_entry("name", &self.0.name)?;
            map.end()
        }
    }

    impl Serialize for Edge<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let kind = match self.0.kind {
                EdgeKind::Chain => "chain",
                EdgeKind::Requires => "requires",
            };
            let mut map = serializer.serialize_map(Some(3))?;
            map.serialize_entry("from", &self.0.from)?;
            map.serialize_entry("to", &self.0.to)?;
            map.serialize_entry("kind", kind)?;
            map.end()
        }
    }
}

#[cfg(test)]
mod tests;
