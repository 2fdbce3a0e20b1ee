use migrate_core::{Migration, Migrations, Mode, Moved, PhaseStep, Phased, Requirement, Version};

use crate::{Hand, Handover, Loaded, LoadedMigration, LoadedStep};

impl Loaded {
    /// The module as the runtime takes it, from a folder that was read while running instead of being compiled in.
    ///
    /// The runtime holds migrations for as long as the process lives, so their memory is never given back: load a folder
    /// once, not in a loop. The order of the migrations, their texts and their checksums are those that
    /// `embed_migrations!` would have compiled in.
    ///
    /// ```
    /// # use std::fs;
    /// # use migrate_build::{Folder, Options, load};
    /// # let dir = tempfile::tempdir()?;
    /// fs::write(dir.path().join("V1__users.surql"), "DEFINE TABLE user SCHEMAFULL;\n")?;
    /// let module = load(&Folder::new(dir.path()), &Options::new("app"))?.leak();
    /// assert_eq!((module.module(), module.len()), ("app", 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn leak(self) -> Migrations {
        let chain: Vec<_> = self.migrations.into_iter().map(leak).collect();
        let migrations =
            Migrations::__new(self.module.leak(), chain.leak()).__with_requires(requirements(self.requires));
        let formerly: Vec<&'static str> = self.formerly.into_iter().map(|name| &*name.leak()).collect();
        let migrations = migrations.__with_formerly(formerly.leak());
        let unmanaged: Vec<&'static str> = self.unmanaged.into_iter().map(|pattern| &*pattern.leak()).collect();
        let migrations = migrations.__with_unmanaged(unmanaged.leak());
        match self.fresh {
            Some(fresh) => migrations.__with_fresh(Box::leak(Box::new(fresh))),
            None => migrations,
        }
    }
}

fn requirements(requires: Vec<(String, Version)>) -> &'static [Requirement] {
    let requires = requires.into_iter().map(|(module, version)| Requirement::__new(module.leak(), version.get()));
    requires.collect::<Vec<_>>().leak()
}

fn leak(migration: LoadedMigration) -> Migration {
    let text: &str = migration.source.text().to_owned().leak();
    let leaked = Migration::__new(
        migration.version.get(),
        migration.name.leak(),
        migration.file.leak(),
        text,
        *migration.checksum.as_bytes(),
        *migration.chain.as_bytes(),
    )
    .__with_description(migration.description.leak())
    .__with_policy(migration.compatibility, migration.mode)
    .__with_requires(requirements(migration.requires))
    .__with_links(migration.correction.leak(), migration.links.leak())
    .__with_statements(migration.statements.leak())
    .__with_changes(migration.changes.leak())
    .__with_checks(migration.checks.leak())
    .__with_undo(Box::leak(Box::new(migration.undo)));
    let leaked = match migration.moved {
        Some(handover) => leaked.__with_moved(Box::leak(Box::new(moved(handover)))),
        None => leaked,
    };
    if migration.mode != Mode::Phased {
        return leaked;
    }
    let steps: Vec<_> = migration.steps.into_iter().map(leak_step).collect();
    leaked.__with_phased(Box::leak(Box::new(Phased::__new(steps.leak(), migration.irreversible.leak()))))
}

fn moved(Handover { hand, module, version }: Handover) -> Moved {
    let counterpart = Requirement::__new(module.leak(), version.get());
    match hand {
        Hand::From => Moved::From(counterpart),
        Hand::To => Moved::To(counterpart),
    }
}

fn leak_step(LoadedStep { id, phase, work, text, statements, changes }: LoadedStep) -> PhaseStep {
    PhaseStep::__new(id.leak(), phase, work, text.leak(), statements.leak()).__with_changes(changes.leak())
}
