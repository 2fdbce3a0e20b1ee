//! The developer's commands: the real binary, in folders like a person's.

mod ending;
mod files;
mod git;
mod help;
mod pages;
mod schema;
mod showing;
mod tool;
