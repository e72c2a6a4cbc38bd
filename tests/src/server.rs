//! The other side: a TCP server on loopback that does exactly what it is told, and remembers what it was sent.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};
use wechat_oauth::{UnixTime, now};

/// The longest that a server waits for its client: past every deadline in the suite, and yet a test ends.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pause between two bytes of a slow answer.
const PAUSE: Duration = Duration::from_millis(100);
/// The most bytes that a server sends, for clients that take everything.
const MAX_SENT: u64 = 256 << 20;
/// The longest head that is read; those of the suite are under 1 KiB.
const MAX_HEAD: usize = 16 * 1024;

/// What a server does with a connection.
#[derive(Debug, Clone)]
pub enum Behaviour {
    /// Answers with these bytes, and waits for the next request.
    Answer(Vec<u8>),
    /// Sends these bytes and closes.
    Close(Vec<u8>),
    /// Sends these bytes and resets the connection.
    Reset(Vec<u8>),
    /// Resets the connection before it has read anything.
    ResetAtOnce,
    /// Sends these bytes unasked, and then nothing until the client is gone.
    Unasked(Vec<u8>),
    /// Sends these bytes, and then nothing until the client is gone.
    Hang(Vec<u8>),
    /// Sends these bytes, and says that none will follow, but keeps listening.
    HalfClose(Vec<u8>),
    /// Sends the first part at once, the second byte by byte, and then starts the second again, for half a minute.
    Drip(Vec<u8>, Vec<u8>),
    /// Sends the first part once, and the second again and again, up to 256 MiB.
    Repeat(Vec<u8>, Vec<u8>),
    /// Answers the first request like this, and the next one like that.
    Then(Vec<u8>, Box<Self>),
    /// Waits until the clock has gone on by two seconds; then answers.
    AfterSeconds(Vec<u8>),
}

/// A server, until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    https: bool,
    seen: Arc<Seen>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Seen {
    stop: AtomicBool,
    connections: AtomicUsize,
    written: AtomicU64,
    heads: Mutex<Vec<String>>,
    received_at: Mutex<Option<UnixTime>>,
    client_gone: Mutex<bool>,
    client_went: Condvar,
}

impl Server {
    /// Starts a server on a free port of 127.0.0.1.
    #[must_use]
    pub fn start(behaviour: Behaviour) -> Self {
        Self::listen(behaviour, None)
    }

    /// The same over TLS.
    #[must_use]
    pub fn https(behaviour: Behaviour, tls: Arc<rustls::ServerConfig>) -> Self {
        Self::listen(behaviour, Some(tls))
    }

    fn listen(behaviour: Behaviour, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let (https, shared) = (tls.is_some(), Arc::clone(&seen));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.stop.load(Ordering::SeqCst) {
                    return;
                }
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let (behaviour, tls, seen) = (behaviour.clone(), tls.clone(), Arc::clone(&shared));
                // A client that is gone too early ends its connection, and nothing else.
                std::thread::spawn(move || stream.and_then(|tcp| serve(&behaviour, tls, &tcp, &seen)).ok());
            }
        });
        Self { address, https, seen, thread: Some(thread) }
    }

    /// `http://127.0.0.1:PORT`, or https.
    #[must_use]
    pub fn base_url(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// How many connections were made.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// How many bytes of answers the system took.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.seen.written.load(Ordering::SeqCst)
    }

    /// The heads of the requests that came.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        lock(&self.seen.heads).clone()
    }

    /// When the first request of [`Behaviour::AfterSeconds`] came.
    #[must_use]
    pub fn received_at(&self) -> Option<UnixTime> {
        *lock(&self.seen.received_at)
    }

    /// Waits until a client of [`Behaviour::Hang`] is gone; `false` when it stays.
    #[must_use]
    pub fn wait_until_client_is_gone(&self) -> bool {
        let gone = lock(&self.seen.client_gone);
        let waited = self.seen.client_went.wait_timeout_while(gone, PATIENCE, |gone| !*gone);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.seen.stop.store(true, Ordering::SeqCst);
        // Wakes the thread, which then sees that it is to stop.
        if TcpStream::connect(self.address).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ended = thread.join();
        }
    }
}

/// A port that is taken and where nobody listens, until this is dropped.
#[derive(Debug)]
pub struct ClosedPort(Socket);

impl ClosedPort {
    /// Takes a free port of 127.0.0.1.
    #[must_use]
    pub fn take() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        Self(socket)
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap().as_socket().unwrap())
    }
}

trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

fn serve(
    behaviour: &Behaviour,
    tls: Option<Arc<rustls::ServerConfig>>,
    tcp: &TcpStream,
    seen: &Seen,
) -> io::Result<()> {
    tcp.set_read_timeout(Some(PATIENCE))?;
    tcp.set_write_timeout(Some(PATIENCE))?;
    tcp.set_nodelay(true)?;
    if matches!(behaviour, Behaviour::ResetAtOnce) {
        return reset(tcp);
    }
    match tls {
        None => act(behaviour, &mut &*tcp, tcp, seen),
        Some(config) => {
            let connection = rustls::ServerConnection::new(config).map_err(io::Error::other)?;
            let mut stream = rustls::StreamOwned::new(connection, tcp);
            act(behaviour, &mut stream, tcp, seen)
        }
    }
}

fn act(behaviour: &Behaviour, stream: &mut dyn Stream, tcp: &TcpStream, seen: &Seen) -> io::Result<()> {
    if !matches!(behaviour, Behaviour::Unasked(_)) {
        read_head(stream, seen)?;
    }
    let send = |stream: &mut dyn Stream, bytes: &[u8]| {
        stream.write_all(bytes)?;
        stream.flush()?;
        seen.written.fetch_add(bytes.len() as u64, Ordering::SeqCst);
        io::Result::Ok(())
    };
    match behaviour {
        Behaviour::Answer(bytes) => loop {
            send(stream, bytes)?;
            read_head(stream, seen)?;
        },
        Behaviour::Close(bytes) => send(stream, bytes),
        Behaviour::Reset(bytes) => {
            send(stream, bytes)?;
            // A reset overtakes what the client has not read yet: it has read everything once it says so, or waits.
            std::thread::sleep(PAUSE);
            reset(tcp)
        }
        Behaviour::ResetAtOnce => reset(tcp),
        Behaviour::Hang(bytes) | Behaviour::Unasked(bytes) => {
            send(stream, bytes)?;
            wait_for_end(stream, seen);
            Ok(())
        }
        Behaviour::HalfClose(bytes) => {
            send(stream, bytes)?;
            tcp.shutdown(Shutdown::Write)?;
            wait_for_end(stream, seen);
            Ok(())
        }
        Behaviour::Drip(at_once, slowly) => {
            send(stream, at_once)?;
            let pauses = PATIENCE.as_millis() / PAUSE.as_millis();
            for (byte, _) in slowly.iter().cycle().zip(0..pauses) {
                std::thread::sleep(PAUSE);
                send(stream, &[*byte])?;
            }
            Ok(())
        }
        Behaviour::Repeat(first, again) => {
            send(stream, first)?;
            for _ in 0..MAX_SENT / again.len() as u64 {
                send(stream, again)?;
            }
            Ok(())
        }
        Behaviour::Then(bytes, next) => {
            send(stream, bytes)?;
            act(next, stream, tcp, seen)
        }
        Behaviour::AfterSeconds(bytes) => {
            let came = now();
            lock(&seen.received_at).get_or_insert(came);
            while now().secs_since(came) < 2 {
                std::thread::sleep(PAUSE);
            }
            send(stream, bytes)
        }
    }
}

fn read_head(stream: &mut dyn Stream, seen: &Seen) -> io::Result<()> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == MAX_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    lock(&seen.heads).push(String::from_utf8_lossy(&head).into_owned());
    Ok(())
}

fn wait_for_end(stream: &mut dyn Stream, seen: &Seen) {
    let mut sink = [0; 64];
    while matches!(stream.read(&mut sink), Ok(1..)) {}
    *lock(&seen.client_gone) = true;
    seen.client_went.notify_all();
}

/// Closing with a linger of zero sends RST in place of FIN.
fn reset(tcp: &TcpStream) -> io::Result<()> {
    SockRef::from(tcp).set_linger(Some(Duration::ZERO))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
