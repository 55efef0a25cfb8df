//! Bodies: JSON spliced from the arguments' own text, forms, multipart.

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderValue;

use super::{
    RequestError, flat,
    style::{self, Form},
    value::scalar,
};
use crate::{
    mcp::json,
    registry::plan::{BodyFormat, RequestPlan, Rest},
};

/// The content type of JSON.
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// One member of a body.
#[derive(Clone, Debug)]
pub(super) struct Member<'a> {
    /// Its name in the body.
    pub(super) name: Cow<'a, str>,
    /// Its JSON text.
    pub(super) text: &'a str,
}

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
        BodyFormat::Json => Ok((Some(JSON), as_json(members))),
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
    for Member { name, text } in members {
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
    for Member { name, text } in members {
        pairs.extend(style::pairs(Form::QUERY, name, &flat(name, text)?));
    }
    Ok(Bytes::from(pairs.join("&")))
}

/// RFC 7578. The boundary is random and checked against every value, so no value can end its part.
fn as_multipart(members: &[Member<'_>]) -> Result<(Option<HeaderValue>, Bytes), RequestError> {
    let parts: Vec<(&str, Cow<'_, str>, bool)> = members
        .iter()
        .filter(|member| member.text != "null")
        .map(|member| match scalar(member.text) {
            Some(text) => (&*member.name, text, false),
            None => (&*member.name, Cow::Borrowed(member.text), true),
        })
        .collect();
    let boundary = loop {
        let candidate = crate::backend::client::random_id();
        if !parts.iter().any(|(_, text, _)| text.contains(&candidate)) {
            break candidate;
        }
    };
    let mut out = Vec::new();
    for (name, text, is_json) in &parts {
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
