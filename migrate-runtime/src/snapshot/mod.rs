//! The schema of a context at a moment, kept: in the context itself, in a file, or in memory.

mod checksum;
mod error;
mod policy;
mod store;
mod stored;
mod text;
mod value;

pub use error::{SnapshotError, SnapshotFormatError};
pub use policy::{Keep, Snapshots};
pub use stored::{ParseSnapshotIdError, Pruned, SnapshotId, StoredSnapshot};
pub(crate) use text::{NEWEST, TAKEN_BY, store_behind};
pub(crate) use value::heads;
pub use value::{Author, Snapshot};
