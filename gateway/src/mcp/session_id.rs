//! Ids of legacy sessions: they carry what any pod needs to serve the session, and a MAC that proves them ours.
//!
//! Layout before base64url: 16 random bytes, issue time (8, seconds since the epoch, big endian), revision (1),
//! capabilities (1), the first 16 bytes of HMAC-SHA-256 (RFC 2104) over all of these.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use thiserror::Error;

use super::version::Version;

/// An id older than this is refused, seconds: a week.
pub const MAX_AGE_SECONDS: u64 = 7 * 24 * 60 * 60;

const PAYLOAD: usize = 26;
const MAC: usize = 16;

/// Keys that ids are signed with; the previous one is still accepted while keys rotate.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Signs and verifies.
    pub current: [u8; 32],
    /// Verifies only.
    pub previous: Option<[u8; 32]>,
}

/// What a client said it can do, as far as the gateway may have to ask it back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientCapabilities {
    /// `sampling`
    pub sampling: bool,
    /// `elicitation` by form
    pub elicitation: bool,
    /// `elicitation` by URL
    pub elicitation_url: bool,
    /// `roots`
    pub roots: bool,
}

impl ClientCapabilities {
    /// As the client would declare them.
    #[must_use]
    pub fn as_json(self) -> Value {
        let mut declared = json!({});
        if self.sampling {
            declared["sampling"] = json!({});
        }
        if self.roots {
            declared["roots"] = json!({});
        }
        if self.elicitation {
            declared["elicitation"]["form"] = json!({});
        }
        if self.elicitation_url {
            declared["elicitation"]["url"] = json!({});
        }
        declared
    }
}

/// A session as its id tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionId {
    /// 128 random bits.
    pub nonce: [u8; 16],
    /// When it was issued, seconds since the epoch.
    pub issued: u64,
    /// The revision that `initialize` settled on.
    pub version: Version,
    /// What the client declared.
    pub capabilities: ClientCapabilities,
}

/// Why an id is not honoured; the client answers a 404 with a new `initialize`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SessionIdError {
    /// Not issued by this server, or damaged.
    #[error("the session id was not issued by this server")]
    Forged,
    /// Issued too long ago.
    #[error("the session is older than 7 days")]
    Expired,
}

impl SessionId {
    /// The id as it goes into `Mcp-Session-Id`.
    #[must_use]
    pub fn encode(&self, keys: &Keys) -> String {
        let mut bytes = self.payload().to_vec();
        bytes.extend_from_slice(
            &signer(&keys.current, &self.payload())
                .finalize()
                .into_bytes()[..MAC],
        );
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads an id that a client sent; `now` is in seconds since the epoch.
    ///
    /// # Errors
    /// Where it is forged or too old.
    pub fn decode(text: &str, keys: &Keys, now: u64) -> Result<Self, SessionIdError> {
        let bytes = BASE64_URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| SessionIdError::Forged)?;
        let payload = bytes
            .first_chunk::<PAYLOAD>()
            .ok_or(SessionIdError::Forged)?;
        let genuine = bytes.len() == PAYLOAD + MAC
            && std::iter::once(&keys.current)
                .chain(&keys.previous)
                .any(|key| {
                    signer(key, payload)
                        .verify_truncated_left(&bytes[PAYLOAD..])
                        .is_ok()
                });
        if !genuine {
            return Err(SessionIdError::Forged);
        }
        let id = Self::from_payload(payload).ok_or(SessionIdError::Forged)?;
        if now.saturating_sub(id.issued) > MAX_AGE_SECONDS {
            return Err(SessionIdError::Expired);
        }
        Ok(id)
    }

    fn payload(&self) -> [u8; PAYLOAD] {
        let mut payload = [0; PAYLOAD];
        payload[..16].copy_from_slice(&self.nonce);
        payload[16..24].copy_from_slice(&self.issued.to_be_bytes());
        payload[24] = match self.version {
            Version::V20241105 => 0,
            Version::V20250326 => 1,
            Version::V20250618 => 2,
            Version::V20251125 => 3,
            Version::V20260728 => 4,
        };
        let capabilities = self.capabilities;
        payload[25] = u8::from(capabilities.sampling)
            | u8::from(capabilities.elicitation) << 1
            | u8::from(capabilities.elicitation_url) << 2
            | u8::from(capabilities.roots) << 3;
        payload
    }

    fn from_payload(payload: &[u8; PAYLOAD]) -> Option<Self> {
        let version = match payload[24] {
            0 => Version::V20241105,
            1 => Version::V20250326,
            2 => Version::V20250618,
            3 => Version::V20251125,
            _ => return None,
        };
        let bits = payload[25];
        Some(Self {
            nonce: *payload.first_chunk()?,
            issued: u64::from_be_bytes(payload[16..24].try_into().ok()?),
            version,
            capabilities: ClientCapabilities {
                sampling: bits & 1 != 0,
                elicitation: bits & 2 != 0,
                elicitation_url: bits & 4 != 0,
                roots: bits & 8 != 0,
            },
        })
    }
}

/// HMAC over the payload. SHA-256 takes keys in blocks of 64 bytes; a shorter one is padded with zeros (RFC 2104 §2).
fn signer(key: &[u8; 32], payload: &[u8]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut signer = Hmac::<Sha256>::new(&block.into());
    signer.update(payload);
    signer
}

#[cfg(test)]
mod tests;
