//! One case for each mistake a person can make, with the very message they see.
//!
//! `fail/<mistake>.rs` embeds `fixtures/<mistake>/`. `TRYBUILD=overwrite cargo test -p migrate-ui-tests` writes the
//! messages anew; read each of them as that person would.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What a build script would have told the macro about the folder of one case: something else than it holds.
const SEEN: &str =
    "[env]\nMIGRATE_DIGEST_fixtures_2ffolder_5fchanged_5fbehind_5fthe_5fbuild_5fscript = \"sha256:00\"\n";

#[test]
fn every_mistake_is_one_error_that_a_person_understands() -> io::Result<()> {
    let crate_dir = trybuild_dir();
    let fixtures = crate_dir.join("fixtures");
    if fixtures.exists() {
        fs::remove_dir_all(&fixtures)?;
    }
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"), &fixtures)?;
    fs::create_dir_all(crate_dir.join(".cargo"))?;
    fs::write(crate_dir.join(".cargo/config.toml"), SEEN)?;
    trybuild::TestCases::new().compile_fail("fail/*.rs");
    Ok(())
}

/// The crate that trybuild makes of the cases: to the macro, `fixtures` is a folder of that one.
fn trybuild_dir() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("..");
    target.join("tests/trybuild").join(env!("CARGO_PKG_NAME"))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
