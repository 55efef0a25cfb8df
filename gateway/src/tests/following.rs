//! What a client sets and follows: the level of log messages, and resources whose content changes.

use serde_json::{Value, json};

use super::talking::{Ears, Peer, Talker, asking_tool, begin};
use crate::fixtures::{Backend, Fixture, answer, on_a_core, on_a_core_with_paused_time, post};

const LOGS: &str = "data: {\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":1}}\n\ndata: {\"method\":\"notifications/message\",\"params\":{\"level\":\"error\",\"data\":2}}\n\ndata: {\"content\":[]}\n\n";

#[test]
fn the_level_of_a_session_holds_for_its_calls_and_no_others() {
    on_a_core(async {
        let backend = Backend::start(|_| answer(200, "text/event-stream", LOGS)).await;
        let gateway = Fixture::with_backend(&asking_tool(""), &backend);
        let peer = Peer::legacy(&gateway, "2025-11-25", json!({})).await;
        let other = Peer::legacy(&gateway, "2025-11-25", json!({})).await;
        let hears = async |peer: &Peer| {
            let call = begin(&gateway, peer.call(1, &json!({})));
            Ears::of(call).await.rest().await
        };
        let set = async |peer: &Peer, level: Value| {
            let request = peer.request(2, "logging/setLevel", json!({"level": level}));
            gateway.send(request).await
        };
        assert_eq!(hears(&peer).await, ["ok "]);
        assert_eq!(set(&peer, json!("info")).await.result(), json!({}));
        assert_eq!(hears(&peer).await, ["log 1", "log 2", "ok "]);
        assert_eq!(hears(&other).await, ["ok "]);
        for bad in [json!("loud"), json!("INFO"), json!(3), json!(null)] {
            assert_eq!(set(&peer, bad).await.code(), -32602);
        }
        assert_eq!(set(&peer, json!("error")).await.result(), json!({}));
        assert_eq!(hears(&peer).await, ["log 2", "ok "]);
        // Without a session there is nothing to remember it in.
        let nobody = Peer::without_session("2025-11-25");
        assert_eq!(set(&nobody, json!("debug")).await.result(), json!({}));
        assert_eq!(hears(&nobody).await, ["ok "]);
    });
}

fn resource(text: &str) -> String {
    format!(
        "---\napiVersion: mcp.example.com/v1alpha1\nkind: MCPResource\nmetadata: {{name: note}}\nspec:\n  name: note\n  content: {{uri: \"note://a\", text: \"{text}\"}}\n---\napiVersion: mcp.example.com/v1alpha1\nkind: MCPResource\nmetadata: {{name: other}}\nspec:\n  name: other\n  content: {{uri: \"note://b\", text: same}}\n"
    )
}

async fn updates(ears: &mut Ears) -> Vec<Value> {
    let mut heard = Vec::new();
    while let Ok(Some(piece)) =
        tokio::time::timeout(std::time::Duration::from_secs(5), ears.piece()).await
    {
        if let Some(at) = piece.find("data: ") {
            heard.push(serde_json::from_str(piece[at + 6..].trim_end()).unwrap());
        }
    }
    heard
}

#[test]
fn a_session_hears_of_the_resources_that_it_follows() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new(&resource("one"));
        let peer = Peer::legacy(&gateway, "2025-11-25", json!({})).await;
        let mut get = post("", &[("mcp-session-id", peer.session.as_ref().unwrap())]);
        *get.method_mut() = http::Method::GET;
        let mut ears = Ears::of(begin(&gateway, get)).await;
        let follow = async |method: &str, uri: &str| {
            let request = peer.request(1, &format!("resources/{method}"), json!({"uri": uri}));
            gateway.send(request).await
        };
        let updated = json!({"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": "note://a"}});
        gateway.publish(&resource("two"));
        assert_eq!(
            updates(&mut ears).await,
            Vec::<Value>::new(),
            "nothing is followed"
        );
        assert_eq!(follow("subscribe", "note://a").await.result(), json!({}));
        assert_eq!(follow("subscribe", "note://b").await.result(), json!({}));
        let unknown = follow("subscribe", "note://c").await;
        assert_eq!(
            (unknown.code(), &unknown.json()["error"]["data"]),
            (-32002, &json!({"uri": "note://c"}))
        );
        gateway.publish(&resource("three"));
        assert_eq!(updates(&mut ears).await, [updated]);
        gateway.publish(&resource("three"));
        assert_eq!(
            updates(&mut ears).await,
            Vec::<Value>::new(),
            "nothing changed"
        );
        assert_eq!(follow("unsubscribe", "note://a").await.result(), json!({}));
        assert_eq!(
            follow("unsubscribe", "note://never").await.result(),
            json!({})
        );
        gateway.publish(&resource("four"));
        assert_eq!(
            updates(&mut ears).await,
            Vec::<Value>::new(),
            "it is followed no more"
        );
        let request = Peer::without_session("2025-11-25").request(
            1,
            "resources/subscribe",
            json!({"uri": "note://a"}),
        );
        assert_eq!(gateway.send(request).await.code(), -32602);
    });
}

#[test]
fn a_session_follows_a_thousand_resources_and_no_more() {
    on_a_core_with_paused_time(async {
        let all: String = (0..1001).map(|number| format!("---\napiVersion: mcp.example.com/v1alpha1\nkind: MCPResource\nmetadata: {{name: n{number}}}\nspec:\n  name: n{number}\n  content: {{uri: \"note://{number}\", text: x}}\n")).collect();
        let gateway = Fixture::new(&all);
        let peer = Peer::legacy(&gateway, "2025-11-25", json!({})).await;
        let subscribe = async |number: u32| {
            let params = json!({"uri": format!("note://{number}")});
            let reply = gateway
                .send(peer.request(1, "resources/subscribe", params))
                .await;
            reply.json()["error"]["code"].as_i64()
        };
        for number in 0..1000 {
            assert_eq!(subscribe(number).await, None);
        }
        assert_eq!(subscribe(1000).await, Some(-32602));
        assert_eq!(subscribe(7).await, None, "it is followed already");
        let params = json!({"uri": "note://7"});
        gateway
            .send(peer.request(1, "resources/unsubscribe", params))
            .await;
        assert_eq!(subscribe(1000).await, None);
    });
}

#[test]
fn a_modern_client_follows_resources_on_a_stream_of_its_own() {
    on_a_core_with_paused_time(async {
        let gateway = Fixture::new(&resource("one"));
        let filter = json!({"notifications": {"resourceSubscriptions": ["note://a", "note://c"]}});
        let request = Peer::modern(json!({})).request(9, "subscriptions/listen", filter);
        let mut ears = Ears::of(begin(&gateway, request)).await;
        let of = |method: &str, more: Value| {
            let mut params = json!({"_meta": {"io.modelcontextprotocol/subscriptionId": 9}});
            for (name, value) in more.as_object().unwrap() {
                params[name] = value.clone();
            }
            json!({"jsonrpc": "2.0", "method": method, "params": params})
        };
        let honoured = json!({"notifications": {"resourceSubscriptions": ["note://a"]}});
        assert_eq!(
            updates(&mut ears).await,
            [of("notifications/subscriptions/acknowledged", honoured)]
        );
        gateway.publish(&resource("two"));
        let updated = of(
            "notifications/resources/updated",
            json!({"uri": "note://a"}),
        );
        assert_eq!(updates(&mut ears).await, [updated]);
        gateway.publish(&resource("two"));
        assert_eq!(updates(&mut ears).await, Vec::<Value>::new());
        // The methods of the other era do not exist in this one.
        for method in ["resources/subscribe", "logging/setLevel"] {
            let params = json!({"uri": "note://a", "level": "info"});
            let reply = gateway
                .send(Peer::modern(json!({})).request(1, method, params))
                .await;
            assert_eq!((reply.status.as_u16(), reply.code()), (404, -32601));
        }
    });
}

#[test]
fn the_level_changes_for_the_next_call_while_one_is_running() {
    on_a_core(async {
        let mut backend = Talker::start().await;
        let gateway = Fixture::with_address(&asking_tool(""), backend.address);
        let peer = Peer::legacy(&gateway, "2025-11-25", json!({})).await;
        let call = begin(&gateway, peer.call(1, &json!({})));
        let turn = backend.turn().await;
        assert_eq!(turn.body()["logLevel"], Value::Null);
        let request = peer.request(2, "logging/setLevel", json!({"level": "alert"}));
        gateway.send(request).await;
        turn.answer("application/json", r#"{"content":[]}"#).await;
        drop(call.await);
        let call = begin(&gateway, peer.call(3, &json!({})));
        assert_eq!(backend.turn().await.body()["logLevel"], "alert");
        call.abort();
    });
}
