//! wechat-oauth-reqwest
