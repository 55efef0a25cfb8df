//! Two objects with one name, URI or path: the older one keeps it, then the one of the lesser name, and the loser is
//! told which object it lost to.
#![allow(clippy::unwrap_used)]

use super::{object, registry, rejected, served};

fn check(yaml: &[String], expected_served: &[&str], expected_rejected: &[&str]) {
    // The order in which a source hands objects out means nothing.
    let mut yaml = yaml.to_vec();
    for _ in 0..yaml.len() {
        yaml.rotate_left(1);
        let registry = registry(&yaml.concat());
        assert_eq!(served(&registry), expected_served);
        let mut rejected = rejected(&registry);
        rejected.sort();
        assert_eq!(rejected, expected_rejected);
    }
}

fn aged(name: &str, day: u8) -> String {
    format!("name: {name}, creationTimestamp: \"2026-01-0{day}T00:00:00Z\"")
}

fn tool(metadata: &str, name: &str) -> String {
    object(
        "MCPTool",
        metadata,
        &format!("  name: {name}\n  service: {{name: svc, port: 80}}\n  inputSchema: {{}}"),
    )
}

fn prompt(metadata: &str, name: &str) -> String {
    object(
        "MCPPrompt",
        metadata,
        &format!("  name: {name}\n  template: Hello"),
    )
}

fn inline(metadata: &str, uri: &str) -> String {
    object(
        "MCPResource",
        metadata,
        &format!("  content: {{uri: \"{uri}\", text: hello}}"),
    )
}

fn operations(metadata: &str, uri: &str, operations: &[&str]) -> String {
    let operations: String = operations
        .iter()
        .map(|operation| {
            let (method, path) = operation.split_once(' ').unwrap();
            format!("    - {{method: {method}, ingressPath: \"{path}\", service: {{name: svc, port: 80}}}}\n")
        })
        .collect();
    object(
        "MCPResource",
        metadata,
        &format!("  uri: \"{uri}\"\n  operations:\n{operations}"),
    )
}

#[test]
fn the_older_of_two_tools_keeps_the_name() {
    check(
        &[
            tool(&aged("a", 3), "search"),
            tool(&aged("z", 2), "search"),
            tool(&aged("m", 4), "search"),
        ],
        &["tool search"],
        &[
            "MCPTool default/a: spec.name: the name \"search\" is taken by MCPTool default/z; give another one (NameConflict)",
            "MCPTool default/m: spec.name: the name \"search\" is taken by MCPTool default/z; give another one (NameConflict)",
        ],
    );
}

#[test]
fn of_two_tools_of_one_age_the_lesser_name_wins() {
    let expected = [
        "MCPTool default/b: spec.name: the name \"search\" is taken by MCPTool default/a; give another one (NameConflict)",
    ];
    let served = ["tool search"];
    check(
        &[tool("name: a", "search"), tool("name: b", "search")],
        &served,
        &expected,
    );
    check(
        &[tool(&aged("a", 1), "search"), tool(&aged("b", 1), "search")],
        &served,
        &expected,
    );
}

#[test]
fn an_object_that_is_not_served_takes_no_name() {
    let broken =
        tool(&aged("old", 1), "search").replace("inputSchema: {}", "inputSchema: {type: array}");
    check(
        &[broken, tool(&aged("new", 2), "search")],
        &["tool search"],
        &[
            "MCPTool default/old: spec.inputSchema: the root must have type: object, for arguments always are one (InvalidSchema)",
        ],
    );
}

#[test]
fn names_are_of_one_kind_only() {
    check(
        &[
            tool("name: a", "same"),
            prompt("name: a", "same"),
            prompt("name: b", "same"),
        ],
        &["prompt same", "tool same"],
        &[
            "MCPPrompt default/b: spec.name: the name \"same\" is taken by MCPPrompt default/a; give another one (NameConflict)",
        ],
    );
}

#[test]
fn resources_conflict_by_the_shape_of_their_uri() {
    check(
        &[
            inline("name: a", "docs://all"),
            inline("name: b", "docs://all"),
            operations("name: c", "docs://{id}", &["GET /c/{id}"]),
            operations("name: d", "docs://{name}", &["GET /d/{name}"]),
            operations("name: e", "docs://{id}/x", &["GET /e/{id}"]),
        ],
        &[
            "resource docs://all",
            "resource docs://{id}",
            "resource docs://{id}/x",
        ],
        &[
            "MCPResource default/b: spec.content.uri: the URI docs://all is taken by MCPResource default/a; give another one (NameConflict)",
            "MCPResource default/d: spec.uri: the URI docs://{name} is taken by MCPResource default/c; give another one (NameConflict)",
        ],
    );
}

#[test]
fn resources_conflict_by_method_and_path() {
    check(
        &[
            operations("name: a", "a:x", &["GET /x/{id}", "PUT /x/{id}"]),
            operations("name: b", "b:x", &["POST /x/{id}"]),
            operations("name: c", "c:x", &["DELETE /x/{id}", "PUT /x/{name}"]),
            operations("name: d", "d:x", &["DELETE /x/{id}"]),
            operations("name: e", "e:x", &["GET /x/fixed"]),
        ],
        &[
            "resource a:x",
            "resource b:x",
            "resource d:x",
            "resource e:x",
        ],
        &[
            "MCPResource default/c: spec.operations[1].ingressPath: PUT /x/{name} is taken by MCPResource default/a; give another one (NameConflict)",
        ],
    );
}

#[test]
fn one_resource_cannot_have_one_path_twice() {
    check(
        &[operations("name: a", "a:x", &["GET /x/{a}", "GET /x/{b}"])],
        &[],
        &[
            "MCPResource default/a: spec.operations[1].ingressPath: GET /x/{b} is taken by MCPResource default/a; give another one (NameConflict)",
        ],
    );
}

#[test]
fn an_exact_uri_or_path_beats_a_template() {
    let registry = registry(
        &[
            operations(
                "name: a",
                "docs://{id}",
                &["GET /docs/{id}", "PUT /docs/{id}"],
            ),
            operations("name: b", "docs://index", &["GET /docs/index"]),
        ]
        .concat(),
    );
    let resource = |uri: &str| {
        registry
            .resource(uri)
            .map(|(resource, values)| (resource.object.name.as_str(), values))
    };
    assert_eq!(resource("docs://index"), Some(("b", vec![])));
    assert_eq!(
        resource("docs://other"),
        Some(("a", vec![("id", "other".to_owned())]))
    );
    assert_eq!(resource("docs://a/b"), None);
    let operation = |method: http::Method, path: &str| {
        registry
            .operation(&method, path)
            .map(|(operation, values)| (operation.object.name.as_str(), values))
    };
    assert_eq!(
        operation(http::Method::GET, "/docs/index"),
        Some(("b", vec![]))
    );
    assert_eq!(
        operation(http::Method::PUT, "/docs/index"),
        Some(("a", vec![("id", "index".to_owned())]))
    );
    assert_eq!(operation(http::Method::DELETE, "/docs/index"), None);
    assert_eq!(
        registry.operation_methods("/docs/index"),
        [&http::Method::GET, &http::Method::GET, &http::Method::PUT]
    );
}
