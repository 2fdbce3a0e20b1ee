use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};

use crate::proxy::Traffic;
use crate::row::{Measure, Outcome, Row};

const HEADER: [&str; 10] =
    ["question", "place", "fleet", "who", "ratio", "of CPU time", "µs/context", "trips", "queries", "MiB"];

/// One line per measurement, each with its ratio to the first one of its question. The times are those that
/// passed, and those that client and server spent on a processor together. Round trips and queries are per context,
/// the former as whoever is measured counts them, the latter as the server saw them, with the kB that were sent and received.
pub(crate) fn render(rows: &[Row]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(HEADER);
    for row in rows {
        let Row { question, place, contexts, migrations, statements, who, outcome } = row;
        let fleet = format!("{contexts} × {migrations} ({statements})");
        let mut cells = vec![(*question).to_owned(), (*place).to_owned(), fleet, (*who).to_owned()];
        match outcome {
            Outcome::Measured(measure) => cells.extend(numbers(measure)),
            Outcome::NotMeasured { not_measured } => cells.push(format!("not measured: {not_measured}")),
        }
        table.add_row(cells);
    }
    for column in 4..HEADER.len() {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn numbers(measure: &Measure) -> [String; 6] {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let each = |of: u64| of as f64 / measure.given as f64;
    let trips = measure.round_trips.map(|trips| format!("{:.3}", each(trips as u64)));
    let traffic = |Traffic { queries, bytes_sent, bytes_received }| {
        let [sent, received] = [bytes_sent, bytes_received].map(|bytes| each(bytes) / 1e3);
        format!("{:.3} ({sent:.1} + {received:.1} kB)", each(queries))
    };
    [
        measure.ratio.map_or_else(|| "-".to_owned(), |ratio| ratio.to_string()),
        measure.cpu_ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{:.2}", ratio.median)),
        format!("{:.0}", measure.median.median),
        trips.unwrap_or_else(|| "-".to_owned()),
        measure.traffic.map_or_else(|| "-".to_owned(), traffic),
        measure.memory.map_or_else(|| "-".to_owned(), |memory| format!("{memory:.1}")),
    ]
}
