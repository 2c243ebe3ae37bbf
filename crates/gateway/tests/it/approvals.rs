//! Questions to people: of agents and of clients; the rules without them.

mod agents;
mod clients;
mod invoked;
mod rules;
