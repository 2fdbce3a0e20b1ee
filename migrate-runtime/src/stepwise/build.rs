use serde_json::Value;

/// How far an index is that is built `CONCURRENTLY`, as `INFO FOR INDEX` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    Ready,
    /// So many rows were looked at.
    Running {
        rows: u64,
    },
}

/// Why an index is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unbuilt {
    /// The engine gave it up, for this reason.
    Broken(String),
    /// Nobody could tell.
    Unknown(String),
}

impl Build {
    /// Reads the answer to `INFO FOR INDEX`. The engine keeps the state of a build with the data, and goes on with it after
    /// a restart.
    pub(crate) fn read(info: &Value) -> Result<Self, Unbuilt> {
        let building = &info["building"];
        match building["status"].as_str() {
            Some("ready") | None => Ok(Self::Ready),
            Some("error" | "aborted") => {
                let cause = building["error"].as_str().unwrap_or("the build ended without a word");
                Err(Unbuilt::Broken(cause.to_owned()))
            }
            Some(_) => Ok(Self::Running { rows: building["initial"].as_u64().unwrap_or_default() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_state_of_a_build_is_told_apart() {
        let read = |building: Value| Build::read(&json!({ "building": building }));
        assert_eq!(read(json!({ "status": "started" })), Ok(Build::Running { rows: 0 }));
        assert_eq!(read(json!({ "status": "indexing", "initial": 16 })), Ok(Build::Running { rows: 16 }));
        assert_eq!(read(json!({ "status": "ready", "initial": 3000 })), Ok(Build::Ready));
        assert_eq!(Build::read(&json!({})), Ok(Build::Ready));
        let broken = read(json!({ "status": "error", "error": "already contains 1" }));
        assert_eq!(broken, Err(Unbuilt::Broken("already contains 1".to_owned())));
    }
}
