//! Where arguments go: the HTTP request that a call becomes, as text.

use serde_json::{Value, json};

use crate::{
    commands::call::dry_run,
    fixtures::{Fixture, objects, on_a_core, tool, tool_at},
    registry::build::build,
};

/// The request without the headers that all requests have.
fn request_of(yaml: &str, arguments: &str) -> Result<String, String> {
    on_a_core(async {
        let gateway = Fixture::new(yaml);
        let registry = gateway.core.gateway.registry.load();
        let tool = registry.tools.values().next().unwrap();
        let text = dry_run(tool, arguments).map_err(|error| error.to_string())?;
        let lines = text.lines().filter(|line| {
            !line.starts_with("user-agent: ") && !line.starts_with("x-request-id: ")
        });
        Ok(lines.collect::<Vec<_>>().join("\n"))
    })
}

fn check(yaml: &str, arguments: &str, expected: &str) {
    assert_eq!(
        request_of(yaml, arguments).as_deref(),
        Ok(expected),
        "{yaml}"
    );
}

fn check_refused(yaml: &str, arguments: &str, expected: &str) {
    let refused = request_of(yaml, arguments).unwrap_err();
    assert!(refused.contains(expected), "{arguments}: {refused}");
}

const ANY: &str = "  inputSchema: {}";

#[test]
fn a_post_has_the_arguments_as_its_body_just_as_they_were_spelled() {
    let head = "POST http://backend-svc:8080/api/t\ncontent-type: application/json\n\n";
    for text in [
        r#"{"a":9007199254740993,"b":1.0,"c":1e5,"d":123456789012345678901,"e":null}"#,
        r#"{ "b" : "\u00e9\/" , "a":[ ] }"#,
        "{}",
    ] {
        check(&tool("t", ANY), text, &format!("{head}{text}"));
    }
}

#[test]
fn arguments_of_the_path_leave_the_body_and_the_rest_keeps_its_spelling() {
    check(
        &tool_at("t", "/a/{id}/b", ANY),
        r#"{"x": 1.0, "id":"é x", "y":[9007199254740993, 2.50]}"#,
        "POST http://backend-svc:8080/a/%C3%A9%20x/b\ncontent-type: application/json\n\n{\"x\":1.0,\"y\":[9007199254740993, 2.50]}",
    );
    check(
        &tool_at("t", "/a/{id}", ANY),
        r#"{"id":123456789012345678901}"#,
        "POST http://backend-svc:8080/a/123456789012345678901\ncontent-type: application/json\n\n{}",
    );
}

#[test]
fn a_get_or_delete_has_them_in_its_query_and_no_body() {
    for method in ["GET", "DELETE", "HEAD"] {
        check(
            &tool("t", &format!("  method: {method}\n{ANY}")),
            r#"{"q":"a&b=c#d","n":1.0,"list":[1,2],"none":null,"x y":true}"#,
            &format!(
                "{method} http://backend-svc:8080/api/t?q=a%26b%3Dc%23d&n=1.0&list=1&list=2&x%20y=true"
            ),
        );
    }
    check_refused(
        &tool("t", "  method: GET\n  inputSchema: {}"),
        r#"{"q":{"a":{"b":1}}}"#,
        "argument \"q\": its items must be strings",
    );
}

#[test]
fn a_path_value_that_a_server_could_read_as_structure_is_refused() {
    let yaml = tool_at("t", "/a/{id}/b", ANY);
    for (value, expected) in [
        (json!(""), "must not be empty"),
        (json!("."), "must not be \".\""),
        (json!(".."), "must not be \".\""),
        (json!("%2e%2E"), "must not be \".\""),
        (json!("a/b"), "must not hold / or \\"),
        (json!("a%2Fb"), "must not hold / or \\"),
        (json!("a\\b"), "must not hold / or \\"),
        (json!("a%5cb"), "must not hold / or \\"),
        (json!("a\r\nX: y"), "must not hold a control character"),
        (json!("a%0d%0aX: y"), "must not hold a control character"),
        (json!("a\u{0}"), "must not hold a control character"),
        (json!(null), "it is required"),
        (json!({"a": [1]}), "its items must be"),
    ] {
        check_refused(&yaml, &json!({"id": value}).to_string(), expected);
    }
    check_refused(&yaml, "{}", "argument \"id\": it is required");
    check_refused(
        &tool_at("t", "/a/{id}", "  method: GET\n  inputSchema: {}"),
        &json!({"id": "x".repeat(70_000)}).to_string(),
        "longer than 65534 bytes",
    );
}

#[test]
fn allow_slash_permits_slashes_but_no_dot_segments() {
    let spec = "  method: GET\n  inputSchema: {}\n  parameters: [{name: file, in: path, allowSlash: true}]";
    let yaml = tool_at("t", "/files/{file}", spec);
    check(
        &yaml,
        r#"{"file":"a b/c.d/..e"}"#,
        "GET http://backend-svc:8080/files/a%20b/c.d/..e",
    );
    for bad in [
        "a/../b", "../a", "a/%2e%2e", "/a", "a//b", "a/", "a/.", "a%2Fb",
    ] {
        check_refused(
            &yaml,
            &json!({"file": bad}).to_string(),
            "argument \"file\"",
        );
    }
}

#[test]
fn each_in_puts_its_argument_where_it_says_under_the_name_it_says() {
    let spec = "  inputSchema: {}\n  parameters:\n  - {name: id, in: path, style: matrix}\n  - {name: q, in: query, as: search, explode: false}\n  \
                - {name: d, in: query, style: deepObject}\n  - {name: h, in: header, as: X-Thing}\n  - {name: c, in: cookie, as: flavour}\n  \
                - {name: c2, in: cookie}\n  - {name: b, in: body, as: inner}";
    check(
        &tool_at("t", "/a/{id}", spec),
        r#"{"id":["a","b"],"q":["x","y"],"d":{"k":1},"h":{"u":"v"},"c":"a; b=c","c2":2.0,"b":1.0,"rest":"r"}"#,
        "POST http://backend-svc:8080/a/;id=a,b?search=x,y&d%5Bk%5D=1\ncontent-type: application/json\n\
         cookie: flavour=a%3B%20b%3Dc; c2=2.0\nx-thing: u,v\n\n{\"inner\":1.0,\"rest\":\"r\"}",
    );
}

#[test]
fn a_header_argument_adds_no_line() {
    let spec =
        "  method: GET\n  inputSchema: {}\n  parameters: [{name: h, in: header, as: X-Thing}]";
    let yaml = tool("t", spec);
    check(
        &yaml,
        r#"{"h":"é, x: y"}"#,
        "GET http://backend-svc:8080/api/t\nx-thing: é, x: y",
    );
    check(&yaml, r#"{"h":null}"#, "GET http://backend-svc:8080/api/t");
    for bad in [
        "a\r\nEvil: yes",
        "a\nb",
        "a\rb",
        "a\u{0}b",
        "\u{7f}",
        "\u{85}",
    ] {
        check_refused(
            &yaml,
            &json!({"h": bad}).to_string(),
            "argument \"h\": it goes into a header",
        );
        check_refused(
            &yaml,
            &json!({"h": [bad]}).to_string(),
            "argument \"h\": it goes into a header",
        );
        check_refused(
            &yaml,
            &json!({"h": {bad: "x"}}).to_string(),
            "argument \"h\": it goes into a header",
        );
    }
    check_refused(
        &yaml,
        &json!({"h": "x".repeat(8193)}).to_string(),
        "longer than 8 KiB",
    );
}

#[test]
fn headers_of_connection_body_and_caller_cannot_be_arguments() {
    let names = [
        "Host",
        "Connection",
        "Keep-Alive",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "Proxy-Authorization",
        "Proxy-Connection",
        "Content-Length",
        "Content-Type",
        "Content-Encoding",
        "Cookie",
        "Authorization",
        "Expect",
        "X-Constant",
        "x-CONSTANT",
    ];
    for name in names {
        let spec = format!(
            "  inputSchema: {{}}\n  headers: [{{name: X-Constant, value: fixed}}]\n  parameters: [{{name: h, in: header, as: {name}}}]"
        );
        let registry = build(&objects_even_if_wrong(&tool("t", &spec)), None, 1);
        let fields: Vec<&str> = registry
            .rejected
            .iter()
            .map(|entry| &*entry.field)
            .collect();
        assert!(registry.tools.is_empty(), "{name} is let through");
        assert!(
            fields
                .iter()
                .all(|field| field.starts_with("spec.parameters")),
            "{name}: {fields:?}"
        );
    }
}

/// Objects that the files' own judgement would refuse too, so that the build's is seen.
fn objects_even_if_wrong(yaml: &str) -> crate::registry::objects::Objects {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("objects.yaml"), yaml).unwrap();
    let options = crate::registry::files::FileOptions {
        paths: vec![folder.path().to_owned()],
        ..Default::default()
    };
    let loaded = crate::registry::files::FileSource::new(options)
        .unwrap()
        .load();
    let mut objects = loaded.objects;
    if objects.tools.is_empty() {
        let value: Value = serde_saphyr::from_str(yaml.trim_start_matches("---\n")).unwrap();
        objects.tools = vec![std::sync::Arc::new(serde_json::from_value(value).unwrap())];
    }
    objects
}

#[test]
fn forms_hold_every_value_encoded() {
    let spec = "  body: form\n  inputSchema: {}\n  parameters: [{name: l, in: body, as: k}]";
    check(
        &tool("t", spec),
        r#"{"a":"x&y=z\r\n","n":1.0,"l":["p","q"],"m":[1,2],"gone":null}"#,
        "POST http://backend-svc:8080/api/t\ncontent-type: application/x-www-form-urlencoded\n\na=x%26y%3Dz%0D%0A&n=1.0&k=p&k=q&m=1&m=2",
    );
    check_refused(
        &tool("t", spec),
        r#"{"a":[[1]]}"#,
        "only a JSON body holds more",
    );
}

#[test]
fn no_name_or_value_breaks_out_of_its_multipart_part() {
    let yaml = tool("t", "  body: multipart\n  inputSchema: {}");
    let hostile = "--\r\n--x\r\nContent-Disposition: form-data; name=\"admin\"\r\n\r\n1";
    let arguments = json!({"na\"me\r\nX: y": hostile, "object": {"a": 1.5}, "gone": null});
    let text = request_of(&yaml, &arguments.to_string()).unwrap();
    // `lines` of the helper eats carriage returns at the ends of lines; only the shape matters here.
    let boundary = text
        .split("boundary=")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    let parts: Vec<&str> = text.split(&format!("--{boundary}")).collect();
    assert_eq!(parts.len(), 4, "{text}");
    assert!(
        parts[1].contains("name=\"na%22me%0D%0AX: y\"\n\n--\n--x\n"),
        "{text}"
    );
    assert_eq!(
        parts[2],
        "\nContent-Disposition: form-data; name=\"object\"\nContent-Type: application/json\n\n{\"a\":1.5}\n"
    );
    assert_eq!(parts[3].trim(), "--");
}

#[test]
fn body_none_sends_none() {
    check(
        &tool("t", "  body: none\n  inputSchema: {}"),
        r#"{"a":"b"}"#,
        "POST http://backend-svc:8080/api/t?a=b",
    );
}

#[test]
fn constant_headers_come_with_every_call_and_those_of_secrets_are_masked() {
    let spec = "  method: GET\n  inputSchema: {}\n  headers:\n  - {name: X-Version, value: \"2\"}\n  - {name: User-Agent, value: mine}\n  \
                - {name: Authorization, valueFrom: {secretKeyRef: {name: api, key: token}}}\n  \
                - {name: Cookie, valueFrom: {secretKeyRef: {name: api, key: cookie}}}\n  parameters: [{name: c, in: cookie}]";
    let server = "---\napiVersion: mcp.example.com/v1alpha1\nkind: MCPServer\nmetadata: {name: main}\nspec: {toolSelector: {}, allowedSecrets: [api]}\n";
    let mut objects = objects(&format!("{server}{}", tool("t", spec)), None);
    let refused = build(&objects, None, 1).rejected;
    assert_eq!(refused[0].reason.as_str(), "SecretNotFound", "{refused:#?}");
    let values = [("token", "Bearer s3cret\n"), ("cookie", "session=s3cret")];
    let values = values.map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec()));
    objects.secrets.insert("api".to_owned(), values.into());
    let registry = build(&objects, None, 1);
    let tool = &registry.tools["t"];
    assert_eq!(tool.request.headers["authorization"], "Bearer s3cret");
    let text = dry_run(tool, r#"{"c":"x"}"#).unwrap();
    assert_eq!(
        text,
        "GET http://backend-svc:8080/api/t\nauthorization: ****\ncookie: ****\nuser-agent: mine\n\
         x-request-id: (new for every request)\nx-version: 2"
    );
    let mut server = (**objects.server.as_ref().unwrap()).clone();
    server.spec.allowed_secrets.clear();
    objects.server = Some(server.into());
    let refused = build(&objects, None, 1).rejected;
    assert_eq!(
        refused[0].reason.as_str(),
        "SecretNotAllowed",
        "{refused:#?}"
    );
}
