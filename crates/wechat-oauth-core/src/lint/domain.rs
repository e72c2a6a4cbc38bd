//! "Why do I get 10003": the `redirect_uri`'s host beside the domain in the console.

use std::net::Ipv6Addr;

use url::{Host, Url};

use super::redirect::Redirect;
use super::{Finding, FindingCode, quoted};

/// The field of WeChat's console that the host must be in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ConsoleField {
    OfficialAccount,
    WebsiteApp,
    Component,
}

impl ConsoleField {
    /// Its label, in the console's own words.
    const fn label(self) -> &'static str {
        match self {
            Self::OfficialAccount => "网页授权域名",
            Self::WebsiteApp => "授权回调域",
            Self::Component => "公众号开发域名",
        }
    }

    /// Where to find it.
    const fn place(self) -> &'static str {
        match self {
            Self::OfficialAccount => "the account's settings on 公众平台",
            Self::WebsiteApp => "the 网站应用's settings on 开放平台",
            Self::Component => {
                "the 第三方平台's settings on 开放平台 (with component_appid the platform's domain counts, and the \
                 account's own 网页授权域名 does not)"
            }
        }
    }
}

/// Judges the field, and the `redirect_uri` against it, if one could be read.
pub(super) fn judge(domain: &str, redirect: Option<&Redirect>, field: ConsoleField) -> Option<Finding> {
    let (label, place) = (field.label(), field.place());
    let configured = match Configured::parse(domain) {
        Ok(configured) => configured,
        Err(fault) => {
            let host = redirect.map(|redirect| &redirect.host);
            let example = match host {
                Some(Host::Domain(host)) => quoted(host),
                _ => "a host such as www.example.com".to_owned(),
            };
            return Some(Finding::new(
                FindingCode::Domain,
                format!(
                    "{} {label} takes a bare host, and the redirect_uri must be on that very host, or the page answers \
                     10003.",
                    fault.message()
                ),
                format!("Set {label} to {example} and nothing more, in {place}."),
            ));
        }
    };
    let redirect = redirect?;
    let host = redirect.host.to_string();
    let mismatch = configured.compare(&host, redirect.url.path())?;

    let mut message = mismatch.message(&configured, &host);
    if redirect.has_upper_case_host {
        message.push_str(
            " The host is written with upper-case letters, too: write it in lower case, since 10003 was reported for \
             those alone.",
        );
    }
    let fix = match mismatch {
        Mismatch::PathOutside => format!(
            "Use a redirect_uri below {}, or set {label} to the host alone, in {place}.",
            quoted(&configured.text())
        ),
        _ if matches!(redirect.host, Host::Domain(_)) => format!(
            "Set {label} to {} in {place}, or use a redirect_uri on {}.",
            quoted(&host),
            quoted(&configured.host)
        ),
        _ => format!(
            "Use a redirect_uri on {}: {label}, in {place}, takes no IP address.",
            quoted(&configured.host)
        ),
    };
    Some(Finding::new(FindingCode::Domain, message, fix))
}

/// The field, read: a host and perhaps a path that every `redirect_uri` must be below.
struct Configured {
    /// In lower case, internationalised names in their ASCII form.
    host: String,
    /// Empty, or from its first slash on, without one at its end.
    prefix: String,
}

impl Configured {
    fn parse(domain: &str) -> Result<Self, FieldFault> {
        let domain = domain.trim_ascii();
        if domain.is_empty() {
            return Err(FieldFault::Empty);
        }
        let scheme = domain.split_once(':').map_or("", |(scheme, _)| scheme);
        if domain.contains("//") || ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return Err(FieldFault::Scheme);
        }
        let (host, path) = domain.split_once('/').unwrap_or((domain, ""));
        if host.parse::<Ipv6Addr>().is_ok() {
            return Err(FieldFault::Ip);
        }
        let host = match Host::parse(host) {
            Ok(Host::Ipv4(_) | Host::Ipv6(_)) => return Err(FieldFault::Ip),
            Ok(Host::Domain(host)) if host.bytes().all(is_host_byte) => host,
            Ok(Host::Domain(host)) if host.starts_with("*.") => return Err(FieldFault::Wildcard),
            _ if host.contains(':') => return Err(FieldFault::Port),
            _ => return Err(FieldFault::NotAHost),
        };
        // The same reading as the redirect_uri's own path gets.
        match Url::parse(&format!("https://{host}/{path}")) {
            Ok(url) if url.query().is_none() && url.fragment().is_none() => {
                Ok(Self { host, prefix: url.path().trim_end_matches('/').to_owned() })
            }
            _ => Err(FieldFault::NotAHost),
        }
    }

    fn compare(&self, host: &str, path: &str) -> Option<Mismatch> {
        if host == self.host {
            let below = path.strip_prefix(&self.prefix);
            let inside = below.is_some_and(|below| below.is_empty() || below.starts_with('/'));
            (!inside).then_some(Mismatch::PathOutside)
        } else if is_below(host, &self.host) {
            Some(Mismatch::Subdomain)
        } else if is_below(&self.host, host) {
            Some(Mismatch::Parent)
        } else if parent(host).is_some_and(|above| parent(&self.host) == Some(above)) {
            Some(Mismatch::Sibling)
        } else {
            Some(Mismatch::Other)
        }
    }

    fn text(&self) -> String {
        format!("{}{}", self.host, self.prefix)
    }
}

/// Why the field holds no domain.
enum FieldFault {
    Empty,
    Scheme,
    Port,
    Ip,
    Wildcard,
    NotAHost,
}

impl FieldFault {
    const fn message(&self) -> &'static str {
        match self {
            Self::Empty => "The configured domain is empty.",
            Self::Scheme => "The configured domain has a scheme (https://).",
            Self::Port => "The configured domain has a port.",
            Self::Ip => "The configured domain is an IP address.",
            Self::Wildcard => "The configured domain has a wildcard.",
            Self::NotAHost => "The configured domain is not a host name.",
        }
    }
}

/// How the `redirect_uri` misses the field.
enum Mismatch {
    Subdomain,
    Parent,
    Sibling,
    Other,
    PathOutside,
}

impl Mismatch {
    fn message(&self, configured: &Configured, host: &str) -> String {
        let relation = match self {
            Self::Subdomain => "a sub-domain of the configured",
            Self::Parent => "the parent domain of the configured",
            Self::Sibling => "another host beside the configured",
            Self::Other => "another host than the configured",
            Self::PathOutside => {
                return format!(
                    "The path of redirect_uri is not below the configured {}, so WeChat answers 10003.",
                    quoted(&configured.text())
                );
            }
        };
        format!(
            "redirect_uri goes to {}, {relation} {}. WeChat takes only the very same host; parent, sub- and sibling \
             domains do not count, and it answers 10003.",
            quoted(host),
            quoted(&configured.host)
        )
    }
}

fn is_below(host: &str, above: &str) -> bool {
    host.strip_suffix(above).is_some_and(|front| front.ends_with('.'))
}

/// What a host shares with its siblings; a bare `com` is no family.
fn parent(host: &str) -> Option<&str> {
    host.split_once('.').map(|(_, above)| above).filter(|above| above.contains('.'))
}

const fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}
