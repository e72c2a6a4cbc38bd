use super::*;
use crate::testing;

fn malformed(operation: Operation, reason: MalformedReason) -> Error {
    Error::Malformed(Malformed { operation, status: 200, length: 9, position: Some((1, 2)), reason })
}

#[test]
fn what_cannot_be_read_restarts_an_exchange_and_lets_other_calls_be_repeated() {
    for operation in Operation::ALL {
        let advice = malformed(operation, MalformedReason::NotJson).advice();
        let spent = matches!(operation, Operation::Exchange | Operation::ComponentExchange);
        let expected = if spent { Advice::RestartAuthorization } else { Advice::RetryLater };
        assert_eq!(advice, expected, "{operation}");
    }
}

#[test]
fn an_answer_about_somebody_else_restarts_whatever_was_asked() {
    for reason in [
        MalformedReason::OpenIdMismatch,
        MalformedReason::UnionIdMismatch,
        MalformedReason::Snapshot,
        MalformedReason::NotAProfile,
    ] {
        for operation in Operation::ALL {
            assert_eq!(malformed(operation, reason).advice(), Advice::RestartAuthorization);
        }
    }
}

#[test]
fn a_malformed_answer_says_where_and_why() {
    assert_eq!(
        malformed(Operation::Profile, MalformedReason::MissingField("openid")).to_string(),
        "the answer to the profile cannot be read: the field openid is missing (HTTP status 200, 9 bytes, \
         line 1, column 2)"
    );
}

#[test]
fn an_unread_profile_has_the_advice_and_the_kind_of_its_cause() {
    let cause = malformed(Operation::Exchange, MalformedReason::NotJson);
    let (advice, kind) = (cause.advice(), cause.kind());
    let error = Error::ProfileUnread { grant: Box::new(testing::grant()), cause: Box::new(cause) };
    assert_eq!((error.advice(), error.kind()), (advice, kind));
    assert_eq!(error.into_grant().unwrap().openid().as_str(), testing::OPENID);
}

#[test]
fn a_missing_consent_asks_for_it_and_other_mistakes_are_the_programs() {
    assert_eq!(ConfigError::ProfileNotGranted.advice(), Advice::AskUserinfoConsent);
    assert_eq!(ConfigError::SnapshotGrant.advice(), Advice::RestartAuthorization);
    assert_eq!(ConfigError::ComponentTokenMissing.advice(), Advice::RenewComponentToken);
    assert_eq!(ConfigError::SecretMissing.advice(), Advice::FixConfiguration);
}

#[test]
fn a_long_message_is_shown_short_and_on_one_line() {
    let message = UntrustedText::from(format!("a\nb{}", "x".repeat(60_000)));
    let refusal = Refusal { operation: Operation::Check, errcode: 40029, message, request_id: None };
    for shown in [refusal.to_string(), format!("{refusal:?}")] {
        assert!(shown.len() < 500 && !shown.contains('\n'), "{shown}");
        assert!(shown.contains("a\\u{a}b") && shown.contains("restart_authorization"), "{shown}");
    }
}

#[test]
fn a_pages_code_has_no_name_in_an_answer() {
    let name = |errcode| {
        Refusal { operation: Operation::Check, errcode, message: UntrustedText::default(), request_id: None }
            .name()
    };
    assert_eq!(name(40029), Some("invalid_code"));
    assert_eq!(name(10003), None);
    assert_eq!(name(1), None);
}

#[test]
fn each_variant_has_its_kind_and_only_an_unread_profile_a_grant() {
    let error = TransportError::new(TransportErrorKind::Timeout, Phase::Request);
    let pending =
        crate::Pending::new(crate::State::new("S1").unwrap(), testing::official().account(), Scope::UserInfo);
    let refusal = Refusal {
        operation: Operation::Check,
        errcode: 40029,
        message: UntrustedText::default(),
        request_id: None,
    };
    for (error, kind, advice) in [
        (ConfigError::SecretMissing.into(), "configuration", Advice::FixConfiguration),
        (pending.accept("state=S1").unwrap_err().into(), "callback", Advice::TurnAway),
        (Error::from(refusal), "refused", Advice::RestartAuthorization),
        (malformed(Operation::Check, MalformedReason::Empty), "malformed", Advice::RetryLater),
        (LostAnswer { operation: Operation::Check, error }.into(), "transport", Advice::RetryLater),
    ] {
        assert_eq!((error.kind(), error.advice()), (kind, advice));
        assert!(error.into_grant().is_none(), "{kind}");
    }
}

#[test]
fn a_fault_tells_its_call_its_status_and_its_place() {
    let Error::Malformed(fault) = malformed(Operation::Refresh, MalformedReason::NotJson) else { panic!() };
    assert_eq!((fault.operation(), fault.status(), fault.length()), (Operation::Refresh, 200, 9));
    assert_eq!((fault.line(), fault.column()), (Some(1), Some(2)));
    let nowhere = Malformed { position: None, ..fault };
    assert_eq!((nowhere.line(), nowhere.column()), (None, None));
    assert!(nowhere.to_string().ends_with("the body is not JSON (HTTP status 200, 9 bytes)"), "{nowhere}");
}

#[test]
fn a_refusal_tells_its_call_its_name_and_its_request_id() {
    let refusal = Refusal {
        operation: Operation::Exchange,
        errcode: 40029,
        message: UntrustedText::from("invalid code".to_owned()),
        request_id: Some("1-2-3".into()),
    };
    assert_eq!((refusal.operation(), refusal.request_id()), (Operation::Exchange, Some("1-2-3")));
    assert_eq!(
        refusal.to_string(),
        "WeChat refused the exchange with errcode 40029 (invalid_code): invalid code \
         [request id 1-2-3]; advice: restart_authorization"
    );
}

#[test]
fn a_lost_answer_tells_its_call_and_how_far_it_got() {
    let error = TransportError::new(TransportErrorKind::Timeout, Phase::Body);
    let lost = LostAnswer { operation: Operation::Profile, error };
    assert_eq!((lost.operation(), lost.transport()), (Operation::Profile, error));
    assert_eq!(lost.to_string(), "no answer to the profile: the deadline passed (while the answer was read)");
}

#[test]
fn names_for_programs_are_distinct_and_in_snake_case() {
    let config = [
        ConfigError::SecretMissing,
        ConfigError::ComponentTokenMissing,
        ConfigError::AppMismatch,
        ConfigError::ProfileNotGranted,
        ConfigError::StoredLifetime,
        ConfigError::SnapshotGrant,
        ConfigError::TlsMissing,
        ConfigError::OtherHost,
        ConfigError::Client { what: "x" },
        ConfigError::FlowNotDone,
    ]
    .map(|error| error.reason());
    let transport = [
        TransportErrorKind::Resolve,
        TransportErrorKind::Connect,
        TransportErrorKind::Tls,
        TransportErrorKind::Timeout,
        TransportErrorKind::Closed,
        TransportErrorKind::Protocol,
        TransportErrorKind::Proxy,
        TransportErrorKind::Other,
    ]
    .map(TransportErrorKind::as_str);
    let phases = [Phase::Connect, Phase::Request, Phase::Body].map(Phase::as_str);
    for names in [&config[..], &transport[..], &phases[..]] {
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(distinct.len(), names.len(), "{names:?}");
        for name in names {
            assert!(!name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
        }
    }
}

#[test]
fn an_answer_about_somebody_else_names_the_field_that_says_so() {
    for (reason, field) in [
        (MalformedReason::OpenIdMismatch, Some("openid")),
        (MalformedReason::UnionIdMismatch, Some("unionid")),
        (MalformedReason::Snapshot, Some("is_snapshotuser")),
        (MalformedReason::NotJson, None),
    ] {
        assert_eq!(reason.field(), field, "{reason}");
    }
}

#[test]
fn each_mistake_of_a_program_has_a_name_of_its_own() {
    let value = crate::AppId::new("").unwrap_err();
    let redirect_uri = crate::RedirectUri::parse("").unwrap_err();
    let endpoint = crate::Endpoints::parse("").unwrap_err();
    let website = testing::website();
    let https = crate::RedirectUri::parse("https://example.com/cb").unwrap();
    let scope = website.login(Scope::Base, &https).build().unwrap_err();
    let option = website.login(Scope::Login, &https).force_popup(true).build().unwrap_err();
    let unknown = "base".parse::<Scope>().unwrap_err();
    let names = [
        (ConfigError::Options { what: "only one of the two" }, "options"),
        (unknown.into(), "scope"),
        (value.into(), "invalid_value"),
        (redirect_uri.into(), "redirect_uri"),
        (endpoint.into(), "endpoint"),
        (scope, "scope_not_for_account"),
        (option, "option_not_on_page"),
    ];
    for (error, name) in names {
        let error: ConfigError = error;
        assert_eq!(error.reason(), name, "{error}");
    }
}

#[test]
fn each_reason_has_a_name_of_its_own_and_its_field() {
    use MalformedReason::*;
    let of_a_field = [
        (RepeatedKey("openid"), "repeated_key"),
        (MissingField("openid"), "missing_field"),
        (WrongType("openid"), "wrong_type"),
        (OutOfRange("openid"), "out_of_range"),
        (InvalidValue("openid"), "invalid_value"),
        (OpenIdMismatch, "openid_mismatch"),
    ];
    for (reason, name) in of_a_field {
        assert_eq!((reason.as_str(), reason.field()), (name, Some("openid")));
    }
    for (reason, name, field) in [
        (UnionIdMismatch, "unionid_mismatch", Some("unionid")),
        (Snapshot, "snapshot", Some("is_snapshotuser")),
        (Empty, "empty", None),
        (TooLarge, "too_large", None),
        (Truncated, "truncated", None),
        (NotJson, "not_json", None),
        (NotAnObject, "not_an_object", None),
        (NotAProfile, "not_a_profile", None),
        (HttpStatus, "http_status", None),
    ] {
        assert_eq!((reason.as_str(), reason.field()), (name, field));
    }
}

#[test]
fn a_refusal_without_a_known_name_shows_its_number_alone() {
    let message = UntrustedText::from("later".to_owned());
    let refusal = Refusal { operation: Operation::Check, errcode: 7, message, request_id: None };
    assert_eq!(
        refusal.to_string(),
        "WeChat refused the check with errcode 7: later; advice: fix_configuration"
    );
}
