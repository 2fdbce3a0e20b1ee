//! What a person reads, no wider than a terminal.

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};

/// Narrow terminals are so wide.
const WIDTH: u16 = 80;

/// A table of these columns, whose cells are broken where they do not fit.
pub(super) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table.set_header(header.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.trim_fmt()
}

/// Before what is carried over from the line above.
const INDENT: &str = "           ";

/// Breaks each line of a text at its blanks, and a word that is longer than a line where that ends; what is carried over is
/// indented.
pub(super) fn wrapped(text: &str) -> String {
    wrapped_but(text, |_| false)
}

/// The same, but for lines that are there to be copied.
pub(super) fn wrapped_but(text: &str, is_kept: impl Fn(&str) -> bool) -> String {
    let mut broken = String::with_capacity(text.len());
    for line in text.lines() {
        if is_kept(line) {
            broken.push_str(line);
        } else {
            break_line(line, &mut broken);
        }
        broken.push('\n');
    }
    broken.pop();
    broken
}

fn break_line(line: &str, broken: &mut String) {
    let mut width = 0;
    let next_line = |broken: &mut String| {
        broken.truncate(broken.trim_end_matches(' ').len());
        broken.push('\n');
        broken.push_str(INDENT);
        INDENT.len()
    };
    for (at, word) in line.split(' ').enumerate() {
        let length = word.chars().count();
        if at > 0 && width + 1 + length > usize::from(WIDTH) && width > INDENT.len() {
            width = next_line(broken);
        } else if at > 0 {
            broken.push(' ');
            width += 1;
        }
        for letter in word.chars() {
            if width == usize::from(WIDTH) {
                width = next_line(broken);
            }
            broken.push(letter);
            width += 1;
        }
    }
}

/// `1 context`, `2 contexts`.
pub(super) fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_table_is_wider_than_a_terminal() {
        let long = "a reason that goes on and on ".repeat(8);
        let table = table(&["context", "reason"], [vec!["acme/eu".to_owned(), long]]);
        assert!(table.lines().all(|line| line.chars().count() <= usize::from(WIDTH)), "{table}");
        assert!(table.lines().count() > 3 && table.starts_with("context"), "{table}");
    }

    #[test]
    fn long_lines_are_carried_over_and_short_ones_left_as_they_are() {
        assert_eq!(wrapped("migrated   a   b\nc"), "migrated   a   b\nc");
        let long = format!("refused    {}", "word ".repeat(30));
        let text = wrapped(long.trim_end());
        assert!(text.lines().all(|line| line.chars().count() <= usize::from(WIDTH)), "{text}");
        assert_eq!(text.split_whitespace().count(), 31);
        let name = wrapped(&format!("refused    {}   why", "n".repeat(200)));
        assert!(name.lines().all(|line| line.chars().count() <= usize::from(WIDTH)), "{name}");
        assert_eq!(name.chars().filter(|letter| *letter == 'n').count(), 200);
        assert_eq!(wrapped_but(&long, |_| true), long);
        assert!(text.lines().skip(1).all(|line| line.starts_with("           word")), "{text}");
    }
}
