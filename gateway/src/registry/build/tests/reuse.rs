//! What a build takes over from the one before: everything that nothing has changed.
#![allow(clippy::unwrap_used)]

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use super::{object, server, stored, tool};
use crate::registry::{
    Registry,
    build::build,
    objects::{Objects, Service},
    snapshot::CallOutcome,
};

fn three() -> Objects {
    let prompt = object("MCPPrompt", "name: p", "  service: {name: svc, port: 8080}");
    let fixed = object(
        "MCPResource",
        "name: r",
        "  content: {uri: \"a:b\", text: x}",
    );
    let template = object(
        "MCPResource",
        "name: s",
        "  operations: [{ingressPath: \"/s/{id}\", service: {name: svc, port: 8080}}]",
    );
    let kept = tool(
        "kept",
        "  headers: [{name: X-Key, valueFrom: {secretKeyRef: {name: s, key: k}}}]",
    );
    let yaml = [
        server("  allowedSecrets: [s]"),
        kept,
        tool("other", ""),
        prompt,
        fixed,
        template,
    ];
    let mut objects = stored(&yaml.concat());
    let secret = [("k".to_owned(), b"1".to_vec())];
    objects.secrets.insert("s".to_owned(), secret.into());
    objects
}

/// Which compiled objects of `after` are those of `before`.
fn reused(before: &Registry, after: &Registry) -> Vec<&'static str> {
    let tool = |name: &str| Arc::ptr_eq(&before.tools[name], &after.tools[name]);
    let all = [
        ("tool kept", tool("kept")),
        ("tool other", tool("other")),
        (
            "prompt",
            Arc::ptr_eq(&before.prompts["p"], &after.prompts["p"]),
        ),
        (
            "resource",
            Arc::ptr_eq(&before.resources["a:b"], &after.resources["a:b"]),
        ),
        (
            "template",
            Arc::ptr_eq(&before.templates[0], &after.templates[0]),
        ),
    ];
    let reused = all.into_iter().filter(|(_, same)| *same);
    reused.map(|(name, _)| name).collect()
}

fn check(change: impl Fn(&mut Objects), expected: &[&str]) {
    let mut objects = three();
    let before = build(&objects, None, 1);
    assert!(before.rejected.is_empty(), "{:?}", before.rejected);
    change(&mut objects);
    let after = build(&objects, Some(&before), 1);
    assert!(after.rejected.is_empty(), "{:?}", after.rejected);
    assert_eq!(reused(&before, &after), expected);
}

#[test]
fn what_nothing_has_changed_is_taken_over() {
    let all = ["tool kept", "tool other", "prompt", "resource", "template"];
    check(|_| {}, &all);
    check(|objects| objects.tools.reverse(), &all);
}

#[test]
fn a_changed_object_is_compiled_again_and_no_other() {
    check(
        |objects| {
            let mut changed = (*objects.tools[1]).clone();
            changed.spec.title = Some("T".to_owned());
            objects.tools[1] = Arc::new(changed);
        },
        &["tool kept", "prompt", "resource", "template"],
    );
    check(
        |objects| objects.prompts[0] = Arc::new((*objects.prompts[0]).clone()),
        &["tool kept", "tool other", "resource", "template"],
    );
    check(
        |objects| objects.resources[1] = Arc::new((*objects.resources[1]).clone()),
        &["tool kept", "tool other", "prompt", "resource"],
    );
}

#[test]
fn a_changed_secret_reaches_the_objects_that_use_it() {
    let change = |objects: &mut Objects| {
        let secret = [("k".to_owned(), b"2".to_vec())];
        objects.secrets.insert("s".to_owned(), secret.into());
    };
    check(change, &["tool other", "prompt", "resource", "template"]);
    let mut objects = three();
    let before = build(&objects, None, 1);
    change(&mut objects);
    let after = build(&objects, Some(&before), 1);
    let value = |registry: &Registry| registry.tools["kept"].request.headers["x-key"].clone();
    assert_eq!(
        (value(&before), value(&after)),
        ("1".parse().unwrap(), "2".parse().unwrap())
    );
}

#[test]
fn a_changed_service_reaches_the_objects_that_call_it() {
    let service = |name: &str| {
        let name = ("default".to_owned(), name.to_owned());
        let service = Service {
            host: "10.0.0.1".to_owned(),
            ports: vec![(String::new(), 8080)],
            external_name: false,
        };
        (name, service)
    };
    check(
        |objects| objects.services.known.extend([service("svc")]),
        &["resource"],
    );
    check(
        |objects| objects.services.known.extend([service("unrelated")]),
        &["tool kept", "tool other", "prompt", "resource", "template"],
    );
}

#[test]
fn a_changed_setting_of_the_server_reaches_all_that_depend_on_it() {
    let server = |objects: &mut Objects, yaml: &str| {
        objects.server = stored(&super::server(yaml)).server;
    };
    check(
        |objects| {
            server(
                objects,
                "  allowedSecrets: [s]\n  config: {requestTimeout: 1s}",
            )
        },
        &[],
    );
    // Another object with the same settings is the same server.
    check(
        |objects| server(objects, "  replicas: 7\n  allowedSecrets: [s]"),
        &["tool kept", "tool other", "prompt", "resource", "template"],
    );
}

#[test]
fn counters_outlive_a_change_of_the_tool_and_go_with_it() {
    let mut objects = stored(&tool("a", ""));
    let first = build(&objects, None, 2);
    first.tools["a"].live.count(1, CallOutcome::Ok);
    first.tools["a"]
        .live
        .in_flight
        .fetch_add(1, Ordering::Relaxed);
    objects.tools[0] = Arc::new((*objects.tools[0]).clone());
    let second = build(&objects, Some(&first), 2);
    assert!(!Arc::ptr_eq(&first.tools["a"], &second.tools["a"]));
    assert!(Arc::ptr_eq(&first.tools["a"].live, &second.tools["a"].live));
    assert_eq!(second.tools["a"].live.total(CallOutcome::Ok), 1);
    let gone = build(&stored(""), Some(&second), 2);
    assert!(gone.tools.is_empty());
    let back = build(&objects, Some(&gone), 2);
    assert_eq!(back.tools["a"].live.total(CallOutcome::Ok), 0);
}

#[test]
fn of_five_thousand_tools_one_change_compiles_one() {
    const COUNT: usize = 5_000;
    let schema = "  description: A tool.\n  inputSchema: {type: object, properties: {query: {type: string, maxLength: 100}, page: {type: integer}}, required: [query]}";
    let mut objects = stored(&server(""));
    let template = stored(&tool("t", schema)).tools.remove(0);
    objects.tools = (0..COUNT)
        .map(|index| {
            let mut tool = (*template).clone();
            tool.metadata.name = Some(format!("tool-{index:04}"));
            Arc::new(tool)
        })
        .collect();
    let first = build(&objects, None, 2);
    let mut changed = (*objects.tools[42]).clone();
    changed.spec.title = Some("Changed".to_owned());
    objects.tools[42] = Arc::new(changed);
    let started = Instant::now();
    let second = build(&objects, Some(&first), 2);
    eprintln!("one change among {COUNT} tools: {:?}", started.elapsed());
    assert_eq!((second.tools.len(), second.tool_list.len()), (COUNT, COUNT));
    let compiled: Vec<&str> = second
        .tools
        .values()
        .filter(|tool| !Arc::ptr_eq(tool, &first.tools[&tool.name]))
        .map(|tool| &*tool.name)
        .collect();
    assert_eq!(compiled, ["tool-0042"]);
    assert_ne!(first.tool_list.fingerprint, second.tool_list.fingerprint);
}
