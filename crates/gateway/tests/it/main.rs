//! The gateway, tried from outside.

mod net;
