//! How many calls may be in flight, what a client is told past it, and that places are given back.

use std::{rc::Rc, sync::atomic::Ordering};

use serde_json::json;
use tokio::{io::AsyncWriteExt, sync::Semaphore, task::spawn_local};

use crate::{
    fixtures::{Fixture, answer, modern, next_request, on_a_core, serve_connections, tool},
    proxy,
};

const RESOURCE: &str = "---\napiVersion: mcp.example.com/v1alpha1\nkind: MCPResource\nmetadata: {name: r}\nspec:\n  operations:\n  \
    - {method: GET, ingressPath: /r, service: {name: backend-svc, port: 8080, path: /r}}\n";

/// A gateway whose backend answers one call for each permit of the semaphore; `arrived` counts the calls.
async fn gateway(yaml: &str, server_limit: usize) -> (Fixture, Rc<Semaphore>, Rc<Semaphore>) {
    let (open, arrived) = (Rc::new(Semaphore::new(0)), Rc::new(Semaphore::new(0)));
    let (opens, arrives) = (Rc::clone(&open), Rc::clone(&arrived));
    let address = serve_connections(move |_, mut stream| {
        let (opens, arrives) = (Rc::clone(&opens), Rc::clone(&arrives));
        async move {
            while next_request(&mut stream).await.is_some() {
                arrives.add_permits(1);
                opens.acquire().await.unwrap().forget();
                if stream
                    .write_all(&answer(200, "text/plain", "ok"))
                    .await
                    .is_err()
                {
                    return;
                }
            }
        }
    })
    .await;
    let server = format!(
        "---\napiVersion: mcp.example.com/v1alpha1\nkind: MCPServer\nmetadata: {{name: main}}\nspec: {{toolSelector: {{}}, config: {{maxConcurrentRequests: {server_limit}}}}}\n"
    );
    (
        Fixture::with_address(&format!("{server}{yaml}"), address),
        open,
        arrived,
    )
}

/// Starts a call that stays in flight.
async fn hang(gateway: &Fixture, name: &str, arrived: &Semaphore) -> tokio::task::JoinHandle<u16> {
    let (core, request) = (
        Rc::clone(&gateway.core),
        modern("tools/call", json!({"name": name, "arguments": {}})),
    );
    let call = spawn_local(async move { proxy::handle(core, request).await.status().as_u16() });
    arrived.acquire().await.unwrap().forget();
    call
}

async fn is_refused(gateway: &Fixture, name: &str) {
    let params = json!({"name": name, "arguments": {}});
    let modern = gateway.modern("tools/call", params.clone()).await;
    let legacy = gateway.legacy("2025-11-25", "tools/call", params).await;
    assert_eq!((modern.status.as_u16(), legacy.status.as_u16()), (503, 200));
    assert_eq!(modern.headers["retry-after"], "1");
    assert_eq!(legacy.headers["retry-after"], "1");
    assert_eq!(
        modern.json()["error"],
        json!({
            "code": -31029,
            "message": "the server is busy; try again in 1 s",
            "data": {"retryAfterSeconds": 1},
        })
    );
    assert_eq!(legacy.result()["isError"], json!(true));
    assert_eq!(
        legacy.content_text(),
        "The server is busy. Try again in 1 s."
    );
}

#[test]
fn past_the_servers_limit_calls_are_refused_and_nothing_else_is() {
    on_a_core(async {
        let yaml = format!(
            "{}{}{RESOURCE}",
            tool("a", "  inputSchema: {}\n  maxConcurrentRequests: 9"),
            tool("b", "  inputSchema: {}")
        );
        let (gateway, open, arrived) = gateway(&yaml, 2).await;
        let calls = [
            hang(&gateway, "a", &arrived).await,
            hang(&gateway, "a", &arrived).await,
        ];
        is_refused(&gateway, "a").await;
        is_refused(&gateway, "b").await;
        let read = json!({"uri": "resource:///r"});
        let refused = gateway.modern("resources/read", read.clone()).await;
        assert_eq!(refused.status, 503, "{refused:?}");
        assert_eq!(refused.headers["retry-after"], "1");
        let legacy = gateway.legacy("2025-11-25", "resources/read", read).await;
        assert_eq!(
            (legacy.status.as_u16(), legacy.code()),
            (200, refused.code())
        );
        assert!(
            !(-32768..=-32000).contains(&refused.code()),
            "{}",
            refused.code()
        );
        assert_eq!(legacy.headers["retry-after"], "1");
        for (method, params) in [
            ("tools/list", json!({})),
            ("resources/list", json!({})),
            ("prompts/list", json!({})),
        ] {
            assert_eq!(
                gateway.modern(method, params.clone()).await.status,
                200,
                "{method}"
            );
            assert!(
                gateway
                    .legacy("2025-11-25", method, params)
                    .await
                    .json()
                    .get("result")
                    .is_some(),
                "{method}"
            );
        }
        assert_eq!(
            gateway.modern("server/discover", json!({})).await.status,
            200
        );
        assert!(
            gateway
                .legacy("2025-11-25", "ping", json!({}))
                .await
                .json()
                .get("result")
                .is_some()
        );
        gateway.initialize("2025-11-25").await;
        open.add_permits(2);
        for call in calls {
            assert_eq!(call.await.unwrap(), 200);
        }
        assert_eq!(gateway.core.gateway.in_flight.load(Ordering::Relaxed), 0);
        open.add_permits(1);
        let reply = gateway
            .modern("tools/call", json!({"name": "b", "arguments": {}}))
            .await;
        assert_eq!(reply.content_text(), "ok");
    });
}

#[test]
fn a_tool_past_its_own_limit_leaves_the_others_alone() {
    for (limit, spec) in [(1, "  maxConcurrentRequests: 1"), (2, "")] {
        on_a_core(async {
            let yaml = format!(
                "{}{}",
                tool("slow", &format!("  inputSchema: {{}}\n{spec}")),
                tool("b", "  inputSchema: {}")
            );
            // Where a tool says nothing it may take half of what the server has.
            let (gateway, open, arrived) = gateway(&yaml, 4).await;
            let mut calls = Vec::new();
            for _ in 0..limit {
                calls.push(hang(&gateway, "slow", &arrived).await);
            }
            is_refused(&gateway, "slow").await;
            let other = hang(&gateway, "b", &arrived).await;
            open.add_permits(limit + 1);
            assert_eq!(other.await.unwrap(), 200);
            for call in calls {
                assert_eq!(call.await.unwrap(), 200);
            }
        });
    }
}

#[test]
fn a_client_that_leaves_gives_its_place_back() {
    on_a_core(async {
        let (gateway, open, arrived) = gateway(&tool("a", "  inputSchema: {}"), 1).await;
        let call = hang(&gateway, "a", &arrived).await;
        is_refused(&gateway, "a").await;
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        let registry = gateway.core.gateway.registry.load();
        assert_eq!(gateway.core.gateway.in_flight.load(Ordering::Relaxed), 0);
        assert_eq!(
            registry.tools["a"].live.in_flight.load(Ordering::Relaxed),
            0
        );
        open.add_permits(2);
        let reply = gateway
            .modern("tools/call", json!({"name": "a", "arguments": {}}))
            .await;
        assert_eq!(reply.content_text(), "ok");
    });
}
