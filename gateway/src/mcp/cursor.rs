//! Pagination cursors: base64url of the last key sent, so that any pod continues after it.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// The cursor that continues after `key`.
#[must_use]
pub fn encode(key: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(key)
}

/// The key after which to continue; `None` where the cursor is not one of ours.
/// The empty string is a valid cursor: it continues after the empty key, that is, from the start.
#[must_use]
pub fn decode(cursor: &str) -> Option<String> {
    String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
}
