use std::hash::{BuildHasher, Hasher, RandomState};

use serde_json::{Value, json};

/// Who applies: the name and version of the binary, and a random id of this process.
#[derive(Clone, Debug)]
pub(crate) struct Replica {
    binary: String,
    version: Option<String>,
    id: String,
}

impl Replica {
    /// This process, by the file name of its executable.
    pub(crate) fn this_process() -> Self {
        let executable = std::env::current_exe().ok();
        let name = executable.as_deref().and_then(|path| path.file_stem()).map(|stem| stem.to_string_lossy());
        let binary = name.map_or_else(|| "unknown".to_owned(), std::borrow::Cow::into_owned);
        Self { binary, version: None, id: format!("{:016x}", draw()) }
    }

    /// The same process under a name and version of its own choice.
    pub(crate) fn named(self, binary: String, version: String) -> Self {
        Self { binary, version: Some(version), ..self }
    }

    /// The form in which ledger rows hold it.
    pub(crate) fn as_json(&self) -> Value {
        let mut json = json!({ "binary": self.binary, "replica": self.id });
        if let Some(version) = &self.version {
            json["version"] = version.as_str().into();
        }
        json
    }
}

/// 64 bits that the standard library derives from the randomness of the system. `fastrand` starts from the clock alone, and
/// processes that start together would share what it draws first.
pub(crate) fn draw() -> u64 {
    RandomState::new().build_hasher().finish()
}
