//! The gateway, tried from outside.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that meets something else must stop and say so"
)]

mod agents_rpc;
mod approvals;
mod chat;
mod chat_rpc;
mod chat_tools;
mod config_rpc;
mod embeddings;
mod failover;
mod faults;
mod identity;
mod limits;
mod messages;
mod misc_rpc;
mod models;
mod money;
mod net;
mod nodes;
mod recordings;
mod reload;
mod response_cache;
mod responses;
mod rpc;
mod sessions;
mod sessions_rpc;
mod site;
mod tool_search;
mod tools_http;
mod ws;
