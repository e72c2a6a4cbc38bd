//! Reads an authorize URL as WeChat would, and says what is wrong with it.
