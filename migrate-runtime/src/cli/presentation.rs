use std::ffi::OsString;
use std::io::IsTerminal;

use clap::{Args, ValueEnum};

/// How a command shows what it found and how far it is.
///
/// Its options are found behind `migrate` and behind each command. A program's own global options need other names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Args)]
pub struct Presentation {
    /// How to print the result: for a person, or as one JSON object on standard output.
    // Global ones are handed to the commands around them too, where an option of that id may be of another type.
    #[arg(long, id = "migrate_format", value_name = "FORMAT", value_enum, default_value_t, global = true)]
    pub format: Format,
    /// When to use colours: `auto` where a person looks, as `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE` say.
    #[arg(long, id = "migrate_color", value_name = "WHEN", value_enum, default_value_t, global = true)]
    pub color: Coloring,
    /// Shows no progress.
    #[arg(long, short, id = "migrate_quiet", global = true)]
    pub quiet: bool,
}

/// How a result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a person.
    #[default]
    Table,
    /// For a program.
    Json,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Coloring {
    /// Where a person looks, unless the environment says otherwise.
    #[default]
    Auto,
    /// In any case.
    Always,
    /// In no case.
    Never,
}

impl Coloring {
    /// Whether what is written to this stream is coloured.
    ///
    /// [`Auto`](Self::Auto) goes by the usual variables: no colours with `NO_COLOR`, colours in files too with
    /// `CLICOLOR_FORCE`, and none on a terminal with `CLICOLOR=0` or `TERM=dumb`.
    pub fn colors(self, stream: &impl IsTerminal) -> bool {
        self.decide(stream.is_terminal(), |name| std::env::var_os(name))
    }

    fn decide(self, is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
        let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
        let is = |name, word: &str| variable(name).is_some_and(|value| value == *word);
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if is_set("NO_COLOR") => false,
            Self::Auto if is_set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", "0") => true,
            Self::Auto => is_terminal && !is("CLICOLOR", "0") && !is("TERM", "dumb"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Variables<'a> = &'a [(&'a str, &'a str)];

    #[test]
    fn the_environment_decides_where_nobody_else_does() {
        let decide = |coloring: Coloring, is_terminal, variables: Variables<'_>| {
            coloring.decide(is_terminal, |name| {
                variables.iter().find(|(one, _)| *one == name).map(|(_, value)| (*value).into())
            })
        };
        let cases: [(bool, Variables<'_>, bool); 11] = [
            (true, &[], true),
            (false, &[], false),
            (true, &[("NO_COLOR", "1")], false),
            (true, &[("NO_COLOR", "")], true),
            (true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
            (false, &[("CLICOLOR_FORCE", "1")], true),
            (false, &[("CLICOLOR_FORCE", "0")], false),
            (true, &[("CLICOLOR", "0")], false),
            (true, &[("CLICOLOR", "1")], true),
            (false, &[("CLICOLOR", "1")], false),
            (true, &[("TERM", "dumb")], false),
        ];
        for (is_terminal, variables, colored) in cases {
            assert_eq!(decide(Coloring::Auto, is_terminal, variables), colored, "{is_terminal} {variables:?}");
        }
        assert!(decide(Coloring::Always, false, &[("NO_COLOR", "1")]));
        assert!(!decide(Coloring::Never, true, &[("CLICOLOR_FORCE", "1")]));
    }
}
