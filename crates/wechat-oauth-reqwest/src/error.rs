//! reqwest's errors, stripped to what happened and when: they hold the URL, and so the secret.

use std::error::Error as StdError;
use std::io::{self, ErrorKind as Io};

use wechat_oauth_core::TransportErrorKind as Kind;
use wechat_oauth_core::{Phase, TransportError};

/// `phase` is how far the request may have got; [`Phase::Connect`] is claimed only where nothing can have been sent.
pub(crate) fn stripped(error: &reqwest::Error, phase: Phase) -> TransportError {
    // Name lookup, proxy and TLS are all parts of connecting here, and come before the request.
    let phase = if error.is_connect() { Phase::Connect } else { phase };
    let kind = if error.is_timeout() {
        Kind::Timeout
    } else if error.is_dns() {
        Kind::Resolve
    } else {
        let causes = std::iter::successors(error.source(), |&error| error.source());
        let otherwise = if phase == Phase::Connect { Kind::Connect } else { Kind::Other };
        causes.filter_map(kind_of).last().unwrap_or(otherwise)
    };
    TransportError::new(kind, phase)
}

/// What one error in the chain of causes says, if it is of a type that says something.
fn kind_of(error: &(dyn StdError + 'static)) -> Option<Kind> {
    #[cfg(feature = "rustls")]
    if error.is::<rustls::Error>() {
        return Some(Kind::Tls);
    }
    #[cfg(feature = "native-tls")]
    if error.is::<native_tls::Error>() {
        return Some(Kind::Tls);
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        let closed = error.is_incomplete_message() || error.is_closed() || error.is_canceled();
        return if error.is_parse() { Some(Kind::Protocol) } else { closed.then_some(Kind::Closed) };
    }
    let error = error.downcast_ref::<io::Error>()?;
    // What it wraps is not in the chain: its source is its content's source.
    if let Some(kind) = error.get_ref().and_then(|inner| kind_of(inner)) {
        return Some(kind);
    }
    match error.kind() {
        Io::ConnectionRefused | Io::AddrNotAvailable => Some(Kind::Connect),
        Io::HostUnreachable | Io::NetworkUnreachable | Io::NetworkDown => Some(Kind::Connect),
        Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe | Io::UnexpectedEof => {
            Some(Kind::Closed)
        }
        // hyper's words for chunks that are none.
        Io::InvalidInput | Io::InvalidData => Some(Kind::Protocol),
        _ => None,
    }
}
