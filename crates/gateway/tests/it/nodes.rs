//! Nodes: their approval, their commands, and what they may not do.

mod commands;
mod node;
mod pairing;
mod system_run;
