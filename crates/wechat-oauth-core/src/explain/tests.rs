use std::collections::BTreeSet;

use super::{Bilingual, Explanation, Place, explain, explanations};
use crate::{Advice, Operation};

/// The codes that the APIs of web authorization answer, and those that are often taken for theirs.
const API_CODES: &[i64] = &[
    -1, 0, 40001, 40002, 40003, 40013, 40014, 40029, 40030, 40125, 40163, 40164, 40226, 41001, 41002, 41003,
    41004, 41005, 41006, 41007, 41008, 41009, 42001, 42002, 42003, 42005, 42006, 42007, 43001, 43002, 43003,
    43004, 43005, 45009, 45011, 45157, 48001, 48004, 50001, 50002, 50003, 50004, 50005, 50006, 61003, 61004,
    61005, 61006, 61007, 61008, 61009, 61010, 61011, 61014, 61023, 76022, 89000, 89001, 89002, 89003, 89240,
    89241, 89242, 89243, 89244, 89245, 89246, 89247, 89248, 89249, 89501, 89502, 89503, 89504, 89505, 89506,
    89507,
];

/// The codes that the authorize page shows. There is no 10007, 10008 or 10014.
const PAGE_CODES: &[i64] = &[10003, 10004, 10005, 10006, 10009, 10010, 10011, 10012, 10013, 10015, 10016];

#[test]
fn every_api_code_is_explained() {
    for code in API_CODES {
        assert!(explain(*code).is_some_and(|row| row.place == Place::Api), "{code} is missing");
    }
}

#[test]
fn the_page_codes_are_these_and_no_others() {
    let pages: Vec<i64> = rows_of(Place::Page).map(|row| row.code).collect();
    assert_eq!(pages, PAGE_CODES);
}

#[test]
fn codes_ascend_so_that_each_row_is_found() {
    let codes: Vec<i64> = explanations().map(|row| row.code).collect();
    assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
    for row in explanations() {
        assert_eq!(explain(row.code), Some(row));
    }
}

#[test]
fn a_code_of_another_field_is_not_explained() {
    for code in [-2, 1, 200, 10007, 10008, 10014, 40004, 99999, i64::MIN, i64::MAX] {
        assert_eq!(explain(code), None, "{code}");
    }
}

#[test]
fn names_are_unique_and_in_snake_case() {
    let names: BTreeSet<&str> = explanations().map(|row| row.name).collect();
    assert_eq!(names.len(), explanations().count());
    for name in names {
        assert!(!name.is_empty());
        assert!(
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
            "{name}"
        );
    }
}

#[test]
fn names_that_programs_know_stay() {
    let known = [
        (-1, "system_busy"),
        (0, "ok"),
        (10003, "redirect_domain_mismatch"),
        (10005, "scope_not_permitted"),
        (10013, "state_empty"),
        (40001, "invalid_credential"),
        (40002, "invalid_grant_type"),
        (40003, "invalid_openid"),
        (40013, "invalid_appid"),
        (40014, "invalid_access_token"),
        (40029, "invalid_code"),
        (40030, "invalid_refresh_token"),
        (40125, "invalid_appsecret"),
        (40163, "code_been_used"),
        (41001, "access_token_missing"),
        (42001, "access_token_expired"),
        (45009, "quota_reached"),
        (45011, "minute_quota_reached"),
        (48001, "api_unauthorized"),
        (50002, "user_limited"),
    ];
    for (code, name) in known {
        assert_eq!(explain(code).map(|row| row.name), Some(name), "{code}");
    }
}

#[test]
fn each_text_is_whole_and_in_its_own_language() {
    for row in explanations() {
        for text in [row.meaning, row.remedy] {
            assert!(text.en.is_ascii() && text.en.ends_with('.'), "{}: {}", row.code, text.en);
            assert!(text.zh.chars().any(is_han) && text.zh.ends_with('。'), "{}: {}", row.code, text.zh);
            for line in [text.en, text.zh] {
                assert_eq!(line, line.trim(), "{}", row.code);
                assert!(!line.contains("  ") && !line.contains('\n'), "{}: {line}", row.code);
            }
        }
    }
}

#[test]
fn a_page_code_says_that_the_callback_never_sees_it() {
    for row in rows_of(Place::Page) {
        assert!(row.meaning.en.contains("callback never sees it"), "{}", row.code);
        assert!(row.meaning.zh.contains("不会跳转到回调地址"), "{}", row.code);
    }
}

#[test]
fn the_remedy_names_what_the_advice_says() {
    for row in refusals() {
        for operation in Operation::ALL {
            let advice = Advice::for_refusal(row.code, operation);
            assert!(Advice::ALL.contains(&advice));
            if let Some(said) = wording(advice) {
                assert!(row.remedy.en.contains(said.en), "{} on {operation}: {advice} in English", row.code);
                assert!(row.remedy.zh.contains(said.zh), "{} on {operation}: {advice} in Chinese", row.code);
            }
        }
    }
}

#[test]
fn no_remedy_restarts_or_turns_away_where_no_advice_does() {
    for row in refusals() {
        for advice in [Advice::RestartAuthorization, Advice::TurnAway] {
            let advised = Operation::ALL.iter().any(|call| Advice::for_refusal(row.code, *call) == advice);
            if let (false, Some(said)) = (advised, wording(advice)) {
                assert!(!row.remedy.en.contains(said.en), "{}: {advice} in English", row.code);
                assert!(!row.remedy.zh.contains(said.zh), "{}: {advice} in Chinese", row.code);
            }
        }
    }
}

#[test]
fn every_code_with_an_advice_of_its_own_is_explained() {
    for code in -1_000..100_000 {
        let general = |call: &Operation| Advice::for_refusal(code, *call) == Advice::FixConfiguration;
        if !Operation::ALL.iter().all(general) {
            assert!(explain(code).is_some_and(|row| row.place == Place::Api), "{code}");
        }
    }
}

#[test]
fn the_commonest_questions_keep_their_check_lists() {
    let lists: &[(i64, &[&str], &[&str])] = &[
        (
            10003,
            &[
                "subdomain",
                "lower case",
                "port",
                "IP address",
                "http://",
                "path",
                "website app",
                "platform's own",
            ],
            &["子域名", "小写", "端口", "IP 地址", "http://", "路径", "授权回调域", "公众号开发域名"],
        ),
        (
            10005,
            &["snsapi_base", "snsapi_userinfo", "snsapi_login", "certified service account", "website app"],
            &["snsapi_base", "snsapi_userinfo", "snsapi_login", "已认证的服务号", "网站应用", "权限集"],
        ),
        (
            40029,
            &["reload", "shared link", "timeout", "URL without code", "session"],
            &["刷新", "分享", "超时", "不带 code", "会话"],
        ),
        (
            40163,
            &["reload", "shared link", "timeout", "URL without code", "session"],
            &["刷新", "分享", "超时", "不带 code", "会话"],
        ),
    ];
    for (code, english, chinese) in lists {
        let remedy = explain(*code).map(|row| row.remedy).unwrap();
        for point in *english {
            assert!(remedy.en.contains(point), "{code}: {point}");
        }
        for point in *chinese {
            assert!(remedy.zh.contains(point), "{code}: {point}");
        }
    }
}

/// The words in which a remedy gives an advice; none for the one that has no fixed wording.
fn wording(advice: Advice) -> Option<Bilingual> {
    let (en, zh) = match advice {
        Advice::RetryLater => ("repeat", "重试"),
        Advice::Refresh => ("refresh the grant", "刷新 access_token"),
        Advice::RestartAuthorization => ("estart the authorization", "重新发起授权"),
        Advice::AskUserinfoConsent => ("Authorize again with snsapi_userinfo", "改用 snsapi_userinfo 授权"),
        Advice::RenewComponentToken => ("component_access_token", "component_access_token"),
        Advice::TurnAway => ("Turn the person away", "拒绝该用户登录"),
        Advice::FixConfiguration => return None,
    };
    Some(Bilingual { en, zh })
}

/// The rows that can be a refusal: those of the APIs, without the success.
fn refusals() -> impl Iterator<Item = &'static Explanation> {
    rows_of(Place::Api).filter(|row| row.code != 0)
}

fn rows_of(place: Place) -> impl Iterator<Item = &'static Explanation> {
    explanations().filter(move |row| row.place == place)
}

fn is_han(letter: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&letter)
}
