use migrate_build::Folder;
use migrate_core::Checksum;

/// Holds the digest of what the macro sees against what the build script saw, as `seen` tells.
///
/// # Errors
///
/// No build script watches the folder, or what it saw was something else. The error is for a person, with the remedy.
pub(crate) fn check(folder: &Folder, digest: Checksum, seen: Option<&str>) -> Result<(), String> {
    let build_script = format!(
        "    // build.rs
    fn main() {{
        migrate_build::Builder::new(\"{folder}\").run();
    }}"
    );
    match seen {
        Some(seen) if seen == digest.to_string() => Ok(()),
        Some(_) => Err(format!(
            "the migrations folder `{folder}` is not as the build script saw it

It has changed since. Build again; if that does not help, let the build script do this each time that it runs:

{build_script}
"
        )),
        None => Err(format!(
            "no build script watches the migrations folder `{folder}`

A macro cannot watch a folder, so a new migration would not be noticed. Put this beside `Cargo.toml`:

{build_script}

and this into `Cargo.toml`:

    [build-dependencies]
    migrate-build = \"{version}\"
",
            version = env!("CARGO_PKG_VERSION")
        )),
    }
}
