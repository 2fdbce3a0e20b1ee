use include_dir::{Dir, include_dir};

/// What `init` and `new` write.
static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// The text of a template, in which each of these words in capital letters has its value.
pub(crate) fn text(path: &str, values: &[(&str, &str)]) -> String {
    let text = TEMPLATES.get_file(path).and_then(|file| file.contents_utf8()).unwrap_or_default();
    values.iter().fold(text.to_owned(), |text, (word, value)| text.replace(&format!("{{{word}}}"), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_there_and_takes_its_values() {
        let values = [("MIGRATIONS", "migrations"), ("VERSION", "1.2.3"), ("DESCRIPTION", "add a bio")];
        for path in [
            "folder/V1__schema.surql",
            "folder/migrations.toml",
            "build.rs",
            "Cargo.toml.lines",
            "main.rs.lines",
            "migration/plain.surql",
            "migration/phased.toml",
        ] {
            let text = text(path, &values);
            let is_left = |(word, _): &(&str, &str)| text.contains(&format!("{{{word}}}"));
            assert!(!text.is_empty() && !values.iter().any(is_left), "{path}: {text}");
        }
    }
}
