//! Looks for secrets in the memory of this process.
//!
//! A program that holds what it looks for finds itself. So the secrets here are made letter by letter whenever one is
//! needed, are kept for the search under a mask alone, and are wiped by whoever made them.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::process::Command;

use zeroize::Zeroizing;

/// The secrets, in the order of their numbers.
pub const SECRETS: [&str; 5] = ["secret", "component token", "code", "access token", "refresh token"];

/// How long each secret is, in bytes.
const LENGTH: usize = 48;
/// A secret is found by any of its pieces of this length: freed memory has lost its first bytes to the allocator.
const PIECE: usize = 12;
/// How many pieces a secret has.
pub const PIECES: usize = LENGTH / PIECE;
/// What hides a secret from the search that looks for it.
const MASK: u8 = 0x80;
/// Memory is read by so many bytes at a time.
const WINDOW: usize = 1 << 20;
/// Room for the list of a process's regions.
const REGIONS: usize = 1 << 18;

/// One letter of a secret.
fn letter(secret: usize, place: usize) -> u8 {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    // Any mixing of the two numbers does; this is the multiplier of Fibonacci hashing.
    let mixed = ((secret * LENGTH + place + 1) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    LETTERS[(mixed >> 32) as usize % LETTERS.len()]
}

/// A text in which each `$` and digit is a secret, and each `^` and digit one in JSON escapes. It is wiped when dropped.
#[must_use]
pub fn made(form: &str) -> Zeroizing<String> {
    const LONGEST_LETTER: usize = "\\u0000".len();
    // Room for all of it, so that growing leaves no copies behind.
    let mut text = Zeroizing::new(String::with_capacity(form.len() * LENGTH * LONGEST_LETTER));
    let mut rest = form.chars();
    while let Some(character) = rest.next() {
        if !matches!(character, '$' | '^') {
            text.push(character);
            continue;
        }
        let secret = rest.next().unwrap().to_digit(10).unwrap() as usize;
        for place in 0..LENGTH {
            let letter = letter(secret, place);
            if character == '$' {
                text.push(char::from(letter));
            } else {
                text.push_str("\\u00");
                text.push(char::from_digit(u32::from(letter >> 4), 16).unwrap());
                text.push(char::from_digit(u32::from(letter & 15), 16).unwrap());
            }
        }
    }
    text
}

/// A search, with all that it needs: what it allocated later could write over what was freed.
#[derive(Debug)]
pub struct Search {
    memory: File,
    regions: Vec<u8>,
    window: Vec<u8>,
    masked: [[u8; LENGTH]; SECRETS.len()],
    /// Whether a piece begins with this byte.
    begins: [bool; 256],
}

/// How many pieces of each secret were found.
pub type Found = [usize; SECRETS.len()];

/// Nothing at all.
pub const NOTHING: Found = [0; SECRETS.len()];

impl Search {
    /// Makes one.
    #[must_use]
    pub fn new() -> Self {
        let mut masked = [[0; LENGTH]; SECRETS.len()];
        let mut begins = [false; 256];
        for (secret, row) in masked.iter_mut().enumerate() {
            for (place, byte) in row.iter_mut().enumerate() {
                *byte = letter(secret, place) ^ MASK;
                begins[usize::from(*byte ^ MASK)] |= place % PIECE == 0;
            }
        }
        let memory = File::open("/proc/self/mem").unwrap();
        Self { memory, regions: vec![0; REGIONS], window: vec![0; WINDOW], masked, begins }
    }

    /// Looks through everything that can be written to.
    pub fn found(&mut self) -> Found {
        let mut found = NOTHING;
        let length = self.list_regions();
        let own = self.window.as_ptr() as usize;
        let own = own..own + WINDOW;
        let mut searched = 0;
        let mut line_start = 0;
        while let Some(line_end) = self.regions[line_start..length].iter().position(|byte| *byte == b'\n') {
            let line = &self.regions[line_start..line_start + line_end];
            line_start += line_end + 1;
            let Some((mut from, to)) = writable(line) else { continue };
            while from < to {
                // What was read last is still in the window.
                let until = if own.contains(&from) {
                    from = own.end;
                    continue;
                } else if from < own.start {
                    to.min(own.start)
                } else {
                    to
                };
                let part = WINDOW.min(until - from);
                let Ok(read) = self.memory.read_at(&mut self.window[..part], from as u64) else { break };
                if read == 0 {
                    break;
                }
                searched += read;
                self.look(read, &mut found);
                // The next part begins a piece earlier, so that none is cut in two.
                from = if from + read < until { from + read - (PIECE - 1) } else { until };
            }
        }
        self.window.fill(0);
        assert!(searched > WINDOW, "only {searched} bytes could be read");
        found
    }

    fn list_regions(&mut self) -> usize {
        let mut list = File::open("/proc/self/maps").unwrap();
        let mut length = 0;
        loop {
            match list.read(&mut self.regions[length..]).unwrap() {
                0 => break,
                read => length += read,
            }
        }
        assert!(length < REGIONS, "room for the list");
        length
    }

    fn look(&self, read: usize, found: &mut Found) {
        let window = &self.window[..read];
        for (at, byte) in window.iter().enumerate() {
            if !self.begins[usize::from(*byte)] {
                continue;
            }
            for (secret, row) in self.masked.iter().enumerate() {
                for piece in row.chunks_exact(PIECE) {
                    let there = window[at..].iter().map(|byte| byte ^ MASK);
                    if at + PIECE <= read && there.zip(piece).all(|(there, ours)| there == *ours) {
                        found[secret] += 1;
                    }
                }
            }
        }
    }
}

impl Default for Search {
    fn default() -> Self {
        Self::new()
    }
}

/// Where a region begins and ends, if it can be written to.
fn writable(line: &[u8]) -> Option<(usize, usize)> {
    let line = std::str::from_utf8(line).unwrap();
    let (range, rest) = line.split_once(' ').unwrap();
    let (from, to) = range.split_once('-').unwrap();
    let address = |text| usize::from_str_radix(text, 16).unwrap();
    (rest.as_bytes()[1] == b'w').then(|| (address(from), address(to)))
}

/// The variable by which a test is told that it runs alone, and what with.
const ALONE: &str = "WECHAT_OAUTH_ALONE";

/// Runs a test of this program in a process of its own, where no other test leaves anything behind: `body` there, with
/// the text that `with` gives here.
pub fn alone(test: &str, with: &str, body: impl FnOnce(&str)) {
    if let Ok(with) = std::env::var(ALONE) {
        return body(&with);
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--exact", test, "--nocapture"]).env(ALONE, with).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    println!("{said}");
    assert!(output.status.success() && said.contains("1 passed"), "{test} failed in its own process");
}
