//! The patterns of `docs/phased.md`, with rows in the tables and both binaries reading and writing throughout.

use migrate_runtime::{PhasedError, Refusal};
use migrate_tests::engine;
use serde_json::json;

use super::page::{Section, headings};
use super::pattern::{Binary, Pattern, stands};
use super::*;

const RENAME: Pattern = Pattern {
    heading: "Rename a field",
    seed: "FOR $i IN 0..6 { CREATE type::record('user', string::concat('s', <string> $i)) SET name = <string> $i };
           CREATE user:shared SET name = 'nobody';",
    old: Binary {
        writes: "CREATE user:r{n} SET name = 'v{n}'; UPDATE user:shared SET name = 'v{n}';",
        reads: "SELECT VALUE [record::id(id), name] FROM user;",
    },
    new: Binary {
        writes: "CREATE user:r{n} SET full_name = 'v{n}'; UPDATE user:shared SET full_name = 'v{n}';",
        reads: "SELECT VALUE [record::id(id), full_name] FROM user;",
    },
    shows: "v{n}",
    cleaning: "",
    before: "SELECT * FROM user ORDER BY id;",
    after: "SELECT * FROM user ORDER BY id;",
};

#[tokio::test]
async fn a_field_is_renamed() {
    stands(&RENAME).await;
}

const SPLIT: Pattern = Pattern {
    heading: "Split a field",
    seed: "CREATE user:s0 SET name = 'Plato'; CREATE user:s1 SET name = 'Ludwig van Beethoven';
           CREATE user:s2 SET name = ' two  blanks '; CREATE user:s3 SET name = ''; CREATE user:s4 SET name = 'Ann B';
           CREATE user:shared SET name = 'No Body';",
    old: Binary {
        writes: "CREATE user:r{n} SET name = 'Ann {n}'; UPDATE user:shared SET name = 'Ann {n}';",
        reads: "SELECT VALUE [record::id(id), name] FROM user;",
    },
    new: Binary {
        writes: "CREATE user:r{n} SET first = 'Ann', last = '{n}'; UPDATE user:shared SET first = 'Ann', last = '{n}';",
        reads: "SELECT VALUE [record::id(id), IF (last ?? '') = '' { first } ELSE { string::concat(first, ' ', last) }] FROM user;",
    },
    shows: "Ann {n}",
    cleaning: "",
    before: "SELECT * FROM user ORDER BY id;",
    after: "SELECT * FROM user ORDER BY id;",
};

#[tokio::test]
async fn a_field_is_split() {
    stands(&SPLIT).await;
}

const TYPE: Pattern = Pattern {
    heading: "Change a type",
    seed: "FOR $i IN -1..5 { CREATE type::record('item', string::concat('s', <string> $i)) SET price = <string> $i };
           CREATE item:shared SET price = '0';",
    old: Binary {
        writes: "CREATE item:r{n} SET price = '{n}'; UPDATE item:shared SET price = '{n}';",
        reads: "SELECT VALUE [record::id(id), price] FROM item;",
    },
    new: Binary {
        writes: "CREATE item:r{n} SET amount = {n}; UPDATE item:shared SET amount = {n};",
        reads: "SELECT VALUE [record::id(id), <string> amount] FROM item;",
    },
    shows: "{n}",
    cleaning: "",
    before: "SELECT * FROM item ORDER BY id;",
    after: "SELECT * FROM item ORDER BY id;",
};

#[tokio::test]
async fn a_type_is_changed() {
    stands(&TYPE).await;
}

const REQUIRE: Pattern = Pattern {
    heading: "Make a field required",
    seed: "FOR $i IN 0..6 { CREATE type::record('user', string::concat('s', <string> $i)) SET name = <string> $i };
           CREATE user:s6 SET name = 'paying', plan = 'pro'; CREATE user:shared SET name = 'nobody';",
    old: Binary {
        writes: "CREATE user:r{n} SET name = 'v{n}'; UPDATE user:shared SET name = 'v{n}', plan = NONE;",
        reads: "SELECT VALUE [record::id(id), name] FROM user;",
    },
    new: Binary {
        writes: "CREATE user:r{n} SET name = 'v{n}', plan = 'free'; UPDATE user:shared SET name = 'v{n}', plan = 'free';",
        reads: "SELECT VALUE [record::id(id), name] FROM user;",
    },
    shows: "v{n}",
    cleaning: "",
    // What was filled stays so: the field was there before.
    before: "SELECT id, name FROM user ORDER BY id;",
    after: "SELECT * FROM user ORDER BY id;",
};

#[tokio::test]
async fn a_field_is_made_required() {
    stands(&REQUIRE).await;
}

const EDGE: Pattern = Pattern {
    heading: "Move a record link to an edge",
    seed: "CREATE user:u0; CREATE post:shared SET title = 'shared', author = user:u0;
           FOR $i IN 0..6 {
               CREATE type::record('post', string::concat('s', <string> $i)) SET title = <string> $i, author = user:u0
           };",
    old: Binary {
        writes: "CREATE user:u{n}; CREATE post:r{n} SET title = 't', author = user:u{n};
                 UPDATE post:shared SET author = user:u{n};",
        reads: "SELECT VALUE [record::id(id), record::id(author)] FROM post;",
    },
    new: Binary {
        writes: "BEGIN; CREATE user:u{n}; CREATE post:r{n} SET title = 't'; RELATE user:u{n}->wrote->post:r{n};
                 DELETE wrote WHERE out = post:shared; RELATE user:u{n}->wrote->post:shared; COMMIT;",
        reads: "SELECT VALUE [record::id(id), record::id((<-wrote<-user)[0])] FROM post;",
    },
    shows: "u{n}",
    cleaning: "",
    before: "RETURN [(SELECT * FROM user ORDER BY id), (SELECT * FROM post ORDER BY id)];",
    after: "RETURN [(SELECT * FROM post ORDER BY id), (SELECT in, out FROM wrote ORDER BY out)];",
};

#[tokio::test]
async fn a_record_link_becomes_an_edge() {
    stands(&EDGE).await;
}

const UNIQUE: Pattern = Pattern {
    heading: "Add a unique index over dirty data",
    seed: "FOR $i IN 0..6 { CREATE type::record('user', string::concat('s', <string> $i)) SET email = <string> $i };
           CREATE user:double SET email = '3';",
    old: Binary {
        writes: "CREATE user:r{n} SET email = 'old'; UPDATE user:r{n} SET email = 'v{n}';",
        reads: "SELECT VALUE [record::id(id), email] FROM user;",
    },
    new: Binary {
        writes: "CREATE user:r{n} SET email = 'new'; UPDATE user:r{n} SET email = 'v{n}';",
        reads: "SELECT VALUE [record::id(id), email] FROM user;",
    },
    shows: "v{n}",
    cleaning: "DELETE user:double;",
    before: "SELECT * FROM user ORDER BY id;",
    after: "SELECT * FROM user ORDER BY id;",
};

#[tokio::test]
async fn a_unique_index_is_added_over_dirty_data() {
    stands(&UNIQUE).await;
}

const DROP: Pattern = Pattern {
    heading: "Drop a table",
    seed: "FOR $i IN 0..6 { CREATE type::record('coupon', string::concat('s', <string> $i)) SET code = <string> $i };
           CREATE coupon:shared SET code = 'nothing';",
    old: Binary {
        writes: "CREATE coupon:r{n} SET code = 'v{n}'; UPDATE coupon:shared SET code = 'v{n}';",
        reads: "SELECT VALUE [record::id(id), code] FROM coupon;",
    },
    new: Binary { writes: "", reads: "SELECT VALUE [record::id(id), code] FROM coupon_archive;" },
    shows: "v{n}",
    cleaning: "",
    before: "SELECT * FROM coupon ORDER BY id;",
    after: "SELECT * FROM coupon_archive ORDER BY id;",
};

#[tokio::test]
async fn a_table_is_dropped() {
    stands(&DROP).await;
}

const FUNCTION: Pattern = Pattern {
    heading: "Replace a function",
    seed: "FOR $i IN 0..6 { CREATE type::record('guest', string::concat('s', <string> $i)) SET name = <string> $i };
           CREATE guest:shared SET name = 'nobody';",
    old: Binary {
        writes: "CREATE guest:r{n} SET name = 'v{n}'; UPDATE guest:shared SET name = 'v{n}';",
        reads: "SELECT VALUE [record::id(id), fn::badge(name)] FROM guest;",
    },
    new: Binary {
        writes: "CREATE guest:r{n} SET name = 'v{n}'; UPDATE guest:shared SET name = 'v{n}';",
        reads: "SELECT VALUE [record::id(id), fn::greeting('Dear', name)] FROM guest;",
    },
    shows: "Dear v{n}",
    cleaning: "",
    before: "SELECT * FROM guest ORDER BY id;",
    after: "SELECT * FROM guest ORDER BY id;",
};

#[tokio::test]
async fn a_function_is_replaced() {
    stands(&FUNCTION).await;
}

#[test]
fn every_pattern_of_the_page_is_tried() {
    let tried = [RENAME, SPLIT, TYPE, REQUIRE, EDGE, UNIQUE, DROP, FUNCTION].map(|pattern| pattern.heading);
    assert_eq!(headings(), tried);
}

/// What is wrong with the rows is asked about before anything is changed, and the completion goes on once it is put right.
async fn is_asked_first(pattern: &Pattern, dirt: &str, step: &str, cleaning: &str) {
    let section = Section::read(pattern.heading);
    let (db, context) = (engine().await, tenant());
    assert!(migrator(section.without_pattern()).migrate(&db, tenant()).await.is_served());
    rows(&db, &tenant(), pattern.seed).await;
    rows(&db, &tenant(), dirt).await;
    let operator = migrator(section.with_pattern());
    assert!(operator.migrate(&db, tenant()).await.is_served());
    let started = operator.live_schema(&db, &tenant(), &Unmanaged::default()).await.unwrap();
    let error = operator.complete(&db, &context, "app", second()).await.unwrap_err();
    let PhasedError::Refused(Refusal::Failed { cause, .. }) = &error else { panic!("{error:?}") };
    assert!(cause.contains(&format!("the assertion `{step}` expects")), "{cause}");
    let failed = operator.live_schema(&db, &tenant(), &Unmanaged::default()).await.unwrap();
    assert_eq!(failed.into_catalog(), started.into_catalog(), "nothing was changed");
    rows(&db, &tenant(), cleaning).await;
    assert_eq!(operator.complete(&db, &context, "app", second()).await.unwrap().state, PhasedState::Applied);
    assert_schema(&db, section.with_pattern(), "").await;
}

#[tokio::test]
async fn a_text_that_is_no_number_is_asked_about_before_anything_is_changed() {
    let dirt = "CREATE item:dirty SET price = 'a lot';";
    is_asked_first(&TYPE, dirt, "all_are_numbers", "UPDATE item:dirty SET amount = 1000;").await;
}

#[tokio::test]
async fn doubles_are_asked_about_before_anything_is_changed() {
    let dirt = "CREATE user:other SET email = '2';";
    is_asked_first(&UNIQUE, dirt, "no_doubles", "DELETE user:double; DELETE user:other;").await;
}

#[tokio::test]
async fn a_double_that_comes_behind_the_question_fails_the_build_and_leaves_no_broken_index() {
    let section = Section::read(UNIQUE.heading);
    let (db, context) = (engine().await, tenant());
    assert!(migrator(section.without_pattern()).migrate(&db, tenant()).await.is_served());
    rows(&db, &tenant(), UNIQUE.seed).await;
    rows(&db, &tenant(), UNIQUE.cleaning).await;
    let operator = migrator(section.with_pattern());
    assert!(operator.migrate(&db, tenant()).await.is_served());
    // One process asks, and the next one builds.
    let mortal = migrate_tests::Mortal::new(&db, 2);
    assert!(mortal.live(operator.complete(&mortal, &context, "app", second())).await.is_none());
    rows(&db, &tenant(), UNIQUE.seed.rsplit_once(";\n").unwrap().1).await;
    let error = operator.complete(&db, &context, "app", second()).await.unwrap_err();
    let PhasedError::Refused(Refusal::Failed { cause, .. }) = &error else { panic!("{error:?}") };
    assert!(cause.contains("in the step `unique`") && cause.contains("the index was removed"), "{cause}");
    let indexes = rows(&db, &tenant(), "RETURN object::keys((INFO FOR TABLE user).indexes);").await;
    assert_eq!(indexes, json!(["by_email"]));
    rows(&db, &tenant(), UNIQUE.cleaning).await;
    assert_eq!(operator.complete(&db, &context, "app", second()).await.unwrap().state, PhasedState::Applied);
    assert_schema(&db, section.with_pattern(), "").await;
}
