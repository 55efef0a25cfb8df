//! `examples/mcp-backend`: each tool that asks the client back, answered by a client of each era.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::{
    examples::serve,
    http::{Answer, Connection, post},
    running::{Dev, backend},
};

/// One tool that asks, and a client that answers.
struct Case {
    /// The tool and its arguments.
    call: Value,
    /// What the client must be able to do.
    capabilities: Value,
    /// The key under which the backend asks, and the request that it becomes.
    question: (&'static str, &'static str),
    /// What the client answers.
    answer: Value,
    /// What the tool says then.
    said: &'static str,
}

fn cases() -> Vec<Case> {
    let delete = |answer: Value, said: &'static str| Case {
        call: json!({"name": "delete", "arguments": {"name": "draft"}}),
        capabilities: json!({"elicitation": {}}),
        question: ("confirm", "elicitation/create"),
        answer,
        said,
    };
    let yes = json!({"action": "accept", "content": {"really": true}});
    let letters = json!({"type": "text", "text": "Letters."});
    vec![
        delete(yes, "draft is deleted."),
        delete(json!({"action": "decline"}), "draft is kept."),
        Case {
            call: json!({"name": "summary", "arguments": {"text": "a b c"}}),
            capabilities: json!({"sampling": {}}),
            question: ("summary", "sampling/createMessage"),
            answer: json!({"role": "assistant", "model": "m", "content": letters}),
            said: "In short: Letters.",
        },
        Case {
            call: json!({"name": "roots", "arguments": {}}),
            capabilities: json!({"roots": {}}),
            question: ("roots", "roots/list"),
            answer: json!({"roots": [{"uri": "file:///home/ada"}]}),
            said: "You work in file:///home/ada.",
        },
    ]
}

/// The example, and whatever keeps it running.
async fn example() -> Dev {
    serve("mcp-backend", &backend().await.to_string())
}

async fn send(address: SocketAddr, message: &Value, headers: &str) -> Answer {
    let request = post(&message.to_string(), headers);
    Connection::open(address).await.ask(&request).await
}

/// A call by a modern client, with what it adds to the parameters.
async fn modern(gateway: &Dev, case: &Case, more: Value) -> Value {
    let mut params = case.call.clone();
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": case.capabilities,
    });
    if let Value::Object(more) = more {
        params.as_object_mut().unwrap().extend(more);
    }
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let headers = format!(
        "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: {}\r\n",
        case.call["name"].as_str().unwrap()
    );
    let answer = send(gateway.address, &message, &headers).await;
    answer.json()["result"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_modern_client_answers_by_calling_again() {
    let gateway = example().await;
    for case in cases() {
        let (key, method) = case.question;
        let asked = modern(&gateway, &case, Value::Null).await;
        assert_eq!(asked["resultType"], "input_required", "{asked}");
        assert_eq!(asked["inputRequests"][key]["method"], method, "{asked}");
        let mut again = json!({"inputResponses": {key: case.answer}});
        if let Some(state) = asked.get("requestState") {
            again["requestState"] = state.clone();
        }
        let result = modern(&gateway, &case, again).await;
        assert_eq!(result["content"][0]["text"], case.said, "{result}");
    }
    gateway.stop().await;
}

/// The message of the next event that carries one.
async fn event(stream: &mut Connection) -> Value {
    loop {
        let chunk = stream.chunk().await.expect("the stream ended too early");
        let data = chunk.lines().find_map(|line| line.strip_prefix("data: "));
        if let Some(data) = data {
            return serde_json::from_str(data).unwrap();
        }
    }
}

async fn check_legacy(gateway: &Dev, case: &Case) {
    let address = gateway.address;
    let params = json!({
        "protocolVersion": "2025-11-25", "capabilities": case.capabilities,
        "clientInfo": {"name": "t", "version": "1"},
    });
    let opening = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params});
    let opened = send(address, &opening, "").await;
    let session = opened.header("mcp-session-id").unwrap();
    let headers = format!("MCP-Protocol-Version: 2025-11-25\r\nMcp-Session-Id: {session}\r\n");

    let mut stream = Connection::open(address).await;
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": case.call});
    stream.send(post(&call.to_string(), &headers)).await;
    assert_eq!(stream.head().await.0, 200);
    let question = event(&mut stream).await;
    assert_eq!(question["method"], case.question.1, "{question}");
    let answer = json!({"jsonrpc": "2.0", "id": question["id"], "result": case.answer});
    assert_eq!(send(address, &answer, &headers).await.status, 202);
    let result = event(&mut stream).await;
    let text = result.pointer("/result/content/0/text");
    assert_eq!(text, Some(&json!(case.said)), "{result}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legacy_client_is_asked_on_the_stream_of_its_call() {
    let gateway = example().await;
    for case in cases() {
        check_legacy(&gateway, &case).await;
    }
    gateway.stop().await;
}
