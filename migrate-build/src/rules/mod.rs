//! One file a rule; [`RULES`] is the table of them. What two rules share has a file of its own.

mod jump;
pub(crate) mod m001_folder_unreadable;
pub(crate) mod m002_file_unreadable;
pub(crate) mod m003_unexpected_file;
pub(crate) mod m004_unexpected_folder;
pub(crate) mod m005_link_out_of_folder;
pub(crate) mod m007_duplicate_version;
pub(crate) mod m008_version_gap;
pub(crate) mod m009_down_without_up;
pub(crate) mod m010_not_utf8;
pub(crate) mod m011_nul_byte;
pub(crate) mod m012_no_migration;
pub(crate) mod m013_long_text;
pub(crate) mod m014_many_statements;
pub(crate) mod m020_unknown_directive;
pub(crate) mod m021_repeated_directive;
pub(crate) mod m022_incomplete_directive;
pub(crate) mod m023_misplaced_directive;
pub(crate) mod m024_misspelt_directive;
pub(crate) mod m025_invalid_allow;
pub(crate) mod m026_long_description;
pub(crate) mod m027_contradictory_directive;
pub(crate) mod m028_unused_allow;
pub(crate) mod m030_invalid_manifest;
pub(crate) mod m031_invalid_module_name;
pub(crate) mod m032_invalid_rule_setting;
pub(crate) mod m033_invalid_requirement;
pub(crate) mod m034_invalid_former_name;
pub(crate) mod m035_invalid_acceptance;
pub(crate) mod m036_invalid_move;
pub(crate) mod m037_invalid_tag;
pub(crate) mod m038_invalid_pattern;
pub(crate) mod m040_invalid_phased_migration;
pub(crate) mod m041_invalid_step;
pub(crate) mod m042_escaped_text;
pub(crate) mod m043_unfit_assertion;
pub(crate) mod m045_invalid_schema_file;
pub(crate) mod m101_syntax_error;
pub(crate) mod m102_no_statement;
pub(crate) mod m103_unchecked_statement;
pub(crate) mod m201_already_defined;
pub(crate) mod m202_unknown_object;
pub(crate) mod m203_unknown_table;
pub(crate) mod m204_unknown_function;
pub(crate) mod m205_wrong_arguments;
pub(crate) mod m206_unknown_analyzer;
pub(crate) mod m207_unknown_indexed_field;
pub(crate) mod m208_unknown_view_source;
pub(crate) mod m209_used_analyzer;
pub(crate) mod m210_table_under_view;
pub(crate) mod m211_refused_field;
pub(crate) mod m212_unknown_field;
pub(crate) mod m213_unfit_value;
pub(crate) mod m214_unknown_sequence;
pub(crate) mod m215_wrong_end;
pub(crate) mod m216_wrong_table;
pub(crate) mod m217_unfit_default;
pub(crate) mod m220_implicit_table;
pub(crate) mod m221_implicit_table_by_write;
pub(crate) mod m222_ignored_definition;
pub(crate) mod m223_unchanged_definition;
pub(crate) mod m224_unknown_link;
pub(crate) mod m225_unknown_table_in_body;
pub(crate) mod m226_unknown_function_in_body;
pub(crate) mod m228_dynamic_schema;
pub(crate) mod m229_down_mismatch;
pub(crate) mod m230_linked_table;
pub(crate) mod m231_called_function;
pub(crate) mod m232_redefined_param;
pub(crate) mod m233_ignored_removal;
pub(crate) mod m234_foreign_object;
pub(crate) mod m235_unknown_param;
pub(crate) mod m236_unknown_edge;
pub(crate) mod m237_rollback_mismatch;
pub(crate) mod m238_no_rollback;
pub(crate) mod m301_restrictive;
pub(crate) mod m302_data_loss;
pub(crate) mod m303_unsafe;
pub(crate) mod m304_unfilled_rows;
pub(crate) mod m305_breaking_start;
pub(crate) mod m401_return;
pub(crate) mod m402_break;
pub(crate) mod m403_continue;
pub(crate) mod m404_transaction;
pub(crate) mod m405_use;
pub(crate) mod m406_live_query;
pub(crate) mod m407_option;
pub(crate) mod m408_reserved_parameter;
pub(crate) mod m409_certain_throw;
pub(crate) mod m410_namespace_or_database;
pub(crate) mod m411_above_database;
pub(crate) mod m412_reserved_table;
pub(crate) mod m420_rebuilt_index;
pub(crate) mod m421_regenerated_key;
pub(crate) mod m422_literal_secret;
pub(crate) mod m423_unbounded_write;
pub(crate) mod m424_blocking_index;
pub(crate) mod m425_unseen_build;
pub(crate) mod m426_restarted_sequence;
pub(crate) mod m427_lasting_edges;
pub(crate) mod m430_lost_parameter;
pub(crate) mod m431_endless_batch;
pub(crate) mod m432_partial_batch;
pub(crate) mod m433_endless_backfill;
pub(crate) mod m501_malformed_lockfile;
pub(crate) mod m502_lockfile_conflict;
pub(crate) mod m503_locked_edited;
pub(crate) mod m504_locked_renamed;
pub(crate) mod m505_locked_removed;
pub(crate) mod m506_locked_inserted;
pub(crate) mod m507_locked_reordered;
pub(crate) mod m508_locked_chain;
pub(crate) mod m509_not_locked;
pub(crate) mod m510_correction_not_locked;

use crate::analysis::{Ending, Step};
use crate::{Diagnostics, Rule};

/// Every rule, in the order of their codes.
pub static RULES: &[&Rule] = &[
    &m001_folder_unreadable::RULE,
    &m002_file_unreadable::RULE,
    &m003_unexpected_file::RULE,
    &m004_unexpected_folder::RULE,
    &m005_link_out_of_folder::RULE,
    &m007_duplicate_version::RULE,
    &m008_version_gap::RULE,
    &m009_down_without_up::RULE,
    &m010_not_utf8::RULE,
    &m011_nul_byte::RULE,
    &m012_no_migration::RULE,
    &m013_long_text::RULE,
    &m014_many_statements::RULE,
    &m020_unknown_directive::RULE,
    &m021_repeated_directive::RULE,
    &m022_incomplete_directive::RULE,
    &m023_misplaced_directive::RULE,
    &m024_misspelt_directive::RULE,
    &m025_invalid_allow::RULE,
    &m026_long_description::RULE,
    &m027_contradictory_directive::RULE,
    &m028_unused_allow::RULE,
    &m030_invalid_manifest::RULE,
    &m031_invalid_module_name::RULE,
    &m032_invalid_rule_setting::RULE,
    &m033_invalid_requirement::RULE,
    &m034_invalid_former_name::RULE,
    &m035_invalid_acceptance::RULE,
    &m036_invalid_move::RULE,
    &m037_invalid_tag::RULE,
    &m038_invalid_pattern::RULE,
    &m040_invalid_phased_migration::RULE,
    &m041_invalid_step::RULE,
    &m042_escaped_text::RULE,
    &m043_unfit_assertion::RULE,
    &m045_invalid_schema_file::RULE,
    &m101_syntax_error::RULE,
    &m102_no_statement::RULE,
    &m103_unchecked_statement::RULE,
    &m201_already_defined::RULE,
    &m202_unknown_object::RULE,
    &m203_unknown_table::RULE,
    &m204_unknown_function::RULE,
    &m205_wrong_arguments::RULE,
    &m206_unknown_analyzer::RULE,
    &m207_unknown_indexed_field::RULE,
    &m208_unknown_view_source::RULE,
    &m209_used_analyzer::RULE,
    &m210_table_under_view::RULE,
    &m211_refused_field::RULE,
    &m212_unknown_field::RULE,
    &m213_unfit_value::RULE,
    &m214_unknown_sequence::RULE,
    &m215_wrong_end::RULE,
    &m216_wrong_table::RULE,
    &m217_unfit_default::RULE,
    &m220_implicit_table::RULE,
    &m221_implicit_table_by_write::RULE,
    &m222_ignored_definition::RULE,
    &m223_unchanged_definition::RULE,
    &m224_unknown_link::RULE,
    &m225_unknown_table_in_body::RULE,
    &m226_unknown_function_in_body::RULE,
    &m228_dynamic_schema::RULE,
    &m229_down_mismatch::RULE,
    &m230_linked_table::RULE,
    &m231_called_function::RULE,
    &m232_redefined_param::RULE,
    &m233_ignored_removal::RULE,
    &m234_foreign_object::RULE,
    &m235_unknown_param::RULE,
    &m236_unknown_edge::RULE,
    &m237_rollback_mismatch::RULE,
    &m238_no_rollback::RULE,
    &m301_restrictive::RULE,
    &m302_data_loss::RULE,
    &m303_unsafe::RULE,
    &m304_unfilled_rows::RULE,
    &m305_breaking_start::RULE,
    &m401_return::RULE,
    &m402_break::RULE,
    &m403_continue::RULE,
    &m404_transaction::RULE,
    &m405_use::RULE,
    &m406_live_query::RULE,
    &m407_option::RULE,
    &m408_reserved_parameter::RULE,
    &m409_certain_throw::RULE,
    &m410_namespace_or_database::RULE,
    &m411_above_database::RULE,
    &m412_reserved_table::RULE,
    &m420_rebuilt_index::RULE,
    &m421_regenerated_key::RULE,
    &m422_literal_secret::RULE,
    &m423_unbounded_write::RULE,
    &m424_blocking_index::RULE,
    &m425_unseen_build::RULE,
    &m426_restarted_sequence::RULE,
    &m427_lasting_edges::RULE,
    &m430_lost_parameter::RULE,
    &m431_endless_batch::RULE,
    &m432_partial_batch::RULE,
    &m433_endless_backfill::RULE,
    &m501_malformed_lockfile::RULE,
    &m502_lockfile_conflict::RULE,
    &m503_locked_edited::RULE,
    &m504_locked_renamed::RULE,
    &m505_locked_removed::RULE,
    &m506_locked_inserted::RULE,
    &m507_locked_reordered::RULE,
    &m508_locked_chain::RULE,
    &m509_not_locked::RULE,
    &m510_correction_not_locked::RULE,
];

/// The checks of one statement, as it stands in the chain.
const OF_STEPS: &[fn(&Step<'_>, &mut Diagnostics)] = &[
    m043_unfit_assertion::check,
    m201_already_defined::check,
    m202_unknown_object::check,
    m203_unknown_table::check,
    m204_unknown_function::check,
    m205_wrong_arguments::check,
    m206_unknown_analyzer::check,
    m207_unknown_indexed_field::check,
    m208_unknown_view_source::check,
    m209_used_analyzer::check,
    m210_table_under_view::check,
    m211_refused_field::check,
    m212_unknown_field::check,
    m213_unfit_value::check,
    m214_unknown_sequence::check,
    m215_wrong_end::check,
    m216_wrong_table::check,
    m217_unfit_default::check,
    m220_implicit_table::check,
    m221_implicit_table_by_write::check,
    m222_ignored_definition::check,
    m223_unchanged_definition::check,
    m228_dynamic_schema::check,
    m230_linked_table::check,
    m231_called_function::check,
    m232_redefined_param::check,
    m233_ignored_removal::check,
    m234_foreign_object::check,
    m235_unknown_param::check,
    m236_unknown_edge::check,
    m301_restrictive::check,
    m302_data_loss::check,
    m303_unsafe::check,
    m304_unfilled_rows::check,
    m305_breaking_start::check,
    m409_certain_throw::check,
    m420_rebuilt_index::check,
    m421_regenerated_key::check,
    m422_literal_secret::check,
    m423_unbounded_write::check,
    m424_blocking_index::check,
    m425_unseen_build::check,
    m426_restarted_sequence::check,
    m427_lasting_edges::check,
    m430_lost_parameter::check,
    m431_endless_batch::check,
    m432_partial_batch::check,
    m433_endless_backfill::check,
];

/// The checks of a migration as a whole: what it names may be defined behind the statement that names it.
const OF_ENDINGS: &[fn(&Ending<'_>, &mut Diagnostics)] =
    &[m224_unknown_link::check, m225_unknown_table_in_body::check, m226_unknown_function_in_body::check];

/// Checks one statement.
pub(crate) fn check_step(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    for check in OF_STEPS {
        check(step, diagnostics);
    }
}

/// Checks a migration as a whole.
pub(crate) fn check_ending(ending: &Ending<'_>, diagnostics: &mut Diagnostics) {
    for check in OF_ENDINGS {
        check(ending, diagnostics);
    }
}
