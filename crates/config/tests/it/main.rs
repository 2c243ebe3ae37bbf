//! The crate as its callers see it: files in, settings and findings out.

mod editing;
mod home;
mod includes;
mod loading;
mod mutations;
mod redaction;
mod secrets;
mod validation;
mod watching;
mod writing;
