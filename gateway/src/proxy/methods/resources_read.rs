//! `resources/read`: inline content, or a GET on the Service behind it.

use std::rc::Rc;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;

use crate::{
    backend::{client::BackendError, request},
    context::Core,
    mcp::{json::push_string, message::string, result::ResultWriter},
    proxy::{
        answer::{self, Received},
        authorize,
        decode::Call,
        exchange,
        identify::Caller,
        limit,
        rejection::Rejection,
        respond::Reply,
    },
    registry::{
        Registry,
        snapshot::{Content, Resource},
    },
};

/// Answers with the resource's content.
///
/// # Errors
/// Where there is no such resource, or its backend fails.
pub async fn run(
    core: &Rc<Core>,
    registry: &Registry,
    call: &Call<'_>,
    caller: &Caller,
) -> Result<Reply, Rejection> {
    let uri = call.params.uri.and_then(string);
    let uri = uri.ok_or_else(|| {
        Rejection::InvalidParams("\"uri\" must be the URI of a resource".to_owned())
    })?;
    let not_found = || Rejection::ResourceNotFound(uri.to_string());
    let (resource, variables) = registry.resource(&uri).ok_or_else(not_found)?;
    let mut contents = Vec::new();
    match &resource.content {
        Content::Inline(rendered) => {
            push_contents(&mut contents, &uri, resource.mime_type.as_deref(), rendered)
        }
        Content::Service { read: None, .. } => return Err(not_found()),
        Content::Service {
            read: Some(operation),
            ..
        } => {
            let granted = authorize::grant(caller);
            let permit =
                limit::admit(core, registry, None, granted).map_err(|_| Rejection::Busy)?;
            // A value that cannot stand in the backend's path names no resource there.
            let mut outgoing = request::build_from_variables(&operation.request, &variables)
                .map_err(|_| not_found())?;
            request::stamp(
                &mut outgoing.headers,
                &core.backend.request_id(),
                call.trace(),
            );
            let received = exchange::send(core, &operation.request, &outgoing, permit).await;
            push_received(&mut contents, &uri, resource, received)?;
        }
    }
    let mut writer = ResultWriter::open(call.id, call.version, contents.len());
    writer.raw("contents", &contents);
    writer.cache(resource.cache);
    Ok(Reply::Json(writer.close(&registry.server.meta)))
}

fn push_received(
    out: &mut Vec<u8>,
    uri: &str,
    resource: &Resource,
    received: Result<Received, BackendError>,
) -> Result<(), Rejection> {
    let received = received.map_err(|error| Rejection::Backend {
        message: answer::failure_text(&error),
        data: Some(json!({"uri": uri})),
    })?;
    if matches!(received.status.as_u16(), 404 | 410) {
        return Err(Rejection::ResourceNotFound(uri.to_owned()));
    }
    if let Some(message) = answer::error_text(&received) {
        let body = String::from_utf8_lossy(&received.body);
        let body: String = body.chars().take(1024).collect();
        let data = json!({"uri": uri, "status": received.status.as_u16(), "body": body});
        return Err(Rejection::Backend {
            message,
            data: Some(data),
        });
    }
    let declared = resource.mime_type.as_deref();
    let kind = declared.or(Some(&*received.content_type).filter(|kind| !kind.is_empty()));
    let mut rendered = Vec::new();
    match std::str::from_utf8(&received.body) {
        Ok(text) if answer::is_text(kind.unwrap_or_default()) => {
            rendered.extend_from_slice(b"\"text\":");
            push_string(&mut rendered, text);
        }
        _ => {
            rendered.extend_from_slice(b"\"blob\":");
            push_string(&mut rendered, &BASE64_STANDARD.encode(&received.body));
        }
    }
    push_contents(out, uri, kind, &rendered);
    Ok(())
}

/// `contents` with its one element; `rendered` is its `text` or `blob` member.
fn push_contents(out: &mut Vec<u8>, uri: &str, mime_type: Option<&str>, rendered: &[u8]) {
    out.extend_from_slice(b"[{\"uri\":");
    push_string(out, uri);
    if let Some(mime_type) = mime_type {
        out.extend_from_slice(b",\"mimeType\":");
        push_string(out, mime_type);
    }
    out.push(b',');
    out.extend_from_slice(rendered);
    out.extend_from_slice(b"}]");
}
