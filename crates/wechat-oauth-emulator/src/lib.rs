//! wechat-oauth-emulator
