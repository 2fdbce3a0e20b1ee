use std::time::{SystemTime, UNIX_EPOCH};

use migrate_build::{Consent, Desired, Loaded, MigrationName, Next, NextError, Rollout, Wish};
use migrate_core::Version;
use serde_json::json;

use crate::args::{Global, New};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::replace::create;
use crate::terminal::{self, Format, Terminal};
use crate::{schema_files, tag, template};

/// Writes the next migration.
pub(crate) fn run(args: &New, global: &Global, terminal: Terminal) -> Result<Outcome, Failure> {
    let loaded = global.load()?;
    let tag = args.tag.as_ref().map(|tag| tag::new_tag(tag, &loaded)).transpose()?;
    // A clock from before 1970 is as good as one that says 1970: versions still ascend.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let version = loaded.next_version(now).ok_or(NextError::NoVersion)?;
    let Text { file, text } = match &args.from[..] {
        [] => from_template(&args.name, version, args.phased),
        paths => {
            let files = schema_files::read(paths)?;
            let desired = Desired::read(&files, &loaded).map_err(Failure::Schema)?;
            from_schema(args, &loaded, version, &desired)?.into()
        }
    };
    let path = global.dir()?.join(&file);
    create(&path, &text)?;
    if let Some(tag) = &tag {
        tag::write(global.dir()?, tag, version)?;
    }
    terminal.note(format_args!("wrote {}", path.display()))?;
    if let Some(tag) = &tag {
        terminal.note(format_args!("V{version} is `{tag}`"))?;
    }
    if !args.from.is_empty() {
        // What a build says of it is worth hearing now, and the folder's own settings may have more to say.
        terminal.diagnostics(&global.load()?.warnings);
    }
    if terminal.format == Format::Json {
        terminal::json(&json!({
            "version": version.get(),
            "file": file,
            "path": path.display().to_string(),
            "tag": tag,
        }))?;
    }
    Ok(Outcome::Done)
}

struct Text {
    file: String,
    text: String,
}

impl From<Next> for Text {
    fn from(next: Next) -> Self {
        Self { file: next.file, text: next.text }
    }
}

fn from_template(name: &MigrationName, version: Version, is_phased: bool) -> Text {
    let (path, extension) = if is_phased { ("phased.toml", "toml") } else { ("plain.surql", "surql") };
    let description = name.as_str().replace('_', " ");
    let text = template::text(&format!("migration/{path}"), &[("DESCRIPTION", description.trim())]);
    Text { file: format!("V{version}__{name}.{extension}"), text }
}

fn from_schema(args: &New, loaded: &Loaded, version: Version, desired: &Desired) -> Result<Next, Failure> {
    let mut wish = Wish::new(args.name.clone());
    wish.renames.clone_from(&args.rename);
    wish.consent = if args.force { Consent::Given } else { Consent::Ask };
    wish.rollout = if args.phased { Rollout::Phased } else { Rollout::AtOnce };
    Ok(loaded.next(version, desired, &wish)?)
}
