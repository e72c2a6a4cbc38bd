//! Standard input, bounded and wiped after use: it may hold a code or tokens.

use std::io::{self, Read};

use zeroize::Zeroizing;

use crate::failure::Failure;

/// Standard input, up to `limit` bytes and one more, by which a reader can tell that there was more.
pub(crate) fn stdin(limit: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    read(io::stdin().lock(), limit)
        .map_err(|error| Failure::configuration("input", format!("standard input cannot be read: {error}")))
}

fn read(source: impl Read, limit: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    // The whole limit at once: growing would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit + 1));
    source.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
