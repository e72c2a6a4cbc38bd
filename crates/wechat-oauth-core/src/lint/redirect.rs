//! What is wrong with a `redirect_uri`, once decoded.

use url::{Host, ParseError, Url};

use crate::endpoints::is_loopback;

use super::{Finding, FindingCode, quoted};

/// A `redirect_uri` whose host can be read.
pub(super) struct Redirect {
    pub(super) url: Url,
    /// The host in lower case, internationalised names in their ASCII form.
    pub(super) host: Host<String>,
    /// Whether the host is written with upper-case letters.
    pub(super) has_upper_case_host: bool,
    has_port: bool,
}

/// Why a code cannot be added to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    NotAbsolute,
    NoHost,
    Unreadable,
    Disturbing,
    Credentials,
    Fragment,
    TakenNames(Vec<&'static str>),
}

/// Reads the decoded text; a component's callback carries `appid` too.
pub(super) fn read(text: &str, component: bool) -> (Vec<Fault>, Option<Redirect>) {
    let Some(after_scheme) = after_scheme(text.trim_start()) else {
        return (vec![Fault::NotAbsolute], None);
    };
    // The URL standard drops or repairs these; whoever follows another standard reads another host.
    let before_query = text.split(['?', '#']).next().unwrap_or_default();
    if text.trim() != text || text.contains(|c: char| c.is_ascii_control()) || before_query.contains('\\') {
        return (vec![Fault::Disturbing], None);
    }
    let authority = after_scheme.split(['/', '?', '#']).next().unwrap_or_default();
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, host_and_port)| host_and_port);
    if host_and_port.is_empty() {
        return (vec![Fault::NoHost], None);
    }
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(ParseError::EmptyHost) => return (vec![Fault::NoHost], None),
        Err(_) => return (vec![Fault::Unreadable], None),
    };
    let Some(host) = url.host().map(|host| host.to_owned()) else {
        return (vec![Fault::NoHost], None);
    };

    let mut faults = Vec::new();
    if authority != host_and_port {
        faults.push(Fault::Credentials);
    }
    if url.fragment().is_some() {
        faults.push(Fault::Fragment);
    }
    let taken = if component { &["code", "state", "appid"][..] } else { &["code", "state"][..] };
    let taken: Vec<_> =
        taken.iter().copied().filter(|name| url.query_pairs().any(|(key, _)| key == **name)).collect();
    if !taken.is_empty() {
        faults.push(Fault::TakenNames(taken));
    }

    // An IPv6 address, in its brackets, has colons of its own.
    let has_port = host_and_port.rsplit(']').next().unwrap_or_default().contains(':');
    let has_upper_case_host =
        matches!(host, Host::Domain(_)) && host_and_port.contains(|c: char| c.is_ascii_uppercase());
    (faults, Some(Redirect { url, host, has_upper_case_host, has_port }))
}

impl Fault {
    pub(super) fn finding(&self) -> Finding {
        let (message, fix) = match self {
            Self::NotAbsolute => (
                "redirect_uri is not an absolute http or https URL.".to_owned(),
                "Write it in full, with its scheme and host: https://www.example.com/callback, percent-encoded once.",
            ),
            Self::NoHost => (
                "redirect_uri has no host.".to_owned(),
                "Write it in full: https://www.example.com/callback, percent-encoded once.",
            ),
            Self::Unreadable => (
                "redirect_uri has a host or a port that cannot be one.".to_owned(),
                "Write it in full: https://www.example.com/callback, percent-encoded once.",
            ),
            Self::Disturbing => (
                "redirect_uri has a control character, a line break, a space around it, or a backslash: programs do \
                 not agree on what that means."
                    .to_owned(),
                "Remove it, or percent-encode it within the redirect_uri before the whole is encoded.",
            ),
            Self::Credentials => (
                "redirect_uri has a user name or a password in front of its host.".to_owned(),
                "Remove it: a redirect_uri is seen by everybody on the way.",
            ),
            Self::Fragment => (
                "redirect_uri has a fragment (#): WeChat's code lands in the wrong place, behind the fragment or in \
                 front of it, depending on the way of login, so a hash route does not get it."
                    .to_owned(),
                "Use a redirect_uri without #, and go on to the hash route from the page that received the code.",
            ),
            Self::TakenNames(names) => (
                format!(
                    "The query of redirect_uri has {} of its own; WeChat adds the same name, and the callback gets two.",
                    names.join(" and ")
                ),
                "Give your own parameter another name.",
            ),
        };
        Finding::new(FindingCode::RedirectInvalid, message, fix)
    }
}

impl Redirect {
    /// What works against an emulator on loopback, and not, or not well, in production.
    pub(super) fn warnings(&self) -> impl Iterator<Item = Finding> {
        let http = (self.url.scheme() == "http" && !is_loopback(Some(self.host.clone()))).then(|| {
            Finding::new(
                FindingCode::RedirectHttp,
                "redirect_uri is plain http: the code passes the network where others can read it.",
                "Use https.",
            )
        });
        let port = self.has_port.then(|| {
            Finding::new(
                FindingCode::RedirectPort,
                "redirect_uri has a port: WeChat does not support one, and answers 10003.",
                "Serve the callback on the default port and leave the port out; a port works only against the emulator.",
            )
        });
        let ip = matches!(self.host, Host::Ipv4(_) | Host::Ipv6(_)).then(|| {
            Finding::new(
                FindingCode::RedirectIp,
                format!(
                    "redirect_uri goes to the IP address {}: the console takes only host names, so WeChat answers 10003.",
                    quoted(&self.host.to_string())
                ),
                "Use a host name that is set in the console; an IP address works only against the emulator.",
            )
        });
        [http, port, ip].into_iter().flatten()
    }
}

fn after_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<Fault> {
        read(text, false).0
    }

    #[test]
    fn an_absolute_url_with_a_host_has_no_fault() {
        for text in [
            "https://www.example.com",
            "HTTPS://www.example.com/a b?c=d\\e&coder=1&State=2",
            "http://localhost:3000/cb",
            "http://[::1]:3000/cb",
            "https://例子.example/路径",
        ] {
            assert_eq!(faults(text), [], "{text}");
        }
    }

    #[test]
    fn each_fault_is_told_apart() {
        for text in [
            "",
            "REDIRECT_URI",
            "/callback",
            "www.example.com/cb",
            "https:www.example.com",
            "ftp://a.example/",
        ] {
            assert_eq!(faults(text), [Fault::NotAbsolute], "{text}");
        }
        for text in ["https://", "https:///cb", "https://?a=b", "https://user@/cb", "https://#/cb"] {
            assert_eq!(faults(text), [Fault::NoHost], "{text}");
        }
        for text in ["https://:80/", "https://a.example:99999/", "https://a b.example/", "https://[::1/"] {
            assert!(matches!(faults(text)[..], [Fault::Unreadable | Fault::NoHost]), "{text}");
        }
        for text in [
            "https://a.example\\@b.example/",
            "https://a.exa\nmple/",
            "https://a.example/ ",
            " https://a.example/",
            "https://a.example/\0",
        ] {
            assert_eq!(faults(text), [Fault::Disturbing], "{text}");
        }
        assert_eq!(faults("https://me:pw@a.example/"), [Fault::Credentials]);
        assert_eq!(faults("https://a.example/#/cb"), [Fault::Fragment]);
        assert_eq!(faults("https://a.example/?c%6Fde=1&state"), [Fault::TakenNames(vec!["code", "state"])]);
        assert_eq!(faults("https://a.example/?appid=1"), []);
        assert_eq!(read("https://a.example/?appid=1", true).0, [Fault::TakenNames(vec!["appid"])]);
    }

    #[test]
    fn several_faults_are_all_told() {
        let all = [Fault::Credentials, Fault::Fragment, Fault::TakenNames(vec!["code"])].to_vec();
        assert_eq!(faults("https://me@a.example/?code=1#x"), all);
    }

    #[test]
    fn a_port_is_one_that_is_written() {
        let has_port = |text: &str| read(text, false).1.unwrap().has_port;
        assert!(has_port("https://a.example:443/"));
        assert!(has_port("http://[::1]:80/"));
        assert!(!has_port("https://a.example/:80?x=:80"));
        assert!(!has_port("https://me:pw@a.example/"));
        assert!(!has_port("https://me@here:1@a.example/"));
        assert!(!has_port("http://[::1]/"));
    }

    #[test]
    fn only_letters_of_a_name_are_upper_case() {
        let upper = |text: &str| read(text, false).1.unwrap().has_upper_case_host;
        assert!(upper("https://A.example/"));
        assert!(!upper("HTTPS://a.example/CB"));
        assert!(!upper("https://ME@a.example/"));
        assert!(!upper("https://[2001:DB8::1]/"));
    }
}
