//! What schemas are refused and why, what the others judge, and that none of them can harm the process.
#![allow(clippy::unwrap_used)]

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::{InputSchema, OutputSchema, render_input, render_output};
use crate::mcp::version::Era;

/// Most that anything here may take, in a debug build on a busy machine. What it guards against takes minutes or ages.
const SOON: Duration = Duration::from_secs(10);

fn refused(schema: &Value) -> String {
    InputSchema::compile(schema).unwrap_err()
}

/// A value that nests `depth` objects under `a`.
fn nested(depth: usize, leaf: Value) -> Value {
    (0..depth).fold(leaf, |value, _| json!({"a": value}))
}

#[test]
fn a_schema_of_no_object_is_refused_with_what_to_write() {
    let check = |schema: Value, expected: &str| assert_eq!(refused(&schema), expected);
    let root = "the root must have type: object, for arguments always are one";
    check(json!({"type": "array"}), root);
    check(json!({"type": ["object", "null"]}), root);
    check(
        json!(true),
        "it must be an object, such as {} or {\"type\": \"object\"}",
    );
    check(
        json!([]),
        "it must be an object, such as {} or {\"type\": \"object\"}",
    );
}

#[test]
fn a_schema_that_does_not_compile_says_where() {
    let check = |schema: Value, expected: &str| assert_eq!(refused(&schema), expected);
    check(
        json!({"properties": {"a": {"type": "strnig"}}}),
        "at /properties/a/type: \"strnig\" is not valid under any of the schemas listed in the 'anyOf' keyword",
    );
    check(
        json!({"properties": {"a": {"pattern": "("}}}),
        "at /properties/a/pattern: \"(\" is not a \"regex\"",
    );
    check(
        json!({"required": "a"}),
        "at /required: \"a\" is not of type \"array\"",
    );
    check(
        json!({"title": 5}),
        "at /title: 5 is not of type \"string\"",
    );
    check(
        json!({"$ref": "#/$defs/nowhere"}),
        "Pointer '/$defs/nowhere' does not exist",
    );
}

#[test]
fn nothing_is_ever_fetched() {
    // A server that would notice: nobody may come.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/schema.json", listener.local_addr().unwrap());
    let file = format!("file://{}", file!());
    for reference in [
        url.as_str(),
        &file,
        "other.json",
        "https://example.com/x#/a",
    ] {
        for schema in [
            json!({"$ref": reference}),
            json!({"properties": {"a": {"$ref": reference}}}),
            json!({"$schema": reference, "properties": {}}),
        ] {
            let message = refused(&schema);
            assert!(!message.is_empty(), "{schema}");
        }
    }
    assert_eq!(
        listener.accept().unwrap_err().kind(),
        std::io::ErrorKind::WouldBlock
    );
}

#[test]
fn a_reference_that_never_ends_is_refused_however_it_is_written() {
    let check = |schema: Value, reference: &str| {
        let expected = format!(
            "$ref \"{reference}\" leads back to itself without going deeper into the value, so it never ends; put it under properties or items"
        );
        assert_eq!(refused(&schema), expected, "{schema}");
    };
    check(json!({"$ref": "#"}), "#");
    for keyword in ["allOf", "anyOf", "oneOf"] {
        check(json!({keyword: [{"type": "object"}, {"$ref": "#"}]}), "#");
    }
    for keyword in ["not", "if", "then", "else"] {
        check(json!({keyword: {"$ref": "#"}}), "#");
    }
    check(json!({"dependentSchemas": {"a": {"$ref": "#"}}}), "#");
    check(
        json!({"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"anyOf": [{"$ref": "#/$defs/a"}]}}}),
        "#/$defs/a",
    );
    check(
        json!({"$defs": {"unused": {"$ref": "#/$defs/unused"}}}),
        "#/$defs/unused",
    );
    check(
        json!({"$defs": {"a b": {"$ref": "#/$defs/a%20b"}}}),
        "#/$defs/a%20b",
    );
    check(json!({"$anchor": "here", "$ref": "#here"}), "#here");
    check(
        json!({"$dynamicAnchor": "here", "$dynamicRef": "#here"}),
        "#here",
    );
    check(
        json!({"$id": "https://example.com/a", "$ref": "https://example.com/a"}),
        "https://example.com/a",
    );
    check(json!({"$id": "https://example.com/a", "$ref": "a#"}), "a#");
    check(
        json!({"$defs": {"x": {"$id": "https://example.com/x", "allOf": [{"$ref": "#"}]}}}),
        "#",
    );
    check(
        json!({"$schema": "http://json-schema.org/draft-07/schema#", "$id": "#me", "allOf": [{"$ref": "#me"}]}),
        "#me",
    );
    check(
        json!({"$ref": "#/x-mine/a", "x-mine": {"a": {"$ref": "#/x-mine/a"}}}),
        "#/x-mine/a",
    );
}

#[test]
fn recursion_into_the_value_is_fine_and_judges_every_level() {
    let tree = |reference: Value| {
        json!({
            "$id": "https://example.com/tree", "$anchor": "tree", "$dynamicAnchor": "node", "type": "object",
            "properties": {"name": {"type": "string"}, "children": {"type": "array", "items": reference}},
        })
    };
    for reference in [
        json!({"$ref": "#"}),
        json!({"$ref": "#tree"}),
        json!({"$dynamicRef": "#node"}),
        json!({"$ref": "https://example.com/tree"}),
        json!({"anyOf": [{"$ref": "#"}, {"type": "null"}]}),
    ] {
        let schema = InputSchema::compile(&tree(reference.clone())).unwrap();
        let good = json!({"name": "a", "children": [{"name": "b", "children": []}]});
        assert_eq!(schema.failures(&good), Vec::<String>::new(), "{reference}");
        let bad = json!({"name": "a", "children": [{"name": "b", "children": [{"name": 5}]}]});
        assert!(!schema.failures(&bad).is_empty(), "{reference}");
    }
}

/// A chain of `length` definitions; the last one has the next level under `a`.
fn chain(length: usize, link: impl Fn(String) -> Value) -> Value {
    let definition = |index| match index {
        index if index + 1 < length => link(format!("#/$defs/d{}", index + 1)),
        _ => json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}}}),
    };
    let definitions: Map<String, Value> = (0..length)
        .map(|index| (format!("d{index}"), definition(index)))
        .collect();
    json!({"properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": definitions})
}

#[test]
fn the_longest_chain_at_the_deepest_value_does_not_overflow_the_stack() {
    type Link = fn(String) -> Value;
    let links: [(usize, Link); 4] = [
        (31, |next| json!({"$ref": next})),
        (16, |next| json!({"anyOf": [{"$ref": next}]})),
        (16, |next| json!({"if": {"$ref": next}, "else": false})),
        (
            5,
            |next| json!({"allOf": [{"$ref": next}], "unevaluatedProperties": false}),
        ),
    ];
    // Answers may nest 128 levels, which is more than arguments may.
    for (length, link) in links {
        let schema = InputSchema::compile(&chain(length, link)).unwrap();
        assert_eq!(
            schema.failures(&nested(126, json!({}))),
            Vec::<String>::new()
        );
        assert!(!schema.failures(&nested(126, json!(5))).is_empty());
    }
}

#[test]
fn a_longer_chain_is_refused() {
    let expected = "more than 32 schemas judge one value in a chain of $ref, allOf and the like; refer to the last one directly";
    for length in [32, 20_000] {
        assert_eq!(
            refused(&chain(length, |next| json!({"$ref": next}))),
            expected
        );
    }
    assert_eq!(
        refused(&chain(17, |next| json!({"allOf": [{"$ref": next}]}))),
        expected
    );
}

#[test]
fn what_makes_the_validator_look_again_and_again_is_refused() {
    let strict = |next| json!({"allOf": [{"$ref": next}], "unevaluatedProperties": false});
    assert_eq!(
        refused(&chain(6, strict)),
        "more than 4 schemas with unevaluatedProperties or unevaluatedItems judge one value in a chain; keep the outermost"
    );
}

#[test]
fn a_schema_too_large_or_too_deep_is_refused() {
    let large = json!({"description": "x".repeat(5 << 20)});
    assert_eq!(
        refused(&large),
        "it is 5242898 bytes long; at most 1048576 are served, shorten it or use $defs"
    );
    let deep = (0..500).fold(json!({}), |schema, _| json!({"not": schema}));
    assert_eq!(
        refused(&deep),
        "it is nested more than 128 levels deep; use $defs"
    );
}

#[test]
fn a_long_way_round_through_the_value_is_fine() {
    let many: Map<String, Value> = (0..5_000)
        .map(|index| {
            (
                format!("d{index}"),
                json!({"properties": {"a": {"$ref": format!("#/$defs/d{}", (index + 1) % 5_000)}}}),
            )
        })
        .collect();
    let long_way_round = json!({"$ref": "#/$defs/d0", "$defs": many});
    let schema = InputSchema::compile(&long_way_round).unwrap();
    assert_eq!(schema.failures(&nested(60, json!(1))), Vec::<String>::new());
}

#[test]
fn no_pattern_takes_long_however_it_is_written() {
    let value = json!({"s": "a".repeat(20_000) + "!"});
    let check = |pattern: &str, expected: &[&str]| {
        let started = Instant::now();
        let schema =
            InputSchema::compile(&json!({"properties": {"s": {"pattern": pattern}}})).unwrap();
        let failures: Vec<String> = schema.failures(&value);
        let failures: Vec<&str> = failures.iter().map(|text| &text[..2]).collect();
        assert_eq!(failures, expected, "{pattern}");
        assert!(started.elapsed() < SOON, "{pattern}");
    };
    check("^(a+)+$", &["/s"]);
    check("^(?=(a+)+$)b", &["/s"]);
    check("^(a|a)*\\1$", &["/s"]);
    check("^(a|aa)+\\1c$", &["/s"]);
    check("(.*a){20}$", &["/s"]);
    check("^(?!(a*)*c).*$", &[]);
    assert_eq!(
        refused(&json!({"properties": {"s": {"pattern": "((a{500}){500}){500}"}}})),
        "at /properties/s/pattern: \"((a{500}){500}){500}\" is not a \"regex\""
    );
}

#[test]
fn telling_what_is_wrong_stays_bounded_where_alternatives_recurse() {
    let alternatives = json!({"$ref": "#/$defs/expression", "$defs": {"expression": {"anyOf": [
        {"type": "object", "properties": {"not": {"const": 1}, "a": {"$ref": "#/$defs/expression"}}},
        {"type": "object", "properties": {"and": {"const": 1}, "a": {"$ref": "#/$defs/expression"}}},
    ]}}});
    let schema = InputSchema::compile(&alternatives).unwrap();
    let shallow = schema.failures(&nested(3, json!(5)));
    assert_eq!(
        shallow,
        [
            "/: {\"a\":{\"a\":{\"a\":5}}} is not valid under any of the schemas listed in the 'anyOf' keyword"
        ]
    );
    let started = Instant::now();
    assert_eq!(
        schema.failures(&nested(60, json!(5))),
        ["/: it does not fit the schema, and is nested too deeply to tell where"]
    );
    assert_eq!(
        schema.failures(&nested(60, json!({}))),
        Vec::<String>::new()
    );

    // The same without recursion: each definition refers to the next one twice.
    let doubling: Map<String, Value> = (0..30)
        .map(|index| match index {
            29 => ("d29".to_owned(), json!({"type": "string"})),
            _ => {
                let next = json!({"$ref": format!("#/$defs/d{}", index + 1)});
                (
                    format!("d{index}"),
                    json!({"properties": {"a": {"allOf": [next, next]}}}),
                )
            }
        })
        .collect();
    let schema = InputSchema::compile(&json!({"$ref": "#/$defs/d0", "$defs": doubling})).unwrap();
    assert_eq!(
        schema.failures(&nested(29, json!(5))),
        ["/: it does not fit the schema, and is nested too deeply to tell where"]
    );
    assert!(started.elapsed() < SOON);
}

#[test]
fn failures_are_listed_by_path_and_not_without_end() {
    let check = |schema: Value, value: Value, expected: &[&str]| {
        assert_eq!(
            InputSchema::compile(&schema).unwrap().failures(&value),
            expected
        );
    };
    check(json!({}), json!({"anything": [1]}), &[]);
    check(
        json!({"type": "object", "title": "T"}),
        json!({"a": 1}),
        &[],
    );
    check(
        json!({"properties": {"n": {"type": "integer"}}, "required": ["q"]}),
        json!({"n": "x"}),
        &[
            "/: \"q\" is a required property",
            "/n: \"x\" is not of type \"integer\"",
        ],
    );
    let list = json!({"properties": {"l": {"items": {"type": "string"}}}});
    let failures = InputSchema::compile(&list)
        .unwrap()
        .failures(&json!({"l": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}));
    assert_eq!(failures.len(), 11);
    assert_eq!(failures[0], "/l/0: 1 is not of type \"string\"");
    assert_eq!(failures[10], "and more");
    let long = json!({"properties": {"s": {"maxLength": 1}}});
    let failures = InputSchema::compile(&long)
        .unwrap()
        .failures(&json!({"s": "é".repeat(5_000)}));
    assert_eq!(failures[0].chars().count(), "/s: ".len() + 301);
}

#[test]
fn input_schemas_are_rendered_as_each_era_reads_them() {
    let check = |schema: Value, legacy: Value, modern: Value| {
        assert_eq!(render_input(&schema, Era::Legacy), legacy);
        assert_eq!(render_input(&schema, Era::Modern), modern);
    };
    let object = json!({"type": "object"});
    check(json!({}), object.clone(), object);
    check(
        json!({"properties": {"yes": true, "no": false, "a": {"type": "string"}}, "additionalProperties": false}),
        json!({"type": "object", "properties": {"yes": {}, "no": {"not": {}}, "a": {"type": "string"}}, "additionalProperties": false}),
        json!({"type": "object", "properties": {"yes": true, "no": false, "a": {"type": "string"}}, "additionalProperties": false}),
    );
    let kept = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.com/t", "type": "object",
        "$defs": {"n": {"$anchor": "n", "type": "integer"}}, "properties": {"n": {"$ref": "#n"}},
        "if": {"required": ["n"]}, "then": {"minProperties": 1}, "else": {"maxProperties": 1},
        "dependentRequired": {"n": ["m"]}, "unevaluatedProperties": false, "$comment": "kept", "x-mine": [null, 1.5, true],
    });
    check(kept.clone(), kept.clone(), kept);
}

#[test]
fn output_schemas_are_wrapped_for_legacy_clients_unless_they_are_objects() {
    let check = |schema: Value, legacy: Value| {
        assert_eq!(render_output(&schema, Era::Legacy), legacy, "{schema}");
        assert_eq!(render_output(&schema, Era::Modern), schema);
        let compiled = OutputSchema::compile(&schema).unwrap();
        assert_eq!(compiled.wrap_for_legacy, legacy.get("required").is_some());
        OutputSchema::compile(&legacy).unwrap();
    };
    let wrapped = |inner: Value| json!({"type": "object", "properties": {"result": inner}, "required": ["result"]});
    check(
        json!({"type": "object", "properties": {"a": true}}),
        json!({"type": "object", "properties": {"a": {}}}),
    );
    check(
        json!({"type": "array", "items": true}),
        wrapped(json!({"type": "array", "items": true})),
    );
    check(json!({}), wrapped(json!({})));
    check(json!(true), wrapped(json!({})));
    let mut moved = wrapped(json!({"type": "array", "items": {"$ref": "#/$defs/item"}}));
    moved["$defs"] = json!({"item": {"type": "string"}});
    moved["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    check(
        json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "array", "items": {"$ref": "#/$defs/item"}, "$defs": {"item": {"type": "string"}}}),
        moved,
    );
}

#[test]
fn a_wrapped_output_schema_means_the_same_as_before() {
    let check = |schema: Value, good: Value, bad: Value| {
        let plain = OutputSchema::compile(&schema).unwrap();
        let wrapped = OutputSchema::compile(&render_output(&schema, Era::Legacy)).unwrap();
        for (value, fits) in [(good, true), (bad, false)] {
            assert_eq!(plain.failures(&value).is_empty(), fits, "{schema} {value}");
            let value = json!({"result": value});
            assert_eq!(
                wrapped.failures(&value).is_empty(),
                fits,
                "{schema} {value}"
            );
        }
    };
    check(
        json!({"type": "array", "items": {"$ref": "#"}}),
        json!([[], [[]]]),
        json!([[], [1]]),
    );
    check(
        json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#/anyOf/0"}}]}),
        json!(["a"]),
        json!([1]),
    );
    check(
        json!({"type": "array", "items": {"$ref": "#/$defs/list"}, "$defs": {"list": {"type": "array", "items": {"$ref": "#"}}}}),
        json!([[[]]]),
        json!([[1]]),
    );
    check(
        json!({"$id": "https://example.com/list", "type": "array", "items": {"$ref": "#/$defs/n"}, "$defs": {"n": {"type": "number"}}}),
        json!([1]),
        json!(["a"]),
    );
    check(
        json!({"type": "array", "items": {"$ref": "#n"}, "$defs": {"n": {"$anchor": "n", "type": "number"}}}),
        json!([1]),
        json!(["a"]),
    );
}
