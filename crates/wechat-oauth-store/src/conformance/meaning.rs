//! What each operation means, one after another.

use super::bench::{Bench, is, record};
use super::{KINDS, LONG, Outcome};
use crate::key::Key;
use crate::store::{Record, Swapped};

pub(super) async fn empty(bench: Bench) -> Outcome {
    let (store, key) = (bench.handle(0), bench.key("nothing"));
    is("get where nothing was put", &store.get(&key).await?, &None)?;
    is("take where nothing was put", &store.take(&key).await?, &None)?;
    let swapped = store.swap(&key, Some(&record("expected")), &record("new"), LONG).await?;
    is("a swap that expects something where nothing is", &swapped, &Swapped::Found(None))?;
    is("get after that swap", &store.get(&key).await?, &None)
}

pub(super) async fn kept(bench: Bench) -> Outcome {
    let (key, put) = (bench.key("kept"), record("kept"));
    bench.handle(0).keep(&key, &put).await?;
    for replica in 0..bench.replicas() * 2 {
        is("get", &bench.handle(replica).get(&key).await?, &Some(put.clone()))?;
    }
    Ok(())
}

pub(super) async fn taken(bench: Bench) -> Outcome {
    let (store, key) = (bench.handle(0), bench.key("taken"));
    let (first, second) = (record("first"), record("second"));
    store.keep(&key, &first).await?;
    is("take", &bench.handle(1).take(&key).await?, &Some(first))?;
    is("take after a take", &store.take(&key).await?, &None)?;
    is("get after a take", &store.get(&key).await?, &None)?;
    store.keep(&key, &second).await?;
    is("get of what was put after a take", &store.get(&key).await?, &Some(second))
}

pub(super) async fn replaced(bench: Bench) -> Outcome {
    let (store, key) = (bench.handle(0), bench.key("replaced"));
    let (old, new) = (record("old"), record("new"));
    store.keep(&key, &old).await?;
    let swapped = bench.handle(1).swap(&key, Some(&old), &new, LONG).await?;
    is("a swap that expects what is there", &swapped, &Swapped::Done)?;
    is("get after it", &store.get(&key).await?, &Some(new))
}

pub(super) async fn mismatch(bench: Bench) -> Outcome {
    let (store, key, there) = (bench.handle(0), bench.key("mismatch"), record("there"));
    store.keep(&key, &there).await?;
    let found = Swapped::Found(Some(there.clone()));
    let swapped = bench.handle(1).swap(&key, None, &record("new"), LONG).await?;
    is("a swap that expects nothing where something is", &swapped, &found)?;
    let swapped = bench.handle(1).swap(&key, Some(&record("else")), &record("new"), LONG).await?;
    is("a swap that expects something else than is there", &swapped, &found)?;
    is("get after both", &store.get(&key).await?, &Some(there))
}

pub(super) async fn repeated(bench: Bench) -> Outcome {
    let (store, key) = (bench.handle(0), bench.key("repeated"));
    let (old, new) = (record("old"), record("new"));
    store.keep(&key, &old).await?;
    is("the same swap again", &store.swap(&key, None, &old, LONG).await?, &Swapped::Done)?;
    is("a swap", &store.swap(&key, Some(&old), &new, LONG).await?, &Swapped::Done)?;
    is("the same swap again", &store.swap(&key, Some(&old), &new, LONG).await?, &Swapped::Done)?;
    is("take after it", &store.take(&key).await?, &Some(new.clone()))?;
    let swapped = store.swap(&key, Some(&old), &new, LONG).await?;
    is("the same swap again, when what it put was taken", &swapped, &Swapped::Found(None))
}

pub(super) async fn fresh(bench: Bench) -> Outcome {
    let writer = bench.handle(0);
    let (old, new) = (record("old"), record("new"));
    // A single handle is its own reader.
    for reader in 1..bench.replicas().max(2) {
        let key = bench.key(&reader.to_string());
        let reader = bench.handle(reader);
        is("get where nothing was put", &reader.get(&key).await?, &None)?;
        writer.keep(&key, &old).await?;
        is("get of what another put", &reader.get(&key).await?, &Some(old.clone()))?;
        is("a swap", &writer.swap(&key, Some(&old), &new, LONG).await?, &Swapped::Done)?;
        is("get of what another swapped", &reader.get(&key).await?, &Some(new.clone()))?;
        is("take", &writer.take(&key).await?, &Some(new.clone()))?;
        is("get of what another took", &reader.get(&key).await?, &None)?;
        is("take of what another took", &reader.take(&key).await?, &None)?;
    }
    Ok(())
}

pub(super) async fn compared(bench: Bench) -> Outcome {
    let there = "Aé\u{1F600}-1";
    let near: [&[u8]; 9] = [
        b"",
        "aé\u{1F600}-1".as_bytes(),
        "Ae\u{1F600}-1".as_bytes(),
        "Ae\u{301}\u{1F600}-1".as_bytes(),
        "Aé\u{1F601}-1".as_bytes(),
        "Aé\u{1F600}-1 ".as_bytes(),
        "Aé\u{1F600}-1\0".as_bytes(),
        "Aé\u{1F600}-".as_bytes(),
        "Aé\u{1F600}_1".as_bytes(),
    ];
    let store = bench.handle(0);
    let (key, there) = (bench.key("compared"), record(there));
    store.keep(&key, &there).await?;
    for near in near {
        let swapped = store.swap(&key, Some(&record(near)), &record("new"), LONG).await?;
        let what = format!("a swap that expects \"{}\"", near.escape_ascii());
        is(&what, &swapped, &Swapped::Found(Some(there.clone())))?;
        // What is nearly there is not what is there, for a repeated swap either.
        let swapped = store.swap(&key, None, &record(near), LONG).await?;
        let what = format!("a swap that puts \"{}\" where nothing is", near.escape_ascii());
        is(&what, &swapped, &Swapped::Found(Some(there.clone())))?;
    }
    is("get after all", &store.get(&key).await?, &Some(there))?;
    long_compared(&bench).await
}

/// The longest records, with a difference where a comparison of the first bytes does not come.
async fn long_compared(bench: &Bench) -> Outcome {
    let longest = |last: u8| {
        let mut bytes = vec![b'-'; Record::MAX_LEN];
        bytes[Record::MAX_LEN - 1] = last;
        Record::new(bytes)
    };
    let (store, key) = (bench.handle(0), bench.key("longest"));
    let (there, near) = (longest(b'1'), longest(b'2'));
    store.keep(&key, &there).await?;
    for (what, expected, new) in [
        ("a swap that expects what differs in its last byte", Some(&near), &record("new")),
        ("a swap that puts what differs in its last byte where nothing is", None, &near),
    ] {
        if store.swap(&key, expected, new, LONG).await? != Swapped::Found(Some(there.clone())) {
            return Err(format!("{what} did not say what is there"));
        }
    }
    if store.take(&key).await? != Some(there) {
        return Err("take after both gave something else than was there".to_owned());
    }
    Ok(())
}

pub(super) async fn binary(bench: Bench) -> Outcome {
    let all_bytes: Vec<u8> = (0..=u8::MAX).collect();
    let longest: Vec<u8> = all_bytes.iter().rev().copied().cycle().take(Record::MAX_LEN).collect();
    let values: [(&str, &[u8]); 10] = [
        ("all 256 bytes", &all_bytes),
        ("the longest record", &longest),
        ("no bytes at all", b""),
        ("a zero", b"\0"),
        ("white space", b" \t\r\n "),
        ("what is no text", b"\xFF\xC0\x80\xED\xA0\x80"),
        ("quotes and percent signs", b"'\"`\\%s%00${x}{}--;"),
        ("a number", b"0123"),
        ("a word", b"null"),
        ("lines", b"$4\r\nnull\r\n*1\r\n"),
    ];
    let (store, next) = (bench.handle(0), record("next"));
    for (name, value) in values {
        let (key, value) = (bench.key(name), record(value));
        store.keep(&key, &value).await?;
        is(&format!("get of {name}"), &store.get(&key).await?, &Some(value.clone()))?;
        let swapped = store.swap(&key, Some(&value), &next, LONG).await?;
        is(&format!("a swap of {name}"), &swapped, &Swapped::Done)?;
        is(&format!("take after a swap of {name}"), &store.take(&key).await?, &Some(next.clone()))?;
    }
    Ok(())
}

pub(super) async fn bound_to_kind(bench: Bench) -> Outcome {
    let key = bench.key("both");
    for kind in KINDS.into_iter().filter(|kind| *kind != key.kind()) {
        apart(&bench, &key, &Key::of_hashes(kind, key.owner(), key.id())).await?;
    }
    Ok(())
}

pub(super) async fn bound_to_owner(bench: Bench) -> Outcome {
    for (index, (one, other)) in near_hashes().iter().enumerate() {
        let key = bench.key(&index.to_string());
        let of = |owner: &str| Key::of_hashes(key.kind(), owner, key.id());
        apart(&bench, &of(one), &of(other)).await?;
    }
    Ok(())
}

pub(super) async fn bound_to_id(bench: Bench) -> Outcome {
    let owner = bench.key("");
    for (one, other) in &near_hashes() {
        let of = |id: &str| Key::of_hashes(owner.kind(), owner.owner(), id);
        apart(&bench, &of(one), &of(other)).await?;
    }
    Ok(())
}

/// Pairs of hashes that a careless comparison takes for one: by letter case, by a pattern's wildcard, by their first
/// characters or by their last.
fn near_hashes() -> [(String, String); 5] {
    let long = "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGhIjKlMnO";
    let pair = |one: &str, other: &str| (format!("0{one}{long}"), format!("0{other}{long}"));
    let (first, last) = (format!("0{long}"), format!("1{long}"));
    [
        pair("2", "3"),
        pair("k", "K"),
        pair("_", "-"),
        (format!("{first}4"), format!("{last}4")),
        (format!("{first}5"), format!("{first}6")),
    ]
}

/// Whether two keys have each its own record.
async fn apart(bench: &Bench, one: &Key, other: &Key) -> Outcome {
    let store = bench.handle(0);
    let (first, second) = (record("first"), record("second"));
    store.keep(one, &first).await?;
    is("get at the other key", &store.get(other).await?, &None)?;
    is("take at the other key", &store.take(other).await?, &None)?;
    store.keep(other, &second).await?;
    is("get at the one key", &store.get(one).await?, &Some(first.clone()))?;
    is("get at the other key", &store.get(other).await?, &Some(second.clone()))?;
    is("take at the one key", &store.take(one).await?, &Some(first))?;
    is("take at the other key", &store.take(other).await?, &Some(second))
}
