use super::*;

#[test]
fn the_policy_lets_no_other_host_in() {
    let policy = policy("abc", Reach::Itself);
    assert!(policy.starts_with("default-src 'none'; style-src 'nonce-abc'; script-src 'nonce-abc'; "));
    assert!(policy.ends_with("connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"));
}
