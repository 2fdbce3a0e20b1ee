//! What is reached from where.

use std::collections::VecDeque;

use super::{VersionCircle, VersionGraph, VersionNode};
use crate::Version;

/// Which way edges are followed.
#[derive(Clone, Copy)]
enum Way {
    Forward,
    Back,
}

impl VersionGraph {
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
}
