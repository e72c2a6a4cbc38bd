//! Looks for secrets in what a program says, in every form that a secret takes there.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use url::form_urlencoded;

/// The forms that are looked for.
pub const FORMS: [&str; 6] = ["plain", "percent-encoded", "hex", "base64", "byte list", "reversed"];

/// The length of the shortest secret that is looked for, in bytes: half of it is still nothing that anybody writes by
/// chance.
pub const SHORTEST: usize = 16;

/// Each secret (its name and its text) that is found in what was said, with the form that it has there. Half of a
/// secret is enough.
///
/// ```
/// use wechat_oauth_conformance::leak::find;
///
/// let secrets = [("app secret", "4e7d2c9a8b1f60535a6e7d8c9b0a1f2e")];
/// assert_eq!(find(&secrets, "GET /?secret=4e7d2c9a8b1f60535a6e..."), [("app secret", "plain")]);
/// ```
#[must_use]
pub fn find<'a>(secrets: &[(&'a str, &str)], said: &str) -> Vec<(&'a str, &'static str)> {
    Search::new(secrets).find(said)
}

/// A search for secrets in many texts.
pub struct Search<'a> {
    traces: Vec<Trace<'a>>,
}

/// What one of the secrets, in one of the forms, leaves in a text.
struct Trace<'a> {
    secret: &'a str,
    form: &'static str,
    /// Each gives it away.
    pieces: Vec<String>,
}

impl<'a> Search<'a> {
    /// For these: their names and their texts.
    #[must_use]
    pub fn new(secrets: &[(&'a str, &str)]) -> Self {
        let mut traces = Vec::new();
        for &(secret, text) in secrets {
            for form in FORMS {
                let pieces = halves(text).iter().flat_map(|half| pieces(form, half)).collect();
                traces.push(Trace { secret, form, pieces });
            }
        }
        Self { traces }
    }

    /// Each secret that is found, with the form that it has there.
    #[must_use]
    pub fn find(&self, said: &str) -> Vec<(&'a str, &'static str)> {
        let (lower, dense) = (said.to_lowercase(), said.split_whitespace().collect::<String>());
        let mut found = Vec::new();
        for trace in &self.traces {
            let text = match trace.form {
                "hex" | "percent-encoded" => &*lower,
                "byte list" | "base64" => &dense,
                _ => said,
            };
            let one = (trace.secret, trace.form);
            if trace.pieces.iter().any(|piece| text.contains(piece)) && !found.contains(&one) {
                found.push(one);
            }
        }
        found
    }
}

/// Without what is looked for.
impl fmt::Debug for Search<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Search").finish_non_exhaustive()
    }
}

/// A text in one of the [`FORMS`]; percent-encoded, every byte of it.
#[must_use]
pub fn written(form: &str, text: &str) -> String {
    match form {
        "percent-encoded" => every_byte_escaped(text),
        "hex" => hex(text),
        "base64" => STANDARD_NO_PAD.encode(text),
        "byte list" => format!("{:?}", text.as_bytes()),
        "reversed" => reversed(text),
        _ => text.to_owned(),
    }
}

/// Both halves. What is too short to be told from other text has none.
fn halves(secret: &str) -> Vec<&str> {
    let middle = secret.len() / 2;
    if secret.len() < SHORTEST || !secret.is_char_boundary(middle) {
        return Vec::new();
    }
    let (first, second) = secret.split_at(middle);
    vec![first, second]
}

fn pieces(form: &str, half: &str) -> Vec<String> {
    match form {
        "percent-encoded" => {
            let once = percent_encoded(half);
            let twice = percent_encoded(&once);
            // What has nothing to be escaped is found as plain text.
            [once, twice]
                .into_iter()
                .filter(|one| one != half)
                .chain([every_byte_escaped(half)])
                .map(|one| one.to_lowercase())
                .collect()
        }
        "hex" => vec![hex(half)],
        "base64" => base64_pieces(half),
        "byte list" => vec![half.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(",")],
        "reversed" => vec![reversed(half)],
        _ => vec![half.to_owned()],
    }
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn every_byte_escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn percent_encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn reversed(text: &str) -> String {
    text.chars().rev().collect()
}

/// A secret inside a longer text is encoded in one of three ways; its edges mix with what is around it.
fn base64_pieces(text: &str) -> Vec<String> {
    (0..3)
        .map(|before| {
            let encoded = STANDARD_NO_PAD.encode(format!("{}{text}", "\0".repeat(before)));
            let (start, end) = ([0, 2, 3][before], encoded.len() - 1);
            encoded[start..end].to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "97_k4Zp-Qx7w_Lr2mVb9sTd";

    #[test]
    fn a_planted_secret_is_found_in_every_form() {
        let secrets = [("token", SECRET)];
        for form in FORMS {
            let planted = written(form, SECRET);
            let said = format!("GET /?a=1&b={planted}&c=3");
            assert!(find(&secrets, &said).contains(&("token", form)), "{form}");
        }
        let token = "97_k4Zp+Qx7w/Lr2mVb9sTd";
        let once = percent_encoded(token);
        for planted in [percent_encoded(&once).to_lowercase(), once] {
            assert!(find(&[("token", token)], &planted).contains(&("token", "percent-encoded")), "{planted}");
        }
        assert!(find(&secrets, &hex(SECRET).to_uppercase()).contains(&("token", "hex")));
        for before in 0..3 {
            let said = STANDARD_NO_PAD.encode(format!("{}{SECRET} after", "x".repeat(before)));
            assert!(find(&secrets, &said).contains(&("token", "base64")), "after {before} bytes");
        }
        assert_eq!(find(&secrets, &format!("{:#?}", SECRET.as_bytes())), [("token", "byte list")]);
        assert_eq!(find(&secrets, &SECRET[..SECRET.len() * 3 / 4]), [("token", "plain")]);
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        assert_eq!(
            find(&[("token", SECRET), ("short", "a")], "GET /sns/userinfo?access_token=*** a 97_"),
            []
        );
    }
}
