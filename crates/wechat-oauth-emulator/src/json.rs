//! WeChat's JSON: compact, `/` written `\/`, other characters as they are, control bytes raw inside strings.
//!
//! It is written by hand because the emulator must be able to write what a JSON library refuses to.

/// A value to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Json {
    /// Text, escaped as WeChat escapes it.
    Text(String),
    /// A number.
    Number(i64),
    /// A list of texts.
    Texts(Vec<String>),
    /// Bytes that are written as they are, whatever they are.
    Raw(Vec<u8>),
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// An object: its keys in the order in which they are written, and perhaps more than once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Object(Vec<(&'static str, Json)>);

impl Object {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a key at the end.
    #[must_use]
    pub(crate) fn with(mut self, key: &'static str, value: impl Into<Json>) -> Self {
        self.0.push((key, value.into()));
        self
    }

    /// Adds a key at the end, even one that is there already.
    pub(crate) fn push(&mut self, key: &'static str, value: Json) {
        self.0.push((key, value));
    }

    /// Puts a key at the front, even one that is there already.
    pub(crate) fn push_front(&mut self, key: &'static str, value: Json) {
        self.0.insert(0, (key, value));
    }

    /// Changes a key where it is; a key that is not there is not added.
    pub(crate) fn set(&mut self, key: &str, value: &Json) {
        for (found, old) in &mut self.0 {
            if *found == key {
                old.clone_from(value);
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.0.retain(|(found, _)| *found != key);
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.0.iter().find_map(|(found, value)| match value {
            Json::Text(text) if *found == key => Some(text.as_str()),
            _ => None,
        })
    }

    /// The bytes on the wire.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![b'{'];
        for (position, (key, value)) in self.0.iter().enumerate() {
            if position > 0 {
                out.push(b',');
            }
            write_text(&mut out, key);
            out.push(b':');
            match value {
                Json::Text(text) => write_text(&mut out, text),
                Json::Number(number) => out.extend(number.to_string().bytes()),
                Json::Texts(texts) => {
                    out.push(b'[');
                    for (position, text) in texts.iter().enumerate() {
                        if position > 0 {
                            out.push(b',');
                        }
                        write_text(&mut out, text);
                    }
                    out.push(b']');
                }
                Json::Raw(bytes) => out.extend(bytes),
            }
        }
        out.push(b'}');
        out
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' | b'/' => out.extend([b'\\', byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            other => out.push(other),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_are_escaped_and_nothing_else_that_need_not_be() {
        let object =
            Object::new().with("u", "http://a/中👨\u{200d}👩\"\\\n\u{14}").with("l", Json::Texts(vec![]));
        assert_eq!(
            object.to_bytes(),
            "{\"u\":\"http:\\/\\/a\\/中👨\u{200d}👩\\\"\\\\\\n\u{14}\",\"l\":[]}".as_bytes()
        );
    }

    #[test]
    fn keys_keep_their_order_and_may_repeat() {
        let mut object = Object::new().with("b", "1").with("a", "2");
        object.push("b", Json::Number(-3));
        object.push_front("z", Json::Raw(b"1e30".to_vec()));
        object.set("missing", &Json::Number(1));
        assert_eq!(object.to_bytes(), br#"{"z":1e30,"b":"1","a":"2","b":-3}"#);
        object.remove("b");
        assert_eq!(object.to_bytes(), br#"{"z":1e30,"a":"2"}"#);
        assert_eq!(object.text("a"), Some("2"));
    }
}
