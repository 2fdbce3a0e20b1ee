//! What the two releases carry.

use migrate_runtime::{Compatibility, Migration, Migrations, embed_migrations};
use rolling_upgrade::{MODULE, NEWEST};

static V1: Migrations = embed_migrations!("migrations/v1");
static V2: Migrations = embed_migrations!("migrations/v2");

#[test]
fn version_2_goes_on_from_where_version_1_ends_and_breaks_nothing_of_it() {
    let last = V1.last().expect("a migration");
    assert_eq!(V2.get(last.version()).map(Migration::chain), Some(last.chain()));
    assert!(V2.len() > V1.len());
    assert!(V2.iter().all(|one| one.compatibility() == Compatibility::Compatible));
}

#[test]
fn the_demonstration_asks_for_what_version_2_carries() {
    assert_eq!((V1.module(), V2.module()), (MODULE, MODULE));
    assert_eq!(V2.last().map(Migration::version), Some(NEWEST));
}
