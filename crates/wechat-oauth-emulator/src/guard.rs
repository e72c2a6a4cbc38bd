//! Keeps other sites' pages out of the emulator's own API: whoever browses on this machine also browses elsewhere.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::message::{Method, Request};

/// Whether a request may reach the API.
///
/// A page of another site cannot: a name that was rebound to this machine is not a loopback name, a form or script
/// says its origin, and a browser says that the request crosses sites. Programs that are no browser say none of it.
pub(crate) fn check(request: &Request) -> Result<(), &'static str> {
    let host = request.header("host");
    if let Some(host) = host
        && !is_loopback(host)
    {
        return Err("the Host is not a loopback address: open the emulator by its base URL");
    }
    if let Some(origin) = request.header("origin")
        && origin.strip_prefix("http://") != host
    {
        return Err("the request comes from another origin than the emulator's own");
    }
    let crosses = matches!(request.header("sec-fetch-site"), Some("cross-site" | "same-site"));
    let is_visit = request.method == Method::Get && request.header("sec-fetch-mode") == Some("navigate");
    if crosses && !is_visit {
        return Err("the request comes from another site's page");
    }
    Ok(())
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(address, _)| address),
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || name.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(method: Method, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::get("/_emulator/users");
        request.method = method;
        for (name, value) in headers {
            request = request.with_header(name, value);
        }
        check(&request).is_ok()
    }

    #[test]
    fn programs_and_the_emulators_own_pages_are_let_in() {
        for host in ["127.0.0.1:8787", "localhost:8787", "LOCALHOST", "[::1]:8787", "127.1.2.3"] {
            let own = format!("http://{host}");
            assert!(allowed(Method::Post, &[("host", host)]), "{host}");
            assert!(
                allowed(Method::Post, &[("host", host), ("origin", &own), ("sec-fetch-site", "same-origin")]),
                "{host}"
            );
        }
        assert!(allowed(Method::Post, &[]));
    }

    #[test]
    fn other_sites_pages_are_kept_out() {
        let here = ("host", "127.0.0.1:8787");
        for headers in [
            &[("host", "rebound.example:8787")][..],
            &[("host", "127.0.0.1.evil")],
            &[("host", "localhost.evil:8787")],
            &[here, ("origin", "http://localhost:3000")],
            &[here, ("origin", "http://127.0.0.1:3000")],
            &[here, ("origin", "https://127.0.0.1:8787")],
            &[here, ("origin", "null")],
            &[here, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")],
            &[here, ("sec-fetch-site", "same-site"), ("sec-fetch-mode", "cors")],
        ] {
            assert!(!allowed(Method::Get, headers), "{headers:?}");
            assert!(!allowed(Method::Post, headers), "{headers:?}");
        }
    }

    #[test]
    fn a_link_may_lead_here_and_a_form_may_not() {
        let headers =
            [("host", "127.0.0.1:1"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
        assert!(allowed(Method::Get, &headers));
        assert!(!allowed(Method::Post, &headers));
    }
}
