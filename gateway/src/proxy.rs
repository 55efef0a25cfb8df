//! A request's whole way, as a list of calls: check, read, decode, identify, dispatch, answer.
//! Only this folder sees registry, protocol, backends and state together; nothing below calls back up.

pub mod answer;
pub mod ask;
pub mod authorize;
pub mod body;
pub mod converse;
pub mod decode;
pub mod edge;
pub mod exchange;
pub mod identify;
pub mod judge;
pub mod limit;
pub mod methods;
pub mod passthrough;
pub mod raw_result;
pub mod rejection;
pub mod relay;
pub mod respond;
pub mod running;
pub mod stream;

use std::{rc::Rc, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Method as HttpMethod, Request, Response, request::Parts};
use http_body::Body;
use tokio::time::Instant;

use self::{body::ResponseBody, decode::Call, rejection::Rejection, respond::Reply};
use crate::{
    backend::response::BoxError,
    context::Core,
    mcp::message::{self, Message},
    registry::Registry,
};

/// Answers one HTTP request.
pub async fn handle<B>(core: Rc<Core>, request: Request<B>) -> Response<ResponseBody>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    let registry = core.gateway.registry.load();
    let (parts, body) = request.into_parts();
    let checked = edge::check(&registry.server, &parts);
    let admitted = checked.is_ok();
    let mut response = match checked {
        Ok(edge::Checked::Preflight) => edge::preflight(),
        Ok(edge::Checked::Request) => route(&core, &registry, &parts, body).await,
        Err(rejection) => rejection.into_response(None, None),
    };
    edge::finish(
        &parts.headers,
        admitted,
        core.gateway.is_draining(),
        response.headers_mut(),
    );
    response
}

/// The endpoint itself, or a resource's operation below it.
async fn route<B>(
    core: &Rc<Core>,
    registry: &Arc<Registry>,
    parts: &Parts,
    body: B,
) -> Response<ResponseBody>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    let Some(path) = parts
        .uri
        .path()
        .strip_prefix(registry.server.path_prefix.as_str())
    else {
        return Rejection::NoSuchPath(registry.server.path_prefix.clone())
            .into_response(None, None);
    };
    if !path.is_empty() && path != "/" {
        return passthrough::run(core, registry, parts, path, body).await;
    }
    match parts.method {
        HttpMethod::POST => post(core, registry, &parts.headers, body).await,
        HttpMethod::GET => methods::get_stream::run(core, registry, &parts.headers),
        HttpMethod::DELETE => methods::delete::run(core, &parts.headers),
        HttpMethod::OPTIONS => edge::preflight(),
        _ => {
            Rejection::HttpMethod("POST, GET, DELETE, OPTIONS".to_owned()).into_response(None, None)
        }
    }
}

/// A POST on the endpoint: one message, or a batch of them.
async fn post<B>(
    core: &Rc<Core>,
    registry: &Arc<Registry>,
    headers: &HeaderMap,
    body: B,
) -> Response<ResponseBody>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    if let Err(rejection) = decode::content_headers(headers) {
        return rejection.into_response(None, None);
    }
    let bytes = match decode::body(headers, body, registry.server.max_request_bytes).await {
        Ok(bytes) => bytes,
        Err(rejection) => return rejection.into_response(None, None),
    };
    match message::parse(&bytes) {
        Ok(message::Body::One(message)) => one(core, registry, headers, &message).await,
        Ok(message::Body::Batch(elements)) => {
            methods::batch::run(core, registry, headers, &elements).await
        }
        Err(error) => {
            let id = error.id().map(ToOwned::to_owned);
            decode::unreadable(headers, error)
                .into_response(id.as_deref(), decode::announced(headers))
        }
    }
}

/// One message of a POST.
async fn one(
    core: &Rc<Core>,
    registry: &Arc<Registry>,
    headers: &HeaderMap,
    message: &Message<'_>,
) -> Response<ResponseBody> {
    let request = match message {
        Message::Request(request) => request,
        Message::Notification(notification) => {
            return methods::notification::run(core, headers, notification);
        }
        Message::Response(response) => {
            return methods::notification::answer(core, headers, response);
        }
    };
    let started = Instant::now();
    let (call, answered) = match decode::call(core, headers, request) {
        Ok(call) => {
            let answered = dispatch(core, registry, &call).await;
            (Some(call), answered)
        }
        Err(rejection) => (None, Err(rejection)),
    };
    let method = call.as_ref().map(|call| call.method);
    core.metrics
        .observe(method, answered.is_ok(), started.elapsed());
    let version = call.map_or_else(|| decode::announced(headers), |call| Some(call.version));
    answered.map_or_else(
        |rejection| rejection.into_response(Some(request.id), version),
        Reply::into_response,
    )
}

/// The one branch by method.
async fn dispatch(
    core: &Rc<Core>,
    registry: &Arc<Registry>,
    call: &Call<'_>,
) -> Result<Reply, Rejection> {
    let caller = identify::caller(call.headers);
    methods::run(core, registry, call, &caller).await
}
