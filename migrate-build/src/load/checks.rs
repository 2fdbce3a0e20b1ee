//! What is checked of the folder as a whole.

use crate::draft::{Body, Draft};
use crate::lockfile::Found;
use crate::manifest::{Accepts, Limits, Manifest, Tag};
use crate::rules::{
    m013_long_text, m014_many_statements, m033_invalid_requirement, m035_invalid_acceptance, m037_invalid_tag,
};
use crate::{Diagnostics, Source};

/// Refuses acceptances that stand for nothing.
pub(super) fn check_accepts(toml: &Source, accepts: &[Accepts], found: &[Found], diagnostics: &mut Diagnostics) {
    for Accepts { version, checksums, range, .. } in accepts {
        match found.iter().find(|found| found.version == *version) {
            None => diagnostics.push(m035_invalid_acceptance::absent(toml, range.clone(), *version)),
            Some(found) if checksums.contains(&found.checksum) => {
                diagnostics.push(m035_invalid_acceptance::present(toml, range.clone(), *version));
            }
            Some(_) => {}
        }
    }
}

/// Refuses tags of versions that are not there.
pub(super) fn check_tags(toml: &Source, tags: &[Tag], found: &[Found], diagnostics: &mut Diagnostics) {
    for Tag { name, version, range } in tags {
        if !found.iter().any(|found| found.version == *version) {
            diagnostics.push(m037_invalid_tag::absent(toml, range.clone(), name, *version));
        }
    }
}

/// Refuses migrations that require their own module, by whichever of its names.
pub(super) fn refuse_itself(manifest: &Manifest, drafts: &[Draft], diagnostics: &mut Diagnostics) {
    let is_itself = |name: &String| *name == manifest.module || manifest.formerly.contains(name);
    for draft in drafts {
        for requires in draft.header.requires.iter().filter(|requires| is_itself(&requires.module)) {
            let range = requires.range.clone();
            diagnostics.push(m033_invalid_requirement::itself(&draft.source, range, &requires.module));
        }
    }
}

/// Refuses migrations that are larger than the module allows.
pub(super) fn refuse_large(limits: Limits, drafts: &[Draft], diagnostics: &mut Diagnostics) {
    for draft in drafts {
        if draft.source.text().len() > limits.text {
            diagnostics.push(m013_long_text::diagnostic(&draft.source, limits.text));
        }
        let statements = match &draft.body {
            Some(Body::Statements(statements)) => statements.len(),
            Some(Body::Phased(steps)) => steps.iter().map(|step| step.statements.len()).sum(),
            None => 0,
        };
        if statements > limits.statements {
            diagnostics.push(m014_many_statements::diagnostic(&draft.source, statements, limits.statements));
        }
    }
}
