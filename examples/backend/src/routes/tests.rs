//! Requests in, status and body out, without a connection.

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::Request;
use serde_json::{Value, json};

use super::{Route, dispatch};
use crate::reply::Reply;

async fn ask(method: &str, target: &str, body: &str) -> Reply {
    let request = Request::builder().method(method).uri(target);
    let (parts, ()) = request.body(()).unwrap().into_parts();
    dispatch(parts, Bytes::from(body.to_owned())).await
}

async fn content(reply: Reply) -> (u16, String, Vec<u8>) {
    let status = reply.status().as_u16();
    let kind = reply
        .headers()
        .get("content-type")
        .map_or_else(String::new, |kind| kind.to_str().unwrap().to_owned());
    let body = reply.into_body().collect().await.unwrap().to_bytes();
    (status, kind, body.to_vec())
}

async fn check(method: &str, target: &str, body: &str, status: u16, expected: Value) {
    let (found_status, kind, found) = content(ask(method, target, body).await).await;
    assert_eq!(found_status, status, "{method} {target} {body}");
    assert_eq!(kind, "application/json", "{method} {target}");
    let found: Value = serde_json::from_slice(&found).unwrap();
    assert_eq!(found, expected, "{method} {target} {body}");
}

async fn check_field(method: &str, target: &str, body: &str, field: &str) {
    let (status, _, found) = content(ask(method, target, body).await).await;
    let found: Value = serde_json::from_slice(&found).unwrap();
    assert_eq!(
        (status, &found["field"]),
        (400, &json!(field)),
        "{target} {body}"
    );
    assert!(found["error"].as_str().unwrap().contains(field), "{found}");
}

fn check_route(path: &str, expected: Option<Route<'_>>) {
    assert_eq!(Route::find(path), expected, "{path}");
}

#[test]
fn a_path_is_one_route_or_none() {
    check_route("/healthz", Some(Route::Health));
    check_route("/api/search", Some(Route::Search));
    check_route("/api/items/7", Some(Route::Item("7")));
    check_route("/api/docs", Some(Route::Documents));
    check_route("/api/docs/guide", Some(Route::Document("guide")));
    check_route("/api/echo/a%2Fb/c", Some(Route::Echo));
    check_route("/api/items", Some(Route::Items));
    check_route("/api/items/7/8", None);
    check_route("/api/search/", None);
    check_route("/search", None);
    check_route("/", None);
}

#[tokio::test]
async fn search_finds_the_same_by_body_and_by_query() {
    let expected = json!({
        "query": "mesh  Envoy", "total": 1,
        "items": [{
            "id": 11, "name": "envoyproxy/envoy", "stars": 26800,
            "url": "https://github.com/envoyproxy/envoy",
        }],
    });
    let body = r#"{"query":"mesh  Envoy","limit":3}"#;
    check("POST", "/api/search", body, 200, expected.clone()).await;
    check(
        "GET",
        "/api/search?limit=3&query=mesh++Envoy",
        "",
        200,
        expected,
    )
    .await;
    let nothing = json!({"query": "\"ü\n", "total": 0, "items": []});
    check("POST", "/api/search", r#"{"query":"\"ü\n"}"#, 200, nothing).await;
}

#[tokio::test]
async fn search_is_about_300_bytes_and_bounded_by_the_limit() {
    let body = r#"{"query":"kubernetes","limit":3}"#;
    let (_, _, found) = content(ask("POST", "/api/search", body).await).await;
    assert!((250..350).contains(&found.len()), "{}", found.len());
    let found: Value = serde_json::from_slice(&found).unwrap();
    assert_eq!(found["total"], 8);
    assert_eq!(found["items"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn an_error_of_the_search_names_its_field() {
    check_field("POST", "/api/search", "{}", "query").await;
    check_field("POST", "/api/search", r#"{"query":7}"#, "query").await;
    check_field(
        "POST",
        "/api/search",
        r#"{"query":"a","limit":"b"}"#,
        "limit",
    )
    .await;
    check_field(
        "POST",
        "/api/search",
        r#"{"query":"a","limit":-1}"#,
        "limit",
    )
    .await;
    check_field("POST", "/api/search", "[1]", "body").await;
    check_field("POST", "/api/search", "", "body").await;
    check_field("GET", "/api/search", "", "query").await;
    check_field("GET", "/api/search?query=a&limit=b", "", "limit").await;
}

#[tokio::test]
async fn items_are_read_put_and_deleted_without_change() {
    let item = json!({
        "id": 5, "name": "helm/helm", "stars": 28500, "url": "https://github.com/helm/helm",
    });
    check("GET", "/api/items/5", "", 200, item.clone()).await;
    let changed = json!({"id": 5, "stars": 1});
    check("PUT", "/api/items/5", r#"{"stars":1}"#, 200, changed).await;
    let deleted = content(ask("DELETE", "/api/items/5", "").await).await;
    assert_eq!(deleted, (204, String::new(), Vec::new()));
    check("GET", "/api/items/5", "", 200, item).await;
    let (_, _, list) = content(ask("GET", "/api/items", "").await).await;
    let list: Vec<Value> = serde_json::from_slice(&list).unwrap();
    assert_eq!((list.len(), &list[4]["stars"]), (20, &json!(28500)));
    let unknown = json!({"error": "there is no item `21`; ids are 1 to 20", "field": "id"});
    check("GET", "/api/items/21", "", 404, unknown).await;
}

#[tokio::test]
async fn documents_are_markdown() {
    let (status, kind, body) = content(ask("GET", "/api/docs/guide", "").await).await;
    assert_eq!(
        (status, kind.as_str()),
        (200, "text/markdown; charset=utf-8")
    );
    assert!(body.starts_with(b"# Guide\n"));
    let unknown = json!({
        "error": "there is no document `x`; try getting-started, guide, faq, changelog", "field": "id",
    });
    check("GET", "/api/docs/x", "", 404, unknown).await;
    let (_, _, list) = content(ask("GET", "/api/docs", "").await).await;
    let list: Value = serde_json::from_slice(&list).unwrap();
    assert_eq!(
        list["documents"][1],
        json!({"id": "guide", "title": "Guide"})
    );
}

#[tokio::test]
async fn media_have_the_sizes_that_their_headers_tell() {
    let (_, kind, image) = content(ask("GET", "/api/image", "").await).await;
    assert_eq!(kind, "image/png");
    assert!(image.starts_with(b"\x89PNG\r\n\x1a\n") && image.ends_with(b"IEND\xaeB`\x82"));
    let (_, kind, audio) = content(ask("GET", "/api/audio", "").await).await;
    assert_eq!(kind, "audio/wav");
    let told = u32::from_le_bytes(audio[4..8].try_into().unwrap());
    assert_eq!(told as usize + 8, audio.len());
}

#[tokio::test]
async fn failures_are_as_asked() {
    let failure = json!({"error": "failing with 503 Service Unavailable, as asked"});
    check("GET", "/api/error/503", "", 503, failure).await;
    for wrong in ["200", "600", "abc", "", "70000"] {
        check_field("GET", &format!("/api/error/{wrong}"), "", "status").await;
    }
}

#[tokio::test]
async fn echo_tells_the_request_undecoded() {
    let request = Request::builder()
        .method("PATCH")
        .uri("/api/echo/a%2Fb?x=%20&x=2")
        .header("X-Twice", "1")
        .header("X-Twice", "2");
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let (_, _, found) = content(dispatch(parts, Bytes::from("{ }")).await).await;
    let expected = json!({
        "method": "PATCH", "path": "/api/echo/a%2Fb", "query": "x=%20&x=2",
        "headers": {"x-twice": "1, 2"}, "body": "{ }",
    });
    assert_eq!(serde_json::from_slice::<Value>(&found).unwrap(), expected);
}

#[tokio::test]
async fn broken_answers_are_broken_in_their_own_way() {
    let (_, kind, body) = content(ask("GET", "/api/broken/invalid-json", "").await).await;
    assert_eq!(kind, "application/json");
    assert!(serde_json::from_slice::<Value>(&body).is_err());
    let (status, _, body) = content(ask("GET", "/api/broken/empty", "").await).await;
    assert_eq!((status, body.len()), (200, 0));
    let redirect = ask("GET", "/api/broken/redirect", "").await;
    assert_eq!(
        (redirect.status().as_u16(), &redirect.headers()["location"]),
        (302, &"/api/text".parse().unwrap())
    );
    let gzip = ask("GET", "/api/broken/gzip", "").await;
    assert_eq!(gzip.headers()["content-encoding"], "gzip");
    let (status, _, _) = content(ask("GET", "/api/broken/nonsense", "").await).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn huge_is_one_json_string_of_the_size_asked_for() {
    for size in [2, 3, 65_538, 200_000] {
        let target = format!("/api/broken/huge?bytes={size}");
        let (_, _, body) = content(ask("GET", &target, "").await).await;
        assert_eq!(body.len(), size);
        assert!(serde_json::from_slice::<String>(&body).is_ok());
    }
    check_field("GET", "/api/broken/huge?bytes=1", "", "bytes").await;
}

/// Posts a call and compares its result.
async fn check_call(what: &str, call: Value, expected: Value) {
    let target = format!("/api/mcp/{what}");
    let (status, kind, body) = content(ask("POST", &target, &call.to_string()).await).await;
    let kind_expected = "application/vnd.mcp.result+json";
    assert_eq!((status, kind.as_str()), (200, kind_expected), "{call}");
    let result: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(result, expected, "{what} {call}");
}

fn sentence(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}], "isError": false})
}

#[tokio::test]
async fn nothing_is_deleted_without_a_yes_to_that_very_question() {
    let arguments = json!({"name": "draft"});
    let form = json!({
        "message": "Really delete draft?",
        "requestedSchema": {
            "type": "object",
            "properties": {"really": {"type": "boolean", "title": "Delete it"}},
            "required": ["really"],
        },
    });
    let question = json!({
        "resultType": "input_required", "requestState": "asked about draft",
        "inputRequests": {"confirm": {"method": "elicitation/create", "params": form}},
    });
    let answered = |state: &str, answer: Value| json!({"arguments": arguments, "requestState": state, "inputResponses": {"confirm": answer}});
    let yes = json!({"action": "accept", "content": {"really": true}});
    let state = "asked about draft";
    let deleted = sentence("draft is deleted.");
    check_call("delete", json!({"arguments": arguments}), question.clone()).await;
    check_call("delete", answered("asked about x", yes.clone()), question).await;
    check_call("delete", answered(state, yes), deleted).await;
    for no in [
        json!({"action": "accept", "content": {"really": false}}),
        json!({"action": "decline"}),
        json!({"action": "cancel"}),
    ] {
        check_call("delete", answered(state, no), sentence("draft is kept.")).await;
    }
}

#[tokio::test]
async fn the_model_and_the_folders_of_the_client_are_asked_for() {
    let asks = |key: &str, method: &str, params: Value| {
        json!({
            "resultType": "input_required",
            "inputRequests": {key: {"method": method, "params": params}},
        })
    };
    let prompt = json!({"type": "text", "text": "Summarize in one sentence:\n\na b c"});
    let sampling = json!({"messages": [{"role": "user", "content": prompt}], "maxTokens": 100});
    let call = json!({"arguments": {"text": "a b c"}});
    let question = asks("summary", "sampling/createMessage", sampling);
    check_call("summary", call, question).await;
    let answer = json!({"role": "assistant", "content": {"type": "text", "text": "Letters."}});
    let call = json!({"inputResponses": {"summary": answer}});
    check_call("summary", call, sentence("In short: Letters.")).await;

    check_call("roots", json!({}), asks("roots", "roots/list", json!({}))).await;
    let roots = json!({"roots": [{"uri": "file:///a"}, {"uri": "file:///b", "name": "B"}]});
    let call = json!({"inputResponses": {"roots": roots}});
    check_call(
        "roots",
        call,
        sentence("You work in file:///a and file:///b."),
    )
    .await;
}

#[tokio::test]
async fn a_stream_is_one_event_for_each_message() {
    let (status, kind, body) = content(ask("POST", "/api/stream", "").await).await;
    assert_eq!((status, kind.as_str()), (200, "text/event-stream"));
    let body = String::from_utf8(body).unwrap();
    let events: Vec<&str> = body.split_terminator("\n\n").collect();
    assert_eq!(events.len(), 4, "{body}");
    for event in events {
        let data = event.strip_prefix("event: message\ndata: ").unwrap();
        assert!(serde_json::from_str::<Value>(data).unwrap().is_object());
    }
}

#[tokio::test]
async fn what_is_no_call_is_told() {
    check_field("POST", "/api/mcp/delete", "[", "body").await;
    let (status, _, _) = content(ask("POST", "/api/mcp/nonsense", "{}").await).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_wrong_method_or_path_is_told() {
    let wrong = ask("DELETE", "/api/search", "").await;
    assert_eq!(wrong.headers()["allow"], "GET, HEAD, POST");
    assert_eq!(wrong.status().as_u16(), 405);
    let nothing = json!({"error": "there is no such path"});
    check("GET", "/api/nothing", "", 404, nothing).await;
}
