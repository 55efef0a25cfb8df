//! Which objects a server takes in.
#![allow(clippy::unwrap_used)]

use super::{object, registry, rejected, served};

const OBJECTS: [(&str, &str, &str); 4] = [
    ("MCPTool", "labelled", "  service: {name: svc, port: 80}"),
    ("MCPTool", "plain", "  service: {name: svc, port: 80}"),
    ("MCPPrompt", "labelled", "  template: Hello"),
    (
        "MCPResource",
        "labelled",
        "  content: {uri: \"a:b\", text: x}",
    ),
];

fn check(selectors: &str, expected: &[&str], unselected: usize) {
    let mut yaml = String::new();
    for (kind, name, spec) in OBJECTS {
        let labels = if name == "labelled" {
            ", labels: {mcp-server: main}"
        } else {
            ""
        };
        yaml += &object(kind, &format!("name: {name}{labels}"), spec);
    }
    yaml += &object("MCPServer", "name: main", selectors);
    let registry = registry(&yaml);
    assert_eq!(served(&registry), expected);
    assert_eq!(registry.unselected, unselected);
}

#[test]
fn an_absent_selector_selects_nothing_and_says_so() {
    check("  replicas: 1", &[], 4);
    let registry = registry(&object("MCPServer", "name: main", "  replicas: 1"));
    assert_eq!(
        rejected(&registry),
        [
            "MCPServer default/main: spec.toolSelector: it is absent, so the server selects nothing; write {} to select everything (NoSelector)"
        ]
    );
}

#[test]
fn an_empty_selector_selects_everything() {
    check(
        "  toolSelector: {}",
        &[
            "prompt labelled",
            "resource a:b",
            "tool labelled",
            "tool plain",
        ],
        0,
    );
}

#[test]
fn labels_select_every_kind() {
    check(
        "  toolSelector: {matchLabels: {mcp-server: main}}",
        &["prompt labelled", "resource a:b", "tool labelled"],
        1,
    );
    check("  toolSelector: {matchLabels: {mcp-server: other}}", &[], 4);
}

#[test]
fn prompts_and_resources_follow_a_selector_of_their_own_if_there_is_one() {
    check(
        "  toolSelector: {matchLabels: {mcp-server: other}}\n  promptSelector: {}",
        &["prompt labelled"],
        3,
    );
    check(
        "  toolSelector: {}\n  promptSelector: {matchLabels: {a: b}}\n  resourceSelector: {matchExpressions: [{key: mcp-server, operator: DoesNotExist}]}",
        &["tool labelled", "tool plain"],
        2,
    );
    check(
        "  resourceSelector: {matchLabels: {mcp-server: main}}",
        &["resource a:b"],
        3,
    );
}

#[test]
fn without_a_server_everything_is_selected() {
    let tool = object("MCPTool", "name: a", "  service: {name: svc, port: 80}");
    let registry = registry(&tool);
    assert_eq!(served(&registry), ["tool a"]);
    assert_eq!((registry.unselected, &registry.server.object), (0, &None));
}
