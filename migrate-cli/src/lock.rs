use std::fs;
use std::io::{self, Write, stdout};
use std::path::Path;

use migrate_build::{Locked, load};

use crate::args::Lock;
use crate::failure::Failure;

/// Writes the lockfile, unless what it holds was changed or the folder has other errors.
pub(crate) fn run(args: &Lock) -> Result<(), Failure> {
    let (folder, options) = args.folder.load_with(Locked::Warn);
    let loaded = load(&folder, &options)?;
    let path = args.folder.dir.join("migrations.lock");
    let (before, after) = (fs::read_to_string(&path).unwrap_or_default(), loaded.lockfile());
    let new: Vec<_> =
        loaded.migrations.iter().filter(|migration| !before.contains(&migration.chain.to_string())).collect();
    if before == after {
        writeln!(stdout(), "{} holds all {} migrations already", path.display(), loaded.migrations.len())?;
        return Ok(());
    }
    replace(&path, &after).map_err(|source| Failure::Write { path: path.clone(), source })?;
    for migration in &new {
        writeln!(stdout(), "locked {} {}", migration.file, migration.checksum)?;
    }
    writeln!(stdout(), "{} holds {} migrations: commit it", path.display(), loaded.migrations.len())?;
    Ok(())
}

/// Replaces a file as a whole: nobody ever sees half of it, and a failure leaves the old one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A dotfile, which a build that runs meanwhile does not mistake for a migration.
    let mut file = tempfile::Builder::new().prefix(".migrations.lock.").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    #[cfg(unix)]
    {
        // As if the file had been written in place: a temporary file is for its owner alone.
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).map_or(0o644, |metadata| metadata.permissions().mode());
        file.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
    }
    file.persist(path)?;
    Ok(())
}
