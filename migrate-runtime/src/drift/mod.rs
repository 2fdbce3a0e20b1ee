//! Whether the schemas of a fleet are what they should be.

mod expected;
mod fleet;
mod judge;
mod options;
mod position;
mod ran;
mod report;
mod state;

pub(crate) use expected::Expected;
pub use options::{Against, DriftOptions};
pub(crate) use position::Position;
pub use report::DriftReport;
pub use state::{ContextDrift, DriftState, DriftUnknown};
