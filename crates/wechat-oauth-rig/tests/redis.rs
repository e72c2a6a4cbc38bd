//! The rig itself: a server that lies about being paused or killed would make other tests pass for nothing.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use wechat_oauth_rig::RedisServer;

/// Longer than any machine keeps a live server from answering.
const ANSWERS: Duration = Duration::from_secs(30);

/// One command, one line of answer.
fn ask(port: u16, command: &str) -> io::Result<String> {
    ask_for(ANSWERS, port, command)
}

/// One command, one line of answer if it comes so soon.
fn ask_for(patience: Duration, port: u16, command: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(patience))?;
    stream.write_all(format!("{command}\r\n").as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

#[test]
fn two_servers_run_side_by_side_and_end_when_dropped() {
    let (one, other) = (RedisServer::start().unwrap(), RedisServer::start().unwrap());
    assert_ne!(one.port(), other.port());
    assert_eq!(ask(one.port(), "SET a 1").unwrap(), "+OK");
    assert_eq!(ask(one.port(), "EXISTS a").unwrap(), ":1");
    assert_eq!(ask(other.port(), "EXISTS a").unwrap(), ":0");
    let (port, folder) = (one.port(), one.folder().to_owned());
    drop(one);
    assert!(ask(port, "PING").is_err());
    assert!(!folder.exists());
    assert_eq!(ask(other.port(), "PING").unwrap(), "+PONG");
}

#[test]
fn a_server_ends_when_the_test_panics() {
    let panicked = std::thread::spawn(|| {
        let server = RedisServer::start().unwrap();
        std::panic::panic_any(server.port());
    });
    let port = *panicked.join().unwrap_err().downcast::<u16>().unwrap();
    assert!(ask(port, "PING").is_err());
}

/// Set for a process that holds a server until it is killed.
const HOLD: &str = "WECHAT_OAUTH_RIG_HOLD";

#[test]
fn a_server_ends_when_the_process_of_the_test_is_killed() {
    if std::env::var_os(HOLD).is_some() {
        let server = RedisServer::start().unwrap();
        println!("\nport {}", server.port());
        std::thread::sleep(Duration::from_secs(60));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "a_server_ends_when_the_process_of_the_test_is_killed"])
        .env(HOLD, "1")
        // What is killed removes no folder.
        .env("TMPDIR", folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(holder.stdout.take().unwrap()).lines().map(Result::unwrap);
    let port = lines.filter_map(|line| line.strip_prefix("port ")?.parse().ok()).next().unwrap();
    assert_eq!(ask(port, "PING").unwrap(), "+PONG");
    holder.kill().unwrap();
    holder.wait().unwrap();
    let tries = 1000;
    assert!(
        (0..tries).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            ask(port, "PING").is_err()
        }),
        "the server outlives its test"
    );
}

#[test]
fn a_paused_server_is_silent_until_it_is_resumed() {
    let mut server = RedisServer::start().unwrap();
    server.pause().unwrap();
    assert!(ask_for(Duration::from_millis(300), server.port(), "PING").is_err());
    server.resume().unwrap();
    assert_eq!(ask(server.port(), "PING").unwrap(), "+PONG");
    // A paused one can be killed, and dropped.
    server.pause().unwrap();
    server.kill().unwrap();
    assert!(server.pause().is_err());
    server.restart().unwrap();
    server.pause().unwrap();
}

#[test]
fn a_killed_server_has_what_its_append_only_file_has() {
    let mut server = RedisServer::with_aof().unwrap();
    let port = server.port();
    assert_eq!(ask(port, "SET a 1").unwrap(), "+OK");
    server.kill().unwrap();
    assert!(ask(port, "PING").is_err());
    server.restart().unwrap();
    assert_eq!(server.port(), port);
    assert_eq!(ask(port, "EXISTS a").unwrap(), ":1");
}

#[test]
fn a_server_without_a_file_is_empty_after_a_restart() {
    let mut server = RedisServer::start().unwrap();
    assert_eq!(ask(server.port(), "SET a 1").unwrap(), "+OK");
    server.restart().unwrap();
    assert_eq!(ask(server.port(), "EXISTS a").unwrap(), ":0");
}

#[test]
fn settings_are_given_to_the_server() {
    let server = RedisServer::start_with(&["--requirepass", "canary"]).unwrap();
    assert!(ask(server.port(), "PING").unwrap().starts_with("-NOAUTH"));
}

#[test]
fn a_setting_that_the_server_refuses_is_an_error_and_no_hang() {
    let error = RedisServer::start_with(&["--no-such-setting", "1"]).unwrap_err().to_string();
    assert!(error.contains("no-such-setting"), "{error}");
}
