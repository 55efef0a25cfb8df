//! `tools/call` from the client's message to the backend's request and back.

use serde_json::json;

use crate::fixtures::{Backend, Fixture, on_a_core, tool};

#[test]
fn a_call_reaches_the_backend_and_its_answer_comes_back() {
    on_a_core(async {
        let backend = Backend::answering("application/json", r#"{"total":1}"#).await;
        let gateway = Fixture::with_backend(&tool("search", "  inputSchema: {}"), &backend);
        let reply = gateway
            .modern(
                "tools/call",
                json!({"name": "search", "arguments": {"query": "x"}}),
            )
            .await;
        assert_eq!(
            reply.json(),
            json!({"jsonrpc": "2.0", "id": 1, "result": {
                "resultType": "complete",
                "content": [{"type": "text", "text": "{\"total\":1}"}],
                "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "mcp-gateway", "version": env!("CARGO_PKG_VERSION")}},
            }})
        );
        let received = backend.only();
        assert_eq!(
            (received.line.as_str(), received.body.as_str()),
            ("POST /api/search", r#"{"query":"x"}"#)
        );
    });
}
