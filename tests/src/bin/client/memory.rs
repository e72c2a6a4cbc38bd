//! The core without any of our transports: a request is one connection of plain HTTP on this machine.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use wechat_oauth::TransportErrorKind::{Closed, Connect, Other, Protocol, Timeout};
use wechat_oauth::{
    App, ConfigError, Error, Flow, MAX_BODY, Phase, Response, Step, TransportError, TransportErrorKind,
};

use crate::lines::Clock;
use crate::site::Sender;

/// The longest head of an answer, in bytes: WeChat's has some hundreds.
const MAX_HEAD: usize = 16 * 1024;

/// What sends.
#[derive(Debug)]
pub(crate) struct Memory {
    timeout: Duration,
}

impl Sender for Memory {
    const NAME: &'static str = "wechat-oauth-core";
    const TAKES_THE_TIME: bool = true;

    fn connect(_: &App, timeout: Duration) -> Result<Self, ConfigError> {
        Ok(Self { timeout })
    }

    fn run<F: Flow>(&self, mut flow: F, clock: Clock) -> Result<F::Output, Error> {
        loop {
            match flow.step() {
                Step::Send(request) => {
                    let sent_at = clock.now();
                    match get(request.url().expose(), self.timeout) {
                        Ok((status, body)) => flow.answer(&Response::new(status, &body, sent_at)),
                        Err(error) => flow.lost(error),
                    }
                }
                Step::Wait(pause) => {
                    std::thread::sleep(pause);
                    flow.waited();
                }
                Step::Done => return flow.finish(),
            }
        }
    }
}

/// The status and the body that a GET is answered with, as HTTP/1.0 has them: there are no chunks, and a body without a
/// length ends with the connection.
fn get(url: &str, timeout: Duration) -> Result<(u16, Vec<u8>), TransportError> {
    let ends = Instant::now() + timeout;
    let lost = TransportError::new;
    let place = url.strip_prefix("http://").and_then(|place| place.split_once('/'));
    let (host, path) = place.ok_or(lost(Other, Phase::Connect))?;
    let address: SocketAddr = host.parse().map_err(|_| lost(Other, Phase::Connect))?;
    let mut tcp = TcpStream::connect_timeout(&address, timeout).map_err(|_| lost(Connect, Phase::Connect))?;
    let request = format!("GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n");
    tcp.write_all(request.as_bytes()).map_err(|_| lost(Closed, Phase::Request))?;

    let mut came = Vec::new();
    let (status, start, length) = loop {
        if let Some(head) = head(&came)? {
            break head;
        }
        if came.len() > MAX_HEAD {
            return Err(lost(Protocol, Phase::Request));
        }
        if !more(&mut tcp, &mut came, ends).map_err(|kind| lost(kind, Phase::Request))? {
            return Err(lost(Closed, Phase::Request));
        }
    };
    // The core says what is too much, of one byte more.
    let end = start + length.unwrap_or(usize::MAX).min(MAX_BODY + 1);
    while came.len() < end {
        if !more(&mut tcp, &mut came, ends).map_err(|kind| lost(kind, Phase::Body))? {
            if length.is_some() {
                return Err(lost(Closed, Phase::Body));
            }
            break;
        }
    }
    came.truncate(end);
    Ok((status, came.split_off(start)))
}

/// Reads what is there, before the deadline; false at the end of the connection.
fn more(tcp: &mut TcpStream, came: &mut Vec<u8>, ends: Instant) -> Result<bool, TransportErrorKind> {
    let left = ends.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(Timeout);
    }
    let mut piece = [0; 4096];
    match tcp.set_read_timeout(Some(left)).and_then(|()| tcp.read(&mut piece)) {
        Ok(count) => {
            came.extend_from_slice(&piece[..count]);
            Ok(count > 0)
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
            Err(Timeout)
        }
        Err(_) => Err(Closed),
    }
}

/// The status, where the body begins and how long it is, once the head is whole. Those that only announce another
/// (1xx) are passed over.
fn head(came: &[u8]) -> Result<Option<(u16, usize, Option<usize>)>, TransportError> {
    let wrong = TransportError::new(Protocol, Phase::Request);
    let mut start = 0;
    while let Some(length) = came[start..].windows(4).position(|four| four == b"\r\n\r\n") {
        let text = String::from_utf8_lossy(&came[start..start + length]);
        start += length + 4;
        let mut lines = text.split("\r\n");
        let words = lines.next().and_then(|line| line.strip_prefix("HTTP/1.")).ok_or(wrong)?;
        let status = words.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or(wrong)?;
        if status >= 200 {
            let named = lines.filter_map(|line| line.split_once(':'));
            let mut lengths = named.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            let length = lengths.next().map(|(_, length)| length.trim().parse().map_err(|_| wrong));
            return Ok(Some((status, start, length.transpose()?)));
        }
    }
    Ok(None)
}
