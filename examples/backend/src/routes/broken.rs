//! `/api/broken/{how}`: the ways in which a backend's answer can be wrong.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderValue, LOCATION};

use crate::query::parameter;
use crate::reply::{self, JSON, Pieces, Reply, ReplyBody};

/// `{"packed":"with gzip"}`.
const GZIP: &[u8] = &[
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56, 0x2a, 0x48, 0x4c, 0xce,
    0x4e, 0x4d, 0x51, 0xb2, 0x52, 0x2a, 0xcf, 0x2c, 0xc9, 0x50, 0x48, 0xaf, 0xca, 0x2c, 0x50, 0xaa,
    0x05, 0x00, 0x45, 0xd4, 0x97, 0xc0, 0x16, 0x00, 0x00, 0x00,
];

const DEFAULT_HUGE_BYTES: usize = 16 << 20;
const MAX_HUGE_BYTES: usize = 1 << 30;
const PIECE: &[u8] = &[b'a'; 64 << 10];

const KNOWN: &str = "invalid-json, reset, wrong-type, gzip, empty, redirect or huge";

pub(super) fn answer(how: &str, query: Option<&str>) -> Reply {
    match how {
        "invalid-json" => reply::whole(JSON, r#"{"items":[1,2,"#),
        "reset" => reset(),
        // JSON under a type that says nothing of the kind.
        "wrong-type" => reply::whole("application/octet-stream", r#"{"items":[]}"#),
        "gzip" => gzip(),
        "empty" => reply::whole(JSON, ""),
        "redirect" => redirect(),
        "huge" => huge(query),
        _ => {
            let message = format!("there is no `{how}`; try {KNOWN}");
            reply::problem(StatusCode::NOT_FOUND, Some("how"), &message)
        }
    }
}

/// Asked for or not, the body comes packed.
fn gzip() -> Reply {
    let mut reply = reply::whole(JSON, GZIP);
    reply
        .headers_mut()
        .insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    reply
}

fn redirect() -> Reply {
    let mut reply = reply::empty(StatusCode::FOUND);
    reply
        .headers_mut()
        .insert(LOCATION, HeaderValue::from_static("/api/text"));
    reply
}

/// Half of what the length promises, then the connection is cut.
fn reset() -> Reply {
    let (pieces, body) = ReplyBody::pieces();
    tokio::spawn(async move {
        let half = Bytes::from_static(br#"{"items":["#);
        if pieces.send(Ok(half)).await.is_ok() {
            // Cut at once, the half would still be in a buffer and never leave.
            tokio::time::sleep(Duration::from_millis(50)).await;
            let cut = io::Error::other("cut, as asked");
            let _ = pieces.send(Err(cut)).await;
        }
    });
    let mut reply = reply::typed(JSON, body);
    reply
        .headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from_static("20"));
    reply
}

/// One JSON string of as many bytes as were asked for, of a length that no header tells.
fn huge(query: Option<&str>) -> Reply {
    let bytes = match parameter(query, "bytes").map(|bytes| bytes.parse()) {
        None => DEFAULT_HUGE_BYTES,
        Some(Ok(bytes)) if (2..=MAX_HUGE_BYTES).contains(&bytes) => bytes,
        Some(_) => {
            let message = format!("`bytes` must be a whole number from 2 to {MAX_HUGE_BYTES}");
            return reply::bad_field("bytes", &message);
        }
    };
    let (pieces, body) = ReplyBody::pieces();
    tokio::spawn(send_huge(bytes, pieces));
    reply::typed(JSON, body)
}

async fn send_huge(bytes: usize, pieces: Pieces) {
    let mut left = bytes - 2;
    let mut piece = Bytes::from_static(b"\"");
    while pieces.send(Ok(piece)).await.is_ok() && left > 0 {
        piece = Bytes::from_static(&PIECE[..left.min(PIECE.len())]);
        left -= piece.len();
    }
    let _ = pieces.send(Ok(Bytes::from_static(b"\""))).await;
}
