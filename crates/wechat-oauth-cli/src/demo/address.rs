//! Where the site is: `localhost`, so that to a browser it is another site than the emulator on `127.0.0.1`.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use crate::failure::Failure;

/// The sockets at which the site answers: browsers ask `::1` or `127.0.0.1` for `localhost`, as they please.
pub(crate) struct Listeners {
    pub(crate) port: u16,
    pub(crate) sockets: Vec<TcpListener>,
}

/// What `localhost` means to browsers.
const LOCALHOST: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// How many free ports of one address are tried until one is free at the other address too.
const TRIES: usize = 8;

impl Listeners {
    /// Listens at the address, which is one of localhost's, and at the other one too where the machine has it.
    pub(crate) fn bind(address: SocketAddr) -> Result<Self, Failure> {
        if !LOCALHOST.contains(&address.ip()) {
            return Err(Failure::configuration(
                "listen",
                format!("the site is at localhost, and {address} is not: use 127.0.0.1 or [::1]"),
            ));
        }
        let mut outcome = Self::try_bind(address);
        for _ in 1..TRIES {
            match &outcome {
                Err(error) if address.port() == 0 && error.kind() == ErrorKind::AddrInUse => {
                    outcome = Self::try_bind(address);
                }
                _ => break,
            }
        }
        outcome.map_err(|error| {
            Failure::configuration("listen", format!("the site cannot listen at {address}: {error}"))
        })
    }

    fn try_bind(address: SocketAddr) -> io::Result<Self> {
        let first = TcpListener::bind(address)?;
        let port = first.local_addr()?.port();
        let mut sockets = vec![first];
        for other in LOCALHOST.into_iter().filter(|ip| *ip != address.ip()) {
            match TcpListener::bind((other, port)) {
                Ok(second) => sockets.push(second),
                // Somebody else's program would answer half of the browsers.
                Err(error) if error.kind() == ErrorKind::AddrInUse => return Err(error),
                // The machine has no such address.
                Err(_) => {}
            }
        }
        for socket in &sockets {
            socket.set_nonblocking(true)?;
        }
        Ok(Self { port, sockets })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_listened_at() {
        assert!(Listeners::bind(SocketAddr::from(([0, 0, 0, 0], 0))).is_err());
        let listeners = Listeners::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        assert!(listeners.sockets.iter().all(|socket| socket.local_addr().unwrap().port() == listeners.port));
    }

    #[test]
    fn localhost_is_reached_by_either_of_its_addresses() {
        // Not that of another loopback address, where no browser looks for localhost.
        assert!(Listeners::bind(SocketAddr::from(([127, 0, 0, 2], 0))).is_err());
        let has_ipv6 = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
        for address in [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)] {
            if address.is_ipv4() || has_ipv6 {
                let listeners = Listeners::bind(SocketAddr::from((address, 0))).unwrap();
                assert_eq!(listeners.sockets.len(), if has_ipv6 { 2 } else { 1 }, "{address}");
            }
        }
    }

    #[test]
    fn a_port_that_is_taken_is_told() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        assert!(Listeners::bind(taken.local_addr().unwrap()).is_err());
    }
}
