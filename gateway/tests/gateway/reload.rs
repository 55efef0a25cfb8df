//! Files saved under open clients of both eras: what is saved is there within a tenth of a second, and nobody is disturbed.

use std::{
    fs,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    clients::{Client, ERAS},
    running::{Dev, OBJECTS},
};

/// From a save to its notice in a client.
const PROMISE: Duration = Duration::from_millis(100);
/// A stream gets one notice a second.
const APART: Duration = Duration::from_millis(1100);
/// The machine may be busy with other tests; a gateway that is late by itself is late in every round.
const ROUNDS: usize = 3;

struct Scene {
    gateway: Dev,
    clients: Vec<Client>,
}

impl Scene {
    /// Carries out a save; the longest time until a client was told. The lists must be the expected ones.
    async fn save(&mut self, text: &str, extra_tool: bool) -> Duration {
        tokio::time::sleep(APART).await;
        let saved = Instant::now();
        self.gateway.save("extra.yaml", text);
        let mut latest = Duration::ZERO;
        for client in &mut self.clients {
            client.notice().await;
            latest = latest.max(saved.elapsed());
        }
        self.check_lists(extra_tool).await;
        latest
    }

    async fn check_lists(&self, extra_tool: bool) {
        let mut expected = vec!["fail", "search", "slow"];
        if extra_tool {
            expected.insert(0, "extra");
        }
        for client in &self.clients {
            assert_eq!(client.tools().await, expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn saving_breaking_and_mending_an_object_shows_within_a_tenth_of_a_second() {
    let gateway = Dev::start(&[]).await;
    let caller = Client::connect(&gateway.url(), ERAS[0]()).await;
    let mut clients = Vec::new();
    for era in ERAS {
        clients.push(Client::connect(&gateway.url(), era()).await);
    }
    let mut scene = Scene { gateway, clients };
    let slow = tokio::spawn(async move { caller.call("slow", json!({"ms": 5000})).await });
    let good = OBJECTS
        .split("---\n")
        .nth(1)
        .unwrap()
        .replace("{name: search}", "{name: extra}");
    let rejected = good.replace("{type: integer}", "{type: nonsense}");

    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let latencies = [
            scene.save(&good, true).await,
            scene.save(&rejected, false).await,
            scene.save(&good, true).await,
            scene.save("# nothing left\n", false).await,
        ];
        println!("saved, broken, mended, gone: {latencies:?}");
        rounds.push(latencies);
        if latencies.iter().all(|latency| *latency < PROMISE) {
            break;
        }
    }
    let kept = rounds
        .iter()
        .any(|latencies| latencies.iter().all(|latency| *latency < PROMISE));
    assert!(kept, "{rounds:?}");
    assert_eq!(
        slow.await.unwrap(),
        (r#"{"waited_ms":5000}"#.to_owned(), false)
    );
    let log = scene.gateway.log();
    assert!(log.contains("MCPTool default/extra"), "{log}");
    scene.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_does_not_parse_changes_nothing() {
    let gateway = Dev::start(&[]).await;
    let mut client = Client::connect(&gateway.url(), ERAS[1]()).await;
    let path = gateway.folder.path().join("objects.yaml");
    fs::write(&path, OBJECTS.replace("kind: MCPTool", "kind: [MCPTool")).unwrap();
    crate::running::eventually("it is told", || {
        std::future::ready(gateway.log().contains("objects.yaml:11: not YAML"))
    })
    .await;
    assert_eq!(client.tools().await, ["fail", "search", "slow"]);
    // The next notice is the one of the mended file: there was none before it.
    fs::write(&path, OBJECTS.replace("{name: fail}", "{name: broken}")).unwrap();
    client.notice().await;
    assert_eq!(client.tools().await, ["broken", "search", "slow"]);
    gateway.stop().await;
}
