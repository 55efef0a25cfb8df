//! YAML in; per object its verdict, and which servers say so, out.
#![allow(clippy::unwrap_used)]

use super::{judge, table, verdicts};
use crate::registry::{files::FileOptions, objects::Override};

/// Verdicts as `KIND OBJECT STATUS [SERVERS] REASON LINE FIELD`.
fn judged(yaml: &str, server: Option<&str>) -> Vec<super::Verdict> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("all.yaml"), yaml).unwrap();
    let options = FileOptions {
        paths: vec![folder.path().to_owned()],
        server: server.map(str::to_owned),
        ..FileOptions::default()
    };
    verdicts(&judge(options).unwrap())
}

fn check(yaml: &str, server: Option<&str>, expected: &[&str]) {
    let found: Vec<String> = judged(yaml, server)
        .iter()
        .map(|verdict| {
            let line = verdict.place.rsplit(':').next().unwrap_or_default();
            let (servers, field) = (verdict.servers.join(","), &verdict.field);
            format!(
                "{} {} {} [{servers}] {} {line} {field}",
                verdict.kind, verdict.object, verdict.status, verdict.reason
            )
        })
        .collect();
    assert_eq!(found, expected);
}

fn server(name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: mcp.example.com/v1alpha1\nkind: MCPServer\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n"
    )
}

fn tool(metadata: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: mcp.example.com/v1alpha1\nkind: MCPTool\nmetadata: {{{metadata}}}\nspec:\n  service: {{name: svc, port: 80}}\n  inputSchema: {{}}\n{spec}\n"
    )
}

const SECRET: &str = "  headers: [{name: X-Key, valueFrom: {secretKeyRef: {name: token, key: k}}}]";

#[test]
fn without_a_server_everything_is_judged_by_itself() {
    check(
        &[
            tool("name: a", ""),
            tool("name: b", "  timeout: soon"),
            tool("name: c", "  response: {jq: env}"),
        ]
        .concat(),
        None,
        &[
            "MCPTool default/a accepted []  2 ",
            "MCPTool default/b rejected []  16 spec.timeout",
            "MCPTool default/c rejected [] InvalidFilter 24 spec.response.jq",
        ],
    );
}

#[test]
fn each_server_judges_what_it_selects() {
    let yaml = [
        server("one", "toolSelector: {matchLabels: {team: a}}"),
        server("two", "toolSelector: {matchExpressions: [{key: team, operator: Exists}]}, allowedSecrets: [token]"),
        tool("name: both, labels: {team: a}", ""),
        tool("name: second, labels: {team: b}", ""),
        tool("name: nobody", ""),
        tool("name: secret, labels: {team: a}", SECRET),
        tool("name: elsewhere, namespace: other, labels: {team: a}", ""),
    ]
    .concat();
    check(
        &yaml,
        None,
        &[
            "MCPServer default/one accepted [one]  2 ",
            "MCPServer default/two accepted [two]  7 ",
            "MCPTool default/both accepted [one,two]  12 ",
            "MCPTool default/nobody notSelected [] NotSelected 28 ",
            "MCPTool default/second accepted [two]  20 ",
            "MCPTool default/secret rejected [one] SecretNotAllowed 42 spec.headers[0].valueFrom.secretKeyRef",
            "MCPTool default/secret rejected [two] SecretNotFound 42 spec.headers[0].valueFrom.secretKeyRef",
            "MCPTool other/elsewhere notSelected [] NotSelected 44 ",
        ],
    );
}

#[test]
fn one_server_may_take_in_what_another_rejects() {
    let named = "  name: same";
    let yaml = [
        server("one", "toolSelector: {}"),
        server("two", "toolSelector: {matchLabels: {team: b}}"),
        tool("name: a", named),
        tool("name: b, labels: {team: b}", named),
        tool("name: c, labels: {team: b}", "  response: {jq: env}"),
    ]
    .concat();
    check(
        &yaml,
        None,
        &[
            "MCPServer default/one accepted [one]  2 ",
            "MCPServer default/two accepted [two]  7 ",
            "MCPTool default/a accepted [one]  12 ",
            "MCPTool default/b accepted [two]  20 ",
            "MCPTool default/b rejected [one] NameConflict 26 spec.name",
            "MCPTool default/c rejected [one,two] InvalidFilter 34 spec.response.jq",
        ],
    );
    check(
        &yaml,
        Some("two"),
        &[
            "MCPServer default/one notSelected [] NotSelected 2 ",
            "MCPServer default/two accepted [two]  7 ",
            "MCPTool default/a notSelected [] NotSelected 12 ",
            "MCPTool default/b accepted [two]  20 ",
            "MCPTool default/c rejected [two] InvalidFilter 34 spec.response.jq",
        ],
    );
}

#[test]
fn a_server_without_a_selector_is_told_so() {
    check(
        &[server("one", "replicas: 1"), tool("name: a", "")].concat(),
        None,
        &[
            "MCPServer default/one rejected [one] NoSelector 5 spec.toolSelector",
            "MCPTool default/a notSelected [] NotSelected 7 ",
        ],
    );
}

#[test]
fn what_nobody_selects_says_where_to_look() {
    let message = |yaml: &[String]| {
        let judged = judged(&yaml.concat(), None);
        let verdict = judged
            .into_iter()
            .find(|verdict| verdict.kind == "MCPTool" && verdict.status == "notSelected");
        verdict.unwrap().message
    };
    let servers = [
        server("one", "toolSelector: {matchLabels: {a: b}}"),
        server("two", "toolSelector: {matchLabels: {a: b}}"),
    ]
    .concat();
    assert_eq!(
        message(&[servers.clone(), tool("name: t", "")]),
        "no MCPServer of namespace default selects its labels; compare them with the selectors of one, two"
    );
    assert_eq!(
        message(&[servers, tool("name: t, namespace: other", "")]),
        "no MCPServer of namespace other is looked at, and a server selects in its own namespace only; move the object, or add a server there"
    );
}

#[test]
fn the_table_has_a_row_for_each_verdict_and_a_sum() {
    let yaml = [
        server("one", "toolSelector: {}"),
        server("two", "toolSelector: {}"),
        tool("name: a", ""),
    ];
    let text = table(&judged(&yaml.concat(), None));
    let rows: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split_whitespace().take(4).collect())
        .collect();
    assert_eq!(
        rows,
        [
            vec!["KIND", "OBJECT", "STATUS", "SERVERS"],
            vec!["MCPServer", "default/one", "accepted", "one"],
            vec!["MCPServer", "default/two", "accepted", "two"],
            vec!["MCPTool", "default/a", "accepted", "one,two"],
            vec![],
            vec!["3", "accepted,", "0", "rejected"],
        ]
    );
}

#[test]
fn every_field_of_the_examples_is_taken() {
    let secrets = tempfile::tempdir().unwrap();
    std::fs::create_dir(secrets.path().join("backend-token")).unwrap();
    std::fs::write(
        secrets.path().join("backend-token/authorization"),
        "Bearer a",
    )
    .unwrap();
    let backend = Override {
        service: "backend-svc".to_owned(),
        port: None,
        host: "127.0.0.1".to_owned(),
        target_port: 8081,
    };
    let options = FileOptions {
        paths: vec![concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/fields").into()],
        overrides: vec![backend],
        secrets_dir: Some(secrets.path().to_owned()),
        server: None,
    };
    let verdicts = verdicts(&judge(options).unwrap());
    let others: Vec<String> = verdicts
        .iter()
        .filter(|verdict| verdict.status != "accepted")
        .map(|verdict| {
            let servers = verdict.servers.join(",");
            format!(
                "{} {} {} [{servers}]",
                verdict.object, verdict.reason, verdict.field
            )
        })
        .collect();
    assert_eq!(others, Vec::<String>::new());
}
