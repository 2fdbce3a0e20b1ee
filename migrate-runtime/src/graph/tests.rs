use proptest::prelude::*;

use migrate_core::{Migration, Requirement, Version, VersionCircle, VersionNode};

use super::*;

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

/// A module with so many migrations; each requirement is `(at, module, version)`.
fn module(name: &'static str, len: u64, requires: &[(u64, &'static str, u64)]) -> &'static Migrations {
    let chain: Vec<_> = (1..=len)
        .map(|at| {
            let own = requires.iter().filter(|(of, ..)| *of == at);
            let own: Vec<_> = own.map(|&(_, module, version)| Requirement::__new(module, version)).collect();
            Migration::__new(at, "m", "m.surql", "", [0; 32], [0; 32]).__with_requires(own.leak())
        })
        .collect();
    Box::leak(Box::new(Migrations::__new(name, chain.leak())))
}

fn names(nodes: &[&VersionNode]) -> Vec<String> {
    nodes.iter().map(ToString::to_string).collect()
}

fn two() -> VersionGraph {
    VersionGraph::new([module("app", 3, &[(2, "auth", 1), (3, "mail", 7)]), module("auth", 2, &[])])
}

#[test]
fn what_builds_upon_what_is_found_across_modules() {
    let graph = two();
    assert_eq!(names(&graph.ancestors("app", version(3))), ["app V1", "app V2", "auth V1", "mail V7"]);
    assert_eq!(names(&graph.descendants("auth", version(1))), ["app V2", "app V3", "auth V2"]);
    assert_eq!(graph.ancestors("nobody", version(1)), Vec::<&VersionNode>::new());
    let path = graph.path(("auth", version(1)), ("app", version(3))).unwrap();
    assert_eq!(names(&path), ["auth V1", "app V2", "app V3"]);
    assert_eq!(graph.path(("app", version(3)), ("auth", version(1))), None);
    assert_eq!(names(&graph.path(("app", version(1)), ("app", version(1))).unwrap()), ["app V1"]);
}

#[test]
fn each_version_stands_behind_what_it_needs_and_no_earlier_than_given() {
    assert_eq!(names(&two().order().unwrap()), ["app V1", "auth V1", "app V2", "mail V7", "app V3", "auth V2"]);
}

#[test]
fn what_is_required_and_not_there_is_part_of_it() {
    let graph = two();
    let unknown: Vec<_> = graph.nodes().iter().filter(|node| node.name.is_none()).collect();
    assert_eq!(names(&unknown), ["mail V7"]);
    assert!(graph.to_dot().contains("n5 [label=\"V7, not known here\", style=dotted];"), "{}", graph.to_dot());
}

#[test]
fn a_circle_is_told_with_its_versions() {
    let graph = VersionGraph::new([module("a", 1, &[(1, "b", 2)]), module("b", 2, &[(1, "a", 1)])]);
    let circle = graph.order().unwrap_err();
    assert_eq!(circle.to_string(), "these versions require each other: b V1 → b V2 → a V1 → b V1");
}

#[test]
fn both_texts_name_every_version_and_edge_once() {
    let graph = two();
    let (dot, mermaid) = (graph.to_dot(), graph.to_mermaid());
    for (text, edge) in [(&dot, " -> "), (&mermaid, " --> ")] {
        let required = text.matches("-.->").count() + text.matches("dashed").count();
        assert_eq!(required, 2, "{text}");
        assert_eq!(text.matches(edge).count(), if *text == dot { 5 } else { 3 }, "{text}");
        assert_eq!(text.matches("V1 m").count(), 2, "{text}");
    }
}

#[cfg(feature = "surrealdb")]
#[test]
fn its_json_holds_nodes_and_edges() {
    let json = serde_json::to_value(VersionGraph::new([module("app", 2, &[])])).unwrap();
    let node = |version: u64| serde_json::json!({ "module": "app", "version": version, "name": "m" });
    let edges = serde_json::json!([{ "from": 0, "to": 1, "kind": "chain" }]);
    assert_eq!(json, serde_json::json!({ "nodes": [node(1), node(2)], "edges": edges }));
}

proptest! {
    #[test]
    fn the_order_of_any_graph_without_a_circle_keeps_every_edge(
        edges in prop::collection::vec((0..3_usize, 1..5_u64, 0..3_usize, 1..5_u64), 0..8),
    ) {
        const NAMES: [&str; 3] = ["a", "b", "c"];
        let of = |module: usize| -> Vec<_> {
            let own = edges.iter().filter(|(one, ..)| *one == module);
            own.map(|&(_, at, other, version)| (at, NAMES[other], version)).collect()
        };
        let graph = VersionGraph::new([0, 1, 2].map(|at| module(NAMES[at], 4, &of(at))));
        match graph.order() {
            Ok(order) => {
                prop_assert_eq!(order.len(), graph.nodes().len());
                let place = |node: usize| order.iter().position(|one| **one == graph.nodes()[node]).unwrap();
                for edge in graph.edges() {
                    prop_assert!(place(edge.from) < place(edge.to));
                }
            }
            Err(VersionCircle(circle)) => {
                for (one, next) in circle.iter().zip(circle.iter().cycle().skip(1)) {
                    prop_assert!(graph.path((&one.module, one.version), (&next.module, next.version)).is_some());
                }
            }
        }
    }
}
