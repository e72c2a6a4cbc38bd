//! What somebody sees who reads along between the store and Redis, and what Redis tells whoever may watch it: no token, no
//! openid, nothing of a record.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use wechat_oauth_rig::RedisServer;
use wechat_oauth_store::{Keyring, Kind, Slot, Swap, Vault};

use crate::dump::{APPID, REFRESH, STATE, TOKEN, contains, forms, openids};
use crate::{MINUTE, connect_to};

type Seen = Arc<Mutex<Vec<u8>>>;

/// Hands on everything between a client and the server at this port, and writes it down.
fn read_along(port: u16) -> (u16, Seen) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let (own, seen) = (listener.local_addr().unwrap().port(), Seen::default());
    let all = Arc::clone(&seen);
    // It ends with the test's process; a connection ends with the store.
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { continue };
            for (from, to) in [(&client, &server), (&server, &client)] {
                let (from, to, seen) = (from.try_clone().unwrap(), to.try_clone().unwrap(), Arc::clone(&all));
                thread::spawn(move || hand_on(from, to, &seen));
            }
        }
    });
    (own, seen)
}

fn hand_on(mut from: TcpStream, mut to: TcpStream, seen: &Seen) {
    let mut bytes = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        seen.lock().unwrap().extend_from_slice(&bytes[..read]);
        if to.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    let _gone = to.shutdown(Shutdown::Write);
}

/// Redis tells a client everything that others ask of it, until the server is gone.
fn watch(port: u16) -> JoinHandle<Vec<u8>> {
    let mut watching = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    watching.write_all(b"MONITOR\r\n").unwrap();
    let mut answer = [0; 5];
    watching.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"+OK\r\n");
    thread::spawn(move || {
        let mut seen = Vec::new();
        // However the connection ends, what came before is there.
        let _ended = watching.read_to_end(&mut seen);
        seen
    })
}

#[tokio::test]
async fn who_reads_along_sees_no_token_and_no_openid() {
    let mut server = RedisServer::start().unwrap();
    let (port, seen) = read_along(server.port());
    let watched = watch(server.port());
    let store = connect_to(&format!("redis://127.0.0.1:{port}")).await.unwrap();
    let vault = Vault::new(store, Keyring::generate().unwrap());
    for openid in openids() {
        let plain =
            format!(r#"{{"openid":{openid:?},"access":"{TOKEN}","refresh":"{REFRESH}","state":"{STATE}"}}"#);
        let slot = Slot::new(Kind::Grant, &[APPID], &[&openid, STATE]);
        let swapped = vault.swap(&slot, None, plain.as_bytes(), MINUTE).await.unwrap();
        let Swap::Done(entry) = swapped else { panic!("{swapped:?}") };
        assert!(vault.swap(&slot, Some(&entry), plain.as_bytes(), MINUTE).await.is_ok());
        // What another holds is told too.
        assert!(vault.swap(&slot, Some(&entry), plain.as_bytes(), MINUTE).await.is_ok());
        assert_eq!(vault.read(&slot).await.unwrap().unwrap().plain(), Ok(plain.as_bytes()));
    }
    server.kill().unwrap();
    let slot = Slot::new(Kind::Grant, &[APPID], &[TOKEN]);
    let error = vault.read(&slot).await.unwrap_err();
    let mut said = format!("{error} {error:?} {slot:?}").into_bytes();

    let seen = seen.lock().unwrap().clone();
    for (who, bytes) in [("who reads along", seen), ("who watches", watched.join().unwrap())] {
        assert!(contains(&bytes, b"wechat-oauth:grant:"), "{who} saw nothing");
        said.extend(bytes);
    }
    for canary in ["canary", "__proto__", "constructor", TOKEN, REFRESH, STATE, APPID] {
        for form in forms(canary) {
            assert!(!contains(&said, &form), "{canary} is seen as {:?}", String::from_utf8_lossy(&form));
        }
    }
}
