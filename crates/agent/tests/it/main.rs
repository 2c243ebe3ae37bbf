//! Agents over a real store, with scripted models.

mod crash;
mod house;
