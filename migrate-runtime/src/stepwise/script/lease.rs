//! The texts that hold the lease, or ask for it.

use super::Scripts;
use crate::script::{Role, Script};

pub(super) const RELEASE: &str = "UPDATE _migration_lease:heartbeat SET expires_at = NONE, token = NONE WHERE token = $_migrate_token RETURN NONE;\n";

impl Scripts<'_> {
    /// Asks who holds the lease, and until when, without writing anything.
    pub(in crate::stepwise) fn look(&self) -> Script {
        let mut script = self.enter();
        script.push(
            0,
            Role::Read,
            "SELECT owner, by, (SELECT VALUE expires_at FROM ONLY _migration_lease:heartbeat) > time::now() AS held \
             FROM ONLY _migration_lease:holder;\n",
        );
        script
    }

    /// Gives the lease back.
    pub(in crate::stepwise) fn release(&self, token: u64) -> Script {
        let mut script = self.enter();
        script.variables.insert("_migrate_token".to_owned(), token.into());
        script.begin(0);
        script.push(0, Role::Lease, RELEASE);
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }

    /// Goes on having the lease.
    pub(in crate::stepwise) fn renew(&self, token: u64) -> Script {
        let mut script = self.enter();
        script.variables.insert("_migrate_token".to_owned(), token.into());
        script.begin(0);
        script.push(
            0,
            Role::Lease,
            "UPDATE _migration_lease:heartbeat SET expires_at = time::now() + <duration> $_migrate_lease \
             WHERE token = $_migrate_token RETURN NONE;\n",
        );
        script.push(0, Role::Commit, "COMMIT;\n");
        script
    }
}
