//! Looks for secrets in what a program says, in every form that a secret takes there.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use url::form_urlencoded;

/// The forms that are looked for.
pub const FORMS: [&str; 5] = ["plain", "percent-encoded", "hex", "base64", "byte list"];

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
    let (lower, dense) = (said.to_lowercase(), said.split_whitespace().collect::<String>());
    let mut found = Vec::new();
    for (name, secret) in secrets {
        for form in FORMS {
            let text = match form {
                "hex" | "percent-encoded" => &*lower,
                "byte list" | "base64" => &dense,
                _ => said,
            };
            let hit =
                halves(secret).iter().any(|half| pieces(form, half).iter().any(|one| text.contains(one)));
            if hit && !found.contains(&(*name, form)) {
                found.push((*name, form));
            }
        }
    }
    found
}

/// A text in one of the [`FORMS`].
#[must_use]
pub fn written(form: &str, text: &str) -> String {
    match form {
        "percent-encoded" => percent_encoded(text),
        "hex" => hex(text),
        "base64" => STANDARD_NO_PAD.encode(text),
        "byte list" => format!("{:?}", text.as_bytes()),
        _ => text.to_owned(),
    }
}

/// Both halves. What is too short to be told from other text has none.
fn halves(secret: &str) -> Vec<&str> {
    /// Half of this is still nothing that anybody writes by chance.
    const SHORTEST: usize = 16;
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
            // What has nothing to be escaped is found as plain text; every byte escaped is found here.
            let all = half.bytes().map(|byte| format!("%{byte:02x}")).collect();
            [once, twice]
                .into_iter()
                .filter(|one| one != half)
                .chain([all])
                .map(|one| one.to_lowercase())
                .collect()
        }
        "hex" => vec![hex(half)],
        "base64" => base64_pieces(half),
        "byte list" => vec![half.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(",")],
        _ => vec![half.to_owned()],
    }
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn percent_encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
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
            let planted = match form {
                "percent-encoded" => SECRET.bytes().map(|byte| format!("%{byte:02X}")).collect(),
                other => written(other, SECRET),
            };
            let said = format!("GET /?a=1&b={planted}&c=3");
            assert!(find(&secrets, &said).contains(&("token", form)), "{form}");
        }
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
