//! Whether the schemas of a fleet are what they should be.

mod expected;
mod fleet;
mod judge;
mod options;
mod position;
mod report;
mod state;

pub use options::{Against, DriftOptions};
pub use report::DriftReport;
pub use state::{ContextDrift, DriftState, DriftUnknown};
