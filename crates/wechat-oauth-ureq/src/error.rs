//! ureq's errors, stripped to what happened and when: they can hold the URL, and so the secret.

use std::io::{self, ErrorKind};

use ureq::{Error, Timeout};
use wechat_oauth_core::TransportErrorKind as Kind;
use wechat_oauth_core::{Phase, TransportError};

/// `phase` is how far the request may have got; [`Phase::Connect`] is claimed only where nothing can have been sent.
pub(crate) fn stripped(error: &Error, phase: Phase) -> TransportError {
    let (kind, phase) = match error {
        Error::HostNotFound => (Kind::Resolve, Phase::Connect),
        Error::ConnectionFailed => (Kind::Connect, Phase::Connect),
        Error::InvalidProxyUrl | Error::ConnectProxyFailed(_) => (Kind::Proxy, Phase::Connect),
        Error::Timeout(Timeout::Resolve | Timeout::Connect) => (Kind::Timeout, Phase::Connect),
        Error::Timeout(_) => (Kind::Timeout, phase),
        Error::Tls(_) | Error::TlsRequired => (Kind::Tls, Phase::Connect),
        #[cfg(feature = "rustls")]
        Error::Rustls(_) => (Kind::Tls, Phase::Connect),
        #[cfg(feature = "native-tls")]
        Error::NativeTls(_) => (Kind::Tls, Phase::Connect),
        Error::Protocol(_) | Error::LargeResponseHeader(..) => (Kind::Protocol, phase),
        Error::Io(error) => from_io(error, phase),
        _ => (Kind::Other, phase),
    };
    TransportError::new(kind, phase)
}

fn from_io(error: &io::Error, phase: Phase) -> (Kind, Phase) {
    match error.kind() {
        ErrorKind::ConnectionRefused | ErrorKind::AddrNotAvailable => (Kind::Connect, Phase::Connect),
        // An established connection can end like this too.
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => {
            (Kind::Connect, phase)
        }
        ErrorKind::TimedOut | ErrorKind::WouldBlock => (Kind::Timeout, phase),
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::NotConnected
        | ErrorKind::UnexpectedEof => (Kind::Closed, phase),
        ErrorKind::InvalidData => from_tls(error, phase),
        _ if is_failed_lookup(error) => (Kind::Resolve, Phase::Connect),
        _ => (Kind::Other, phase),
    }
}

/// rustls puts its errors into an [`io::Error`]. Certificates are judged before the request is sent.
#[cfg(feature = "rustls")]
fn from_tls(error: &io::Error, phase: Phase) -> (Kind, Phase) {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(rustls::Error::InvalidCertificate(_)) => (Kind::Tls, Phase::Connect),
        Some(_) => (Kind::Tls, phase),
        None => (Kind::Protocol, phase),
    }
}

#[cfg(not(feature = "rustls"))]
const fn from_tls(_: &io::Error, phase: Phase) -> (Kind, Phase) {
    (Kind::Protocol, phase)
}

/// The standard library reports a failed name lookup with a kind that has no name, and without a code of the operating
/// system. No code can be this one, so it gets that kind.
fn is_failed_lookup(error: &io::Error) -> bool {
    error.raw_os_error().is_none() && error.kind() == io::Error::from_raw_os_error(i32::MAX).kind()
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
            ErrorKind::HostUnreachable,
            ErrorKind::TimedOut,
            ErrorKind::ConnectionReset,
            ErrorKind::UnexpectedEof,
            ErrorKind::InvalidData,
            ErrorKind::Other,
        ] {
            let error = stripped(&io::Error::from(kind).into(), Phase::Request);
            assert_eq!(error.phase, Phase::Request, "{kind}");
        }
        assert_eq!(stripped(&Error::Timeout(Timeout::Global), Phase::Body).phase, Phase::Body);
    }
}
