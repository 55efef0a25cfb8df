//! Filters nobody wrote: whatever the wall lets through ends, and no step of it breaks.

use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_oneof, proptest};

use super::super::{natives, prelude};
use super::{Program, RunError, run};

const INPUTS: [&str; 6] = [
    "null",
    "[3,1,2,[1,\"a\"],{\"a\":1}]",
    r#"{"a":[1,2,{"b":null}],"b":"text, more text","c":{"a":{"b":-1.5}}}"#,
    r#""äbc, 12-34""#,
    "12345678901234567890",
    "[[1,2],[3,4],[5,6]]",
];

/// Names with their number of arguments, as the wall allows them: constants, or all others.
fn names(constant: bool) -> Vec<(String, usize)> {
    let definitions = prelude();
    let defined = definitions
        .iter()
        .map(|definition| (definition.name, definition.args.len()));
    defined
        .filter(|(name, _)| !name.starts_with("__"))
        .chain(natives::public())
        .filter(|(_, arity)| (*arity == 0) == constant)
        .map(|(name, arity)| (name.to_owned(), arity))
        .collect()
}

fn leaf() -> impl Strategy<Value = String> {
    let plain = [
        ".",
        "..",
        ".a",
        ".b?",
        ".[]",
        ".[]?",
        ".[0]",
        ".[1:]",
        "1",
        "-1",
        "0",
        "2.5",
        "1e300",
        "99999999999999999999",
        "\"a\"",
        "\"\"",
        "\"(?<x>.)\"",
        "\"g\"",
        "[]",
        "{}",
        "null",
        "$x",
        "empty",
        "[\"a\",0]",
    ];
    prop_oneof![
        prop::sample::select(plain.to_vec()).prop_map(str::to_owned),
        prop::sample::select(names(true)).prop_map(|(name, _)| name),
    ]
}

fn filter() -> impl Strategy<Value = String> {
    leaf().prop_recursive(6, 48, 3, |inner| {
        let operator = prop::sample::select(vec![
            "|", ",", "+", "-", "*", "/", "%", "//", "and", "or", "==", "<", ">=", "=", "|=", "+=",
            "*=", "/=", "//=",
        ]);
        let shape = prop::sample::select(vec![
            "[_]",
            "(_)",
            "-(_)",
            "(_)?",
            "try (_)",
            "{a: (_)}",
            "{(_): 1}",
            "\"x\\(_)y\"",
            "@base64 \"\\(_)\"",
            "(_)[]",
            "(_)[1:]",
            ".[_]",
            ".[_:]",
            ".[][_]?",
            "(_) as $x | $x",
            "(_) as [$x] | $x",
            "label $l | (_), break $l",
            "[.[]? | _]",
        ]);
        let call = prop::sample::select(names(false));
        prop_oneof![
            (inner.clone(), operator, inner.clone())
                .prop_map(|(left, operator, right)| format!("({left}) {operator} ({right})")),
            (shape, inner.clone()).prop_map(|(shape, inner)| shape.replace('_', &inner)),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("if {a} then {b} else {c} end")),
            (call, prop::collection::vec(inner, 3)).prop_map(|((name, arity), arguments)| {
                format!("{name}({})", arguments[..arity].join("; "))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_filter_that_is_taken_ends_by_itself_or_by_its_account(
        filter in filter(),
        input in prop::sample::select(INPUTS.to_vec()),
    ) {
        let filter = format!("1 as $x | {filter}");
        if let Err(error) = Program::compile(&filter) {
            let told = error.to_string();
            assert!(told.contains("not allowed: repeating") || told.contains("nested too deeply"), "{filter}: {told}");
            return Ok(());
        }
        match run(&filter, input) {
            Ok(output) => drop(serde_json::from_str::<serde_json::Value>(&output).map_err(|error| panic!("{filter}: {output}: {error}"))),
            Err(RunError::Timeout | RunError::Broken | RunError::Busy | RunError::Input(_)) => panic!("{filter} on {input}"),
            Err(_) => {}
        }
    }

    #[test]
    fn no_text_breaks_the_wall(text in "[-a-z0-9.,|+*/%=<>!?:;$@#\"'\\\\(){}\\[\\] ]{0,60}", any in any::<String>()) {
        drop(Program::compile(&text));
        drop(Program::compile(&any));
    }
}
