//! Tests of `x-mcp-header`.

use serde_json::json;

use super::*;

#[test]
fn headers_are_found_wherever_properties_alone_lead() {
    let schema = json!({"type": "object", "properties": {
        "region": {"type": "string", "x-mcp-header": "Region"},
        "where": {"type": "object", "properties": {"zone": {"type": "integer", "x-mcp-header": "zone-1"}}},
        "default": {"type": "boolean", "x-mcp-header": "D", "default": {"x-mcp-header": 5}, "enum": [{"x-mcp-header": 5}]},
    }});
    let mut found: Vec<String> = find(&schema)
        .unwrap()
        .iter()
        .map(|mirrored| format!("{} {}", mirrored.path.join("."), mirrored.header))
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            "default mcp-param-d",
            "region mcp-param-region",
            "where.zone mcp-param-zone-1"
        ]
    );
    assert_eq!(find(&json!({})).unwrap(), []);
    assert_eq!(find(&json!(true)).unwrap(), []);
}

#[test]
fn each_violation_has_its_message() {
    let check = |schema: Value, expected: &str| {
        assert_eq!(find(&schema).unwrap_err(), expected, "{schema}")
    };
    let header = json!({"type": "string", "x-mcp-header": "H"});
    let property = |schema: Value| json!({"properties": {"a": schema}});
    let unreachable = |place: &str| {
        format!(
            "x-mcp-header at {place} must be on a property that is reached through `properties` alone"
        )
    };
    let kind = "x-mcp-header at a needs a property of type string, integer or boolean";
    check(
        property(json!({"type": "string", "x-mcp-header": 5})),
        "x-mcp-header at a must be a string",
    );
    for name in ["", "a b", "a:b", "é", "a\r\nb", "a\"b", "(a)"] {
        let schema = property(json!({"type": "string", "x-mcp-header": name}));
        let message = find(&schema).unwrap_err();
        assert_eq!(
            message,
            format!("x-mcp-header at a: \"{name}\" is no header name")
        );
    }
    for schema in [
        json!({"type": "number", "x-mcp-header": "H"}),
        json!({"type": "object", "x-mcp-header": "H"}),
        json!({"type": "array", "x-mcp-header": "H"}),
        json!({"type": "null", "x-mcp-header": "H"}),
        json!({"type": ["string", "null"], "x-mcp-header": "H"}),
        json!({"x-mcp-header": "H"}),
    ] {
        check(property(schema), kind);
    }
    check(header.clone(), &unreachable(""));
    check(
        property(json!({"type": "array", "items": header})),
        &unreachable("a"),
    );
    for keyword in [
        "items",
        "additionalProperties",
        "not",
        "if",
        "then",
        "contains",
    ] {
        check(property(json!({keyword: header})), &unreachable("a"));
        check(
            json!({keyword: {"properties": {"a": header}}}),
            &unreachable("a"),
        );
    }
    for keyword in ["allOf", "anyOf", "oneOf", "prefixItems"] {
        check(
            json!({keyword: [{"properties": {"a": header}}]}),
            &unreachable("a"),
        );
    }
    for keyword in [
        "$defs",
        "definitions",
        "patternProperties",
        "dependentSchemas",
    ] {
        check(
            json!({keyword: {"x": {"properties": {"a": header}}}}),
            &unreachable("a"),
        );
    }
    check(
        json!({"properties": {"a": {"type": "string", "x-mcp-header": "Region"}, "b": {"type": "string", "x-mcp-header": "rEGION"}}}),
        "x-mcp-header gives mcp-param-region twice; header names do not tell case apart",
    );
}

#[test]
fn a_header_says_the_same_as_its_argument() {
    let check = |value: Value, text: &str, expected: bool| {
        assert_eq!(Mirrored::same(&value, text), expected, "{value} {text}");
    };
    check(json!("eu"), "eu", true);
    check(json!("eu"), "EU", false);
    check(json!(""), "", true);
    check(json!(true), "true", true);
    check(json!(false), "true", false);
    check(json!(true), "True", false);
    check(json!(7), "7", true);
    check(json!(7), "07", true);
    check(json!(7.0), "7", true);
    check(json!(-7), "-7", true);
    check(json!(7), "8", false);
    check(json!(7), "x", false);
    check(json!(7.5), "7", false);
    check(json!(9_007_199_254_740_991_u64), "9007199254740991", true);
    check(json!(9_007_199_254_740_993_u64), "9007199254740992", false);
    check(json!([1]), "[1]", false);
}
