//! Which versions of which modules stand behind which others.

mod chain;
mod circle;
mod diagram;
mod walk;

use core::fmt;
use std::collections::BTreeMap;

pub use self::chain::{ChainedVersion, VersionChain};
pub use self::circle::VersionCircle;
use crate::{Migrations, Version};

/// The versions of some modules, and what has to be before what: in a chain, and by what is required of other modules.
///
/// It is computed from the modules alone; they need not fit together. What is required and not among them is part of it
/// as a version that is not known. `Display` gives Mermaid text.
///
/// ```
/// # use migrate_core::{Migrations, VersionGraph};
/// static EMPTY: Migrations = Migrations::__new("app", &[]);
/// let graph = VersionGraph::new([&EMPTY]);
/// assert!(graph.nodes().is_empty() && graph.to_dot().starts_with("digraph"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionGraph {
    nodes: Vec<VersionNode>,
    edges: Vec<VersionEdge>,
}

/// One version of a module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct VersionNode {
    /// The module.
    pub module: String,
    /// The version.
    pub version: Version,
    /// The name of its migration; `None` where it is required and not known.
    pub name: Option<String>,
}

/// That one version has to be before another one: both as indices of the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct VersionEdge {
    /// What has to be there before.
    pub from: usize,
    /// What stands behind it.
    pub to: usize,
    /// Why.
    pub kind: EdgeKind,
}

/// Why one version has to be before another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EdgeKind {
    /// It is the one before it in its module's chain.
    Chain,
    /// It is required.
    Requires,
}

impl VersionGraph {
    /// The graph of these modules.
    pub fn new<'a>(modules: impl IntoIterator<Item = &'a Migrations>) -> Self {
        Self::of_chains(&modules.into_iter().map(VersionChain::of).collect::<Vec<_>>())
    }

    /// The graph of modules that are known by their versions alone.
    pub fn of_chains(chains: &[VersionChain]) -> Self {
        let (mut nodes, mut edges, mut begins) = (Vec::new(), Vec::new(), BTreeMap::new());
        for chain in chains {
            for name in std::iter::once(&chain.module).chain(&chain.formerly) {
                begins.entry(name.as_str()).or_insert((nodes.len(), chain));
            }
            for (at, one) in chain.versions.iter().enumerate() {
                if at > 0 {
                    edges.push(VersionEdge { from: nodes.len() - 1, to: nodes.len(), kind: EdgeKind::Chain });
                }
                nodes.push(VersionNode {
                    module: chain.module.clone(),
                    version: one.version,
                    name: Some(one.name.clone()),
                });
            }
        }
        let required = chains.iter().flat_map(|chain| {
            chain.versions.iter().enumerate().map(|(at, one)| {
                let of_all = if at == 0 { &chain.requires[..] } else { &[] };
                of_all.iter().chain(&one.requires)
            })
        });
        for (to, requirements) in required.enumerate() {
            for (module, version) in requirements {
                let from = find(&mut nodes, &begins, module, *version);
                let edge = VersionEdge { from, to, kind: EdgeKind::Requires };
                if !edges.contains(&edge) {
                    edges.push(edge);
                }
            }
        }
        edges.sort_unstable();
        Self { nodes, edges }
    }

    /// Every version: module by module as they were given, each in ascending order, and behind them what is required and not
    /// known.
    pub fn nodes(&self) -> &[VersionNode] {
        &self.nodes
    }

    /// Every edge, in the order of the nodes.
    pub fn edges(&self) -> &[VersionEdge] {
        &self.edges
    }

    /// The version of a module, if it is in the graph.
    pub fn node(&self, module: &str, version: Version) -> Option<&VersionNode> {
        self.nodes.get(self.position(module, version)?)
    }

    fn position(&self, module: &str, version: Version) -> Option<usize> {
        self.nodes.iter().position(|node| node.module == module && node.version == version)
    }

    fn all(&self, nodes: impl IntoIterator<Item = usize>) -> Vec<&VersionNode> {
        nodes.into_iter().map(|at| &self.nodes[at]).collect()
    }
}

/// The node that a requirement is of: the very version or the first behind it, whatever the module is called there, or one of
/// its own where there is none.
fn find(
    nodes: &mut Vec<VersionNode>,
    begins: &BTreeMap<&str, (usize, &VersionChain)>,
    module: &str,
    version: Version,
) -> usize {
    if let Some((begin, chain)) = begins.get(module)
        && let Some(at) = chain.versions.iter().position(|one| one.version >= version)
    {
        return begin + at;
    }
    let unknown = VersionNode { module: module.to_owned(), version, name: None };
    nodes.iter().position(|one| *one == unknown).unwrap_or_else(|| {
        nodes.push(unknown);
        nodes.len() - 1
    })
}

impl fmt::Display for VersionNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} V{}", self.module, self.version)
    }
}
