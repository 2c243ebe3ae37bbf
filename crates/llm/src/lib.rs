//! Providers of language models: one request, one event stream, one codec per wire format.
//!
//! What: the inner language ([`ModelRequest`], [`ModelEvent`]), pure codecs, SSE framing, the
//! transport with its deadlines, vendors as data, the catalog with prices, the built-in offline
//! model; all behind the trait [`Models`].
//! Who calls it: `agent` for runs, `gateway` for the direct path and `/v1/models`.
//! Never: knows sessions; runs a tool; follows a redirect; sends a credential to another origin.
//! Invariants: codecs do no I/O; every await on a provider has a deadline; an error says what a
//! client may do about it and holds no secret.
//! Start reading at [`event`], then [`codec`].

pub mod catalog;
pub mod codec;
pub mod collect;
pub mod config;
pub mod embed;
pub mod error;
pub mod estimate;
pub mod event;
pub mod lines;
pub mod models;
pub mod offline;
pub mod price;
pub mod provider;
pub mod request;
pub mod router;
pub mod routing;
pub mod sse;
pub mod transport;
pub mod wire;

pub use catalog::{Catalog, MediaKinds, ModelInfo, Target, UnknownModel};
pub use collect::{Collected, Collector};
pub use config::ModelsSettings;
pub use error::Error;
pub use estimate::{Quote, quote};
pub use event::{ModelEvent, ModelStream, PartIndex};
pub use models::{
    Answering, CallFailed, Decision, EmbedCall, Embedded, ModelCall, Models, Plan, Receipt, Tried,
    Wish,
};
pub use price::Price;
pub use request::{CacheHints, ModelRequest};
pub use router::{Router, RouterConfig};
