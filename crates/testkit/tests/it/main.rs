//! The fakes keep their promises: a test that builds on them can trust them.

mod fake_model;
mod gateway;
