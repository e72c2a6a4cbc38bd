//! What holds for every URL.

use proptest::prelude::*;

use super::*;

fn errors(url: &str) -> Vec<&'static str> {
    let mut findings = lint(url, &LintOptions::default());
    findings.retain(|finding| finding.severity == Severity::Error);
    codes_of(&findings)
}

fn encoded_once(text: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if unreserved(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn noisy_url() -> impl Strategy<Value = String> {
    let page = prop_oneof![
        Just("https://open.weixin.qq.com/connect/oauth2/authorize"),
        Just("https://open.weixin.qq.com/connect/qrconnect"),
        Just("http://127.0.0.1:1/connect/qrconnect"),
    ];
    let name = prop_oneof![
        4 => prop::sample::select(Page::Official.order()),
        1 => prop::sample::select(vec!["lang", "login_type", "", "x", "amp;x", "Appid"]),
    ];
    let value = prop_oneof![
        prop::sample::select(vec!["code", "snsapi_base", "snsapi_login", "jssdk", ",", "wx0123456789abcdef"]),
        prop::sample::select(vec![
            "https%3A%2F%2Fa.example%2F",
            "http://[::1]:80/#",
            "https%253A%252F%252F",
            "https://@"
        ]),
    ];
    let value = prop_oneof![2 => value.prop_map(str::to_owned), 1 => "[%:/?@#\\[\\]+.a-f0-9é\\x00\\\\ ]{0,12}", 1 => "\\PC{0,8}"];
    let fragment = prop_oneof![Just(String::new()), Just("#wechat_redirect".to_owned()), "#[a-z&=?#_]{0,12}"];
    (page, prop::collection::vec((name, value), 0..12), fragment).prop_map(|(page, pairs, fragment)| {
        let query: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{page}?{}{fragment}", query.join("&"))
    })
}

/// What holds for every input: the order, the same answer twice, and one clean line for each text.
fn is_in_form(url: &str, domain: Option<&str>) -> Result<(), TestCaseError> {
    let options = LintOptions { domain };
    let findings = lint(url, &options);
    prop_assert!(findings.is_sorted_by_key(|finding| finding.code));
    for finding in &findings {
        for text in [&finding.message, &finding.fix] {
            prop_assert!(!text.is_empty() && !text.contains(char::is_control));
            prop_assert!(text.ends_with('.') || text.ends_with('…'), "{}", text);
        }
    }
    prop_assert_eq!(findings, lint(url, &options));
    Ok(())
}

proptest! {
    #[test]
    fn no_text_at_all_makes_it_panic(url in "(?s).{0,200}", domain in prop::option::of("(?s).{0,40}")) {
        is_in_form(&url, domain.as_deref())?;
    }

    #[test]
    fn no_authorize_url_makes_it_panic(url in noisy_url(), domain in prop::option::of("[a-z0-9.:/*\\[\\]@?# é-]{0,24}")) {
        is_in_form(&url, domain.as_deref())?;
    }

    #[test]
    fn a_correct_url_has_no_errors(
        appid in "[A-Za-z0-9_-]{1,64}",
        host in "[a-z][a-z0-9]{0,9}(\\.[a-z][a-z0-9]{0,9}){1,3}",
        path in "(/[\\PC&&[^\\\\#?]]{0,10}){0,3}",
        query in "(\\?[a-b]{1,4}=[\\PC&&[^#&]]{0,20})?",
        state in "[A-Za-z0-9]{1,128}",
        on_qr_page: bool,
    ) {
        let redirect = url::Url::parse(&format!("https://{host}{path}{query}")).unwrap();
        let redirect = encoded_once(redirect.as_str());
        let (page, scope) = if on_qr_page { ("qrconnect", "snsapi_login") } else { ("oauth2/authorize", "snsapi_base") };
        let url = format!(
            "https://open.weixin.qq.com/connect/{page}?appid={appid}&redirect_uri={redirect}&response_type=code\
             &scope={scope}&state={state}#wechat_redirect"
        );
        prop_assert_eq!(errors(&url), [""; 0]);
        let findings = lint(&url, &LintOptions::default().domain(&host));
        prop_assert!(findings.iter().all(|finding| finding.code == FindingCode::AppidShape));
    }

    #[test]
    fn any_order_but_the_official_is_found(names in prop::sample::subsequence(Page::Official.order(), 2..=9).prop_shuffle()) {
        let query: Vec<String> = names.iter().map(|name| format!("{name}=1")).collect();
        let url = format!("https://open.weixin.qq.com/connect/oauth2/authorize?{}#wechat_redirect", query.join("&"));
        let position = |name: &&str| Page::Official.order().iter().position(|known| known == name);
        prop_assert_eq!(codes(&url).contains(&"order"), !names.is_sorted_by_key(position));
    }

    #[test]
    fn no_finding_quotes_the_state(state in "[A-Za-z0-9_.-]{24,160}", url in noisy_url()) {
        let url = url.replacen('?', &format!("?state={state}&"), 1);
        for finding in lint(&url, &LintOptions::default().domain("www.example.com")) {
            prop_assert!(!finding.message.contains(&state) && !finding.fix.contains(&state));
        }
    }
}

/// The lint and the builder were written apart: what one builds, the other passes.
#[test]
fn a_url_that_the_core_builds_has_no_errors() {
    use crate::{Account, App, Endpoints, QrLang, RedirectUri, Scope, State};

    let appid = || "wx0123456789abcdef".parse().unwrap();
    let accounts = [
        Account::OfficialAccount { appid: appid() },
        Account::WebsiteApp { appid: appid() },
        Account::Component { appid: appid(), component_appid: "wxfedcba9876543210".parse().unwrap() },
    ];
    let places = ["https://api.weixin.qq.com", "http://127.0.0.1:8080", "https://localhost"];
    for account in accounts {
        for (place, scope) in places.iter().flat_map(|place| Scope::ALL.map(|scope| (place, scope))) {
            let redirect_uri = RedirectUri::parse("https://www.example.com/a b?c=1&d=%2F").unwrap();
            let app = App::new(account.clone()).at(Endpoints::parse(place).unwrap());
            let login = app.login(scope, &redirect_uri);
            let login = match scope {
                Scope::Login => login.lang(QrLang::English),
                _ => login.force_popup(true).force_snapshot(true).connect_redirect(true),
            };
            let Ok(login) = login.build() else { continue };
            let url = login.authorize_url(&State::from_entropy([7; 32]));
            assert_eq!(lint(url.as_str(), &LintOptions::default().domain("www.example.com")), [], "{url}");
        }
    }
}
