//! All that is printed for whoever looks: where it goes, in which colours, how wide, and how much of it.

use std::fmt::Display;
use std::io::{Write, stderr, stdout};

use annotate_snippets::Renderer;
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use migrate_build::{Diagnostics, Severity};
use serde_json::Value;

use crate::args::{Global, Style};
use crate::failure::Failure;

/// How a command speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    pub(crate) format: Format,
    /// Whether standard error is coloured.
    is_colored: bool,
    /// Whether the result is coloured.
    is_result_colored: bool,
    is_quiet: bool,
    /// How many columns a table may take.
    width: u16,
}

/// Whom the result is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For a person.
    Table,
    /// For a program.
    Json,
}

/// A colour of the result.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Color {
    Red = 31,
    Green = 32,
    Cyan = 36,
}

/// How wide a table is where nobody says how wide the terminal is.
const WIDTH: u16 = 80;

impl Terminal {
    pub(crate) fn new(global: &Global) -> Self {
        let format = if global.format == Style::Json { Format::Json } else { Format::Table };
        let (is_colored, is_result_colored) = (global.color.colors(&stderr()), global.color.colors(&stdout()));
        Self { format, is_colored, is_result_colored, is_quiet: global.quiet, width: width() }
    }

    /// Prints what was done, to a person who wants to hear of it.
    pub(crate) fn note(self, text: impl Display) -> Result<(), Failure> {
        if self.is_quiet || self.format == Format::Json { Ok(()) } else { result(text) }
    }

    /// Prints diagnostics to standard error.
    pub(crate) fn diagnostics(self, diagnostics: &Diagnostics) {
        let mut stderr = stderr().lock();
        let renderer = if self.is_colored { Renderer::styled() } else { Renderer::plain() };
        let is_shown = |severity| severity == Severity::Error || !self.is_quiet;
        for diagnostic in diagnostics.iter().filter(|diagnostic| is_shown(diagnostic.severity())) {
            // There is nowhere to complain to when standard error cannot be written.
            let _ = writeln!(stderr, "{}\n", diagnostic.render(&renderer));
        }
        let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity() == severity).count();
        let parts = [Severity::Error, Severity::Warning].into_iter().filter(|&severity| is_shown(severity));
        let parts: Vec<_> = parts.map(|severity| (count(severity), severity)).filter(|(count, _)| *count > 0).collect();
        if !parts.is_empty() {
            let parts: Vec<_> = parts.into_iter().map(plural).collect();
            let _ = writeln!(stderr, "{}", parts.join(", "));
        }
    }

    /// A part of the result in a colour, where colours are wanted.
    pub(crate) fn colored(self, color: Color, text: impl Display) -> String {
        if self.is_result_colored { format!("\u{1b}[{}m{text}\u{1b}[0m", color as u8) } else { text.to_string() }
    }

    /// An empty table that fits the terminal.
    pub(crate) fn table<const N: usize>(self, header: [&str; N]) -> Table {
        let mut table = Table::new();
        table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(self.width);
        table.set_header(header);
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        table
    }
}

/// Prints the result: what the command was asked for.
pub(crate) fn result(text: impl Display) -> Result<(), Failure> {
    Ok(writeln!(stdout(), "{text}")?)
}

/// Prints the result for a program.
pub(crate) fn json(value: &Value) -> Result<(), Failure> {
    result(format_args!("{value:#}"))
}

/// A paragraph in lines that fit a terminal.
pub(crate) fn wrapped(paragraph: &str) -> String {
    let (mut text, mut column) = (String::new(), 0);
    for word in paragraph.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > usize::from(width()) {
            text.push('\n');
            column = 0;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    text
}

/// What the shell says about the width, unless that is too narrow for anything.
fn width() -> u16 {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.filter(|&columns| columns >= 40).unwrap_or(WIDTH)
}

fn plural((count, noun): (usize, impl Display)) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
