//! The suite of the traits, on SQLite.

use crate::backend::Sqlite;

state::conformance_suite!(Sqlite::new());
