//! `Mcp-Param-*` headers beside arguments, and capabilities that a tool needs of its client.

use serde_json::{Value, json};

use super::talking::Peer;
use crate::fixtures::{Backend, Fixture, on_a_core, tool};

#[test]
fn headers_must_say_what_the_arguments_say() {
    on_a_core(async {
        let backend = Backend::answering("text/plain", "ok").await;
        let schema = r#"  inputSchema: {type: object, properties: {region: {type: string, x-mcp-header: Region}, deep: {type: object, properties: {count: {type: integer, x-mcp-header: Count}}}}}"#;
        let gateway = Fixture::with_backend(&tool("t", schema), &backend);
        let code = async |arguments: Value, headers: &[(&'static str, &str)], peer: &Peer| {
            let mut request = peer.call(1, &json!({"arguments": arguments}));
            for (name, value) in headers {
                request.headers_mut().append(*name, value.parse().unwrap());
            }
            let reply = gateway.send(request).await;
            (
                reply.status.as_u16(),
                reply.json()["error"]["code"].as_i64(),
            )
        };
        const REGION: &str = "mcp-param-region";
        const COUNT: &str = "mcp-param-count";
        let (ok, mismatch) = ((200, None), (400, Some(-32020)));
        let modern = Peer::modern(json!({}));
        for (arguments, headers, expected) in [
            (json!({}), &[][..], ok),
            (json!({"region": "eu"}), &[(REGION, "eu")], ok),
            (json!({"region": "eu"}), &[(REGION, " eu ")], ok),
            (json!({"region": "é"}), &[(REGION, "=?base64?w6k=?=")], ok),
            (json!({"deep": {"count": 5}}), &[(COUNT, "5")], ok),
            (json!({"deep": {}}), &[], ok),
            (json!({"region": "eu"}), &[], mismatch),
            (json!({"region": "eu"}), &[(REGION, "us")], mismatch),
            (
                json!({"region": "eu"}),
                &[(REGION, "eu"), (REGION, "eu")],
                mismatch,
            ),
            (
                json!({"region": "eu"}),
                &[(REGION, "=?base64?!!?=")],
                mismatch,
            ),
            (json!({}), &[(REGION, "eu")], mismatch),
            (json!({"deep": {"count": 5}}), &[(COUNT, "6")], mismatch),
            (json!({"deep": {"count": 5}}), &[], mismatch),
            (json!({"deep": {}}), &[(COUNT, "5")], mismatch),
        ] {
            let before = backend.received().len();
            let name = format!("{arguments} {headers:?}");
            assert_eq!(code(arguments, headers, &modern).await, expected, "{name}");
            assert_eq!(backend.received().len() > before, expected == ok, "{name}");
        }
        // Revisions before it know nothing of such headers.
        let legacy = Peer::without_session("2025-11-25");
        assert_eq!(code(json!({"region": "eu"}), &[], &legacy).await, ok);
        assert_eq!(
            code(json!({"region": "eu"}), &[(REGION, "us")], &legacy).await,
            ok
        );
    });
}

#[test]
fn a_tool_may_need_capabilities_of_its_client() {
    on_a_core(async {
        let backend = Backend::answering("text/plain", "ok").await;
        let spec = "  inputSchema: {}\n  requiredClientCapabilities: [sampling, elicitation.url]";
        let gateway = Fixture::with_backend(&tool("t", spec), &backend);
        let both = json!({"sampling": {}, "elicitation": {"url": {}}});
        let check = |reply: crate::fixtures::Reply, expected: Option<Value>| {
            let error = reply.json()["error"].clone();
            match expected {
                None => assert_eq!((reply.status.as_u16(), error), (200, Value::Null)),
                Some(missing) => assert_eq!(
                    (
                        reply.status.as_u16(),
                        &error["code"],
                        &error["data"]["requiredCapabilities"]
                    ),
                    (400, &json!(-32021), &missing)
                ),
            }
        };
        for (declared, missing) in [
            (both.clone(), None),
            (json!({}), Some(both.clone())),
            (
                json!({"sampling": {}}),
                Some(json!({"elicitation": {"url": {}}})),
            ),
            (
                json!({"elicitation": {"url": {}}}),
                Some(json!({"sampling": {}})),
            ),
            (
                json!({"sampling": {}, "elicitation": {}}),
                Some(json!({"elicitation": {"url": {}}})),
            ),
        ] {
            check(
                gateway
                    .send(Peer::modern(declared).call(1, &json!({})))
                    .await,
                missing,
            );
        }
        let peer = Peer::legacy(&gateway, "2025-11-25", both).await;
        check(gateway.send(peer.call(1, &json!({}))).await, None);
        let peer = Peer::legacy(&gateway, "2025-11-25", json!({"sampling": {}})).await;
        let reply = gateway.send(peer.call(1, &json!({}))).await;
        assert_eq!((reply.status.as_u16(), reply.code()), (200, -32602));
        assert_eq!(backend.received().len(), 2);
    });
}
