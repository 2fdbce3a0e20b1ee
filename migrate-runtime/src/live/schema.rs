use migrate_core::Catalog;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::context::Context;

/// The schema of one context at one moment: every definition in the words of the database.
///
/// The runtime's own tables are not part of it. Keys and password hashes are `[REDACTED]`, which is how the embedded
/// catalogs hold them too.
///
/// As JSON it is one object: `namespace`, `database`, and `objects`, an object from `kind name`, or `kind table.name` for
/// fields, indexes and events, to the definition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LiveSchema {
    #[serde(flatten)]
    context: Context,
    #[serde(rename = "objects", serialize_with = "objects")]
    catalog: Catalog,
}

impl AsRef<Catalog> for LiveSchema {
    fn as_ref(&self) -> &Catalog {
        &self.catalog
    }
}

impl LiveSchema {
    pub(crate) const fn new(context: Context, catalog: Catalog) -> Self {
        Self { context, catalog }
    }

    /// Whose schema it is.
    pub const fn context(&self) -> &Context {
        &self.context
    }

    /// Every object with its definition.
    pub const fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Every object with its definition, without the context.
    pub fn into_catalog(self) -> Catalog {
        self.catalog
    }
}

fn objects<S: Serializer>(catalog: &Catalog, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(catalog.len()))?;
    for (object, definition) in catalog.iter() {
        map.serialize_entry(&object.to_string(), definition)?;
    }
    map.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use migrate_core::{Object, ObjectKind};

    #[test]
    fn its_json_names_each_object_as_the_command_line_does() {
        let mut catalog = Catalog::new();
        catalog.define(Object::on("user", ObjectKind::Field, "tags.*"), "DEFINE FIELD tags.* ON user");
        let schema = LiveSchema::new(Context::new("acme", "eu").unwrap(), catalog);
        let json = serde_json::json!({
            "namespace": "acme",
            "database": "eu",
            "objects": { "field user.tags.*": "DEFINE FIELD tags.* ON user" },
        });
        assert_eq!(serde_json::to_value(schema).unwrap(), json);
    }
}
