use surrealdb_sql::statements::DefineStatement;
use surrealdb_sql::statements::define::{DefineDefault, DefineFieldStatement, DefineKind};
use surrealdb_sql::{Expr, Permission};

use super::define::{COMMENT, Parts, resolve, table};
use super::{body, constant, given, kind, name, permission, print};
use crate::definition::{Constant, DefaultValue, Field, Shape, ValueType};

/// What a `DEFINE FIELD` says.
pub(super) fn parts(statement: &DefineFieldStatement) -> Option<Parts> {
    let path = name::path(&statement.name)?;
    let on = name::name(&statement.what)?;
    let mut canonical = DefineFieldStatement { kind: DefineKind::Default, ..statement.clone() };
    let mut unknown = None;
    resolve(&mut canonical.comment, constant::comment(&statement.comment), &mut unknown, COMMENT);
    canonical.name = Expr::Idiom(path.clone());
    canonical.what = table(&on);
    // A field has no `FOR delete`; the database prints it as if it were full.
    canonical.permissions.delete = Permission::Full;
    let shape = Shape::Field(shape(&canonical, name::parts(&path)));
    let mut references = body::of_permissions(&canonical.permissions);
    references.extend(canonical.field_kind.iter().flat_map(kind::links));
    let bodies = [&canonical.value, &canonical.assert, &canonical.computed];
    references.extend(bodies.into_iter().flatten().flat_map(body::references));
    if let DefineDefault::Set(value) | DefineDefault::Always(value) = &canonical.default {
        references.extend(body::references(value));
    }
    let text = print::define(DefineStatement::Field(Box::new(canonical)));
    Some(Parts { name: print::path(&path), table: Some(on), text, shape, references, unknown })
}

fn shape(statement: &DefineFieldStatement, path: Vec<String>) -> Field {
    let value_type = statement.field_kind.as_ref().map_or(ValueType::Any, kind::value_type);
    Field {
        path,
        unfit: unfit(statement, &value_type).map(print::expr),
        value_type,
        flexible: statement.flexible,
        readonly: statement.readonly,
        inline: statement.inline,
        value: statement.value.as_ref().map(print::expr),
        assert: statement.assert.as_ref().map(print::expr),
        computed: statement.computed.as_ref().map(print::expr),
        default: match &statement.default {
            DefineDefault::None => DefaultValue::None,
            DefineDefault::Set(value) => DefaultValue::Once(print::expr(value)),
            DefineDefault::Always(value) => DefaultValue::Always(print::expr(value)),
        },
        reference: statement.reference.as_ref().map(|reference| format!("{:?}", reference.on_delete)),
        permissions: permission::permissions(&statement.permissions),
    }
}

/// The value of the field's own that its type refuses.
fn unfit<'a>(statement: &'a DefineFieldStatement, value_type: &ValueType) -> Option<&'a Expr> {
    let default = match &statement.default {
        DefineDefault::Set(value) | DefineDefault::Always(value) => Some(value),
        DefineDefault::None => None,
    };
    let is_unfit = |value: &&Expr| {
        let value = given::constant(value);
        // A field without a value is one that its rows have to bring along.
        value != Constant::None && value_type.refuses(&value)
    };
    default.into_iter().chain(&statement.value).find(is_unfit)
}
