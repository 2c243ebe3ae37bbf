//! The SQLite store from outside: the suite of the traits, crashes, full disks, foreign files.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod backend;
mod child;
mod conformance;
mod crash;
mod disk;
mod growth;
mod ledger;
mod lock;
mod opening;
mod overload;
mod projection;
