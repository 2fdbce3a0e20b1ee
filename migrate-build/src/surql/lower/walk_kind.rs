use surrealdb_sql::Kind;

/// The type of what a value of this type holds, where it is an array, a set or a union of such.
pub(super) fn inner(kind: &Kind) -> Option<Kind> {
    match kind {
        Kind::Array(inner, _) | Kind::Set(inner, _) => Some((**inner).clone()),
        Kind::Either(kinds) => {
            let kinds: Vec<Kind> = kinds.iter().filter_map(inner).collect();
            // The database keeps a union even of one, so that `option<array>` implies a part of type `any`.
            (!kinds.is_empty()).then_some(Kind::Either(kinds))
        }
        _ => None,
    }
}
