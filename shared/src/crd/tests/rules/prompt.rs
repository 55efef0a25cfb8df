//! The rules of MCPPrompt.

use super::{Case, bad, check};

const SERVICE: &str = "{template: null, service: {name: a, port: 1, path: PATH}}";

#[test]
fn prompts_are_refused_for_one_reason_at_a_time() {
    let also_good = [
        "{template: null, service: {name: a, port: 1}}",
        "{template: null, messages: [{template: a}, {role: assistant, image: {mimeType: image/png, data: AA==}}]}",
        "{template: null, messages: [{resource: {uri: 'a:b', text: ''}}]}",
        "variables: [{name: a, default: x, values: [x, z]}, {name: b, required: true}, {name: c, default: x}]",
    ];
    let long = "a2345678901234567890123456789012345678901234567890123456789012345";
    let path = |path: &str| -> &'static str { SERVICE.replace("PATH", path).leak() };
    let cases = [
        Case {
            name: long,
            spec: "{}",
            message: "set spec.name",
        },
        bad(
            "template: null",
            "exactly one of template, messages and service",
        ),
        bad(
            "messages: [{template: a}]",
            "exactly one of template, messages and service",
        ),
        bad(
            "service: {name: a, port: 1}",
            "exactly one of template, messages and service",
        ),
        bad(
            "{template: null, messages: [{role: user}]}",
            "exactly one of template, image, audio and resource",
        ),
        bad(
            "{template: null, messages: [{template: a, audio: {mimeType: audio/wav, data: AA==}}]}",
            "into messages of their own",
        ),
        bad(
            "{template: null, messages: [{image: {mimeType: audio/wav, data: AA==}}]}",
            "begins with image/",
        ),
        bad(
            "{template: null, messages: [{audio: {mimeType: image/png, data: AA==}}]}",
            "begins with audio/",
        ),
        bad(
            "{template: null, messages: [{resource: {uri: 'a:b'}}]}",
            "exactly one of text and blob",
        ),
        bad(
            "{template: null, messages: [{resource: {uri: 'a:b', text: a, blob: AA==}}]}",
            "exactly one of text and blob",
        ),
        bad(
            "variables: [{name: a, required: true, default: x}]",
            "no use for a default",
        ),
        bad(
            "variables: [{name: a, default: x, values: [z]}]",
            "default is not among values",
        ),
        bad(path("'/a/{id}'"), "takes no arguments"),
        bad(path("'a'"), "must be a path such as"),
        bad(path("/a/../b"), "must not hold a . or .. segment"),
    ];
    check("MCPPrompt", "template: Hello", &also_good, &cases);
}
