//! Exchange: the code for a grant. `GET /sns/oauth2/access_token`, for a component
//! `GET /sns/oauth2/component/access_token`.
//!
//! Official pages: <https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsaccesstoken> and
//! <https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/Official_Accounts/official_account_website_authorization.html>

use crate::advice::Operation;
use crate::app::App;
use crate::body::Body;
use crate::call::{Call, Request, sealed};
use crate::code::Code;
use crate::error::{ConfigError, Error};
use crate::grant::{Exchanged, Grant, Snapshot};
use crate::id::{AppId, Identity};
use crate::scope::Scope;
use crate::tokens::Tokens;

pub(crate) fn call(app: &App, code: &Code) -> Result<Call<Exchanged>, ConfigError> {
    if !code.belongs_to(app.account()) {
        return Err(ConfigError::AppMismatch);
    }
    let appid = app.account().appid();
    let api = app.endpoints().api();
    let request = match app.account().component_appid() {
        None => {
            let parameters = [
                ("appid", appid.as_str()),
                ("secret", app.secret()?.expose()),
                ("code", code.expose()),
                ("grant_type", "authorization_code"),
            ];
            Request::new(Operation::Exchange, api, &parameters)
        }
        Some(component_appid) => {
            let parameters = [
                ("appid", appid.as_str()),
                ("code", code.expose()),
                ("grant_type", "authorization_code"),
                ("component_appid", component_appid.as_str()),
                ("component_access_token", app.component_token()?.expose()),
            ];
            Request::new(Operation::ComponentExchange, api, &parameters)
        }
    };
    Ok(Call { request, rule: ExchangeRule { appid: appid.clone(), asked: code.scope() } })
}

/// What reading an exchange depends on.
pub struct ExchangeRule {
    appid: AppId,
    asked: Option<Scope>,
}

impl sealed::Answer for Exchanged {
    type Rule = ExchangeRule;
    const KEYS: &'static [&'static str] = Tokens::KEYS;

    fn read(rule: &ExchangeRule, body: &Body<'_>) -> Result<Self, Error> {
        let mut tokens = Tokens::read(body, rule.asked, None)?;
        if tokens.snapshot {
            return Ok(Self::Snapshot(Snapshot(tokens)));
        }
        let (access_token, refresh_token, expires_in) = tokens.all(body)?;
        Ok(Self::Grant(Grant {
            identity: Identity::new(rule.appid.clone(), tokens.openid),
            unionid: tokens.unionid,
            access_token,
            refresh_token,
            scopes: tokens.scopes,
            scopes_assumed: tokens.scopes_assumed,
            asked: rule.asked,
            issued_at: body.sent_at(),
            expires_in,
            refresh_token_issued_at: body.sent_at(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Response;
    use crate::error::MalformedReason;
    use crate::secret::ComponentAccessToken;
    use crate::testing;

    fn read_with(body: &str, asked: Option<Scope>) -> Result<Exchanged, Error> {
        let mut code = Code::received_without_state("C0DE").unwrap();
        if let Some(scope) = asked {
            code = code.asked_for(scope);
        }
        let call = testing::official().exchange(code).unwrap();
        call.read(&Response::new(200, body.as_bytes(), testing::NOW))
    }

    fn read(body: &str) -> Result<Exchanged, Error> {
        read_with(body, None)
    }

    fn grant(body: &str) -> Grant {
        read(body).unwrap().into_grant().unwrap()
    }

    fn reason(body: &str) -> MalformedReason {
        match read(body).unwrap_err() {
            Error::Malformed(malformed) => malformed.reason(),
            other => panic!("{other}"),
        }
    }

    /// A token answer with some of its fields replaced; an empty value leaves the field out.
    fn body_with(changes: &[(&str, &str)]) -> String {
        let mut fields = vec![
            ("access_token", "\"AT\""),
            ("expires_in", "7200"),
            ("refresh_token", "\"RT\""),
            ("openid", "\"o1\""),
            ("scope", "\"snsapi_userinfo,\""),
        ];
        for (key, value) in changes {
            fields.retain(|(known, _)| known != key);
            if !value.is_empty() {
                fields.push((key, value));
            }
        }
        let fields: Vec<String> = fields.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        format!("{{{}}}", fields.join(","))
    }

    #[test]
    fn the_request_has_the_official_parameters_in_order() {
        let call = testing::official().exchange(testing::code(Scope::Base)).unwrap();
        assert_eq!(
            call.request().url().expose(),
            format!(
                "https://api.weixin.qq.com/sns/oauth2/access_token?appid=wx0123456789abcdef&secret={}\
                 &code=C0DE&grant_type=authorization_code",
                testing::SECRET
            )
        );
        let component = App::component("wxa".parse().unwrap(), "wxc".parse().unwrap());
        let component = component.with_component_token(ComponentAccessToken::new("CAT").unwrap());
        let call = component.exchange(Code::received_without_state("C0DE").unwrap()).unwrap();
        assert_eq!(
            call.request().url().expose(),
            "https://api.weixin.qq.com/sns/oauth2/component/access_token?appid=wxa&code=C0DE\
             &grant_type=authorization_code&component_appid=wxc&component_access_token=CAT"
        );
    }

    #[test]
    fn a_grant_knows_who_what_and_until_when() {
        let grant = grant(&body_with(&[("unionid", "\"u1\"")]));
        assert_eq!(
            grant.identity(),
            &Identity::new("wx0123456789abcdef".parse().unwrap(), "o1".parse().unwrap())
        );
        assert_eq!(grant.unionid().unwrap().as_str(), "u1");
        assert_eq!(grant.scopes().to_string(), "snsapi_userinfo");
        assert!(!grant.scopes_assumed());
        assert_eq!(grant.expires_at(), testing::NOW.plus_secs(7200));
        assert_eq!(grant.refresh_token_ends_at(), testing::NOW.plus_secs(30 * 86400));
    }

    #[test]
    fn a_missing_scope_is_assumed_to_be_the_one_asked_for() {
        let body = body_with(&[("scope", "")]);
        let asked = read_with(&body, Some(Scope::UserInfo)).unwrap().into_grant().unwrap();
        assert!(asked.scopes_assumed() && asked.reads_profile());
        let unknown = grant(&body);
        assert!(unknown.scopes_assumed() && unknown.scopes().is_empty() && !unknown.reads_profile());
    }

    #[test]
    fn every_part_of_a_grant_is_needed() {
        for key in ["access_token", "expires_in", "refresh_token", "openid"] {
            let name = Tokens::KEYS.iter().find(|known| **known == key).unwrap();
            assert_eq!(reason(&body_with(&[(key, "")])), MalformedReason::MissingField(name));
            assert_eq!(reason(&body_with(&[(key, "null")])), MalformedReason::MissingField(name));
            assert_eq!(reason(&body_with(&[(key, "[]")])), MalformedReason::WrongType(name));
        }
        for key in ["access_token", "refresh_token", "openid"] {
            for value in ["\"a b\"", "\"a\\u0014\"", "\"a\u{fffd}\"", "\"a\u{7}\""] {
                assert_eq!(reason(&body_with(&[(key, value)])).as_str(), "invalid_value", "{key} {value}");
            }
        }
        assert_eq!(
            reason(&body_with(&[("access_token", "\"\"")])),
            MalformedReason::MissingField("access_token")
        );
        assert_eq!(reason(&body_with(&[("openid", "\"\"")])), MalformedReason::InvalidValue("openid"));
        assert_eq!(reason(&body_with(&[("unionid", "\"a b\"")])), MalformedReason::InvalidValue("unionid"));
        assert_eq!(reason("{}"), MalformedReason::MissingField("openid"));
    }

    #[test]
    fn an_expiry_is_a_number_of_seconds_within_thirty_days() {
        let expiry = |value: &str| {
            read(&body_with(&[("expires_in", value)])).map(|answer| answer.into_grant().unwrap().expires_in)
        };
        for (value, seconds) in
            [("1", 1), ("\"300\"", 300), ("300.0", 300), ("2592000", 2_592_000), ("7.2e3", 7200)]
        {
            assert_eq!(expiry(value).unwrap(), seconds, "{value}");
        }
        for value in [
            "0",
            "-1",
            "2592001",
            "9007199254740993.0",
            "1e30",
            "\"-300\"",
            "99999999999999999999",
            "0.1",
            "\"\"",
            "\"3 \"",
            "true",
        ] {
            assert!(expiry(value).is_err(), "{value}");
        }
    }

    #[test]
    fn anything_but_a_clear_no_is_a_snapshot() {
        for yes in ["1", "\"1\"", "true", "2", "-1", "\"\"", "\"0\"", "[]", "{}", "0.5", "\"no\""] {
            let answer = read(&body_with(&[("is_snapshotuser", yes)])).unwrap();
            assert!(matches!(answer, Exchanged::Snapshot(_)), "{yes}");
        }
        for no in ["0", "false", "null", "0.0", ""] {
            assert!(read(&body_with(&[("is_snapshotuser", no)])).unwrap().into_grant().is_some(), "{no}");
        }
    }

    #[test]
    fn a_snapshot_needs_only_an_openid() {
        let answer =
            read(r#"{"openid":"v1","is_snapshotuser":1,"access_token":"","expires_in":null}"#).unwrap();
        let Exchanged::Snapshot(snapshot) = answer else { panic!() };
        assert!(snapshot.0.access_token.is_none() && snapshot.0.refresh_token.is_none());
        assert_eq!(format!("{snapshot:?}"), "Snapshot");
        assert!(read(r#"{"is_snapshotuser":1}"#).is_err());
        for odd in ["0", "-1", "\"\"", "false", "[]", "\"a b\""] {
            let body = format!(
                r#"{{"openid":"v1","is_snapshotuser":1,"access_token":{odd},"refresh_token":{odd},"expires_in":{odd},"scope":{odd},"unionid":{odd}}}"#
            );
            assert!(matches!(read(&body), Ok(Exchanged::Snapshot(_))), "{odd}");
        }
    }

    #[test]
    fn an_unionid_may_be_absent_null_or_empty() {
        for value in ["", "null", "\"\""] {
            assert_eq!(grant(&body_with(&[("unionid", value)])).unionid(), None);
        }
    }
}
