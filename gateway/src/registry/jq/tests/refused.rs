//! What filters may not say, with the whole message.

use super::{FilterError, Program};

#[track_caller]
fn refused(filter: &str, expected: &str) {
    match Program::compile(filter) {
        Ok(_) => panic!("{filter} was taken"),
        Err(error) => assert_eq!(error.to_string(), expected, "{filter}"),
    }
}

#[test]
fn what_could_go_on_without_end_is_refused() {
    refused(
        "def f: f; f",
        "def at character 5 is not allowed: a function can call itself without end; write its body where it is used",
    );
    refused(
        ". | def f: 1+f; f",
        "def at character 9 is not allowed: a function can call itself without end; write its body where it is used",
    );
    refused(
        "reduce .[] as $x (0; . + $x)",
        "reduce at character 1 is not allowed: it can build without bound; use map, add, group_by, any or all",
    );
    refused(
        "[foreach .[] as $x (0; . + $x)]",
        "foreach at character 2 is not allowed: it can build without bound; use map, add, group_by, any or all",
    );
    refused(
        "[range(1e18)]",
        "range at character 2 is not allowed: it can go on without end; go through the input with .[]",
    );
    refused(
        "[.[] | repeat(.)]",
        "repeat at character 8 is not allowed: it can go on without end; go through the input with .[]",
    );
    refused(
        "recurse(.)",
        "recurse at character 1 is not allowed: it can go on without end; use .. or recurse without arguments",
    );
    refused(
        "until(false; .)",
        "until at character 1 is not allowed: it can go on without end; go through the input with .[]",
    );
    refused(
        "limit(3; .[])",
        "limit at character 1 is not allowed: use a slice such as .[:10], or first(f)",
    );
    refused(
        "\"x\" * 2000000000",
        "* at character 2 is not allowed: repeating a string can take all memory; write the string out",
    );
    refused(
        ".a *= \"x\"",
        "* at character 8 is not allowed: repeating a string can take all memory; write the string out",
    );
}

#[test]
fn what_is_not_the_input_is_out_of_reach() {
    refused(
        "env",
        "env at character 1 is not allowed: a filter sees nothing but the backend's answer",
    );
    refused(
        ".a, env.HOME",
        "env at character 5 is not allowed: a filter sees nothing but the backend's answer",
    );
    refused(
        "$ENV.PATH",
        "$ENV at character 1 is not defined; bind it before with … as $ENV | …",
    );
    refused(
        "\"\\($__prog_args)\"",
        "$__prog_args at character 4 is not defined; bind it before with … as $__prog_args | …",
    );
    refused(
        "(.a as $x | .) , $x",
        "$x at character 18 is not defined; bind it before with … as $x | …",
    );
    refused(
        "break $out",
        "$out at character 7 is not defined; bind it before with … as $out | …",
    );
    refused(
        "input",
        "input at character 1 is not allowed: a filter has one input; use . instead",
    );
    refused(
        "halt_error",
        "halt_error at character 1 is not allowed: use error(\"…\") to fail",
    );
    refused(
        "debug",
        "debug at character 1 is not allowed: there is nobody to read it; remove it",
    );
    refused(
        "now",
        "now at character 1 is not allowed: there is no clock and no calendar; let the backend format dates",
    );
    refused(
        "import \"a\" as a; .",
        "import at character 1 is not allowed: there are no modules; write the whole filter in one text",
    );
    refused(
        "include \"a\"; .",
        "include at character 1 is not allowed: there are no modules; write the whole filter in one text",
    );
    refused(
        "__sum(.[])",
        "there is no function __sum/1 (character 1); name/n takes n arguments",
    );
    refused(
        "a::b",
        "there is no function a::b/0 (character 1); name/n takes n arguments",
    );
    refused(
        "äö",
        "it does not parse at character 1: expected token and found \"äö\"",
    );
    refused(
        "map(frobnicate(1; 2))",
        "there is no function frobnicate/2 (character 5); name/n takes n arguments",
    );
    refused(
        "map",
        "there is no function map/0 (character 1); there is map/1; name/n takes n arguments",
    );
    refused(
        "@frob \"a\\(.)\"",
        "there is no function @frob/0 (character 1); name/n takes n arguments",
    );
}

#[test]
fn what_does_not_parse_says_where() {
    refused(
        "",
        "it does not parse at character 1: expected term and found the end",
    );
    refused(
        ".a |",
        "it does not parse at character 5: expected term and found the end",
    );
    refused(
        ".a | }",
        "it does not parse at character 6: expected token and found \"}\"",
    );
    refused(
        "[.a",
        "it does not parse at character 4: expected closing bracket and found the end",
    );
    refused(
        "\"abc",
        "it does not parse at character 5: expected closing quote and found the end",
    );
    refused(
        "if . then 1",
        "it does not parse at character 12: expected else or end and found the end",
    );
    refused(
        ".a 1",
        "it does not parse at character 4: expected the end and found \"1\"",
    );
    refused(
        ". as [$a] ?// $a | 1",
        "it does not parse at character 11: expected | and found \"?\"",
    );
}

/// Each would overflow the stack of an ordinary thread in one recursion or another.
#[test]
fn depth_is_refused_and_never_overflows() {
    for (open, middle, close) in [
        ("(", ".", ")"),
        ("[", "", "]"),
        ("{a:", "1", "}"),
        ("-", "1", ""),
        ("try ", ".", ""),
        ("if ", ".", " then 1 end"),
        ("\"\\(", ".", ")\""),
        (".[", "0", "]"),
        ("first(", ".", ")"),
        (". as [$a] | ", ".", ""),
        (". | ", ".", ""),
        (". + ", ".", ""),
        (". , ", ".", ""),
        ("label $a | ", ".", ""),
        (". as ", "$a", " | ."),
        (". // ", ".", ""),
        (".a |= ", ".", ""),
        ("(", "", ""),
        ("[", "", ""),
        ("\"\\(", "", ""),
        ("", ".", "[]"),
        ("", ".", ".a"),
        ("", ".", "?"),
        ("{a:1} | {b,", "c", "}"),
        ("def f: ", ".", "; f"),
    ] {
        for count in [10_000, 300] {
            let filter = format!("{}{middle}{}", open.repeat(count), close.repeat(count));
            match Program::compile(&filter) {
                Ok(_) => assert!(
                    matches!((open, close), ("(", ")") | ("", "?")),
                    "{open}{middle}{close} {count}"
                ),
                Err(FilterError::TooLong(_)) => assert!(filter.len() > 4096),
                Err(FilterError::Uncompiled(what)) => panic!("{what}"),
                Err(_) => assert!(count == 300),
            }
        }
        let longest = 4096 / (open.len() + close.len()).max(1) - middle.len();
        let _ = Program::compile(&format!(
            "{}{middle}{}",
            open.repeat(longest),
            close.repeat(longest)
        ));
    }
}

/// Whatever is on the list compiles, so no name is allowed that the prelude forgot.
#[test]
fn every_name_on_the_list_compiles() {
    let names: Vec<_> = super::super::prelude()
        .iter()
        .map(|definition| (definition.name, definition.args.len()))
        .filter(|(name, _)| !name.starts_with("__"))
        .chain(super::super::natives::public())
        .collect();
    assert!(names.len() > 100, "{}", names.len());
    for (name, arity) in names {
        let arguments = vec!["."; arity].join("; ");
        let filter = if arity == 0 {
            name.to_owned()
        } else {
            format!("{name}({arguments})")
        };
        Program::compile(&filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
    }
}
