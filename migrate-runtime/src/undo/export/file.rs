//! The files of an export: their names, their lines, and how they are written so that none is ever half of one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::{ExportError, RestoreError};

/// What the first line of a file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) format: u32,
    pub(super) namespace: String,
    pub(super) database: String,
    pub(super) table: String,
    /// The paths of the fields whose values follow; none where whole records do.
    pub(super) fields: Vec<String>,
}

/// A record, or values of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    /// Its id, for a person.
    pub(super) id: String,
    /// What it holds, for a person.
    pub(super) surql: String,
    /// What it holds: CBOR as the database writes it, in base 64.
    pub(super) cbor: String,
}

/// What the last line says, so that one that lacks its end is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Footer {
    rows: u64,
}

pub(super) const FORMAT: u32 = 1;

const EXTENSION: &str = "jsonl";

/// The name of a table's file. The number keeps apart what a file system takes for one name.
pub(super) fn name(at: usize, table: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' };
    let table: String = table.chars().take(64).map(plain).collect();
    format!("{:03}-{table}.{EXTENSION}", at + 1)
}

/// Creates the directory, or finds it empty.
pub(super) fn prepare(directory: &Path) -> Result<(), ExportError> {
    let failed = |source| ExportError::File { path: directory.to_owned(), source };
    fs::create_dir_all(directory).map_err(failed)?;
    match fs::read_dir(directory).map_err(failed)?.next() {
        None => Ok(()),
        Some(_) => Err(ExportError::NotEmpty(directory.to_owned())),
    }
}

/// A file that is being written. It gets its name when it is whole and on disk.
#[derive(Debug)]
pub(super) struct Writer {
    file: BufWriter<File>,
    partial: PathBuf,
    path: PathBuf,
    rows: u64,
}

impl Writer {
    pub(super) fn create(directory: &Path, name: &str, header: &Header) -> Result<Self, ExportError> {
        let (path, partial) = (directory.join(name), directory.join(format!("{name}.partial")));
        let failed = |source| ExportError::File { path: partial.clone(), source };
        let file = OpenOptions::new().write(true).create_new(true).open(&partial).map_err(failed)?;
        let mut writer = Self { file: BufWriter::new(file), partial, path, rows: 0 };
        writer.put(header)?;
        Ok(writer)
    }

    pub(super) fn line(&mut self, line: &Line) -> Result<(), ExportError> {
        self.put(line)?;
        self.rows += 1;
        Ok(())
    }

    pub(super) const fn rows(&self) -> u64 {
        self.rows
    }

    /// Writes the last line, waits until all of it is on disk, and gives the file its name.
    pub(super) fn finish(mut self) -> Result<(), ExportError> {
        self.put(&Footer { rows: self.rows })?;
        let Self { file, partial, path, .. } = self;
        let finish = || {
            file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            if path.try_exists()? {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(&partial, &path)?;
            // On other systems a directory cannot be opened, and need not be.
            if cfg!(unix) {
                path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())?;
            }
            Ok(())
        };
        finish().map_err(|source| ExportError::File { path: path.clone(), source })
    }

    fn put(&mut self, line: &impl Serialize) -> Result<(), ExportError> {
        let put = serde_json::to_writer(&mut self.file, line).map_err(io::Error::from);
        put.and_then(|()| self.file.write_all(b"\n"))
            .map_err(|source| ExportError::File { path: self.partial.clone(), source })
    }
}

/// The files of an export, in order.
pub(super) fn list(directory: &Path) -> Result<Vec<PathBuf>, RestoreError> {
    let failed = |source| RestoreError::File { path: directory.to_owned(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION) {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() { Err(RestoreError::Nothing(directory.to_owned())) } else { Ok(files) }
}

/// A file that is read back, a line at a time.
#[derive(Debug)]
pub(super) struct Reader {
    file: BufReader<File>,
    path: PathBuf,
    line: usize,
    rows: u64,
    is_at_end: bool,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<(Self, Header), RestoreError> {
        let failed = |source| RestoreError::File { path: path.to_owned(), source };
        let file = BufReader::new(File::open(path).map_err(failed)?);
        let mut reader = Self { file, path: path.to_owned(), line: 0, rows: 0, is_at_end: false };
        let text = reader.text()?.ok_or_else(|| reader.malformed("the file is empty"))?;
        let header: Header = serde_json::from_str(&text).map_err(|error| reader.malformed(error.to_string()))?;
        match header.format {
            FORMAT => Ok((reader, header)),
            other => Err(reader.malformed(format!("it has the format {other}, and this version knows {FORMAT}"))),
        }
    }

    /// The next record, or `None` behind the last one.
    pub(super) fn next(&mut self) -> Result<Option<Line>, RestoreError> {
        if self.is_at_end {
            return Ok(None);
        }
        let text = self.text()?.ok_or_else(|| self.malformed("the file ends before its last line"))?;
        if let Ok(line) = serde_json::from_str(&text) {
            self.rows += 1;
            return Ok(Some(line));
        }
        let footer: Footer = serde_json::from_str(&text).map_err(|error| self.malformed(error.to_string()))?;
        match self.text()? {
            Some(_) => Err(self.malformed("there is more behind what should be the last line")),
            None if footer.rows == self.rows => {
                self.is_at_end = true;
                Ok(None)
            }
            None => Err(self.malformed(format!("there are {} rows, and not {}", self.rows, footer.rows))),
        }
    }

    fn text(&mut self) -> Result<Option<String>, RestoreError> {
        let mut text = String::new();
        let read = self.file.read_line(&mut text);
        let read = read.map_err(|source| RestoreError::File { path: self.path.clone(), source })?;
        self.line += 1;
        Ok((read > 0).then_some(text))
    }

    fn malformed(&self, reason: impl Into<String>) -> RestoreError {
        RestoreError::Malformed { path: self.path.clone(), line: self.line, reason: reason.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        let name = || "x".to_owned();
        Header { format: FORMAT, namespace: name(), database: name(), table: name(), fields: Vec::new() }
    }

    fn line(id: &str) -> Line {
        Line { id: id.to_owned(), surql: "{}".to_owned(), cbor: "oA".to_owned() }
    }

    /// A directory of its own that goes with the test.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("migrate-export-{name}-{}", std::process::id()));
            _ = fs::remove_dir_all(&path);
            Self(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_file_is_there_when_it_is_whole_and_never_written_over() {
        let directory = Scratch::new("whole");
        prepare(&directory.0).unwrap();
        let mut writer = Writer::create(&directory.0, "001-x.jsonl", &header()).unwrap();
        writer.line(&line("x:1")).unwrap();
        assert!(matches!(list(&directory.0), Err(RestoreError::Nothing(_))));
        writer.finish().unwrap();
        let again = Writer::create(&directory.0, "001-x.jsonl", &header()).unwrap();
        assert!(matches!(again.finish(), Err(ExportError::File { .. })));
        assert!(matches!(prepare(&directory.0), Err(ExportError::NotEmpty(_))));

        let [file] = &list(&directory.0).unwrap()[..] else { panic!("one file") };
        let (mut reader, read) = Reader::open(file).unwrap();
        assert_eq!(read, header());
        assert_eq!((reader.next().unwrap(), reader.next().unwrap()), (Some(line("x:1")), None));
        assert_eq!(reader.next().unwrap(), None);
    }

    #[test]
    fn a_file_that_lost_its_end_or_a_row_is_refused() {
        let directory = Scratch::new("lost");
        prepare(&directory.0).unwrap();
        let mut writer = Writer::create(&directory.0, "001-x.jsonl", &header()).unwrap();
        writer.line(&line("x:1")).unwrap();
        writer.line(&line("x:2")).unwrap();
        writer.finish().unwrap();
        let path = directory.0.join("001-x.jsonl");
        let whole = fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = whole.lines().collect();
        for kept in [&[0, 1][..], &[0, 1, 3], &[0, 1, 2, 3, 1], &[1, 2, 3], &[]] {
            let kept: Vec<_> = kept.iter().map(|&at: &usize| lines[at]).collect();
            fs::write(&path, kept.join("\n") + if kept.is_empty() { "" } else { "\n" }).unwrap();
            let read = Reader::open(&path).and_then(|(mut reader, _)| {
                while reader.next()?.is_some() {}
                Ok(())
            });
            assert!(matches!(read, Err(RestoreError::Malformed { .. })), "{kept:?}");
        }
    }

    #[test]
    fn a_name_is_plain_whatever_the_table_is_called() {
        assert_eq!(name(0, "../odd name`"), "001-___odd_name_.jsonl");
    }
}
