//! Server-sent events (HTML standard §9.2), writing side.

use bytes::Bytes;

/// Keeps proxies from cutting a stream that says nothing.
pub const KEEP_ALIVE: &[u8] = b": keep-alive\n\n";

/// One `message` event. `data` must be JSON on one line: a newline would end the field.
#[must_use]
pub fn event(id: Option<&str>, data: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(data.len() + 64);
    if let Some(id) = id {
        out.extend_from_slice(b"id: ");
        out.extend_from_slice(id.as_bytes());
        out.push(b'\n');
    }
    out.extend_from_slice(b"event: message\ndata: ");
    out.extend_from_slice(data);
    out.extend_from_slice(b"\n\n");
    Bytes::from(out)
}
