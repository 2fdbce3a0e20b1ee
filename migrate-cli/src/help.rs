//! What stands at the end of the long help of each command over a folder: examples, and how it ends.

pub(crate) const INIT: &str = "\
Examples:
  cargo migrate init
  cargo migrate init --dir db/migrations

Exit codes: 0 done, 1 a file or folder could not be written, 2 usage";

pub(crate) const NEW: &str = "\
Examples:
  cargo migrate new add_bio --tag v1.2
  cargo migrate new rename_mail --phased
  cargo migrate new add_posts --from schema/
  cargo migrate new email --from schema/ --rename user.mail=email

Exit codes: 0 written, 1 the folder or the desired schema has errors, nothing
changed, or consent is needed, 2 usage";

pub(crate) const CHECK: &str = "\
Examples:
  cargo migrate check
  cargo migrate check --locked --format github
  cargo migrate check --format json

Exit codes: 0 no errors, 1 there are errors, 2 usage";

pub(crate) const LOCK: &str = "\
Example:
  cargo migrate lock

Exit codes: 0 written, or there was nothing to add, 1 the folder has errors,
2 usage";

pub(crate) const CATALOG: &str = "\
Examples:
  cargo migrate catalog
  cargo migrate catalog --at v1.2 --format json

Exit codes: 0 done, 1 the folder has errors, 2 usage, or there is no such version";

pub(crate) const DIFF: &str = "\
Examples:
  cargo migrate diff 3 v1.2
  cargo migrate diff 0 ../other/migrations --exit-code

Exit codes: 0 done, 1 a folder has errors, 2 usage, or there is no such version,
3 they differ, with --exit-code";

pub(crate) const GRAPH: &str = "\
Examples:
  cargo migrate graph
  cargo migrate graph --dir auth/migrations --dir migrations --format mermaid

Exit codes: 0 done, 1 a folder has errors, 2 usage";

pub(crate) const UNDO_TEXT: &str = "\
Example:
  cargo migrate undo-text 3

Exit codes: 0 done, 1 nothing undoes it, or the folder has errors, 2 usage, or
there is no such version";

pub(crate) const EXPLAIN: &str = "\
Examples:
  cargo migrate explain M302
  cargo migrate explain data-loss
  cargo migrate explain

Exit codes: 0 done, 2 there is no such diagnostic";

pub(crate) const COMPLETIONS: &str = "\
Examples:
  cargo-migrate completions bash > cargo-migrate.bash
  cargo-migrate completions zsh > ~/.zfunc/_cargo-migrate
  cargo-migrate completions fish > ~/.config/fish/completions/cargo-migrate.fish

Exit codes: 0 done, 1 it could not be printed, 2 usage";

pub(crate) const MAN: &str = "\
Examples:
  cargo migrate man
  cargo migrate man --into /usr/local/share/man/man1

Exit codes: 0 done, 1 a page could not be written, 2 usage";
