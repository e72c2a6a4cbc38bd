//! What was not sealed here, for this purpose and these names, does not open; what was does, to the byte.

use std::sync::LazyLock;

use wechat_oauth_store::Keyring;

const KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
const OTHER_KEY: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
const PURPOSE: &str = "store grant";
const NAMES: [&str; 3] = ["1", "wxfeedfeedfeedfeed", "oFuzz"];
/// The version, the id of the key and the nonce.
const HEADER: usize = 29;
const PLAIN: &[u8] = b"what was put there";

static KEYRING: LazyLock<Keyring> =
    LazyLock::new(|| Keyring::from_hex(KEY).and_then(|ring| ring.and_opens(OTHER_KEY)).expect("two keys"));

static SEALED: LazyLock<Vec<u8>> =
    LazyLock::new(|| KEYRING.seal(PURPOSE, &NAMES, PLAIN).expect("the system has entropy"));

/// Takes `KIND BYTES`:
///
/// * `r`: the bytes are a record, or a cookie's content.
/// * `x`: the first byte is a place, and the rest is laid over a good record from there on, bit by bit; beyond its end it
///   is appended. A last byte of `<` cuts the record off there.
/// * `n`: a good record is to be opened for the purpose in the first line and the names in the others.
/// * `s`: the same lines, of which the last is sealed and opened again.
/// * `k`: the text of a key.
///
/// # Panics
/// When something opens that was altered, moved or never sealed, or something does not that was sealed for this.
pub fn sealed(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    match kind {
        b'r' => assert!(KEYRING.open(PURPOSE, &NAMES, rest).is_none(), "nobody sealed it"),
        b'x' => altered(rest),
        b'n' => moved(&String::from_utf8_lossy(rest)),
        b's' => sealed_again(&String::from_utf8_lossy(rest)),
        b'k' => key(&String::from_utf8_lossy(rest)),
        _ => {}
    }
}

fn altered(data: &[u8]) {
    let Some((place, over)) = data.split_first() else { return };
    let place = usize::from(*place) % (SEALED.len() + 1);
    let mut record = SEALED.clone();
    if over == b"<" {
        record.truncate(place);
    } else {
        for (index, byte) in over.iter().enumerate() {
            match record.get_mut(place + index) {
                Some(kept) => *kept ^= byte,
                None => record.push(*byte),
            }
        }
    }
    let opened = KEYRING.open(PURPOSE, &NAMES, &record);
    assert_eq!(opened.is_some(), record == *SEALED);
    assert!(opened.is_none_or(|plain| plain.as_slice() == PLAIN));
}

fn moved(lines: &str) {
    let (purpose, names) = lines.split_once('\n').unwrap_or((lines, ""));
    let names: Vec<&str> = names.split('\n').collect();
    let opened = KEYRING.open(purpose, &names, &SEALED);
    assert_eq!(opened.is_some(), purpose == PURPOSE && names == NAMES);
}

fn sealed_again(lines: &str) {
    let (names, plain) = lines.rsplit_once('\n').unwrap_or(("", lines));
    let names: Vec<&str> = names.split('\n').collect();
    let record = KEYRING.seal(PURPOSE, &names, plain.as_bytes()).expect("short enough");
    let opened = KEYRING.open(PURPOSE, &names, &record).expect("it was sealed for them");
    assert_eq!(opened.as_slice(), plain.as_bytes());
    let other = Keyring::from_hex(OTHER_KEY).expect("a key");
    assert!(other.open(PURPOSE, &names, &record).is_none(), "another key opens it");
    // So long a text is nowhere by chance. What stands before it is no secret.
    assert!(plain.len() < 8 || !contains(&record[HEADER..], plain.as_bytes()), "the text shows");
    // The same letters, cut into names elsewhere.
    let joined = names.concat();
    if names.len() > 1 {
        assert!(KEYRING.open(PURPOSE, &[&joined], &record).is_none());
    }
}

fn contains(record: &[u8], text: &[u8]) -> bool {
    record.windows(text.len()).any(|window| window == text)
}

fn key(text: &str) {
    let is_key =
        text.trim_ascii().len() == 64 && text.trim_ascii().bytes().all(|byte| byte.is_ascii_hexdigit());
    match Keyring::from_hex(text) {
        Ok(ring) => {
            assert!(is_key);
            assert_eq!(format!("{ring:?}"), "Keyring(1 redacted)");
        }
        Err(error) => {
            assert!(!is_key);
            assert!(error.to_string().starts_with("the key "));
        }
    }
}
