use std::collections::BTreeMap;
use std::fmt::Write as _;

use migrate_core::{ChainedVersion, EdgeKind, Version, VersionChain, VersionGraph};
use serde::Serialize;

use crate::Loaded;

/// The chains of several modules: what comes behind what, what requires what, and which versions have names.
///
/// ```
/// # use std::fs;
/// # use migrate_build::{Folder, Graph, Options, load};
/// # let dir = tempfile::tempdir()?;
/// fs::write(dir.path().join("V1__users.surql"), "DEFINE TABLE user SCHEMAFULL;\n")?;
/// let graph = Graph::of(&[load(&Folder::new(dir.path()), &Options::new("app"))?]);
/// assert!(graph.mermaid().contains("app_1[\"V1 users\"]"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Graph {
    /// The modules, as they were given.
    pub modules: Vec<Chain>,
    /// What stands behind what, as the runtime sees it too.
    #[serde(skip)]
    graph: VersionGraph,
}

/// One module of a [`Graph`].
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Chain {
    /// The module's name.
    pub module: String,
    /// What the first of its migrations requires.
    pub requires: Vec<Requirement>,
    /// Its migrations, in ascending order of version.
    pub migrations: Vec<Node>,
}

/// One migration of a [`Graph`].
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Node {
    /// Its version.
    pub version: u64,
    /// Its name.
    pub name: String,
    /// Its file.
    pub file: String,
    /// What it requires by itself.
    pub requires: Vec<Requirement>,
    /// The names of its version.
    pub tags: Vec<String>,
}

/// Another module that has to be at a version before.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Requirement {
    /// The module.
    pub module: String,
    /// The version.
    pub version: u64,
}

impl Requirement {
    fn of((module, version): &(String, Version)) -> Self {
        Self { module: module.clone(), version: version.get() }
    }
}

impl Graph {
    /// The graph of these modules.
    pub fn of(modules: &[Loaded]) -> Self {
        let chain = |loaded: &Loaded| {
            let tags = |version| loaded.tags.iter().filter(move |(_, tagged)| **tagged == version);
            let node = |migration: &crate::LoadedMigration| Node {
                version: migration.version.get(),
                name: migration.name.clone(),
                file: migration.file.clone(),
                requires: migration.requires.iter().map(Requirement::of).collect(),
                tags: tags(migration.version).map(|(tag, _)| tag.clone()).collect(),
            };
            Chain {
                module: loaded.module.clone(),
                requires: loaded.requires.iter().map(Requirement::of).collect(),
                migrations: loaded.migrations.iter().map(node).collect(),
            }
        };
        let graph = VersionGraph::of_chains(&modules.iter().map(versions).collect::<Vec<_>>());
        Self { modules: modules.iter().map(chain).collect(), graph }
    }

    /// The graph in the language of Graphviz.
    pub fn dot(&self) -> String {
        let mut text = String::from("digraph migrations {\n  rankdir=LR;\n  node [shape=box];\n");
        // Writing into a string cannot fail.
        for (at, chain) in self.modules.iter().enumerate() {
            _ = writeln!(text, "  subgraph cluster_{at} {{\n    label=\"{}\";", chain.module);
            for node in &chain.migrations {
                _ = writeln!(text, "    {} [label=\"{}\"];", id(&chain.module, node.version), label(node, "\\n"));
            }
            text.push_str("  }\n");
        }
        for (id, label) in self.strangers() {
            _ = writeln!(text, "  {id} [label=\"{label}\", style=dashed];");
        }
        for (from, to, is_required) in self.edges() {
            let style = if is_required { " [style=dashed]" } else { "" };
            _ = writeln!(text, "  {from} -> {to}{style};");
        }
        text.push_str("}\n");
        text
    }

    /// The graph in the language of Mermaid, which GitHub draws in Markdown.
    pub fn mermaid(&self) -> String {
        let mut text = String::from("flowchart LR\n");
        for chain in &self.modules {
            _ = writeln!(text, "  subgraph {}_[\"{}\"]", id_of(&chain.module), chain.module);
            for node in &chain.migrations {
                _ = writeln!(text, "    {}[\"{}\"]", id(&chain.module, node.version), label(node, "<br>"));
            }
            text.push_str("  end\n");
        }
        for (id, label) in self.strangers() {
            _ = writeln!(text, "  {id}([\"{label}\"])");
        }
        for (from, to, is_required) in self.edges() {
            _ = writeln!(text, "  {from} {} {to}", if is_required { "-.->" } else { "-->" });
        }
        text
    }

    /// What comes before what, module by module: within its chain, and then as a requirement.
    fn edges(&self) -> impl Iterator<Item = (String, String, bool)> {
        let node = |at: usize| self.graph.nodes().get(at);
        let id_of = move |at: usize| node(at).map(|node| id(&node.module, node.version.get())).unwrap_or_default();
        let of = move |module: &str, kind: EdgeKind| {
            let belongs = move |at: usize| node(at).is_some_and(|node| node.module == module);
            let edges = self.graph.edges().iter().filter(|edge| edge.kind == kind && belongs(edge.to));
            let mut edges: Vec<_> = edges.copied().collect();
            edges.sort_by_key(|edge| edge.to);
            edges
        };
        let of_chain =
            move |chain: &Chain| [EdgeKind::Chain, EdgeKind::Requires].map(|kind| of(&chain.module, kind)).concat();
        let edges = self.modules.iter().flat_map(of_chain);
        edges.map(move |edge| (id_of(edge.from), id_of(edge.to), edge.kind == EdgeKind::Requires))
    }

    /// What is required of modules or versions that were not given.
    fn strangers(&self) -> BTreeMap<String, String> {
        let strange = self.graph.nodes().iter().filter(|node| node.name.is_none());
        strange.map(|node| (id(&node.module, node.version.get()), node.to_string())).collect()
    }
}

/// What the graph needs to know of a module.
fn versions(loaded: &Loaded) -> VersionChain {
    let version = |migration: &crate::LoadedMigration| ChainedVersion {
        version: migration.version,
        name: migration.name.clone(),
        requires: migration.requires.clone(),
    };
    VersionChain {
        module: loaded.module.clone(),
        formerly: loaded.formerly.clone(),
        requires: loaded.requires.clone(),
        versions: loaded.migrations.iter().map(version).collect(),
    }
}

/// A name that both languages take as it is. Names of modules are of lowercase letters, digits, `-` and `_`.
fn id(module: &str, version: u64) -> String {
    format!("{}_{version}", id_of(module))
}

fn id_of(module: &str) -> String {
    module.replace('_', "__").replace('-', "_d")
}

fn label(node: &Node, line: &str) -> String {
    let mut label = format!("V{} {}", node.version, node.name);
    for tag in &node.tags {
        _ = write!(label, "{line}{tag}");
    }
    label
}
