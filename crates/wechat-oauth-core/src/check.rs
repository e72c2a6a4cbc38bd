//! Check: whether an access token is valid. `GET /sns/auth`.
//!
//! Official page: <https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsauth>

use crate::advice::Operation;
use crate::app::App;
use crate::body::Body;
use crate::call::{Call, Request, sealed};
use crate::error::{ConfigError, Error, MalformedReason, Refusal};
use crate::grant::Grant;

pub(crate) fn call(app: &App, grant: &Grant) -> Result<Call<Validity>, ConfigError> {
    app.check_owner(grant.identity().appid())?;
    let parameters = [("access_token", grant.access_token().expose()), ("openid", grant.openid().as_str())];
    let request = Request::new(Operation::Check, app.endpoints().api(), &parameters);
    Ok(Call { request, rule: () })
}

/// Whether WeChat takes an access token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "an answer that says no is not an error"]
pub enum Validity {
    /// It does.
    Valid,
    /// It does not, and says why. (Any other refusal, such as "busy", is an error and says nothing about the token.)
    NotValid(Refusal),
}

impl Validity {
    /// Whether the token is valid.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        matches!(self, Self::Valid)
    }
}

/// The refusals that are about the token: unknown or revoked, of another person, malformed, expired.
const ABOUT_THE_TOKEN: [i64; 4] = [40001, 40003, 40014, 42001];

impl sealed::Answer for Validity {
    type Rule = ();
    const KEYS: &'static [&'static str] = &["errcode", "errmsg"];

    fn read(_: &(), body: &Body<'_>) -> Result<Self, Error> {
        // The only success that carries an error code: without it, this is some other page's JSON.
        match body.integer("errcode")? {
            Some(_) => Ok(Self::Valid),
            None => Err(body.malformed(MalformedReason::MissingField("errcode"))),
        }
    }

    fn refused(refusal: Refusal) -> Result<Self, Error> {
        if ABOUT_THE_TOKEN.contains(&refusal.errcode()) {
            Ok(Self::NotValid(refusal))
        } else {
            Err(Error::Refused(refusal))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Response;
    use crate::testing;

    fn read(body: &str) -> Result<Validity, Error> {
        let call = testing::official().check(&testing::grant()).unwrap();
        call.read(&Response::new(200, body.as_bytes(), testing::NOW))
    }

    #[test]
    fn the_request_has_the_official_parameters() {
        let call = testing::official().check(&testing::grant()).unwrap();
        assert_eq!(
            call.request().url().expose(),
            format!(
                "https://api.weixin.qq.com/sns/auth?access_token={}&openid={}",
                testing::ACCESS_TOKEN,
                testing::OPENID
            )
        );
    }

    #[test]
    fn zero_is_valid_and_four_codes_are_not() {
        assert!(read(r#"{"errcode":0,"errmsg":"ok"}"#).unwrap().is_valid());
        for code in ABOUT_THE_TOKEN {
            let validity = read(&format!(r#"{{"errcode":{code},"errmsg":"x"}}"#)).unwrap();
            assert!(!validity.is_valid(), "{code}");
            assert!(matches!(validity, Validity::NotValid(refusal) if refusal.errcode() == code));
        }
    }

    #[test]
    fn any_other_refusal_says_nothing_about_the_token() {
        for code in [-1, 40013, 42002, 45009, 48001] {
            let error = read(&format!(r#"{{"errcode":{code}}}"#)).unwrap_err();
            assert!(matches!(error, Error::Refused(_)), "{code}");
        }
        assert!(matches!(read("{}"), Err(Error::Malformed(_))));
    }
}
