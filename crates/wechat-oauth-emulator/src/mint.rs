//! Ids, secrets, codes and tokens, all out of one seed: the same world tells the same story twice.
//!
//! The generator is splitmix64. What it makes looks like WeChat's and is guessable: nothing here is a secret.

use wechat_oauth_core::UnixTime;

/// `A-Za-z0-9_-`: openids, unionids, tokens.
const BASE64URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
/// `0-9A-Za-z`: codes.
const ALPHANUMERIC: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Lower-case hexadecimal digits: appids, secrets, request ids.
const HEX: &[u8] = b"0123456789abcdef";

/// The generator of one world.
#[derive(Debug, Clone)]
pub(crate) struct Mint {
    seed: [u8; 32],
    minted: u64,
}

impl Mint {
    pub(crate) const fn new(seed: [u8; 32]) -> Self {
        Self { seed, minted: 0 }
    }

    /// What `parts` always give under this seed: a person's openid, an account's secret.
    pub(crate) fn fixed(&self, parts: &[&str]) -> Digits {
        let mut digits = Digits(0x9E37_79B9_7F4A_7C15);
        digits.absorb(&self.seed);
        for part in parts {
            digits.absorb(&part.len().to_le_bytes());
            digits.absorb(part.as_bytes());
        }
        digits
    }

    /// Something new each time. The time is mixed in, so that a restarted emulator does not repeat its codes.
    fn fresh(&mut self, what: &str, now: UnixTime) -> Digits {
        self.minted += 1;
        let mut digits = self.fixed(&[what]);
        digits.absorb(&self.minted.to_le_bytes());
        digits.absorb(&now.as_secs().to_le_bytes());
        digits
    }

    /// A code: 32 characters, the first of them 0 or 1.
    pub(crate) fn code(&mut self, now: UnixTime) -> String {
        let mut digits = self.fresh("code", now);
        let first = digits.text(b"01", 1);
        first + &digits.text(ALPHANUMERIC, 31)
    }

    /// An access or refresh token: `97_` and 88 characters.
    pub(crate) fn token(&mut self, what: &str, now: UnixTime) -> String {
        format!("97_{}", self.fresh(what, now).text(BASE64URL, 88))
    }

    /// A request id as WeChat's messages carry it: `66bc4f62-6fd1e4d4-413858cd`, the first group the time.
    pub(crate) fn request_id(&mut self, now: UnixTime) -> String {
        let mut digits = self.fresh("rid", now);
        let seconds = now.as_secs() & 0xFFFF_FFFF;
        format!("{seconds:08x}-{}-{}", digits.text(HEX, 8), digits.text(HEX, 8))
    }

    /// The opaque id of a page's transaction, or the nonce of a page.
    pub(crate) fn opaque(&mut self, what: &str, now: UnixTime) -> String {
        self.fresh(what, now).text(ALPHANUMERIC, 24)
    }

    /// An openid or unionid: 28 characters, the first of them `o`.
    pub(crate) fn person(&self, parts: &[&str]) -> String {
        format!("o{}", self.fixed(parts).text(BASE64URL, 27))
    }

    /// A virtual openid or unionid, another one each time.
    pub(crate) fn virtual_person(&mut self, now: UnixTime) -> String {
        format!("o{}", self.fresh("virtual", now).text(BASE64URL, 27))
    }

    /// An appid: `wx` and 16 hexadecimal digits.
    pub(crate) fn appid(&self, name: &str) -> String {
        format!("wx{}", self.fixed(&["appid", name]).text(HEX, 16))
    }

    /// An app secret: 32 hexadecimal digits.
    pub(crate) fn secret(&self, appid: &str) -> String {
        self.fixed(&["secret", appid]).text(HEX, 32)
    }

    /// The token of a third-party platform that a world starts with.
    pub(crate) fn component_token(&self, component_appid: &str) -> String {
        format!("97_{}", self.fixed(&["component token", component_appid]).text(BASE64URL, 107))
    }
}

/// An endless row of digits.
#[derive(Debug, Clone)]
pub(crate) struct Digits(u64);

impl Digits {
    fn absorb(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 ^= u64::from(*byte);
            self.0 = self.next();
        }
    }

    /// The next number of splitmix64.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`. The bias is below one in 2^56 for the small bounds used here.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length).map(|_| char::from(alphabet[self.below(alphabet.len())])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const NOW: UnixTime = UnixTime::from_secs(1_790_000_000);

    #[test]
    fn the_same_seed_tells_the_same_story() {
        let tell = |seed| {
            let mut mint = Mint::new([seed; 32]);
            (mint.code(NOW), mint.token("access", NOW), mint.request_id(NOW), mint.person(&["a", "b"]))
        };
        assert_eq!(tell(1), tell(1));
        assert_ne!(tell(1), tell(2));
    }

    #[test]
    fn ten_thousand_codes_differ() {
        let mut mint = Mint::new([7; 32]);
        let codes: BTreeSet<_> = (0..10_000).map(|_| mint.code(NOW)).collect();
        assert_eq!(codes.len(), 10_000);
    }

    #[test]
    fn where_one_part_ends_matters() {
        let mint = Mint::new([7; 32]);
        assert_ne!(mint.person(&["ab", "c"]), mint.person(&["a", "bc"]));
    }

    #[test]
    fn a_restarted_emulator_does_not_repeat_its_codes() {
        let code = |now| Mint::new([7; 32]).code(now);
        assert_ne!(code(NOW), code(NOW.plus_secs(1)));
    }
}
