//! Judges callbacks, one a line of the input, so that valgrind can count the instructions of each: see
//! `tests/constant_time.rs`. The argument says how: `accept` as a site does, `planted` by a comparison that ends at the
//! first byte that differs.
#![forbid(unsafe_code)]

use std::error::Error;
use std::hint::black_box;
use std::io;

use wechat_oauth_core::{App, CallbackError, Code, Pending, RedirectUri, Scope, State};

/// What the state of the waiting login is made of.
const ENTROPY: [u8; 32] = [0xA5; 32];
/// Room for every callback of the test, in bytes.
const LONGEST: usize = 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let app = App::component("wx0123456789abcdef".parse()?, "wxcomponent".parse()?);
    let redirect_uri = RedirectUri::parse("https://example.com/callback")?;
    let login = app.login(Scope::Base, &redirect_uri).build()?;
    let how = std::env::args().nth(1).unwrap_or_default();
    // Each is judged in the same place of memory: where a text starts decides how it is read.
    let mut line = String::with_capacity(LONGEST);
    while io::stdin().read_line(&mut line)? > 0 {
        let (_, pending) = login.begin(State::from_entropy(ENTROPY));
        let callback = line.trim_end();
        match how.as_str() {
            "accept" => drop(accepted(pending, callback)),
            "planted" => drop(black_box(compared(pending.state().expose(), callback))),
            _ => return Err("say accept or planted".into()),
        }
        line.clear();
    }
    Ok(())
}

#[inline(never)]
fn accepted(pending: Pending, callback: &str) -> Result<Code, CallbackError> {
    black_box(black_box(pending).accept(black_box(callback)))
}

#[inline(never)]
fn compared(state: &str, callback: &str) -> bool {
    let received = callback.rsplit('=').next().unwrap_or_default();
    state.len() == received.len() && state.bytes().zip(received.bytes()).all(|(ours, theirs)| ours == theirs)
}
