//! House rules as a program.
//!
//! What: [`tidy`] reads the source tree and names every breach of the house rules; [`generated`]
//! writes the reference pages and schemas that follow from the code.
//! Who calls it: the `xtask` program, and a test of this crate, so that `cargo test` fails too.
//! Never: changes a file that a person wrote, needs the network, ships.
//! Invariants: all breaches are told at once, each with file and line; a rule that has an exception
//! says why beside it.
//! Start reading at [`tidy::problems`].

pub mod generated;
pub mod tidy;
