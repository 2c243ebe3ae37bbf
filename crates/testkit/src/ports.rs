//! Free TCP ports for servers that must be told their port before they start.

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::bail;

/// First port tried. Below the range from which Linux takes the local ports of outgoing
/// connections, so that a busy test cannot steal a port between the check and the use.
const FIRST: u16 = 20_000;
/// How many ports there are to try.
const SPAN: u16 = 12_000;

/// How many were handed out by this process.
static TAKEN: AtomicU16 = AtomicU16::new(0);

/// Finds a port that nothing listens on, on IPv4 and IPv6 loopback.
///
/// Two calls in one process never give the same port; two processes start at different places.
///
/// # Errors
/// When none of the whole range is free.
pub fn free_port() -> anyhow::Result<u16> {
    let start = std::process::id().wrapping_mul(37) % u32::from(SPAN);
    let start = u16::try_from(start)?;
    for _ in 0..SPAN {
        let step = TAKEN.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + (start.wrapping_add(step) % SPAN);
        if is_free(port) {
            return Ok(port);
        }
    }
    bail!("no free port between {FIRST} and {}", FIRST + SPAN)
}

fn is_free(port: u16) -> bool {
    // A machine without IPv6 cannot bind `::1` at all; only "in use" counts against the port.
    let v6 = TcpListener::bind((Ipv6Addr::LOCALHOST, port));
    let v6_busy = v6.is_err_and(|error| error.kind() == std::io::ErrorKind::AddrInUse);
    !v6_busy && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_not_offered() {
        let port = free_port().unwrap();
        let _held = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        assert!(!is_free(port));
        assert_ne!(free_port().unwrap(), port);
    }
}
