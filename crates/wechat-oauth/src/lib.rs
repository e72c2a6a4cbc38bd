//! wechat-oauth
