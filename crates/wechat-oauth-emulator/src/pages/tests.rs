use super::*;

/// What a nickname may try.
const HOSTILE: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>\u{202e}\u{7}";

const BASE_URL: &str = "http://127.0.0.1:8080";
const CALLBACK: &str = "http://localhost:3000/callback?code=c0de&state=5ta7e";
const SECOND_CALLBACK: &str = "http://localhost:3000/callback?code=c0de2&state=5ta7e";
const QR: &str = r#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;

const LANGS: [Lang; 2] = [Lang::Chinese, Lang::English];

#[test]
fn every_page_is_a_whole_document_in_its_language() {
    for (lang, name, page) in every_page() {
        let html = &page.html;
        assert!(html.trim_start().starts_with("<!doctype html>"), "{name}");
        assert!(html.trim_end().ends_with("</html>"), "{name}");
        assert!(html.contains(&format!("<html lang=\"{}\">", lang.tag())), "{name}");
        assert!(html.contains("<meta name=\"viewport\" content=\"width=device-width"), "{name}");
        assert!(html.contains("<main"), "{name}");
        let title = between(html, "<title>", "</title>").expect(name);
        assert!(!title.is_empty(), "{name}");
    }
}

#[test]
fn every_page_says_that_it_is_an_emulator_and_offers_the_other_language() {
    for (lang, name, page) in every_page() {
        assert!(page.html.contains(lang.pick("不是真正的微信", "not WeChat")), "{name}");
        assert!(page.html.contains(lang.pick("data-to=\"en\"", "data-to=\"zh\"")), "{name}");
    }
}

#[test]
fn an_english_page_speaks_no_chinese_but_the_name_of_the_other_language() {
    for (lang, name, page) in every_page() {
        let chinese =
            page.html.replace(">中文</button>", "").chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        assert_eq!(chinese, lang == Lang::Chinese, "{name}");
    }
}

#[test]
fn a_hostile_nickname_is_shown_and_nothing_more() {
    let mut shown = 0;
    for (_, name, page) in every_page() {
        let html = &page.html;
        assert!(!html.contains("<script>"), "{name}");
        assert!(!html.contains("<img src=x"), "{name}");
        assert!(!html.contains(['\u{202e}', '\u{7}']), "{name}");
        if html.contains("&#60;script&#62;alert(1)&#60;/script&#62;") {
            assert!(html.contains(r"\u{202e}\u{7}"), "{name}");
            shown += 1;
        }
    }
    // Consent, snapshot, three looks of the QR page, two stages of the phone, error, refused: in both languages.
    assert_eq!(shown, 2 * 9);
}

#[test]
fn no_page_asks_another_host_for_anything() {
    for (_, name, page) in every_page() {
        let mut html = page.html;
        for known in
            [BASE_URL, "http://localhost:3000", "https://open.weixin.qq.com", "https://api.weixin.qq.com"]
        {
            html = html.replace(known, "");
        }
        for part in ["http://", "https://", "src=\"//", "href=\"//", "@import", "url("] {
            assert!(!html.contains(part), "{name}: {part}");
        }
    }
}

#[test]
fn nothing_runs_or_paints_without_the_nonce() {
    for (_, name, page) in every_page() {
        for tag in tags(&page.html) {
            let element = tag.split([' ', '\n']).next().expect(name);
            if element == "script" || element == "style" {
                assert_eq!(tag, format!("{element} nonce=\"n0nce\""), "{name}");
            }
            for attribute in attributes(tag) {
                assert!(!attribute.starts_with("on"), "{name}: {tag}");
                assert_ne!(attribute, "style", "{name}: {tag}");
            }
        }
        assert!(page.content_security_policy.contains("style-src 'nonce-n0nce'; script-src 'nonce-n0nce';"));
    }
}

#[test]
fn every_field_a_person_fills_has_a_label() {
    for (_, name, page) in every_page() {
        let mut open_labels = 0_i32;
        for tag in tags(&page.html) {
            let element = tag.split([' ', '\n']).next().expect(name);
            match element {
                "label" => open_labels += 1,
                "/label" => open_labels -= 1,
                "input" if tag.contains("type=\"hidden\"") => {}
                "input" | "select" => {
                    assert!(open_labels == 1 || tag.contains("aria-label="), "{name}: {tag}");
                }
                "img" => assert!(tag.contains("alt="), "{name}: {tag}"),
                _ => {}
            }
        }
        assert_eq!(open_labels, 0, "{name}");
    }
}

#[test]
fn no_id_is_used_twice_on_a_page() {
    for (_, name, page) in every_page() {
        let mut ids: Vec<_> = tags(&page.html).filter_map(|tag| between(tag, " id=\"", "\"")).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "{name}");
    }
}

#[test]
fn the_policy_lets_no_other_host_in() {
    assert_eq!(
        policy("abc", Reach::Itself),
        "default-src 'none'; style-src 'nonce-abc'; script-src 'nonce-abc'; img-src 'self' data:; \
         connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
}

#[test]
fn only_what_an_iframe_of_the_qr_page_shows_may_be_framed() {
    for (_, name, page) in every_page() {
        let framed = page.content_security_policy.ends_with("frame-ancestors *");
        let shown_in_an_iframe = ["qr embedded", "double"].iter().any(|start| name.starts_with(start));
        assert_eq!(framed, shown_in_an_iframe, "{name}");
        assert!(framed || page.content_security_policy.ends_with("frame-ancestors 'none'"), "{name}");
    }
}

#[test]
fn only_the_double_callback_reaches_beyond_the_emulator() {
    for (_, name, page) in every_page() {
        let beyond = page.content_security_policy.contains("connect-src 'self' http: https:;");
        assert_eq!(beyond, name == "double callback", "{name}");
    }
}

#[test]
fn no_policy_limits_where_a_form_leads() {
    // The consent form's answer redirects to the app, and browsers would apply form-action to that.
    for (_, name, page) in every_page() {
        assert!(!page.content_security_policy.contains("form-action"), "{name}");
    }
}

#[test]
fn the_consent_form_sends_the_transaction_and_either_answer() {
    for lang in LANGS {
        let html = consent(&consent_view(lang)).html;
        assert!(html.contains(r#"<form method="post" action="/_emulator/consent""#));
        assert!(html.contains(r#"<input type="hidden" name="tx" value="tx&#34;1">"#));
        for answer in ["allow", "deny"] {
            assert!(html.contains(&format!("<button name=\"answer\" value=\"{answer}\"")));
        }
        assert!(html.contains("location.hash !== '#wechat_redirect'"));
    }
}

#[test]
fn the_consent_page_names_the_third_party_platform_when_one_asks() {
    let mut view = consent_view(Lang::English);
    assert!(!consent(&view).html.contains("third-party platform"));
    view.account.component_appid = Some("wxc0ffee0011223344");
    assert!(consent(&view).html.contains("third-party platform <code>wxc0ffee0011223344</code>"));
}

#[test]
fn the_snapshot_page_offers_the_full_service_only_to_somebody() {
    let mut view = snapshot_view(Lang::English);
    assert!(snapshot(&view).html.contains(r#"value="snapshot""#));
    assert!(snapshot(&view).html.contains(r#"value="allow""#));
    view.person = None;
    assert!(snapshot(&view).html.contains(r#"value="snapshot""#));
    assert!(!snapshot(&view).html.contains(r#"value="allow""#));
}

#[test]
fn the_qr_code_is_an_image_that_cannot_run() {
    let html = qr(&qr_view(Lang::Chinese, QrLook::Whole)).html;
    assert!(html.contains(r#"<img src="data:image/svg+xml,%3Csvg%20xmlns%3D%22http%3A%2F%2Fwww.w3.org%2F2000%2Fsvg%22%3E%3Cscript"#));
    assert!(!html.contains(QR));
}

#[test]
fn the_qr_page_polls_its_transaction_and_opens_the_phone_in_another_tab() {
    let html = qr(&qr_view(Lang::English, QrLook::Whole)).html;
    assert!(html.contains(r#"data-poll="/_emulator/qr/tx%221""#));
    assert!(html.contains(r#"href="/_emulator/phone/tx%221" target="_blank" rel="noopener""#));
}

#[test]
fn the_callback_goes_to_the_top_window_unless_the_frame_keeps_it() {
    let mut view = qr_view(Lang::English, QrLook::EmbeddedBlack);
    assert!(qr(&view).html.contains(r#"data-window="top""#));
    view.redirects_itself = true;
    assert!(qr(&view).html.contains(r#"data-window="self""#));
}

#[test]
fn the_phone_scans_first_and_answers_then() {
    let waiting = phone(&phone_view(Lang::English, PhoneStage::Waiting)).html;
    assert!(waiting.contains(r#"<button name="answer" value="scan""#));
    assert!(!waiting.contains(r#"value="allow""#));
    let scanned = phone(&phone_view(Lang::English, PhoneStage::Scanned)).html;
    assert!(scanned.contains(r#"<button name="answer" value="allow""#));
    assert!(scanned.contains(r#"<button name="answer" value="deny""#));
    assert!(!scanned.contains(r#"value="scan""#));
    for over in [PhoneStage::Confirmed, PhoneStage::Refused, PhoneStage::Expired] {
        assert!(!phone(&phone_view(Lang::English, over)).html.contains("<form"));
    }
}

#[test]
fn only_the_holder_of_the_phone_is_chosen_at_first() {
    let html = phone(&phone_view(Lang::English, PhoneStage::Scanned)).html;
    assert_eq!(html.matches(" checked").count(), 1);
    assert!(html.contains(r#"<input type="radio" name="user" value="quiet" checked>"#));
}

#[test]
fn a_person_without_nickname_or_avatar_is_still_somebody() {
    let html = phone(&phone_view(Lang::English, PhoneStage::Waiting)).html;
    assert!(html.contains("(no nickname)"));
    assert!(!html.contains(r#"src="""#));
}

#[test]
fn an_error_page_shows_its_code_and_what_to_do() {
    for lang in LANGS {
        let html = error(&error_view(lang)).html;
        assert!(html.contains("10003"));
        for text in ["redirect_uri", "meaning-text", "remedy-text", "fact-label"] {
            assert!(html.contains(text));
        }
    }
}

#[test]
fn an_error_page_without_code_or_explanation_shows_the_title_alone() {
    let html = error(&ErrorView {
        code: None,
        meaning: "",
        remedy: "",
        facts: Vec::new(),
        ..error_view(Lang::English)
    })
    .html;
    assert!(!html.contains("Error code"));
    assert!(!html.contains("class=\"explained\""));
}

#[test]
fn both_callbacks_reach_the_page_that_delivers_them() {
    let html = double_callback(&double_callback_view(Lang::English, SECOND_CALLBACK)).html;
    assert!(html.contains(&format!("data-first=\"{}\"", CALLBACK.replace('&', "&#38;"))));
    assert!(html.contains(&format!("data-second=\"{}\"", SECOND_CALLBACK.replace('&', "&#38;"))));
    assert!(html.contains("one state and two codes"));
    let same = double_callback(&double_callback_view(Lang::English, CALLBACK)).html;
    assert!(same.contains("the same code and state"));
}

#[test]
fn a_logo_has_the_first_letter_of_the_name_and_a_colour_of_its_own() {
    assert_eq!(account_named("<星河>").initial(), '星');
    assert_eq!(account_named("🍭").initial(), '微');
    assert_eq!(account_named("a").colour(), account_named("b").colour());
    let other = AccountCard { appid: "wx0000000000000001", ..account_named("a") };
    assert_ne!(account_named("a").colour(), other.colour());
}

fn every_page() -> Vec<(Lang, &'static str, Page)> {
    let mut pages = Vec::new();
    for lang in LANGS {
        pages.extend(
            [
                ("consent", consent(&consent_view(lang))),
                ("snapshot", snapshot(&snapshot_view(lang))),
                ("qr", qr(&qr_view(lang, QrLook::Whole))),
                ("qr embedded black", qr(&qr_view(lang, QrLook::EmbeddedBlack))),
                ("qr embedded white", qr(&qr_view(lang, QrLook::EmbeddedWhite))),
                ("phone waiting", phone(&phone_view(lang, PhoneStage::Waiting))),
                ("phone scanned", phone(&phone_view(lang, PhoneStage::Scanned))),
                ("phone confirmed", phone(&phone_view(lang, PhoneStage::Confirmed))),
                ("phone refused", phone(&phone_view(lang, PhoneStage::Refused))),
                ("phone expired", phone(&phone_view(lang, PhoneStage::Expired))),
                ("error", error(&error_view(lang))),
                ("refused", refused(&RefusedView { frame: frame(lang), account: account_named(HOSTILE) })),
                ("wechat only", wechat_only(&WechatOnlyView { frame: frame(lang) })),
                ("double callback", double_callback(&double_callback_view(lang, CALLBACK))),
                ("control", control(&ControlView { frame: frame(lang), base_url: BASE_URL })),
                ("home", home(&HomeView { frame: frame(lang), base_url: BASE_URL })),
            ]
            .map(|(name, page)| (lang, name, page)),
        );
    }
    pages
}

const fn frame(lang: Lang) -> Frame<'static> {
    Frame { lang, nonce: "n0nce" }
}

fn account_named(name: &str) -> AccountCard<'static> {
    AccountCard {
        name: UntrustedText::from(name.to_owned()),
        appid: "wx0123456789abcdef",
        component_appid: None,
    }
}

fn hostile_person() -> PersonCard<'static> {
    PersonCard {
        id: "hostile",
        nickname: UntrustedText::from(HOSTILE.to_owned()),
        avatar: "/_emulator/avatar/hostile",
    }
}

fn quiet_person() -> PersonCard<'static> {
    PersonCard { id: "quiet", nickname: UntrustedText::default(), avatar: "" }
}

fn consent_view(lang: Lang) -> ConsentView<'static> {
    ConsentView { frame: frame(lang), tx: "tx\"1", account: account_named(HOSTILE), person: hostile_person() }
}

fn snapshot_view(lang: Lang) -> SnapshotView<'static> {
    SnapshotView {
        frame: frame(lang),
        tx: "tx\"1",
        account: account_named(HOSTILE),
        visitor: quiet_person(),
        person: Some(hostile_person()),
    }
}

fn qr_view(lang: Lang, look: QrLook) -> QrView<'static> {
    QrView {
        frame: frame(lang),
        tx: "tx\"1",
        account: account_named(HOSTILE),
        qr_svg: QR,
        look,
        redirects_itself: false,
    }
}

fn phone_view(lang: Lang, stage: PhoneStage) -> PhoneView<'static> {
    PhoneView {
        frame: frame(lang),
        tx: "tx\"1",
        account: account_named("Books"),
        people: vec![hostile_person(), quiet_person()],
        holder: "quiet",
        stage,
    }
}

fn error_view(lang: Lang) -> ErrorView<'static> {
    ErrorView {
        frame: frame(lang),
        code: Some(10003),
        title: "redirect_uri",
        meaning: "meaning-text",
        remedy: "remedy-text",
        facts: vec![Fact { label: "fact-label", value: UntrustedText::from(HOSTILE.to_owned()) }],
        embedded: false,
    }
}

const fn double_callback_view(lang: Lang, second: &'static str) -> DoubleCallbackView<'static> {
    DoubleCallbackView { frame: frame(lang), first: CALLBACK, second }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}

/// The insides of all tags; scripts and styles are left out, so that their `<` count for nothing.
fn tags(html: &str) -> impl Iterator<Item = &str> {
    let mut rest = html;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once('<')?;
        let (tag, after) = after.split_once('>')?;
        rest = after;
        for element in ["script", "style"] {
            if tag.starts_with(element) {
                rest = after.split_once(&format!("</{element}>")).map_or("", |(_, after)| after);
            }
        }
        Some(tag)
    })
}

/// The names of a tag's attributes.
fn attributes(tag: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once("=\"") {
        names.extend(before.rsplit([' ', '\n']).next());
        rest = after.split_once('"').map_or("", |(_, after)| after);
    }
    names
}
