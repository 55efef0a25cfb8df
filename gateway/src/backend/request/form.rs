//! Bodies: JSON spliced from the arguments' own text, forms, multipart.

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderValue;
use serde_json::Value;

use super::{RequestError, scalar, style};
use crate::{
    mcp::json,
    registry::plan::{BodyFormat, RequestPlan, Rest},
};

/// One member of a body: name, value, JSON text.
type Member<'a> = (Cow<'a, str>, &'a Value, &'a str);

/// Writes the body and its content type; none where the plan has none, or nothing is left for one.
pub(super) fn body(
    plan: &RequestPlan,
    members: &[Member<'_>],
) -> Result<(Option<HeaderValue>, Bytes), RequestError> {
    if members.is_empty() && plan.rest == Rest::Query {
        return Ok((None, Bytes::new()));
    }
    match plan.body {
        BodyFormat::None => Ok((None, Bytes::new())),
        BodyFormat::Json => Ok((
            Some(HeaderValue::from_static("application/json")),
            as_json(members),
        )),
        BodyFormat::Form => {
            let form = as_form(members)?;
            Ok((
                Some(HeaderValue::from_static(
                    "application/x-www-form-urlencoded",
                )),
                form,
            ))
        }
        BodyFormat::Multipart => as_multipart(members),
    }
}

fn as_json(members: &[Member<'_>]) -> Bytes {
    let mut out = vec![b'{'];
    for (name, _, text) in members {
        if out.len() > 1 {
            out.push(b',');
        }
        json::push_string(&mut out, name);
        out.push(b':');
        out.extend_from_slice(text.as_bytes());
    }
    out.push(b'}');
    Bytes::from(out)
}

fn as_form(members: &[Member<'_>]) -> Result<Bytes, RequestError> {
    let mut pairs = Vec::new();
    for (name, value, _) in members {
        pairs.extend(style::default_query(name, value)?);
    }
    Ok(Bytes::from(pairs.join("&")))
}

/// RFC 7578. The boundary is random and checked against every value, so no value can end its part.
fn as_multipart(members: &[Member<'_>]) -> Result<(Option<HeaderValue>, Bytes), RequestError> {
    let values: Vec<(Cow<'_, str>, bool)> = members
        .iter()
        .map(|(_, value, text)| {
            scalar(value).map_or((Cow::Borrowed(*text), true), |text| (text, false))
        })
        .collect();
    let boundary = loop {
        let candidate = crate::backend::client::random_id();
        if !values.iter().any(|(text, _)| text.contains(&candidate)) {
            break candidate;
        }
    };
    let mut out = Vec::new();
    for ((name, _, _), (text, is_json)) in members.iter().zip(&values) {
        // The HTML standard's way to keep a name from ending its quotes or its line.
        let name = name
            .replace('"', "%22")
            .replace('\r', "%0D")
            .replace('\n', "%0A");
        out.extend_from_slice(
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n")
                .as_bytes(),
        );
        if *is_json {
            out.extend_from_slice(b"Content-Type: application/json\r\n");
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(text.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    let content_type = HeaderValue::from_str(&format!("multipart/form-data; boundary={boundary}"))
        .map_err(|_| RequestError::Header("boundary".to_owned()))?;
    Ok((Some(content_type), Bytes::from(out)))
}
