//! A browser that walks the login by itself, over real HTTP, and tells each step with its secrets hidden.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::{ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, redirect};
use serde::Deserialize;
use url::Url;
use wechat_oauth::UntrustedText;

use super::wire::{Logged, hidden_url, latest_calls};
use crate::failure::Failure;
use crate::lang::Lang;
use crate::output;

/// How long one page is waited for: both servers are on this machine.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How many redirects a walk follows; a login has four.
const MAX_HOPS: usize = 10;

/// Signs in at the site and prints how.
pub(crate) async fn walk(site_url: &str, emulator_url: &str, lang: Lang) -> Result<(), Failure> {
    let (site, emulator) = (parse(site_url)?, parse(emulator_url)?);
    let mut browser = Browser::new(lang)?;
    let home = browser.visit(Method::GET, &site, &[]).await?;
    if home.status != 200 {
        return Err(failed("the site shows no home page"));
    }
    let mut page = browser.follow(Method::GET, at(&site, "/login")?, &[]).await?;

    // The consent page, unless consent was automatic.
    if page.url.origin() == emulator.origin() {
        let tx = hidden_field(&page.body, "tx").ok_or_else(|| failed("WeChat shows no consent page"))?;
        let form = [("tx", tx.as_str()), ("answer", "allow")];
        page = browser.follow(Method::POST, at(&emulator, "/_emulator/consent")?, &form).await?;
    }
    if page.url != site || page.status != 200 {
        return Err(failed(&format!("it ended at {}", hidden_url(page.url.as_str()))));
    }

    let me = browser.visit(Method::GET, &at(&site, "/me")?, &[]).await?;
    let Ok(Me { signed_in: true, openid: Some(openid) }) = serde_json::from_str(&me.body) else {
        return Err(failed("nobody is signed in"));
    };

    let log = browser.fetch(Method::GET, &at(&emulator, "/_emulator/log")?, &[]).await?;
    let log: Vec<Logged> = serde_json::from_str(&log.body).map_err(|_| failed("the log cannot be read"))?;
    tell(lang.pick("\n网站向微信发出的请求：", "\nWhat the site asked WeChat meanwhile:"))?;
    for call in latest_calls(log) {
        tell(&format!("   {call}"))?;
    }

    let profile = browser.fetch(Method::GET, &at(&site, "/me/profile")?, &[]).await?;
    let profile: Profile =
        serde_json::from_str(&profile.body).map_err(|_| failed("the site knows no profile"))?;
    if profile.openid != openid {
        return Err(failed("the profile is another person's"));
    }
    tell(lang.pick("\n已登录：", "\nSigned in:"))?;
    let none = || lang.pick("无", "none").to_owned();
    for (name, value) in [
        ("nickname", profile.nickname.to_string()),
        ("openid", openid),
        ("unionid", profile.unionid.unwrap_or_else(none)),
        ("avatar", profile.avatar.unwrap_or_else(none)),
    ] {
        tell(&format!("   {name:8}  {value}"))?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Me {
    signed_in: bool,
    openid: Option<String>,
}

#[derive(Deserialize)]
struct Profile {
    openid: String,
    unionid: Option<String>,
    nickname: UntrustedText,
    avatar: Option<String>,
}

struct Page {
    url: Url,
    status: u16,
    headers: HeaderMap,
    body: String,
}

/// The little of a browser that a login needs: cookies by host, and redirects.
struct Browser {
    client: Client,
    cookies: BTreeMap<String, BTreeMap<String, String>>,
    lang: Lang,
    steps: usize,
}

impl Browser {
    fn new(lang: Lang) -> Result<Self, Failure> {
        let client = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .timeout(TIMEOUT)
            .user_agent("Mozilla/5.0 MicroMessenger (wechat-oauth demo)")
            .build()
            .map_err(|_| failed("the HTTP client refuses its settings"))?;
        Ok(Self { client, cookies: BTreeMap::new(), lang, steps: 0 })
    }

    /// Goes where it is sent, until there is a page.
    async fn follow(&mut self, method: Method, url: Url, form: &[(&str, &str)]) -> Result<Page, Failure> {
        let mut page = self.visit(method, &url, form).await?;
        for _ in 0..MAX_HOPS {
            let Some(location) = page.headers.get(LOCATION).and_then(|value| value.to_str().ok()) else {
                return Ok(page);
            };
            let next = page.url.join(location).map_err(|_| failed("a redirect leads nowhere"))?;
            page = self.visit(Method::GET, &next, &[]).await?;
        }
        Err(failed("the redirects do not end"))
    }

    /// One numbered step.
    async fn visit(&mut self, method: Method, url: &Url, form: &[(&str, &str)]) -> Result<Page, Failure> {
        self.steps += 1;
        tell(&format!("{}. {}", self.steps, label(url, self.lang)))?;
        tell(&format!("   {method} {}", hidden_url(url.as_str())))?;
        let page = self.fetch(method, url, form).await?;
        let location = page.headers.get(LOCATION).and_then(|value| value.to_str().ok());
        let came = match (location, title(&page.body)) {
            (Some(location), _) => format!("→ {}", hidden_url(location)),
            (None, Some(title)) => format!("“{title}”"),
            (None, None) => page.body.clone(),
        };
        tell(&format!("   {} {}", page.status, UntrustedText::from(came)))?;
        Ok(page)
    }

    async fn fetch(&mut self, method: Method, url: &Url, form: &[(&str, &str)]) -> Result<Page, Failure> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let mut request = self.client.request(method, url.clone());
        request = request.header(ACCEPT_LANGUAGE, self.lang.pick("zh-CN", "en"));
        if let Some(cookies) = self.cookies.get(&host).filter(|cookies| !cookies.is_empty()) {
            let line: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(COOKIE, line.join("; "));
        }
        if !form.is_empty() {
            let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        }
        // What reqwest says holds the URL.
        let lost =
            |_: reqwest::Error| failed(&format!("no answer from {}", url.origin().ascii_serialization()));
        let answer = request.send().await.map_err(lost)?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        for cookie in headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok()) {
            let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            self.cookies.entry(host.clone()).or_default().insert(name.to_owned(), value.to_owned());
        }
        let body = answer.text().await.map_err(lost)?;
        Ok(Page { url: url.clone(), status, headers, body })
    }
}

fn tell(line: &str) -> Result<(), Failure> {
    output::print(line).map_err(|error| {
        Failure::configuration("output", format!("standard output cannot be written: {error}"))
    })
}

fn failed(what: &str) -> Failure {
    Failure::configuration("demo", format!("the walk through the login failed: {what}"))
}

fn parse(url: &str) -> Result<Url, Failure> {
    Url::parse(url).map_err(|_| failed("an address is none"))
}

fn at(origin: &Url, path: &str) -> Result<Url, Failure> {
    origin.join(path).map_err(|_| failed("an address is none"))
}

/// What a step is, in words.
fn label(url: &Url, lang: Lang) -> &'static str {
    match url.path() {
        "/" => lang.pick("示例网站", "The sample site"),
        "/login" => lang.pick("点击「微信登录」", "The sign-in button"),
        "/callback" => lang.pick("微信把浏览器带回网站", "WeChat sends the browser back"),
        "/me" => lang.pick("谁登录了", "Who is signed in"),
        "/_emulator/consent" => lang.pick("用户点击「允许」", "The person allows it"),
        _ => lang.pick("微信授权页", "WeChat's authorize page"),
    }
}

fn title(html: &str) -> Option<&str> {
    html.split_once("<title>")?.1.split_once("</title>").map(|(title, _)| title)
}

/// The value of a form's hidden field.
fn hidden_field(html: &str, name: &str) -> Option<String> {
    let (_, rest) = html.split_once(&format!("type=\"hidden\" name=\"{name}\" value=\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_field_and_a_title_are_found() {
        let html = r#"<title>T</title><form><input type="hidden" name="tx" value="abc"><button>"#;
        assert_eq!(hidden_field(html, "tx").as_deref(), Some("abc"));
        assert_eq!(hidden_field(html, "answer"), None);
        assert_eq!(title(html), Some("T"));
    }
}
