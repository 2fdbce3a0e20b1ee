use migrate_core::{Expectation, Object, Pace, PhaseStep, PhaseWork, Statement};

/// What is run in one transaction, or batch by batch: a statement of a stepwise migration, or a step of a phased one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit<'a> {
    /// What the statements are ranges of.
    pub(super) text: &'a str,
    pub(super) statements: &'a [Statement],
    /// The step that it is.
    pub(super) part: Option<&'a PhaseStep>,
}

impl<'a> Unit<'a> {
    /// How it is executed: more than one statement are executed once.
    pub(super) fn pace(&self) -> Pace {
        if let [only] = self.statements { only.pace() } else { Pace::Once }
    }

    /// The index that it builds.
    pub(super) fn built(&self) -> Option<&'a Object> {
        let [only] = self.statements else { return None };
        only.object().filter(|_| matches!(only.pace(), Pace::Build | Pace::Rebuild))
    }

    /// The text of one of its statements.
    pub(super) fn text_of(&self, statement: &Statement) -> &'a str {
        self.text.get(statement.range()).unwrap_or_default()
    }

    /// What it expects, with its name, where it only asks.
    pub(super) fn expectation(&self) -> Option<(&'a str, Expectation)> {
        match self.part.map(|part| (part.id(), part.work())) {
            Some((id, PhaseWork::Assert(expectation))) => Some((id, expectation)),
            _ => None,
        }
    }
}
