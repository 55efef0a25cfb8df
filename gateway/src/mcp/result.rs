//! Writing results: the envelope, what each era wants around a result, and content blocks.

use serde_json::{Map, Value, value::RawValue};

use super::{
    json,
    version::{Era, Version},
};

/// A result being written: opened with the request's id, closed for its revision.
#[derive(Debug)]
pub struct ResultWriter {
    out: Vec<u8>,
    era: Era,
    empty: bool,
}

/// How long and for whom an answer may be kept (2026-07-28, caching).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheHint {
    /// `ttlMs`.
    pub ttl_ms: u64,
    /// `cacheScope: public` if true, else `private`.
    pub public: bool,
}

impl ResultWriter {
    /// Begins `{"jsonrpc":"2.0","id":…,"result":{`, with `resultType` where the era has it.
    #[must_use]
    pub fn open(id: &RawValue, version: Version, capacity: usize) -> Self {
        let mut out = Vec::with_capacity(capacity + 256);
        out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
        out.extend_from_slice(id.get().as_bytes());
        out.extend_from_slice(b",\"result\":{");
        let mut writer = Self {
            out,
            era: version.era(),
            empty: true,
        };
        if writer.era == Era::Modern {
            writer.raw("resultType", b"\"complete\"");
        }
        writer
    }

    /// Starts a member; its value is to be appended to what is returned.
    pub fn member(&mut self, name: &str) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        json::push_string(&mut self.out, name);
        self.out.push(b':');
        &mut self.out
    }

    /// Adds a member whose value is already JSON.
    pub fn raw(&mut self, name: &str, value: &[u8]) {
        self.member(name).extend_from_slice(value);
    }

    /// Adds a member that is a string.
    pub fn text(&mut self, name: &str, value: &str) {
        json::push_string(self.member(name), value);
    }

    /// Adds `ttlMs` and `cacheScope` where the era has them.
    pub fn cache(&mut self, hint: CacheHint) {
        if self.era == Era::Modern {
            self.raw("ttlMs", hint.ttl_ms.to_string().as_bytes());
            self.raw(
                "cacheScope",
                if hint.public {
                    b"\"public\""
                } else {
                    b"\"private\""
                },
            );
        }
    }

    /// Ends the message; `server_meta` is the rendered `_meta` of a modern result.
    #[must_use]
    pub fn close(mut self, server_meta: &[u8]) -> Vec<u8> {
        if self.era == Era::Modern {
            self.raw("_meta", server_meta);
        }
        self.out.extend_from_slice(b"}}");
        self.out
    }
}

impl ResultWriter {
    /// Ends the message as [`Self::close`] does, keeping what a backend put into `_meta` under names of its own.
    #[must_use]
    pub fn close_with(
        mut self,
        server_meta: &[u8],
        mut backend_meta: Map<String, Value>,
    ) -> Vec<u8> {
        backend_meta.retain(|name, _| !is_reserved(name));
        if self.era == Era::Modern {
            let server: Map<String, Value> =
                serde_json::from_slice(server_meta).unwrap_or_default();
            backend_meta.extend(server);
        }
        if !backend_meta.is_empty() {
            json::push_value(self.member("_meta"), &Value::Object(backend_meta));
        }
        self.out.extend_from_slice(b"}}");
        self.out
    }
}

/// Names whose second label is `modelcontextprotocol` or `mcp` belong to the protocol (2026-07-28, basic, `_meta`).
fn is_reserved(name: &str) -> bool {
    let prefix = name.split_once('/').map_or("", |(prefix, _)| prefix);
    matches!(
        prefix.split('.').nth(1),
        Some("modelcontextprotocol" | "mcp")
    )
}

/// Appends a text block.
pub fn push_text_block(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(b"{\"type\":\"text\",\"text\":");
    json::push_string(out, text);
    out.push(b'}');
}

/// Appends an image or audio block; `kind` is `image` or `audio`, `data` is base64.
pub fn push_media_block(out: &mut Vec<u8>, kind: &str, data: &str, mime_type: &str) {
    out.extend_from_slice(
        format!("{{\"type\":\"{kind}\",\"data\":\"{data}\",\"mimeType\":").as_bytes(),
    );
    json::push_string(out, mime_type);
    out.push(b'}');
}

/// Appends an embedded resource with a base64 blob.
pub fn push_blob_block(out: &mut Vec<u8>, uri: &str, data: &str, mime_type: &str) {
    out.extend_from_slice(b"{\"type\":\"resource\",\"resource\":{\"uri\":");
    json::push_string(out, uri);
    out.extend_from_slice(b",\"mimeType\":");
    json::push_string(out, mime_type);
    out.extend_from_slice(format!(",\"blob\":\"{data}\"}}}}").as_bytes());
}
