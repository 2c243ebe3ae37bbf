//! One suite, every backend.
