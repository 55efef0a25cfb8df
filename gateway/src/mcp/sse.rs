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

/// The data of an event that [`event`] wrote.
#[must_use]
pub fn data(event: &[u8]) -> &[u8] {
    let start = memchr::memmem::find(event, b"data: ").map_or(0, |at| at + b"data: ".len());
    event[start..].trim_ascii_end()
}
