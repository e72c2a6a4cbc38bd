//! The query: what is missing, repeated, unknown or out of order, and the values that have no file of their own.

use super::*;

#[test]
fn a_required_parameter_is_missing_when_absent_or_empty() {
    for (pair, name, page) in [
        ("appid=wx0123456789abcdef&", "appid", Some(10012)),
        ("redirect_uri=https%3A%2F%2Fwww.example.com%2Fcallback&", "redirect_uri", Some(10011)),
        ("response_type=code&", "response_type", None),
        ("scope=snsapi_userinfo&", "scope", Some(10010)),
    ] {
        for instead in [String::new(), format!("{name}=&"), format!("{name}&")] {
            let finding = only(&official(pair, &instead), FindingCode::MissingParameter);
            assert_eq!(finding.page, page);
            assert!(finding.message.contains(name), "{}", finding.message);
        }
    }
    assert_eq!(
        codes("https://open.weixin.qq.com/connect/oauth2/authorize#wechat_redirect"),
        ["missing_parameter", "missing_parameter", "missing_parameter", "missing_parameter", "state_missing"]
    );
    only(&exchanged(WX_LOGIN, "scope=snsapi_login&", ""), FindingCode::MissingParameter);
}

#[test]
fn a_repeated_parameter_is_told_once_and_the_first_is_judged() {
    let finding = only(&official("#", "&state=&state=#"), FindingCode::RepeatedParameter);
    assert!(finding.message.starts_with("state comes"));
    assert_eq!(codes(&official("&scope=", "&scope=x&scope=")), ["repeated_parameter", "scope_unknown"]);
    only(&exchanged(WX_LOGIN, "&rst=", "&rst=&rst="), FindingCode::RepeatedParameter);
    clean(&official("#", "&&#"));
}

#[test]
fn a_parameter_that_the_page_does_not_have_is_a_warning() {
    let finding = only(&official("#", "&agentid=1#"), FindingCode::UnknownParameter);
    assert_eq!(finding.severity, Severity::Warning);
    assert!(finding.message.contains("\"agentid\""));
    only(&official("&state=", "&utm=1&state="), FindingCode::UnknownParameter);
    only(&official("#", "&a=1&a=2#"), FindingCode::UnknownParameter);
    assert_eq!(codes(&official("#", "&a=1&b=2#")), ["unknown_parameter"; 2]);
}

#[test]
fn an_unknown_parameter_gets_the_fix_that_fits_it() {
    let fix = |extra: &str| only(&official("#", &format!("&{extra}=1#")), FindingCode::UnknownParameter).fix;
    assert!(fix("forcepopup").contains("Write forcePopup"));
    assert!(fix("amp;forcePopup").contains("HTML"));
    assert!(fix("secret").contains("renew the app secret"));
    for qr_only in ["lang", "login_type", "style"] {
        assert!(fix(qr_only).contains("belongs to the QR page"));
    }
    for official_only in ["component_appid", "forcePopup", "forceSnapShot", "connect_redirect"] {
        let url = qr("#", &format!("&{official_only}=1#"));
        assert!(only(&url, FindingCode::UnknownParameter).fix.contains("belongs to the official page"));
    }
}

#[test]
fn the_order_is_the_documented_one() {
    let finding = only(&official("#", "&connect_redirect=1&forcePopup=true#"), FindingCode::Order);
    assert!(
        finding.fix.ends_with(
            "order: appid, redirect_uri, response_type, scope, state, forcePopup, connect_redirect."
        )
    );
    only(&qr("?", "?lang=cn&"), FindingCode::Order);
    only(&official("?", "?forcePopup=true&"), FindingCode::Order);
    clean(&official("#", "&forcePopup=true&connect_redirect=1#"));
}

#[test]
fn every_other_order_of_the_five_is_an_error() {
    let (page, query) = OFFICIAL.trim_end_matches("#wechat_redirect").split_once('?').unwrap();
    let pairs: Vec<&str> = query.split('&').collect();
    let mut orders = vec![Vec::new()];
    for _ in 0..pairs.len() {
        let grown = orders.iter().flat_map(|order: &Vec<usize>| {
            (0..pairs.len())
                .filter(|next| !order.contains(next))
                .map(|next| [order.as_slice(), &[next]].concat())
        });
        orders = grown.collect();
    }
    assert_eq!(orders.len(), 120);
    for order in orders {
        let query = order.iter().map(|&at| pairs[at]).collect::<Vec<_>>().join("&");
        let url = format!("{page}?{query}#wechat_redirect");
        if order.is_sorted() {
            clean(&url);
        } else {
            only(&url, FindingCode::Order);
        }
    }
}

#[test]
fn wx_login_is_free_in_its_order_and_other_qr_urls_are_not() {
    only(
        &exchanged(WX_LOGIN, "login_type=jssdk", "login_type=other&response_type=code")
            .replace("auto", "auto#wechat_redirect"),
        FindingCode::Order,
    );
    let official_page = official("#wechat_redirect", "&login_type=jssdk").replace("?", "?forcePopup=true&");
    assert_eq!(codes(&official_page), ["unknown_parameter", "order", "missing_fragment"]);
}

#[test]
fn an_appid_of_another_shape_is_a_warning() {
    for appid in
        ["APPID", "wx0123456789abcde", "wx0123456789abcdeg", "wx0123456789ABCDEF", "gh_0123456789ab", "a%20b"]
    {
        let finding = only(&official("wx0123456789abcdef", appid), FindingCode::AppidShape);
        assert_eq!(finding.severity, Severity::Warning);
        assert!(finding.message.starts_with("appid "));
    }
    let finding = only(&exchanged(COMPONENT, "wxfedcba9876543210", "component"), FindingCode::AppidShape);
    assert!(finding.message.starts_with("component_appid "));
}

#[test]
fn the_response_type_is_code() {
    for value in ["CODE", "token", "code%20", "%"] {
        only(&official("=code", &format!("={value}")), FindingCode::ResponseType);
    }
    only(&exchanged(WX_LOGIN, "&state=", "&response_type=token&state="), FindingCode::ResponseType);
    clean(&official("=code", "=%63ode"));
}
