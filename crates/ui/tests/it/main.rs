//! The embedded files: what is promised for any build, and what the plain page must not do.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read its file must stop"
)]

mod embedded;
mod plain_page;
