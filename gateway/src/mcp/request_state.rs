//! `requestState` of the modern era (2026-07-28, multi round-trip requests): a backend's state, wrapped so that only
//! the caller, for the same call, within ten minutes, can bring it back.
//!
//! Layout before base64url: expiry (8 bytes, seconds since the epoch, big endian), the backend's state, HMAC-SHA-256
//! (32) over the binding and all of these. The binding itself does not travel: both sides know it.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::session_id::Keys;

/// How long a state is good, seconds.
pub const LIFETIME_SECONDS: u64 = 10 * 60;

const MAC: usize = 32;

/// What a state belongs to: it is good for nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Binding<'a> {
    /// The object behind the call, so that a tool of the same name made later is another.
    pub object: &'a str,
    /// Who calls.
    pub principal: &'a str,
    /// The arguments' text as the client sent it.
    pub arguments: &'a str,
}

/// Wraps a backend's state; `now` is in seconds since the epoch.
#[must_use]
pub fn wrap(state: &str, binding: Binding<'_>, keys: &Keys, now: u64) -> String {
    let mut bytes = (now + LIFETIME_SECONDS).to_be_bytes().to_vec();
    bytes.extend_from_slice(state.as_bytes());
    let mac = signer(&keys.current, binding, &bytes)
        .finalize()
        .into_bytes();
    bytes.extend_from_slice(&mac);
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The backend's state; `None` where it was tampered with, belongs to another call, or is too old.
#[must_use]
pub fn unwrap(text: &str, binding: Binding<'_>, keys: &Keys, now: u64) -> Option<String> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    let (signed, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC)?)?;
    let genuine = std::iter::once(&keys.current)
        .chain(&keys.previous)
        .any(|key| signer(key, binding, signed).verify_slice(mac).is_ok());
    let (expiry, state) = signed.split_first_chunk::<8>()?;
    if !genuine || u64::from_be_bytes(*expiry) < now {
        return None;
    }
    String::from_utf8(state.to_vec()).ok()
}

fn signer(key: &[u8; 32], binding: Binding<'_>, signed: &[u8]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut signer = Hmac::<Sha256>::new(&block.into());
    // Digests have one length, so no part can run over into the next.
    for part in [binding.object, binding.principal, binding.arguments] {
        signer.update(&Sha256::digest(part.as_bytes()));
    }
    signer.update(signed);
    signer
}

#[cfg(test)]
mod tests;
