//! Every page is whole, in both languages, and shows what it is given as text.

use std::collections::BTreeSet;

use axum::http::header::HeaderMap;
use wechat_oauth_core::{
    App, AppSecret, RedirectUri, Scope, State, WX_LOGIN_SCRIPT, WxLoginColors, WxLoginOptions, WxLoginStyle,
};

use super::*;

const HOSTILE: &str = r#"/x?a="><script>alert(1)</script>&b='{{ 7 }}"#;
const PROBLEMS: [DeclinedReason; 10] = DeclinedReason::ALL;

fn wx_login(options: WxLoginOptions) -> WxLogin {
    let secret = AppSecret::new("0123456789abcdef0123456789abcdef").unwrap();
    let app = App::website_app("wxfedcba9876543210".parse().unwrap(), secret);
    let redirect_uri = RedirectUri::parse("https://www.example.com/callback").unwrap();
    let login = app.login(Scope::Login, &redirect_uri).build().unwrap();
    login.wx_login(&State::new("S1").unwrap(), options).unwrap()
}

fn embedded_with(options: WxLoginOptions) -> Page {
    embedded(
        Lang::Zh,
        WX_LOGIN_SCRIPT,
        "https://open.weixin.qq.com",
        &wx_login(options),
        "/login?door=website",
    )
}

/// Every page there is, with its name.
fn every_page(lang: Lang) -> Vec<(String, Page)> {
    let mut pages = Vec::new();
    for problem in PROBLEMS {
        pages.push((format!("{problem:?}"), declined(lang, problem, Some("/login?return_to=/orders"))));
        pages.push((format!("{problem:?} for good"), declined(lang, problem, None)));
    }
    let url = "https://www.example.com/login?return_to=%2Forders";
    pages.push(("phone".to_owned(), phone(lang, url, true)));
    pages.push(("desktop".to_owned(), phone(lang, url, false)));
    pages.push(("desktop, too long".to_owned(), phone(lang, &format!("{url}{}", "x".repeat(4096)), false)));
    let argument = wx_login(WxLoginOptions::default());
    let page =
        embedded(lang, WX_LOGIN_SCRIPT, "https://open.weixin.qq.com", &argument, "/login?door=website");
    pages.push(("embedded".to_owned(), page));
    pages
}

fn headers_of(page: Page) -> (StatusCode, HeaderMap) {
    let response = page.into_response();
    (response.status(), response.headers().clone())
}

/// What stands between two texts, for each time they come.
fn between<'a>(html: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    html.split(start).skip(1).map(|rest| rest.split_once(end).unwrap().0).collect()
}

fn is_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

#[test]
fn every_page_is_whole_in_both_languages() {
    for lang in [Lang::Zh, Lang::En] {
        for (name, page) in every_page(lang) {
            let html = page.html;
            assert!(html.starts_with("<!doctype html>\n<html lang=\""), "{name}");
            assert!(html.trim_end().ends_with("</html>"), "{name}");
            assert_eq!(between(&html, "<html lang=\"", "\"").join(""), lang.tag(), "{name}");
            for leftover in ["{{", "}}", "{%", "%}", "{#", "Some(", "None"] {
                assert!(!html.contains(leftover), "{name}: {leftover}");
            }
            let titles = between(&html, "<title>", "</title>");
            let headings = between(&html, "<h1>", "</h1>");
            assert_eq!((titles.len(), headings.len()), (1, 1), "{name}");
            for text in titles.into_iter().chain(headings) {
                assert_eq!(is_chinese(text), lang == Lang::Zh, "{name}: {text}");
            }
            for tag in [
                "html", "head", "body", "main", "title", "style", "h1", "p", "a", "ol", "li", "div", "svg",
                "noscript",
            ] {
                let opened =
                    html.matches(&format!("<{tag}>")).count() + html.matches(&format!("<{tag} ")).count();
                assert_eq!(opened, html.matches(&format!("</{tag}>")).count(), "{name}: {tag}");
            }
        }
    }
}

#[test]
fn every_problem_has_words_of_its_own() {
    let mut titles = BTreeSet::new();
    for problem in PROBLEMS {
        let (zh, en) = (problem.words(Lang::Zh), problem.words(Lang::En));
        for text in [zh.title, zh.what, zh.remedy, zh.again] {
            assert!(is_chinese(text), "{problem:?}: {text}");
            assert!(!text.contains([',', ';', '?', '!']), "{problem:?}: {text}");
        }
        // WeChat's own button is named as it is written.
        for text in [en.title, en.what, &en.remedy.replace("使用完整服务", ""), en.again] {
            assert!(!text.is_empty() && !is_chinese(text), "{problem:?}: {text}");
        }
        assert!(titles.insert(zh.title) && titles.insert(en.title), "{problem:?}");
    }
}

#[test]
fn each_problem_has_its_status() {
    for (problem, status) in PROBLEMS.into_iter().zip([403, 200, 400, 400, 503, 403, 503, 503, 500, 400]) {
        assert_eq!(headers_of(declined(Lang::Zh, problem, None)).0, status, "{problem:?}");
    }
    assert_eq!(headers_of(phone(Lang::Zh, "https://www.example.com/login", false)).0, 200);
}

#[test]
fn every_page_asks_nobody_and_runs_nothing_but_the_embedded_one() {
    for lang in [Lang::Zh, Lang::En] {
        for (name, page) in every_page(lang) {
            let html = page.html.clone();
            let styles = between(&html, "<style>", "</style>");
            let scripts = between(&html, "<script>", "</script>");
            let (_, headers) = headers_of(page);
            let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'; "), "{name}: {policy}");
            assert!(
                policy.ends_with("; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"),
                "{name}: {policy}"
            );
            assert!(!policy.contains("unsafe"), "{name}: {policy}");
            let [style] = styles[..] else { panic!("{name}: {} styles", styles.len()) };
            assert!(policy.contains(&format!("style-src {};", hash(style))), "{name}: {policy}");
            assert!(!style.contains("url(") && !style.contains("@import"), "{name}");
            assert!(
                !html.contains(" style=") && !html.contains(" onclick=") && !html.contains("<link"),
                "{name}"
            );
            if name == "embedded" {
                let [script] = scripts[..] else { panic!("{name}: {} scripts", scripts.len()) };
                let wanted = format!(
                    "; script-src {WX_LOGIN_SCRIPT} {}; frame-src https://open.weixin.qq.com; ",
                    hash(script)
                );
                assert!(policy.contains(&wanted), "{policy}");
                assert_eq!(between(&html, "<script src=\"", "\"></script>"), [WX_LOGIN_SCRIPT]);
            } else {
                assert!(!html.contains("<script") && !policy.contains("script-src"), "{name}");
            }
            let images = between(&html, "<img ", ">");
            assert_eq!(
                !images.is_empty(),
                policy.contains("img-src data:;") && name != "desktop, too long",
                "{name}"
            );
            for image in images {
                assert!(image.contains(" src=\"data:image/svg+xml,"), "{name}: {image}");
                assert!(image.contains(" alt=\"") && !image.contains(" alt=\"\""), "{name}: {image}");
            }
        }
    }
}

#[test]
fn every_page_is_kept_by_nobody_and_tells_nobody_where_it_came_from() {
    for (name, page) in every_page(Lang::En) {
        let (_, headers) = headers_of(page);
        for (header, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("vary", "Accept-Language, Cookie"),
        ] {
            assert_eq!(headers[header], value, "{name}");
        }
        assert_eq!(headers.len(), 6, "{name}");
    }
}

#[test]
fn what_a_page_is_given_is_text() {
    let argument = wx_login(WxLoginOptions { href: Some(HOSTILE.to_owned()), ..WxLoginOptions::default() });
    let script = format!("https://www.example.com{HOSTILE}; script-src *");
    for page in [
        declined(Lang::En, DeclinedReason::Denied, Some(HOSTILE)),
        phone(Lang::En, HOSTILE, true),
        phone(Lang::En, HOSTILE, false),
        embedded(Lang::En, &script, HOSTILE, &argument, HOSTILE),
    ] {
        assert!(!page.html.contains("<script>alert"), "{}", page.html);
        assert!(!page.html.contains(r#"a=">"#), "{}", page.html);
        let (_, headers) = headers_of(page);
        let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(!policy.contains('*') && policy.ends_with("frame-ancestors 'none'"), "{policy}");
    }
}

#[test]
fn a_policy_names_one_source_for_a_url_and_none_for_anything_else() {
    for (url, expected) in [
        (WX_LOGIN_SCRIPT, WX_LOGIN_SCRIPT),
        ("https://open.weixin.qq.com", "https://open.weixin.qq.com"),
        ("http://127.0.0.1:8787/a.js?v=1#x", "http://127.0.0.1:8787/a.js"),
        (
            "https://www.example.com/a;b,c 'unsafe-inline'",
            "https://www.example.com/a%3Bb%2Cc%20'unsafe-inline'",
        ),
        ("javascript:alert(1)", "'none'"),
        ("data:text/javascript,1", "'none'"),
        ("'unsafe-inline'", "'none'"),
        ("*", "'none'"),
        ("", "'none'"),
    ] {
        assert_eq!(source(url), expected);
    }
}

#[test]
fn the_button_is_there_when_there_is_somewhere_to_go() {
    let page = declined(Lang::Zh, DeclinedReason::Snapshot, Some("/login?return_to=%2Fa&door=official"));
    assert!(page.html.contains(r#"href="/login?return_to=%2Fa&#38;door=official""#), "{}", page.html);
    assert!(page.html.contains(">重新登录</a>"));
    assert!(page.html.contains("「使用完整服务」"));
    assert_eq!(page.html.matches("<a ").count(), 1);
    assert!(!declined(Lang::Zh, DeclinedReason::Snapshot, None).html.contains("<a "));
}

#[test]
fn the_phones_page_shows_the_address_as_text_and_as_a_qr_code() {
    let url = "https://www.example.com/login?return_to=%2Forders";
    for (here_is_a_phone, says) in [(true, "不是这个浏览器"), (false, "不是这台电脑")] {
        let html = phone(Lang::Zh, url, here_is_a_phone).html;
        assert!(html.contains(&format!(">{url}</p>")), "{html}");
        assert!(html.contains(says), "{html}");
        assert_eq!(html.contains("href=\"weixin://\""), here_is_a_phone);
        // What is drawn is what a QR code of the address is, whatever draws it.
        let code = QrCode::new(url).unwrap().render::<svg::Color<'_>>().min_dimensions(240, 240).build();
        let drawn = between(&html, "src=\"data:image/svg+xml,", "\"")[0];
        assert_eq!(percent_encoding::percent_decode_str(drawn).decode_utf8().unwrap(), code);
    }
    let long = phone(Lang::Zh, &format!("{url}{}", "x".repeat(4096)), false).html;
    assert!(!long.contains("<img"));
    assert!(long.contains("https://www.example.com/login"));
}

#[test]
fn the_embedded_page_hands_over_the_argument_and_keeps_another_door_open() {
    let options =
        WxLoginOptions { fast_login: Some(0), self_redirect: Some(true), ..WxLoginOptions::default() };
    let page = embedded_with(options);
    let argument = between(&page.html, "data-argument=\"", "\"")[0].replace("&#34;", "\"");
    let argument: serde_json::Value = serde_json::from_str(&argument).unwrap();
    assert_eq!(
        argument,
        serde_json::json!({
            "appid": "wxfedcba9876543210",
            "scope": "snsapi_login",
            "redirect_uri": "https%3A%2F%2Fwww.example.com%2Fcallback",
            "state": "S1",
            "fast_login": 0,
        })
    );
    assert!(page.html.contains("<noscript>"));
    assert!(page.html.contains(r#"href="/login?door=website""#), "{}", page.html);
}

#[test]
fn the_frame_stands_on_what_its_texts_can_be_read_on() {
    let style = |style| WxLoginOptions { style: Some(style), ..WxLoginOptions::default() };
    let colors = |colors| WxLoginOptions { color_scheme: Some(colors), ..WxLoginOptions::default() };
    for (options, ground) in [
        (WxLoginOptions::default(), "light"),
        (style(WxLoginStyle::Black), "light"),
        (style(WxLoginStyle::White), "dark"),
        (colors(WxLoginColors::Light), "light"),
        (colors(WxLoginColors::Dark), "dark"),
        (colors(WxLoginColors::Auto), "auto"),
    ] {
        let html = embedded_with(options).html;
        assert!(html.contains(&format!("class=\"frame {ground}\"")), "{ground}: {html}");
    }
}
