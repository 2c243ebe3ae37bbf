//! Ports.

use super::config::BindSetting;
use super::plan::NetPlan;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use tokio::net::TcpListener;
use tracing::info;

/// Any address of Tailscale's own resolver; asking the system how it would be reached names our
/// address in that network without sending anything.
const TAILNET_PROBE: SocketAddr =
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(100, 100, 100, 100)), 53);

/// Bound ports, not accepting yet.
#[derive(Debug)]
pub struct Listeners {
    pub(super) sockets: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
}

impl Listeners {
    /// Every bound address, the main one first.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The main port, as bound.
    pub fn port(&self) -> u16 {
        self.addresses.first().map_or(0, SocketAddr::port)
    }
}

/// Why the gateway cannot listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Somebody else has the port.
    #[error("{address} is already in use{holder}; stop the other program, or choose another port: openclaw config set gateway.port {}", next_port(*.address))]
    Busy {
        /// The address.
        address: SocketAddr,
        /// Who has it, as far as known.
        holder: Holder,
    },
    /// The system refuses the address.
    #[error("cannot listen on {address}; choose another with gateway.bind or gateway.port")]
    Refused {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The machine is in no Tailscale network.
    #[error(
        "gateway.bind is tailnet, but this machine has no Tailscale address; start Tailscale or choose another bind"
    )]
    NoTailnet,
}

/// The process that has a port; prints as a remark, or as nothing when it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder(pub Option<u32>);

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(pid) => write!(f, " by the gateway with process id {pid}"),
            None => Ok(()),
        }
    }
}

fn next_port(address: SocketAddr) -> u16 {
    address.port().checked_add(1).unwrap_or(18_790)
}

/// Binds every address of the plan.
///
/// `running_gateway` is the process that holds this state directory's lock, if another does; it
/// only serves to explain a busy port. A busy alias port is skipped with a line in the log.
///
/// # Errors
/// [`ListenError`] when the main port cannot be had.
///
/// # Cancel safety
/// Dropping the future closes what was bound.
pub async fn bind(plan: &NetPlan, running_gateway: Option<u32>) -> Result<Listeners, ListenError> {
    let mut found = Listeners {
        sockets: Vec::new(),
        addresses: Vec::new(),
    };
    let main = |ip: IpAddr, port| SocketAddr::new(ip, port);
    match plan.bind {
        BindSetting::Lan => {
            let v6 = main(Ipv6Addr::UNSPECIFIED.into(), plan.port);
            let v6_bound = found.open(v6).await.is_ok();
            let v4 = main(Ipv4Addr::UNSPECIFIED.into(), found.port_or(plan.port));
            match found.open(v4).await {
                Ok(()) => {}
                // Most systems let the IPv6 socket take IPv4 too; then the port is ours already.
                Err(error) if v6_bound && error.kind() == ErrorKind::AddrInUse => {}
                Err(error) => return Err(explain(v4, error, running_gateway)),
            }
        }
        BindSetting::Address(ip) => {
            let address = main(ip, plan.port);
            found
                .open(address)
                .await
                .map_err(|e| explain(address, e, running_gateway))?;
            found.add_loopback(running_gateway).await?;
        }
        BindSetting::Tailnet => {
            let ip = tailnet_address().ok_or(ListenError::NoTailnet)?;
            let address = main(ip, plan.port);
            found
                .open(address)
                .await
                .map_err(|e| explain(address, e, running_gateway))?;
            found.add_loopback(running_gateway).await?;
        }
        BindSetting::Loopback | BindSetting::Auto | BindSetting::Custom => {
            let address = main(Ipv4Addr::LOCALHOST.into(), plan.port);
            found
                .open(address)
                .await
                .map_err(|e| explain(address, e, running_gateway))?;
            found.add_ipv6_loopback(running_gateway).await?;
        }
    }
    for port in &plan.alias_ports {
        found.add_alias(*port).await;
    }
    Ok(found)
}

impl Listeners {
    async fn open(&mut self, address: SocketAddr) -> io::Result<()> {
        let socket = TcpListener::bind(address).await?;
        self.addresses.push(socket.local_addr()?);
        self.sockets.push(socket);
        Ok(())
    }

    fn port_or(&self, port: u16) -> u16 {
        if self.addresses.is_empty() {
            port
        } else {
            self.port()
        }
    }

    /// This machine itself reaches the gateway on loopback whatever else it listens on.
    async fn add_loopback(&mut self, running: Option<u32>) -> Result<(), ListenError> {
        let address = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), self.port());
        self.open(address)
            .await
            .map_err(|e| explain(address, e, running))?;
        self.add_ipv6_loopback(running).await
    }

    /// A busy `::1` is an error: whoever has it would receive what is meant for us.
    async fn add_ipv6_loopback(&mut self, running: Option<u32>) -> Result<(), ListenError> {
        let address = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), self.port());
        match self.open(address).await {
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                Err(explain(address, error, running))
            }
            Err(error) => {
                info!(%error, "no IPv6 loopback on this machine");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    async fn add_alias(&mut self, port: u16) {
        let v4 = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port);
        if let Err(error) = self.open(v4).await {
            info!(%error, "alias port {port} is not available, skipped");
            return;
        }
        let v6 = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), port);
        if let Err(error) = self.open(v6).await {
            info!(%error, "alias port {port} is not available on ::1, skipped there");
        }
    }
}

fn explain(address: SocketAddr, error: io::Error, running_gateway: Option<u32>) -> ListenError {
    if error.kind() == ErrorKind::AddrInUse {
        return ListenError::Busy {
            address,
            holder: Holder(running_gateway),
        };
    }
    ListenError::Refused {
        address,
        source: error,
    }
}

/// Our address in the Tailscale network, which uses 100.64.0.0/10.
fn tailnet_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(TAILNET_PROBE).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    match ip {
        IpAddr::V4(v4) if v4.octets().starts_with(&[100]) && v4.octets()[1] & 0xc0 == 64 => {
            Some(ip)
        }
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    }
}
