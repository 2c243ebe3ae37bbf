//! The ledger from outside: limits under load, restarts, kills, a full disk.

mod crash;
mod crowd;
mod disk;
mod life;
mod rig;
