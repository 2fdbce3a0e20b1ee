//! Which versions of which modules stand behind which others.

use core::fmt;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;

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

/// Versions that require each other in a circle, so that none of them can be first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionCircle(
    /// Each stands behind the one before it, and the first behind the last.
    pub Vec<VersionNode>,
);

/// What a [`VersionGraph`] needs to know of one module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionChain {
    /// Its name.
    pub module: String,
    /// The names that it had before, by which others may require it.
    pub formerly: Vec<String>,
    /// What is required before its first version: modules with their versions.
    pub requires: Vec<(String, Version)>,
    /// Its versions, in ascending order.
    pub versions: Vec<ChainedVersion>,
}

/// One version of a [`VersionChain`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainedVersion {
    /// The version.
    pub version: Version,
    /// The name of its migration.
    pub name: String,
    /// What it requires by itself: modules with their versions.
    pub requires: Vec<(String, Version)>,
}

impl VersionChain {
    fn of(module: &Migrations) -> Self {
        let required = |requires: &[crate::Requirement]| {
            requires.iter().map(|one| (one.module().to_owned(), one.version())).collect()
        };
        let version = |migration: &crate::Migration| ChainedVersion {
            version: migration.version(),
            name: migration.name().to_owned(),
            requires: required(migration.requires()),
        };
        Self {
            module: module.module().to_owned(),
            formerly: module.formerly().iter().map(|name| (*name).to_owned()).collect(),
            requires: required(module.requires()),
            versions: module.iter().map(version).collect(),
        }
    }
}

/// Which way edges are followed.
#[derive(Clone, Copy)]
enum Way {
    Forward,
    Back,
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

    /// A shortest way from one version to a later one that builds upon it, both included; `None` where it does not.
    pub fn path(&self, from: (&str, Version), to: (&str, Version)) -> Option<Vec<&VersionNode>> {
        let (from, to) = (self.position(from.0, from.1)?, self.position(to.0, to.1)?);
        let before = self.search(from, Way::Forward);
        let mut path = vec![to];
        while path.last() != Some(&from) {
            path.push((*before.get(*path.last()?)?)?);
        }
        path.reverse();
        Some(self.all(path))
    }

    /// Everything that has to be there before a version, in the order of the nodes.
    pub fn ancestors(&self, module: &str, version: Version) -> Vec<&VersionNode> {
        self.reach(module, version, Way::Back)
    }

    /// Everything that builds upon a version, in the order of the nodes.
    pub fn descendants(&self, module: &str, version: Version) -> Vec<&VersionNode> {
        self.reach(module, version, Way::Forward)
    }

    /// Every version behind all that has to be before it. It is an order in which they can be applied: the modules as they are
    /// given, each version behind what it requires.
    ///
    /// # Errors
    ///
    /// When versions require each other in a circle.
    pub fn order(&self) -> Result<Vec<&VersionNode>, VersionCircle> {
        let (mut order, mut is_placed) = (Vec::with_capacity(self.nodes.len()), vec![false; self.nodes.len()]);
        for first in 0..self.nodes.len() {
            let mut open = vec![first];
            while let Some(&at) = open.last() {
                let lacks = self.next(at, Way::Back).find(|&before| !is_placed[before]);
                match lacks {
                    _ if is_placed[at] => _ = open.pop(),
                    None => {
                        is_placed[at] = true;
                        order.push(at);
                        open.pop();
                    }
                    Some(before) => {
                        if let Some(from) = open.iter().position(|&one| one == before) {
                            open.drain(..from);
                            open.reverse();
                            return Err(VersionCircle(self.all(open).into_iter().cloned().collect()));
                        }
                        open.push(before);
                    }
                }
            }
        }
        Ok(self.all(order))
    }

    /// As Graphviz text: a cluster a module, dashed edges for what is required.
    pub fn to_dot(&self) -> String {
        let mut text = "digraph versions {\n  rankdir=LR;\n  node [shape=box];\n".to_owned();
        for (at, (module, nodes)) in self.by_module().into_iter().enumerate() {
            let _ = writeln!(text, "  subgraph cluster_{at} {{\n    label={};", quoted(module));
            for node in nodes {
                let style = if self.nodes[node].name.is_some() { "" } else { ", style=dotted" };
                let _ = writeln!(text, "    n{node} [label={}{style}];", quoted(&label(&self.nodes[node])));
            }
            text.push_str("  }\n");
        }
        for VersionEdge { from, to, kind } in &self.edges {
            let style = if *kind == EdgeKind::Chain { "" } else { " [style=dashed]" };
            let _ = writeln!(text, "  n{from} -> n{to}{style};");
        }
        text + "}\n"
    }

    /// As Mermaid text: a subgraph a module, dotted edges for what is required.
    pub fn to_mermaid(&self) -> String {
        let mut text = "flowchart LR\n".to_owned();
        for (at, (module, nodes)) in self.by_module().into_iter().enumerate() {
            let _ = writeln!(text, "  subgraph m{at}[{}]", quoted(module));
            for node in nodes {
                let _ = writeln!(text, "    n{node}[{}]", quoted(&label(&self.nodes[node])));
            }
            text.push_str("  end\n");
        }
        for VersionEdge { from, to, kind } in &self.edges {
            let arrow = if *kind == EdgeKind::Chain { "-->" } else { "-.->" };
            let _ = writeln!(text, "  n{from} {arrow} n{to}");
        }
        text
    }

    fn position(&self, module: &str, version: Version) -> Option<usize> {
        self.nodes.iter().position(|node| node.module == module && node.version == version)
    }

    fn all(&self, nodes: impl IntoIterator<Item = usize>) -> Vec<&VersionNode> {
        nodes.into_iter().map(|at| &self.nodes[at]).collect()
    }

    fn next(&self, at: usize, way: Way) -> impl Iterator<Item = usize> {
        self.edges.iter().filter_map(move |edge| match way {
            Way::Forward => (edge.from == at).then_some(edge.to),
            Way::Back => (edge.to == at).then_some(edge.from),
        })
    }

    fn reach(&self, module: &str, version: Version, way: Way) -> Vec<&VersionNode> {
        let Some(start) = self.position(module, version) else { return Vec::new() };
        let found = self.search(start, way);
        self.all((0..self.nodes.len()).filter(|&at| at != start && found[at].is_some()))
    }

    /// For each node that is reached, from where it was first.
    fn search(&self, start: usize, way: Way) -> Vec<Option<usize>> {
        let mut found = vec![None; self.nodes.len()];
        let mut open = VecDeque::from([start]);
        while let Some(at) = open.pop_front() {
            for next in self.next(at, way) {
                if found[next].is_none() {
                    found[next] = Some(at);
                    open.push_back(next);
                }
            }
        }
        found
    }

    fn by_module(&self) -> Vec<(&str, Vec<usize>)> {
        let mut modules: Vec<(&str, Vec<usize>)> = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            match modules.iter_mut().find(|(module, _)| *module == node.module) {
                Some((_, nodes)) => nodes.push(at),
                None => modules.push((&node.module, vec![at])),
            }
        }
        modules
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

fn label(node: &VersionNode) -> String {
    match &node.name {
        Some(name) => format!("V{} {name}", node.version),
        None => format!("V{}, not known here", node.version),
    }
}

/// A label for either of the two languages, whose names are never anything else than letters, digits and a few marks.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace(['"', '\\', '\n'], " "))
}

impl fmt::Display for VersionNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} V{}", self.module, self.version)
    }
}

impl fmt::Display for VersionGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_mermaid())
    }
}

impl fmt::Display for VersionCircle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("these versions require each other:")?;
        self.0.iter().try_for_each(|node| write!(f, " {node} →"))?;
        self.0.first().map_or(Ok(()), |node| write!(f, " {node}"))
    }
}

impl std::error::Error for VersionCircle {}
