use migrate_runtime::Context;

use crate::Failure;

/// The contexts of a fleet: databases of one namespace.
pub(crate) fn fleet(namespace: &str, contexts: usize) -> Result<Vec<Context>, Failure> {
    (0..contexts).map(|at| Context::new(namespace, format!("tenant_{at}")).map_err(Failure::from)).collect()
}
