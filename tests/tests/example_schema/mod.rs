//! The migrations of `examples/many_tenants` do what their comments say, on the engine itself.
//!
//! The files are run in order, without any of our own machinery in between: what is tested here is the SurrealQL.
//! A row is written to every table and every function is called, and the tests fail when a table or a function is
//! added without one.

mod conversations;
mod history;
mod identity;
mod knowledge;
mod operations;
mod tenant;
