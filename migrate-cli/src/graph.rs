use migrate_build::Graph;
use migrate_build::Requirement;
use serde_json::json;

use crate::args::{Global, Style};
use crate::failure::Failure;
use crate::folder::load_dir;
use crate::outcome::Outcome;
use crate::terminal::{self, Terminal};

/// Shows the chains of all folders.
pub(crate) fn run(global: &Global, terminal: Terminal) -> Result<Outcome, Failure> {
    let modules = global.dir.iter().map(|dir| load_dir(dir)).collect::<Result<Vec<_>, _>>()?;
    let graph = Graph::of(&modules);
    match global.format {
        Style::Json => terminal::json(&json!(graph))?,
        Style::Dot => terminal::result(graph.dot().trim_end())?,
        Style::Mermaid => terminal::result(graph.mermaid().trim_end())?,
        Style::Table | Style::Github => terminal::result(table(&graph, terminal))?,
    }
    Ok(Outcome::Done)
}

fn table(graph: &Graph, terminal: Terminal) -> String {
    let mut table = terminal.table(["module", "version", "name", "requires", "tags"]);
    for chain in &graph.modules {
        for (at, node) in chain.migrations.iter().enumerate() {
            let of_module = chain.requires.iter().filter(|_| at == 0);
            let requires: Vec<_> = of_module.chain(&node.requires).map(required).collect();
            let module = if at == 0 { chain.module.clone() } else { String::new() };
            table.add_row([
                module,
                format!("V{}", node.version),
                node.name.clone(),
                requires.join(", "),
                node.tags.join(", "),
            ]);
        }
    }
    table.trim_fmt()
}

fn required(required: &Requirement) -> String {
    format!("{} V{}", required.module, required.version)
}
