//! The Rust SDK's client against the running gateway, in every way that it can open a connection.

use rmcp::{
    ClientHandler, ClientLifecycleMode, ClientServiceExt, RoleClient,
    model::{
        ArgumentInfo, CallToolRequestParams, CompleteRequestParams, GetPromptRequestParams,
        ProtocolVersion, ReadResourceRequestParams, Reference, ServerNotification,
        SubscriptionFilter,
    },
    service::{NotificationContext, RunningService, Subscription},
    transport::StreamableHttpClientTransport,
};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::running::{Dev, OBJECTS};

/// Passes on that the list of tools has changed.
pub(crate) struct Listener(mpsc::UnboundedSender<()>);

impl ClientHandler for Listener {
    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        let _gone = self.0.send(());
    }
}

/// A connected client that hears of changed tools.
pub(crate) struct Client {
    pub(crate) service: RunningService<RoleClient, Listener>,
    notices: mpsc::UnboundedReceiver<()>,
    /// Of a modern client; a legacy one has its GET stream.
    subscription: Option<Subscription>,
}

impl Client {
    pub(crate) async fn connect(url: &str, mode: ClientLifecycleMode) -> Self {
        let (sender, notices) = mpsc::unbounded_channel();
        let transport = StreamableHttpClientTransport::from_uri(url);
        let service = Listener(sender)
            .serve_with_lifecycle(transport, mode)
            .await
            .unwrap();
        let mut client = Self {
            service,
            notices,
            subscription: None,
        };
        if client.version() == ProtocolVersion::V_2026_07_28 {
            let filter = SubscriptionFilter::builder().tools_list_changed().build();
            client.subscription = Some(client.service.listen(filter).await.unwrap());
        }
        client
    }

    fn version(&self) -> ProtocolVersion {
        self.service.peer_info().unwrap().protocol_version.clone()
    }

    /// Waits for the next notice that the list of tools has changed.
    pub(crate) async fn notice(&mut self) {
        match &mut self.subscription {
            None => self.notices.recv().await.unwrap(),
            Some(subscription) => {
                let notice = subscription.next().await.unwrap();
                assert!(
                    matches!(
                        notice,
                        Some(ServerNotification::ToolListChangedNotification(_))
                    ),
                    "{notice:?}"
                );
            }
        }
    }

    /// Names of the tools that are listed now.
    pub(crate) async fn tools(&self) -> Vec<String> {
        let tools = self.service.list_all_tools().await.unwrap();
        tools
            .into_iter()
            .map(|tool| tool.name.into_owned())
            .collect()
    }

    /// The text of a call's answer, and whether it is an error.
    pub(crate) async fn call(&self, tool: &'static str, arguments: Value) -> (String, bool) {
        let arguments = arguments.as_object().unwrap().clone();
        let params = CallToolRequestParams::new(tool).with_arguments(arguments);
        let result = json_of(self.service.call_tool(params).await.unwrap());
        let text = result["content"][0]["text"].as_str().unwrap().to_owned();
        (text, result["isError"] == true)
    }
}

fn json_of(value: impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

fn discover() -> ClientLifecycleMode {
    ClientLifecycleMode::Discover {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
    }
}

/// One client of each era.
pub(crate) const ERAS: [fn() -> ClientLifecycleMode; 2] =
    [|| ClientLifecycleMode::Initialize, discover];

async fn check(mode: ClientLifecycleMode, version: ProtocolVersion) {
    let gateway = Dev::start(&[]).await;
    let mut client = Client::connect(&gateway.url(), mode).await;
    assert_eq!(client.version(), version);
    check_calls(&client).await;
    check_prompts_and_resources(&client).await;

    assert_eq!(client.tools().await, ["fail", "search", "slow"]);
    let tool = OBJECTS.split("---\n").nth(1).unwrap();
    gateway.save(
        "more.yaml",
        &tool.replace("{name: search}", "{name: another}"),
    );
    client.notice().await;
    assert_eq!(client.tools().await, ["another", "fail", "search", "slow"]);
    assert!(
        !client
            .call("another", json!({"query": "kubernetes"}))
            .await
            .1
    );

    client.service.cancel().await.unwrap();
    gateway.stop().await;
}

async fn check_calls(client: &Client) {
    let (text, is_error) = client.call("search", json!({"query": "zzz"})).await;
    let found: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (found, is_error),
        (json!({"query": "zzz", "total": 0, "items": []}), false)
    );
    let (text, is_error) = client.call("fail", json!({})).await;
    assert!(is_error && text.contains("500"), "{text}");
    let (text, is_error) = client.call("search", json!({"query": 7})).await;
    assert!(is_error && text.contains("query"), "{text}");
    let unknown = client
        .service
        .call_tool(CallToolRequestParams::new("nonsense"))
        .await;
    assert!(unknown.unwrap_err().to_string().contains("nonsense"));
}

async fn check_prompts_and_resources(client: &Client) {
    let service = &client.service;
    let arguments = json!({"name": "Ada"}).as_object().unwrap().clone();
    let prompt = GetPromptRequestParams::new("greeting").with_arguments(arguments);
    assert_eq!(
        json_of(service.get_prompt(prompt).await.unwrap())["messages"],
        json!([{"role": "user", "content": {"type": "text", "text": "Hello Ada, in a neutral tone."}}])
    );
    let uris: Vec<String> = service
        .list_all_resources()
        .await
        .unwrap()
        .into_iter()
        .map(|resource| resource.uri.clone())
        .collect();
    assert_eq!(uris, ["config://template"]);
    let inline = ReadResourceRequestParams::new("config://template");
    assert_eq!(
        json_of(service.read_resource(inline).await.unwrap())["contents"],
        json!([{"uri": "config://template", "mimeType": "text/yaml", "text": "log: info\n"}])
    );
    let templates = json_of(service.list_all_resource_templates().await.unwrap());
    assert_eq!(
        templates.pointer("/0/uriTemplate"),
        Some(&json!("docs://{id}"))
    );
    let page = json_of(
        service
            .read_resource(ReadResourceRequestParams::new("docs://guide"))
            .await
            .unwrap(),
    );
    assert_eq!(
        page.pointer("/contents/0/uri"),
        Some(&json!("docs://guide"))
    );
    assert!(
        !page
            .pointer("/contents/0/text")
            .unwrap()
            .as_str()
            .unwrap()
            .is_empty()
    );
    let missing = service
        .read_resource(ReadResourceRequestParams::new("docs://nonsense"))
        .await;
    assert!(missing.is_err(), "{missing:?}");
    for (reference, argument, value, expected) in [
        (
            Reference::for_resource("docs://{id}"),
            "id",
            "g",
            json!(["getting-started", "guide"]),
        ),
        (
            Reference::for_prompt("greeting"),
            "tone",
            "fr",
            json!(["friendly"]),
        ),
    ] {
        let request = CompleteRequestParams::new(reference, ArgumentInfo::new(argument, value));
        assert_eq!(
            json_of(service.complete(request).await.unwrap().completion.values),
            expected
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_initializes_is_served_whole() {
    check(
        ClientLifecycleMode::Initialize,
        ProtocolVersion::V_2025_11_25,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_discovers_is_served_whole() {
    check(discover(), ProtocolVersion::V_2026_07_28).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_probes_finds_the_newest_revision() {
    let mode = ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: None,
    };
    check(mode, ProtocolVersion::V_2026_07_28).await;
}
