//! The command line as people meet it: what helps, what is refused before anything starts, and what each command prints.

use std::{fs, process::Command};

use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    http::{Connection, call},
    running::{Dev, OBJECTS, Outcome, backend, command, run},
};

/// [`OBJECTS`] in a folder, and the path of the file.
fn objects(yaml: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("objects.yaml");
    fs::write(&path, yaml).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[track_caller]
fn check_refused(arguments: &[&str], code: i32, expected: &str) {
    let outcome = run(command(arguments));
    let said = (outcome.code, outcome.stdout.as_str());
    assert_eq!(said, (Some(code), ""), "{arguments:?}: {}", outcome.stderr);
    assert!(
        outcome.stderr.contains(expected),
        "{arguments:?}: {}",
        outcome.stderr
    );
}

#[test]
fn every_command_has_a_help_that_teaches() {
    for (arguments, expected) in [
        (
            &["--help"][..],
            "Judge YAML files as the cluster would, without serving.",
        ),
        (
            &["dev", "--help"],
            "Serve YAML files, and serve them anew whenever they change. Needs no cluster",
        ),
        (
            &["dev", "--help"],
            "such as backend-svc:8080=127.0.0.1:8081",
        ),
        (
            &["dev", "--help"],
            "[env: MCP_LISTEN=]\n          [default: 127.0.0.1:8080]",
        ),
        (&["check", "--help"], "Exits with 1 if anything is rejected"),
        (
            &["call", "--help"],
            "--dry-run      Only show the HTTP request; the backend is not called",
        ),
        (&["prompt", "--help"], "Get a prompt and show its messages"),
        (&["read", "--help"], "<URI>  URI of the resource"),
        (
            &["--version"],
            concat!("mcp-gateway ", env!("CARGO_PKG_VERSION")),
        ),
    ] {
        let outcome = run(command(arguments));
        assert_eq!(
            (outcome.code, outcome.stderr.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
        assert!(
            outcome.stdout.contains(expected),
            "{arguments:?}: {}",
            outcome.stdout
        );
    }
}

#[test]
fn a_wrong_command_line_is_refused_before_anything_starts() {
    let (_folder, path) = objects(OBJECTS);
    let file = path.as_str();
    check_refused(&[], 2, "Usage: mcp-gateway <COMMAND>");
    check_refused(&["serv"], 2, "a similar subcommand exists");
    check_refused(&["dev"], 2, "--file <PATH>");
    for (arguments, expected) in [
        (&["--nonsense"][..], "unexpected argument '--nonsense'"),
        (
            &["--lisen", "127.0.0.1:0"],
            "a similar argument exists: '--listen'",
        ),
        (&["--listen", "localhost"], "such as 127.0.0.1:8080"),
        (&["--admin-listen", "9090"], "such as 127.0.0.1:8080"),
        (
            &["--resolve", "backend-svc"],
            "write SERVICE[:PORT]=HOST:PORT",
        ),
        (&["--resolve", "backend-svc=127.0.0.1"], "write HOST:PORT"),
        (&["--drain-delay", "soon"], "such as 500ms or 5s"),
        (&["--shutdown-grace", "5"], "such as 500ms or 5s"),
        (&["--cores", "0"], "1..=1024"),
        (&["--log", "inof"], "`inof` is no level"),
        (
            &["--log-format", "xml"],
            "[possible values: auto, text, json]",
        ),
        (
            &["--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"],
            "cannot be used multiple times",
        ),
    ] {
        check_refused(&[&["dev", "-f", file], arguments].concat(), 2, expected);
    }
    for arguments in ["[1]", "{", "7", "{\"a\":1,}"] {
        check_refused(
            &["call", "search", "-f", file, "--args", arguments],
            2,
            "write a JSON object",
        );
    }
    check_refused(
        &["check", "-f", file, "-o", "yaml"],
        2,
        "[possible values: table, json]",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_or_taken_is_told_with_the_flag_that_mends_it() {
    let (_folder, path) = objects(OBJECTS);
    let file = path.as_str();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let any = "127.0.0.1:0";
    let dev = |more: &[&str], expected: &str| {
        check_refused(&[&["dev", "-f", file], more].concat(), 1, expected)
    };
    dev(
        &["--listen", &taken, "--admin-listen", any],
        "choose another address with --listen",
    );
    dev(
        &["--listen", any, "--admin-listen", &taken],
        "choose another with --admin-listen",
    );
    dev(
        &["--listen", "192.0.2.1:80", "--admin-listen", any],
        "choose another address with --listen",
    );
    dev(&["--server", "other"], "they hold default/main");
    check_refused(
        &["dev", "-f", &format!("{file}/folder")],
        1,
        "check the path and its permissions",
    );
    check_refused(
        &["dev", "-f", "/nonexistent"],
        1,
        "cannot read /nonexistent",
    );
    check_refused(
        &["dev", "-f", file, "--secrets", "/nonexistent"],
        1,
        "cannot read /nonexistent",
    );
    let server = OBJECTS.split("---\n").next().unwrap();
    let (_folder, two) = objects(&format!(
        "{server}---\n{}",
        server.replace("{name: main}", "{name: other}")
    ));
    check_refused(
        &["dev", "-f", &two],
        1,
        "default/main, default/other; choose one with --server",
    );
}

#[cfg(unix)]
#[test]
fn a_folder_without_permission_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, _) = objects(OBJECTS);
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    // Root may read everything.
    if fs::read_dir(&closed).is_err() {
        check_refused(
            &["dev", "-f", closed.to_str().unwrap()],
            1,
            "check the path and its permissions",
        );
    }
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
}

fn check_verdict(yaml: &str, code: i32, table: &str, rejected: u64) {
    let (_folder, path) = objects(yaml);
    let outcome = run(command(&["check", "-f", &path]));
    assert_eq!(outcome.code, Some(code), "{outcome:?}");
    assert!(outcome.stdout.contains(table), "{}", outcome.stdout);
    let outcome = run(command(&["check", "-f", &path, "-o", "json"]));
    let verdicts: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(
        (outcome.code, &verdicts["rejected"]),
        (Some(code), &json!(rejected)),
        "{verdicts:#}"
    );
    assert_eq!(
        verdicts["objects"].as_array().unwrap().len(),
        8,
        "{verdicts:#}"
    );
}

#[test]
fn check_exits_with_the_verdict() {
    check_verdict(OBJECTS, 0, "8 accepted, 0 rejected", 0);
    let broken = OBJECTS.replace("limit: {type: integer}", "limit: {type: nonsense}");
    check_verdict(
        &broken,
        1,
        " MCPTool      default/search    rejected  main     InvalidSchema",
        1,
    );
    let unselected = OBJECTS.replace("toolSelector: {}", "toolSelector: {matchLabels: {a: b}}");
    check_verdict(&unselected, 0, "notSelected", 0);
}

async fn run_with_backend(arguments: &[&str]) -> Outcome {
    let (_folder, path) = objects(OBJECTS);
    let resolve = format!("backend-svc:8080={}", backend().await);
    let mut command = command(arguments);
    // The environment says what flags could.
    command.env("MCP_FILES", &path).env("MCP_RESOLVE", resolve);
    tokio::task::spawn_blocking(|| run(command)).await.unwrap()
}

async fn check_printed(arguments: &[&str], code: i32, pointer: &str, expected: Value) {
    let outcome = run_with_backend(arguments).await;
    assert_eq!(outcome.code, Some(code), "{arguments:?}: {outcome:?}");
    let printed: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(
        printed.pointer(pointer),
        Some(&expected),
        "{arguments:?}: {printed:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn call_prompt_and_read_print_the_result() {
    let query = r#"{"query": "zzz"}"#;
    let found = json!([{"type": "text", "text": r#"{"query":"zzz","total":0,"items":[]}"#}]);
    check_printed(&["call", "search", "--args", query], 0, "/content", found).await;
    check_printed(&["call", "search"], 1, "/isError", json!(true)).await;
    check_printed(&["call", "fail"], 1, "/isError", json!(true)).await;
    check_printed(
        &["call", "nonsense"],
        1,
        "/message",
        json!("Unknown tool: nonsense"),
    )
    .await;
    let text = json!("Hello Ada, in a formal tone.");
    let arguments = r#"{"name": "Ada", "tone": "formal"}"#;
    check_printed(
        &["prompt", "greeting", "--args", arguments],
        0,
        "/messages/0/content/text",
        text,
    )
    .await;
    check_printed(&["prompt", "greeting"], 1, "/code", json!(-32602)).await;
    let text = json!("log: info\n");
    check_printed(&["read", "config://template"], 0, "/contents/0/text", text).await;
    check_printed(
        &["read", "docs://faq"],
        0,
        "/contents/0/uri",
        json!("docs://faq"),
    )
    .await;
    check_printed(
        &["read", "docs://nonsense"],
        1,
        "/message",
        json!("Resource not found"),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_prints_the_request_and_calls_nobody() {
    let outcome = run_with_backend(&[
        "call",
        "search",
        "--dry-run",
        "--args",
        r#"{"query":"a b"}"#,
    ])
    .await;
    let expected = format!(
        "POST http://backend-svc:8080/api/search\ncontent-type: application/json\nuser-agent: mcp-gateway/{}\n\
         x-request-id: (new for every request)\n\n{{\"query\":\"a b\"}}\n",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(
        (outcome.code, outcome.stdout),
        (Some(0), expected),
        "{}",
        outcome.stderr
    );
    for (tool, expected) in [
        ("search", "/: \"query\" is a required property"),
        ("serch", "there is no tool serch; there are search, "),
    ] {
        let outcome = run_with_backend(&["call", tool, "--dry-run"]).await;
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""));
        assert!(outcome.stderr.contains(expected), "{}", outcome.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_says_what_it_serves_what_it_does_not_and_how_to_try_it() {
    let broken = OBJECTS.replace("limit: {type: integer}", "limit: {type: nonsense}");
    let gateway = Dev::serving(&broken, &["--resolve", "backend-svc=127.0.0.1:1"]);
    let file = gateway.folder.path().join("objects.yaml");
    let mut said = gateway.said.lines();
    assert_eq!(
        said.by_ref().take(6).collect::<Vec<_>>(),
        [
            "Serving 2 tools, 1 prompt and 3 resources of default/main; 1 rejected.",
            "",
            "  tools     fail, slow",
            "  prompts   greeting",
            "  resources config://template, docs://{id}, mirror://{id}",
            "",
        ]
    );
    let place = format!("  {}:15: MCPTool default/search: ", file.display());
    let rejected = said.next().unwrap();
    let rest = rejected
        .strip_prefix(&place)
        .unwrap_or_else(|| panic!("{rejected}"));
    assert!(rest.starts_with("spec.inputSchema"), "{rest}");
    let line = gateway.said.split("  try it    ").nth(1).unwrap();
    let answer = run({
        let mut shell = Command::new("sh");
        shell.args(["-c", line]);
        shell
    });
    let listed: Value = serde_json::from_str(&answer.stdout).unwrap();
    let names = listed["result"]["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| &tool["name"]);
    assert_eq!(names.collect::<Vec<_>>(), ["fail", "slow"], "{line}");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_is_set_up_by_the_environment_and_flags_win() {
    let (folder, path) = objects(OBJECTS);
    let mut command = command(&["dev", "--admin-listen", "127.0.0.1:0"]);
    command
        .env("MCP_FILES", path)
        .env("MCP_LISTEN", "127.0.0.1:0")
        .env("MCP_ADMIN_LISTEN", "nonsense that the flag replaces")
        .env("MCP_CORES", "1")
        .env("MCP_LOG_FORMAT", "json")
        .env("MCP_RESOLVE", format!("backend-svc={}", backend().await));
    let gateway = Dev::spawn(command, folder);
    let request = call("search", &json!({"query": "x"}));
    let answer = Connection::open(gateway.address).await.ask(&request).await;
    assert!(!answer.content().1, "{answer:?}");
    gateway.stop().await;
}
