//! A graph as text that other tools draw.

use core::fmt;
use std::fmt::Write;

use super::{EdgeKind, VersionEdge, VersionGraph, VersionNode};

impl VersionGraph {
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

impl fmt::Display for VersionGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_mermaid())
    }
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
