//! Which route a request is for, and the one `match` that answers it.
//!
//! What the routes do is in the files of this folder; none of them sees the connection.

mod broken;
mod catalogue;
mod echo;
mod mcp;
mod media;
mod search;
mod slow;
mod status;
mod stream;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{ALLOW, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};

use crate::reply::{self, Reply};

/// The largest request body that is read.
const MAX_BODY_BYTES: usize = 4 << 20;

/// Every path of the service, with what varies in it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Route<'a> {
    Health,
    Search,
    Items,
    Item(&'a str),
    Documents,
    Document(&'a str),
    Text,
    Image,
    Audio,
    Status(&'a str),
    Slow,
    Stream,
    Echo,
    Broken(&'a str),
    Mcp(&'a str),
}

impl<'a> Route<'a> {
    fn find(path: &'a str) -> Option<Self> {
        let Some(path) = path.strip_prefix("/api/") else {
            return (path == "/healthz").then_some(Self::Health);
        };
        let route = match path.split_once('/') {
            None => match path {
                "search" => Self::Search,
                "items" => Self::Items,
                "docs" => Self::Documents,
                "text" => Self::Text,
                "image" => Self::Image,
                "audio" => Self::Audio,
                "slow" => Self::Slow,
                "stream" => Self::Stream,
                "echo" => Self::Echo,
                _ => return None,
            },
            // Whatever follows is told back, so that the path which a call becomes can be seen.
            Some(("echo", _)) => Self::Echo,
            Some((_, rest)) if rest.contains('/') => return None,
            Some(("items", id)) => Self::Item(id),
            Some(("docs", id)) => Self::Document(id),
            Some(("error", status)) => Self::Status(status),
            Some(("broken", how)) => Self::Broken(how),
            Some(("mcp", what)) => Self::Mcp(what),
            Some(_) => return None,
        };
        Some(route)
    }

    /// The methods of the route as `Allow` lists them; none means any.
    fn methods(self) -> Option<&'static str> {
        match self {
            Self::Echo => None,
            Self::Search | Self::Slow | Self::Stream => Some("GET, HEAD, POST"),
            Self::Mcp(_) => Some("POST"),
            Self::Item(_) => Some("DELETE, GET, HEAD, PUT"),
            // A tool calls with POST unless it says otherwise, and these answer it all the same.
            Self::Status(_) | Self::Broken(_) => Some("GET, HEAD, POST"),
            Self::Health
            | Self::Items
            | Self::Documents
            | Self::Document(_)
            | Self::Text
            | Self::Image
            | Self::Audio => Some("GET, HEAD"),
        }
    }

    fn allows(self, method: &Method) -> bool {
        self.methods().is_none_or(|methods| {
            methods
                .split(", ")
                .any(|allowed| allowed == method.as_str())
        })
    }
}

/// Reads the request whole and answers it.
pub(crate) async fn answer(request: Request<Incoming>) -> Reply {
    let (parts, body) = request.into_parts();
    match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(body) => dispatch(parts, body.to_bytes()).await,
        Err(error) => reply::problem(
            StatusCode::PAYLOAD_TOO_LARGE,
            None,
            &format!("the request body cannot be read (at most {MAX_BODY_BYTES} bytes): {error}"),
        ),
    }
}

async fn dispatch(parts: Parts, body: Bytes) -> Reply {
    let Some(route) = Route::find(parts.uri.path()) else {
        return reply::problem(StatusCode::NOT_FOUND, None, "there is no such path");
    };
    if !route.allows(&parts.method) {
        return method_not_allowed(route);
    }
    let query = parts.uri.query();
    let has_body = parts.method == Method::POST;
    match route {
        Route::Health => reply::whole(reply::TEXT, "ok\n"),
        Route::Search if has_body => search::by_body(&body),
        Route::Search => search::by_query(query),
        Route::Items => catalogue::items(),
        Route::Item(id) => catalogue::item(&parts.method, id, &body),
        Route::Documents => catalogue::documents(),
        Route::Document(id) => catalogue::document(id),
        Route::Text => reply::whole(reply::TEXT, media::TEXT),
        Route::Image => reply::whole("image/png", media::PNG),
        Route::Audio => reply::whole("audio/wav", media::wav()),
        Route::Status(status) => status::answer(status),
        Route::Slow => slow::answer(query, &body).await,
        Route::Stream => stream::answer(&body),
        Route::Echo => echo::answer(&parts, &body),
        Route::Broken(how) => broken::answer(how, query),
        Route::Mcp(what) => mcp::answer(what, &body),
    }
}

fn method_not_allowed(route: Route<'_>) -> Reply {
    let methods = route.methods().unwrap_or_default();
    let message = format!("this path takes {methods}");
    let mut reply = reply::problem(StatusCode::METHOD_NOT_ALLOWED, None, &message);
    reply
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(methods));
    reply
}

#[cfg(test)]
mod tests;
