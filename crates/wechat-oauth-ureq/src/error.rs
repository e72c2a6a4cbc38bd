//! ureq's errors, stripped to what happened and when: they can hold the URL, and so the secret.

use std::io::{self, ErrorKind as Io};

use ureq::{Error, Timeout};
use wechat_oauth_core::TransportErrorKind as Kind;
use wechat_oauth_core::{Phase, TransportError};

/// `phase` is how far the request may have got; [`Phase::Connect`] is claimed only where nothing can have been sent.
pub(crate) fn stripped(error: &Error, phase: Phase) -> TransportError {
    let (kind, phase) = match error {
        Error::HostNotFound => (Kind::Resolve, Phase::Connect),
        Error::ConnectProxyFailed(_) => (Kind::Proxy, Phase::Connect),
        Error::Timeout(Timeout::Resolve | Timeout::Connect) => (Kind::Timeout, Phase::Connect),
        Error::Timeout(_) => (Kind::Timeout, phase),
        Error::Tls(_) | Error::TlsRequired => (Kind::Tls, Phase::Connect),
        #[cfg(feature = "native-tls")]
        Error::NativeTls(_) => (Kind::Tls, Phase::Connect),
        Error::Protocol(_) | Error::LargeResponseHeader(..) => (Kind::Protocol, phase),
        Error::Io(error) => from_io(error, phase),
        // A chunk whose head does not end, for which ureq has no name; a body that cannot be decompressed.
        _ if phase == Phase::Body => (Kind::Protocol, phase),
        _ => (Kind::Other, phase),
    };
    TransportError::new(kind, phase)
}

fn from_io(error: &io::Error, phase: Phase) -> (Kind, Phase) {
    match error.kind() {
        Io::ConnectionRefused | Io::AddrNotAvailable => (Kind::Connect, Phase::Connect),
        // An established connection can end like this too.
        Io::HostUnreachable | Io::NetworkUnreachable | Io::NetworkDown => (Kind::Connect, phase),
        Io::TimedOut | Io::WouldBlock => (Kind::Timeout, phase),
        Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe | Io::UnexpectedEof => {
            (Kind::Closed, phase)
        }
        // rustls puts its errors into an io::Error of this kind. Certificates are judged before the request is sent.
        #[cfg(feature = "rustls")]
        Io::InvalidData => match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(rustls::Error::InvalidCertificate(_)) => (Kind::Tls, Phase::Connect),
            _ => (Kind::Tls, phase),
        },
        // A failed name lookup has a kind without a name, which this code, being nobody's, gets too; but no code.
        kind if error.raw_os_error().is_none() && kind == io::Error::from_raw_os_error(i32::MAX).kind() => {
            (Kind::Resolve, Phase::Connect)
        }
        _ => (Kind::Other, phase),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::ToSocketAddrs as _;

    #[test]
    fn a_failed_lookup_is_told_from_other_faults() {
        // The name is longer than any can be, so no server is asked.
        let error = (format!("{}.invalid", "x".repeat(300)), 443).to_socket_addrs().unwrap_err();
        assert_eq!(
            stripped(&error.into(), Phase::Request),
            TransportError::new(Kind::Resolve, Phase::Connect)
        );
        let error = io::Error::from_raw_os_error(i32::MAX);
        assert_eq!(stripped(&error.into(), Phase::Request).kind, Kind::Other);
    }

    #[test]
    fn nothing_is_said_to_be_unsent_that_may_have_been() {
        for kind in [
            Io::HostUnreachable,
            Io::TimedOut,
            Io::ConnectionReset,
            Io::UnexpectedEof,
            Io::InvalidData,
            Io::Other,
        ] {
            let error = stripped(&io::Error::from(kind).into(), Phase::Request);
            assert_eq!(error.phase, Phase::Request, "{kind}");
        }
        assert_eq!(stripped(&Error::Timeout(Timeout::Global), Phase::Body).phase, Phase::Body);
    }
}
