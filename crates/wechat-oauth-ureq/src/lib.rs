//! wechat-oauth-ureq
