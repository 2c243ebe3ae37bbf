//! The Control UI as bytes.
//!
//! What: the files of the built Control UI, or a plain page when it was not built, embedded in the
//! program with content type and entity tag.
//! Who calls it: `cli` hands the files to the gateway, so that neither knows the other.
//! Never: runs Node, reads a file at run time, imports anything of ours.
//! Invariants: `index.html` is always there; no page holds inline script or style, so a strict
//! content security policy fits; what is marked immutable has the hash of its content in its name.
//! Start reading at [`assets`]; the plain page lies in `fallback/`.

mod asset;

pub use asset::{Asset, assets, find, is_full};
