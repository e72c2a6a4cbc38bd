//! What somebody sees who has a copy of the server's files: no token, no openid.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use redis::AsyncCommands as _;
use wechat_oauth_rig::RedisServer;
use wechat_oauth_store::{Keyring, Kind, Slot, Swap, Vault};

use crate::{MINUTE, connect, inspect};

pub(crate) const APPID: &str = "wx0123456789abcdef";
pub(crate) const STATE: &str = "canary-state-b41d0c77";
pub(crate) const TOKEN: &str = "canary-access-token-93f1aa20";
pub(crate) const REFRESH: &str = "canary-refresh-token-6d0be1c4";

/// Openids that other libraries stumble over, which are hashed here like any other.
pub(crate) fn openids() -> Vec<String> {
    let mut openids =
        ["canary-openid-2c9e04", "__proto__", "constructor", "canary\r\nDEL *\r\n", "canary:*", ""]
            .map(str::to_owned)
            .to_vec();
    openids.push("canary-long-".repeat(4096 / 12));
    openids
}

#[tokio::test]
async fn the_files_of_redis_show_no_token_and_no_openid() {
    // Uncompressed, so that nothing hides from the scan.
    let settings = ["--appendonly", "yes", "--appendfsync", "always", "--rdbcompression", "no"];
    let server = RedisServer::start_with(&settings).unwrap();
    let store = connect(&server).await;
    let vault = Vault::new(store, Keyring::generate().unwrap());
    let mut kept = 0;
    for openid in openids() {
        let plain =
            format!(r#"{{"openid":{openid:?},"access":"{TOKEN}","refresh":"{REFRESH}","state":"{STATE}"}}"#);
        let slots = [
            Slot::new(Kind::Grant, &[APPID], &[&openid]),
            Slot::new(Kind::Callback, &[APPID, "canary-binding-77"], &[STATE, &openid]),
        ];
        for slot in slots {
            let swapped = vault.swap(&slot, None, plain.as_bytes(), MINUTE).await.unwrap();
            let Swap::Done(entry) = swapped else { panic!("{swapped:?}") };
            // Changed once more, so that the files have both.
            let swapped = vault.swap(&slot, Some(&entry), plain.as_bytes(), MINUTE).await.unwrap();
            assert!(matches!(swapped, Swap::Done(_)), "{swapped:?}");
            assert_eq!(vault.read(&slot).await.unwrap().unwrap().plain(), Ok(plain.as_bytes()));
            kept += 1;
        }
    }

    let mut inspector = inspect(&server.url()).await;
    let keys: Vec<String> = inspector.keys("*").await.unwrap();
    assert_eq!(keys.len(), kept);
    let mut seen = Vec::new();
    for key in &keys {
        assert!(has_the_form(key), "{key}");
        seen.extend_from_slice(key.as_bytes());
        seen.extend::<Vec<u8>>(inspector.get(key).await.unwrap());
    }
    let () = redis::cmd("SAVE").query_async(&mut inspector).await.unwrap();
    let files = read_all(server.folder());
    // The scan sees what is there: the keys, in both files.
    for file in ["dump.rdb", ".aof"] {
        let (_, content) = files.iter().find(|(name, _)| name.ends_with(file)).expect(file);
        assert!(contains(content, b"wechat-oauth:grant:"), "{file} has no key");
    }
    seen.extend(files.into_iter().flat_map(|(_, content)| content));
    for canary in ["canary", "__proto__", "constructor", TOKEN, REFRESH, STATE, APPID] {
        for form in forms(canary) {
            assert!(!contains(&seen, &form), "{canary} is seen as {:?}", String::from_utf8_lossy(&form));
        }
    }
}

#[test]
fn the_scan_finds_what_it_looks_for() {
    let text = format!("..{TOKEN}..");
    let hidden = [
        text.clone().into_bytes(),
        hex(text.as_bytes()).into_bytes(),
        hex(text.as_bytes()).to_uppercase().into_bytes(),
        STANDARD_NO_PAD.encode(&text).into_bytes(),
        STANDARD_NO_PAD.encode(format!(".{text}")).into_bytes(),
        STANDARD_NO_PAD.encode(format!("..{text}")).into_bytes(),
        URL_SAFE_NO_PAD.encode(&text).into_bytes(),
    ];
    for bytes in hidden {
        assert!(forms(TOKEN).iter().any(|form| contains(&bytes, form)), "{bytes:?}");
    }
    assert!(has_the_form(crate::key("one").as_str()));
    assert!(!has_the_form("wechat-oauth:grant:canary:canary"));
}

/// `wechat-oauth:KIND:43:43`.
fn has_the_form(key: &str) -> bool {
    let is_hash = |part: &str| {
        part.len() == 43 && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let parts: Vec<&str> = key.split(':').collect();
    matches!(parts[..], ["wechat-oauth", "grant" | "callback", owner, id] if is_hash(owner) && is_hash(id))
}

/// A text as it is, in hex, and in base64 at each of its three alignments, without what its neighbours decide.
pub(crate) fn forms(text: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![text.to_owned(), hex(text.as_bytes()), hex(text.as_bytes()).to_uppercase()];
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        for shift in 0..3 {
            let encoded = engine.encode([&vec![0; shift], text.as_bytes()].concat());
            let (first, whole) = ((shift * 8).div_ceil(6), (shift + text.len()) * 8 / 6);
            forms.push(encoded[first..whole].to_owned());
        }
    }
    forms.into_iter().map(String::into_bytes).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

fn read_all(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(read_all(&path));
        } else {
            files.push((path.to_string_lossy().into_owned(), fs::read(&path).unwrap()));
        }
    }
    files
}
