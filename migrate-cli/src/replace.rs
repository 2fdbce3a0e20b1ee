use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::failure::Failure;

/// Replaces a file as a whole: nobody ever sees half of it, and a failure leaves the old one.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    try_replace(path, text).map_err(|source| Failure::Write { path: path.to_owned(), source })
}

fn try_replace(path: &Path, text: &str) -> io::Result<()> {
    let file = written(path, text)?;
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

/// Creates a file, unless there is one: what a person wrote is never lost.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), Failure> {
    let write = |mut file: fs::File| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    match fs::OpenOptions::new().write(true).create_new(true).open(path).and_then(write) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Failure::Exists(path.to_owned())),
        result => result.map_err(|source| Failure::Write { path: path.to_owned(), source }),
    }
}

/// A file beside another one, which a build that runs meanwhile does not mistake for a migration: its name begins with a dot.
fn written(path: &Path, text: &str) -> io::Result<tempfile::NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut file = tempfile::Builder::new().prefix(&format!(".{name}.")).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}
