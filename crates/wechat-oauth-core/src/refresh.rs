//! Refresh: a new access token for a grant. `GET /sns/oauth2/refresh_token`, for a component
//! `GET /sns/oauth2/component/refresh_token`. No secret is sent.
//!
//! Official page: <https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsrefreshtoken>

use crate::advice::Operation;
use crate::app::App;
use crate::body::Body;
use crate::call::{Call, Request, sealed};
use crate::error::{ConfigError, Error};
use crate::grant::Grant;
use crate::tokens::Tokens;

pub(crate) fn call(app: &App, grant: &Grant) -> Result<Call<Grant>, ConfigError> {
    app.check_owner(grant.identity().appid())?;
    let appid = app.account().appid();
    let api = app.endpoints().api();
    let refresh_token = grant.refresh_token.expose();
    let request = match app.account().component_appid() {
        None => {
            let parameters = [
                ("appid", appid.as_str()),
                ("grant_type", "refresh_token"),
                ("refresh_token", refresh_token),
            ];
            Request::new(Operation::Refresh, api, &parameters)
        }
        Some(component_appid) => {
            let parameters = [
                ("appid", appid.as_str()),
                ("grant_type", "refresh_token"),
                ("component_appid", component_appid.as_str()),
                ("component_access_token", app.component_token()?.expose()),
                ("refresh_token", refresh_token),
            ];
            Request::new(Operation::ComponentRefresh, api, &parameters)
        }
    };
    Ok(Call { request, rule: grant.clone() })
}

impl sealed::Answer for Grant {
    /// The grant being refreshed.
    type Rule = Self;
    const KEYS: &'static [&'static str] = Tokens::KEYS;

    fn read(old: &Self, body: &Body<'_>) -> Result<Self, Error> {
        let mut tokens = Tokens::read(body, old.asked, Some(old.openid()))?;
        tokens.refuse_snapshot(body)?;
        let (access_token, refresh_token, expires_in) = tokens.all(body)?;
        let unionid = body.unionid_of(old.unionid())?.or_else(|| old.unionid.clone());
        let scopes = if tokens.scopes.is_empty() { old.scopes.clone() } else { tokens.scopes };
        // Refreshing does not prolong a refresh token: its thirty days run from when it was first seen.
        let same_refresh_token = refresh_token.expose() == old.refresh_token.expose();
        let refresh_token_issued_at =
            if same_refresh_token { old.refresh_token_issued_at } else { body.sent_at() };
        Ok(Self {
            identity: old.identity.clone(),
            unionid,
            access_token,
            refresh_token,
            scopes,
            scopes_assumed: tokens.scopes_assumed,
            asked: old.asked,
            issued_at: body.sent_at(),
            expires_in,
            refresh_token_issued_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Response;
    use crate::error::MalformedReason;
    use crate::secret::ComponentAccessToken;
    use crate::testing;
    use crate::time::UnixTime;

    const LATER: UnixTime = UnixTime::from_secs(testing::NOW.as_secs() + 9000);

    fn read(body: &str) -> Result<Grant, Error> {
        let call = testing::official().refresh(&testing::grant()).unwrap();
        call.read(&Response::new(200, body.as_bytes(), LATER))
    }

    fn reason(body: &str) -> MalformedReason {
        match read(body).unwrap_err() {
            Error::Malformed(malformed) => malformed.reason(),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn the_request_has_the_official_parameters_and_no_secret() {
        let call = testing::official().refresh(&testing::grant()).unwrap();
        assert_eq!(
            call.request().url().expose(),
            format!(
                "https://api.weixin.qq.com/sns/oauth2/refresh_token?appid=wx0123456789abcdef\
                 &grant_type=refresh_token&refresh_token={}",
                testing::REFRESH_TOKEN
            )
        );
        let component = App::component("wx0123456789abcdef".parse().unwrap(), "wxc".parse().unwrap());
        let component = component.with_component_token(ComponentAccessToken::new("CAT").unwrap());
        assert_eq!(
            component.refresh(&testing::grant()).unwrap().request().url().expose(),
            format!(
                "https://api.weixin.qq.com/sns/oauth2/component/refresh_token?appid=wx0123456789abcdef\
                 &grant_type=refresh_token&component_appid=wxc&component_access_token=CAT&refresh_token={}",
                testing::REFRESH_TOKEN
            )
        );
    }

    #[test]
    fn the_same_refresh_token_keeps_its_end_and_a_new_one_starts_over() {
        let body = |token: &str| {
            format!(
                r#"{{"openid":"{}","access_token":"A2","expires_in":7200,"refresh_token":"{token}","scope":"snsapi_base,snsapi_userinfo,"}}"#,
                testing::OPENID
            )
        };
        let same = read(&body(testing::REFRESH_TOKEN)).unwrap();
        assert_eq!(same.refresh_token_ends_at(), testing::grant().refresh_token_ends_at());
        assert_eq!(same.expires_at(), LATER.plus_secs(7200));
        assert_eq!(same.access_token().expose(), "A2");
        assert_eq!(same.unionid(), testing::grant().unionid());
        assert_eq!(same.scopes().to_string(), "snsapi_base,snsapi_userinfo");
        let rotated = read(&body("R2")).unwrap();
        assert_eq!(rotated.refresh_token_ends_at(), LATER.plus_secs(30 * 86400));
        assert_eq!(rotated.refresh_token.expose(), "R2");
    }

    #[test]
    fn an_answer_about_somebody_else_is_refused() {
        let body = |openid: &str, more: &str| {
            format!(
                r#"{{"openid":"{openid}","access_token":"A2","expires_in":7200,"refresh_token":"R2"{more}}}"#
            )
        };
        assert_eq!(reason(&body("o2", "")), MalformedReason::OpenIdMismatch);
        assert_eq!(reason(&body(testing::OPENID, r#","unionid":"other""#)), MalformedReason::UnionIdMismatch);
        assert_eq!(reason(&body(testing::OPENID, r#","is_snapshotuser":1"#)), MalformedReason::Snapshot);
        assert_eq!(reason(r#"{"access_token":"A2"}"#), MalformedReason::MissingField("openid"));
    }

    #[test]
    fn a_missing_scope_is_the_one_asked_for() {
        let body = format!(
            r#"{{"openid":"{}","access_token":"A2","expires_in":7200,"refresh_token":"R2"}}"#,
            testing::OPENID
        );
        let grant = read(&body).unwrap();
        assert!(grant.scopes_assumed() && grant.reads_profile());
    }
}
