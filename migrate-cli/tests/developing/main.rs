//! The developer's commands: the real binary, in folders like a person's.

mod files;
mod git;
mod pages;
mod schema;
mod showing;
mod tool;
