//! A server on loopback that answers every request with the same body. The process that counts is another one, so that
//! none of its instructions are counted.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// How long a connection may be silent. Under valgrind, a client takes its time.
const SILENCE: Duration = Duration::from_secs(60);

/// The longest head of a request.
const MAX_HEAD: usize = 8 * 1024;

/// Starts the server, which ends with the process, and says where it is: `http://127.0.0.1:PORT`.
///
/// # Errors
/// When no port can be had.
pub fn start(body: &[u8]) -> io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let origin = format!("http://{}", listener.local_addr()?);
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\r\n", body.len());
    let answer = [head.as_bytes(), body].concat();
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let answer = answer.clone();
            // A client that leaves ends its connection, and nothing else.
            thread::spawn(move || serve(connection, &answer).ok());
        }
    });
    Ok(origin)
}

fn serve(mut connection: TcpStream, answer: &[u8]) -> io::Result<()> {
    connection.set_read_timeout(Some(SILENCE))?;
    connection.set_nodelay(true)?;
    let mut head = Vec::new();
    let mut piece = [0; 2048];
    loop {
        let length = connection.read(&mut piece)?;
        if length == 0 || head.len() > MAX_HEAD {
            return Ok(());
        }
        head.extend_from_slice(&piece[..length]);
        // The requests have no body, and none comes before the answer to the one before it.
        if head.ends_with(b"\r\n\r\n") {
            connection.write_all(answer)?;
            head.clear();
        }
    }
}
