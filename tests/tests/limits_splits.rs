//! An answer is the same answer however many parts it comes in, wherever it is split.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, and so do its helpers")]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use conformance::{Reqwest, Setup, Transport, Ureq, app, code, grant_body};
use wechat_oauth::{Endpoints, Error, Exchanged};

/// Time for a client to read one part before the next comes. On a busy machine two may be read as one, which is another
/// of the splits.
const PAUSE: Duration = Duration::from_millis(1);

/// A refusal whose answer is short enough for every split in three.
const SHORT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{\"errcode\":40029}";

#[test]
fn an_answer_in_parts_is_the_same_over_ureq() {
    every_split::<Ureq>();
}

#[test]
fn an_answer_in_parts_is_the_same_over_reqwest() {
    every_split::<Reqwest>();
}

fn every_split<T: Transport>() {
    let grant = grant_body();
    let (first, second) = grant.split_at(grant.len() / 2);
    let with_length = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{grant}", grant.len());
    let in_chunks = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x};n=1\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\nT: x\r\n\r\n",
        first.len(),
        second.len()
    );
    let granted = |result: &Result<Exchanged, Error>| matches!(result, Ok(Exchanged::Grant(grant)) if grant.openid().as_str() == "o1");
    let refused = |result: &Result<Exchanged, Error>| matches!(result, Err(Error::Refused(refusal)) if refusal.errcode() == 40029);
    let mut played = 0;
    for wire in [&with_length, &in_chunks] {
        played += play::<T>(in_two(wire), granted);
    }
    played += play::<T>(in_three(SHORT), refused);
    println!("{}: {played} splits", T::NAME);
    assert_eq!(
        played,
        with_length.len() - 1 + in_chunks.len() - 1 + (SHORT.len() - 1) * (SHORT.len() - 2) / 2
    );
}

fn in_two(wire: &str) -> Vec<Vec<Vec<u8>>> {
    let wire = wire.as_bytes();
    (1..wire.len()).map(|at| vec![wire[..at].to_vec(), wire[at..].to_vec()]).collect()
}

fn in_three(wire: &str) -> Vec<Vec<Vec<u8>>> {
    let wire = wire.as_bytes();
    let ends = (1..wire.len()).flat_map(|first| (first + 1..wire.len()).map(move |second| (first, second)));
    ends.map(|(first, second)| {
        vec![wire[..first].to_vec(), wire[first..second].to_vec(), wire[second..].to_vec()]
    })
    .collect()
}

/// Asks once for each answer, all over one connection. How many were asked for.
fn play<T: Transport>(
    answers: Vec<Vec<Vec<u8>>>,
    expected: impl Fn(&Result<Exchanged, Error>) -> bool,
) -> usize {
    let shown: Vec<Vec<usize>> = answers.iter().map(|parts| parts.iter().map(Vec::len).collect()).collect();
    let app = app(Endpoints::emulator(&format!("http://{}", serve(answers))).unwrap());
    let client = T::connect(&app, Setup::patient()).unwrap();
    for lengths in &shown {
        let result = client.send(app.exchange(code()).unwrap());
        assert!(expected(&result), "{}, in parts of {lengths:?} bytes: {result:?}", T::NAME);
    }
    shown.len()
}

/// Answers one request after another, each in its parts, on one connection.
fn serve(answers: Vec<Vec<Vec<u8>>>) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_nodelay(true).unwrap();
        for parts in answers {
            read_head(&mut stream);
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    std::thread::sleep(PAUSE);
                }
                stream.write_all(part).unwrap();
            }
        }
    });
    address
}

fn read_head(stream: &mut TcpStream) {
    let (mut head, mut bytes) = (Vec::new(), [0; 4096]);
    while !head.ends_with(b"\r\n\r\n") {
        let length = stream.read(&mut bytes).unwrap();
        assert!(length > 0, "the client opened another connection");
        head.extend(&bytes[..length]);
    }
}
