//! The `wechat-oauth` command.
fn main() {}
