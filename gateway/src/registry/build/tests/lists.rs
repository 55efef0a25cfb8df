//! What lists show, byte for byte where that matters.
#![allow(clippy::unwrap_used)]

use super::{object, registry, tool};
use crate::{mcp::version::Era, registry::list::List};

fn whole(list: &List, era: Era) -> String {
    String::from_utf8(list.page(era, None).entries.to_vec()).unwrap()
}

#[test]
fn tools_are_listed_by_name_with_all_they_have() {
    let full = "  title: T\n  description: D\n  inputSchema: {properties: {b: true, a: {}}}\n  outputSchema: {type: array}\n  annotations: {readOnlyHint: true, destructiveHint: false}\n  icons: [{src: \"https://a/b.png\", mimeType: image/png}]";
    let registry = registry(&[tool("b", full), tool("a", "  inputSchema: {}")].concat());
    assert_eq!(
        whole(&registry.tool_list, Era::Modern),
        r#"{"name":"a","inputSchema":{"type":"object"}},{"name":"b","title":"T","description":"D","inputSchema":{"properties":{"a":{},"b":true},"type":"object"},"outputSchema":{"type":"array"},"annotations":{"destructiveHint":false,"readOnlyHint":true},"icons":[{"src":"https://a/b.png","mimeType":"image/png"}]}"#
    );
    assert_eq!(
        whole(&registry.tool_list, Era::Legacy),
        r#"{"name":"a","inputSchema":{"type":"object"}},{"name":"b","title":"T","description":"D","inputSchema":{"properties":{"a":{},"b":{}},"type":"object"},"outputSchema":{"properties":{"result":{"type":"array"}},"required":["result"],"type":"object"},"annotations":{"destructiveHint":false,"readOnlyHint":true},"icons":[{"src":"https://a/b.png","mimeType":"image/png"}]}"#
    );
}

#[test]
fn the_text_of_a_schema_is_kept_but_for_white_space_between_tokens() {
    let check = |text: &str, legacy: &str, modern: &str| {
        let text = text.replace('\n', "\\n").replace('"', "\\\"");
        let registry = registry(&tool("t", &format!("  inputSchemaText: \"{text}\"")));
        for (era, expected) in [(Era::Legacy, legacy), (Era::Modern, modern)] {
            let expected = format!(r#"{{"name":"t","inputSchema":{expected}}}"#);
            assert_eq!(whole(&registry.tool_list, era), expected);
        }
    };
    let exact = r#"{"type":"object","z":1.0,"b":{"maximum":123456789012345678901234567890},"a":" x  y\t","e":1e2}"#;
    check(
        "{ \"type\" : \"object\",\n  \"z\": 1.0,\n\t\"b\": {\"maximum\": 123456789012345678901234567890}, \"a\": \" x  y\\\\t\", \"e\": 1e2 }",
        exact,
        exact,
    );
    // Where an era cannot read the text as it is, that era gets what it can read.
    check(
        r#"{"type":"object","properties":{"z":true,"a":1.0e1}}"#
            .replace("1.0e1", "{}")
            .as_str(),
        r#"{"properties":{"a":{},"z":{}},"type":"object"}"#,
        r#"{"type":"object","properties":{"z":true,"a":{}}}"#,
    );
    check(
        r#"{"title":"T"}"#,
        r#"{"title":"T","type":"object"}"#,
        r#"{"title":"T","type":"object"}"#,
    );
}

#[test]
fn prompts_are_listed_by_name_with_their_arguments() {
    let prompt = |name: &str, spec: &str| object("MCPPrompt", &format!("name: {name}"), spec);
    let yaml = [
        prompt(
            "b",
            "  name: greet\n  title: T\n  description: D\n  template: \"{{who}} {{how}}\"\n  variables: [{name: who, description: Whom, required: true}, {name: how, default: well, values: [well, ill]}]",
        ),
        prompt("a", "  template: Hi"),
    ];
    let registry = registry(&yaml.concat());
    let expected = r#"{"arguments":[],"name":"a"},{"arguments":[{"description":"Whom","name":"who","required":true},{"name":"how","required":false}],"description":"D","name":"greet","title":"T"}"#;
    assert_eq!(whole(&registry.prompt_list, Era::Legacy), expected);
    assert_eq!(whole(&registry.prompt_list, Era::Modern), expected);
}

#[test]
fn resources_and_templates_are_listed_apart_by_uri() {
    let resource = |name: &str, spec: &str| object("MCPResource", &format!("name: {name}"), spec);
    let yaml = [
        resource(
            "c",
            "  mimeType: text/plain\n  size: 5\n  annotations: {priority: 1}\n  content: {uri: \"z:1\", text: hello}",
        ),
        resource(
            "b",
            "  name: shown\n  mimeType: text/plain\n  content: {uri: \"a:1\", mimeType: text/yaml, text: x}",
        ),
        resource(
            "a",
            "  size: 7\n  operations: [{ingressPath: \"/d/{id}\", service: {name: svc, port: 80, path: \"/{id}\"}}]",
        ),
    ];
    let registry = registry(&yaml.concat());
    assert_eq!(
        whole(&registry.resource_list, Era::Modern),
        r#"{"mimeType":"text/yaml","name":"shown","uri":"a:1"},{"annotations":{"priority":1},"mimeType":"text/plain","name":"c","size":5,"uri":"z:1"}"#
    );
    assert_eq!(
        whole(&registry.template_list, Era::Modern),
        r#"{"name":"a","uriTemplate":"resource:///d/{id}"}"#
    );
}

#[test]
fn a_fingerprint_changes_exactly_when_the_list_does() {
    let fingerprint = |yaml: &str| registry(yaml).tool_list.fingerprint;
    let before = fingerprint(&tool("a", "  inputSchema: {}"));
    let same = [
        tool("a", "  inputSchema: {type: object}"),
        tool("a", "  inputSchema: {}\n  timeout: 5s"),
        tool("a", "  inputSchema: {}").replace("port: 8080", "port: 81"),
    ];
    for yaml in same {
        assert_eq!(fingerprint(&yaml), before, "{yaml}");
    }
    let others = [
        String::new(),
        tool("b", "  inputSchema: {}"),
        tool("a", "  inputSchema: {}\n  title: T"),
        tool("a", "  inputSchema: {}\n  outputSchema: {}"),
        tool("a", "  inputSchema: {}") + &tool("b", "  inputSchema: {}"),
    ];
    for yaml in others {
        assert_ne!(fingerprint(&yaml), before, "{yaml}");
    }
}
