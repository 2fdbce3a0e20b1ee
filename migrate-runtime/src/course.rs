//! The order in which a run goes through its contexts.

use std::collections::{BTreeSet, HashSet};

use futures_util::future::Either;
use futures_util::stream::{self, Stream, StreamExt};

use crate::canaries::Canaries;
use crate::context::Context;
use crate::fleet::Members;
use crate::fleet_error::{Failure, FleetError};

/// A context with its place in the report, or why there are no more.
pub(crate) type Numbered = Result<(usize, Context), Failure>;

/// The contexts in the order in which they are gone through, each with its place in the report.
pub(crate) fn course(
    members: Members,
    canaries: &Canaries,
) -> Result<impl Stream<Item = Numbered> + Send + use<>, FleetError> {
    let named = match canaries {
        Canaries::Named(contexts) => contexts.clone(),
        Canaries::None | Canaries::First(_) => BTreeSet::new(),
    };
    let contexts = match members {
        Members::Streamed(contexts) => {
            // Those that go first are passed over where the stream gives them again.
            let contexts = stream::iter(named.into_iter().map(Ok)).chain(contexts).enumerate();
            return Ok(Either::Left(contexts.map(|(at, context)| Ok((at, context?)))));
        }
        Members::Known(contexts) => contexts,
    };
    let known: HashSet<_> = contexts.iter().collect();
    if let Some(absent) = named.iter().find(|canary| !known.contains(canary)) {
        return Err(FleetError::NoSuchCanary(absent.clone()));
    }
    let mut numbered: Vec<_> = contexts.into_iter().enumerate().collect();
    match canaries {
        // Each replica begins somewhere else, so that those that start together share the work instead of all doing
        // the same and all but one taking it back.
        Canaries::None => {
            let begin = fastrand::usize(..numbered.len().max(1));
            numbered.rotate_left(begin);
        }
        // All replicas have to try the same ones.
        Canaries::First(_) => {}
        Canaries::Named(_) => numbered.sort_by_key(|(_, context)| !named.contains(context)),
    }
    Ok(Either::Right(stream::iter(numbered.into_iter().map(Ok))))
}
