//! What filters yield, next to what jq 1.7 does.

use super::{RunError, check, run};

#[test]
fn paths_select_and_objects_are_built() {
    check(
        ".",
        r#"{"b":1,"a":[null,true,"x"]}"#,
        r#"{"b":1,"a":[null,true,"x"]}"#,
    );
    check(".items", r#"{"items":[1,2]}"#, "[1,2]");
    check(".a.b?", r#"{"a":{"b":3}}"#, "3");
    check(".[1:3]", "[1,2,3,4]", "[2,3]");
    check(".[-1:]", "[1,2,3,4]", "[4]");
    check(".[1:3]", r#""äöü!""#, r#""öü""#);
    check(".[.[0]]", "[2,1,7]", "7");
    check(
        "[.a[.i][].x]",
        r#"{"i":1,"a":[[],[{"x":1},{"x":2}]]}"#,
        "[1,2]",
    );
    check(
        ".items | map({name, size: (.bytes / 1024), \"k\\(.id)\": .id})",
        r#"{"items":[{"name":"a","bytes":2048,"id":7}]}"#,
        r#"[{"name":"a","size":2,"k7":7}]"#,
    );
    check(
        ". as [$a, {b: $c}] | {$a, $c}",
        r#"[1,{"b":2}]"#,
        r#"{"a":1,"c":2}"#,
    );
    check(". as {(.k): $v} | $v", r#"{"k":"k"}"#, r#""k""#);
    check(
        "if . > 1 then \"many\" elif . == 1 then \"one\" else \"none\" end",
        "1",
        r#""one""#,
    );
    check(".a // \"none\"", "{}", r#""none""#);
    check(
        "[.[] | try (if . == 1 then error(\"bad\") else . end) catch (\"caught \" + .)]",
        "[0,1]",
        r#"[0,"caught bad"]"#,
    );
    check(
        "[.[] | (1 / .)?]",
        "[0,2,\"x\"]",
        "[1.7976931348623157e308,0.5]",
    );
    check(
        "[label $out | .[] | if . > 2 then ., break $out else . end]",
        "[1,2,3,4]",
        "[1,2,3]",
    );
    check("[..|numbers]", r#"[1,[2,{"a":3}]]"#, "[1,2,3]");
}

#[test]
fn one_result_is_itself_several_are_an_array_and_none_is_an_error() {
    check(".[0]", "[[1]]", "[1]");
    check(".[]", "[1,2]", "[1,2]");
    assert_eq!(run(".[]", "[]"), Err(RunError::Empty));
    assert_eq!(run("empty", "1"), Err(RunError::Empty));
}

#[test]
fn numbers_keep_their_spelling() {
    let spelled = "[9007199254740993,123456789012345678901234567890,1.50,1e2,-0.0,0.1]";
    check(".", spelled, spelled);
    check(".[1] + 1", spelled, "123456789012345678901234567891");
    check(
        "[.[0] + 1, .[2] * 2, 3 / 2, 4 / 2, 01.50]",
        spelled,
        "[9007199254740994,3,1.5,2,1.5]",
    );
    check(
        "[.[] | tostring | tonumber]",
        "[1.50,\"2.50\",3]",
        "[1.50,2.50,3]",
    );
}

#[test]
fn collections_work_as_in_jq() {
    check(
        "[length, (map(length))]",
        r#"["äb",[1],{"a":1},null,-5]"#,
        "[5,[2,1,1,0,5]]",
    );
    check(
        "[add, (map(tostring) | add), ([] | add)]",
        "[1,2,3]",
        "[6,\"123\",null]",
    );
    check(
        "[add({a:1},{b:2}), add([1],[2],[3]), add(\"a\",null,\"b\",\"c\")]",
        "0",
        r#"[{"a":1,"b":2},[1,2,3],"abc"]"#,
    );
    check(
        "[join(\",\"), ([] | join(\",\"))]",
        r#"["a",null,1,true]"#,
        r#"["a,,1,true",""]"#,
    );
    check(
        "[sort, unique, min, max, reverse]",
        "[3,1,2,1]",
        "[[1,1,2,3],[1,2,3],1,3,[1,2,1,3]]",
    );
    check(
        "[(sort_by(.a) | map(.b)), (group_by(.a) | map(length)), (unique_by(.a) | length), (min_by(.b)|.a), (max_by(.b)|.a)]",
        r#"[{"a":2,"b":1},{"a":1,"b":2},{"a":2,"b":3}]"#,
        "[[2,1,3],[1,2],2,2,2]",
    );
    check(
        "[any, all, any(. == null), all(.[]; . != 7), isempty(.[])]",
        "[true,null]",
        "[true,false,true,true,false]",
    );
    check(
        "[flatten, flatten(1)]",
        "[1,[2,[3]],[]]",
        "[[1,2,3],[1,2,[3]]]",
    );
    check("transpose", "[[1,2],[3]]", "[[1,3],[2,null]]");
    check(
        "[first, last, nth(1), first(.[]), last(.[])]",
        "[1,2,3]",
        "[1,3,2,1,3]",
    );
    check(
        "[keys, has(\"a\"), (\"b\" | in({b:1})), ([0,1] | has(1,2))]",
        r#"{"b":1,"a":2}"#,
        r#"[["a","b"],true,true,true,false]"#,
    );
    check("to_entries", r#"{"a":1}"#, r#"[{"key":"a","value":1}]"#);
    check(
        "with_entries(.value += 1)",
        r#"{"a":1,"b":2}"#,
        r#"{"a":2,"b":3}"#,
    );
    check(
        "from_entries",
        r#"[{"name":"a","value":false},{"k":1,"v":2},{"key":null}]"#,
        r#"{"a":false,"1":2,"null":null}"#,
    );
    check(
        "[contains({a:\"b\"}), inside({a:\"abc\",d:1})]",
        r#"{"a":"abc"}"#,
        "[true,true]",
    );
    check("contains([\"ba\",\"x\"])", r#"["bar","foo","xyz"]"#, "true");
    check(
        "[.[] | type]",
        r#"[null,true,1,"a",[],{}]"#,
        r#"["null","boolean","number","string","array","object"]"#,
    );
    check(
        "[.[] | values, nulls | scalars]",
        "[1,null,[2]]",
        "[1,null]",
    );
    check(". - [2]", "[1,2,3,2]", "[1,3]");
    check(
        ". * {a:{c:3}}",
        r#"{"a":{"b":1,"c":2}}"#,
        r#"{"a":{"b":1,"c":3}}"#,
    );
    check("[floor, ceil, round, (-. | abs)]", "1.5", "[1,2,2,1.5]");
}

#[test]
fn updates_and_paths_work_as_in_jq() {
    check(
        ".a |= . + 1 | .b += .a | .c //= 5 | .d = 6",
        r#"{"a":1,"b":10}"#,
        r#"{"a":2,"b":12,"c":5,"d":6}"#,
    );
    check(".[] *= 2", "[1,2]", "[2,4]");
    check("map_values(. / 2)", r#"{"a":4}"#, r#"{"a":2}"#);
    check("del(.[0,2])", "[1,2,3]", "[2]");
    check(
        "del(.[] | select(.a))",
        r#"[{"a":1},{"b":1}]"#,
        r#"[{"b":1}]"#,
    );
    check(
        "walk(if type == \"number\" then . + 1 else . end)",
        r#"[1,{"a":[2]}]"#,
        r#"[2,{"a":[3]}]"#,
    );
    check("[paths]", r#"{"a":[1]}"#, r#"[["a"],["a",0]]"#);
    check("[leaf_paths]", r#"{"a":[1]}"#, r#"[["a",0]]"#);
    check(
        "[getpath([\"a\",0]), path(.a[0]), (setpath([\"a\",0]; 2)|.a)]",
        r#"{"a":[1]}"#,
        r#"[1,["a",0],[2]]"#,
    );
    check(
        "delpaths([[\"a\"],[\"b\"]])",
        r#"{"a":1,"b":2,"c":3}"#,
        r#"{"c":3}"#,
    );
    check(
        "pick(.a.b, .c)",
        r#"{"a":{"b":1,"x":2},"c":3,"d":4}"#,
        r#"{"a":{"b":1},"c":3}"#,
    );
    check(
        "(.. | select(type == \"string\")) |= ascii_upcase",
        r#"{"a":["x"]}"#,
        r#"{"a":["X"]}"#,
    );
}

#[test]
fn text_works_as_in_jq() {
    check("\"a\\(.x)b\\(.y)\"", r#"{"x":1,"y":[2]}"#, r#""a1b[2]""#);
    check("@base64 \"<\\(.)>\"", r#""hi""#, r#""<aGk=>""#);
    check(
        "[@base64, (@base64|@base64d), @uri, @html, @sh, @json, @text]",
        r#""a b<'""#,
        r#"["YSBiPCc=","a b<'","a%20b%3C%27","a b&lt;&#39;","'a b<'\\'''","\"a b<'\"","a b<'"]"#,
    );
    check(
        "[@csv, @tsv]",
        r#"["a\"b",1,null,true,"x\ty"]"#,
        r#"["\"a\"\"b\",1,,true,\"x\ty\"","a\"b\t1\t\ttrue\tx\\ty"]"#,
    );
    check(
        "[split(\", \"), (. / \", \" | length), ascii_upcase, ltrimstr(\"a\"), rtrimstr(\"b\"), startswith(\"a\"), endswith(\"z\")]",
        r#""a, b""#,
        r#"[["a","b"],2,"A, B",", b","a, ",true,false]"#,
    );
    check(
        "[explode, (explode | implode), trim, utf8bytelength]",
        r#"" ä""#,
        r#"[[32,228]," ä","ä",3]"#,
    );
    check(
        "[tojson, (tojson | fromjson)]",
        r#"{"a":[1.50]}"#,
        r#"["{\"a\":[1.50]}",{"a":[1.50]}]"#,
    );
    check(
        "[test(\"B\"), test(\"B\"; \"i\"), [match(\"(?<x>b)|(c)\"; \"g\") | .offset]]",
        r#""äbc""#,
        "[false,true,[1,2]]",
    );
    check(
        "[capture(\"(?<y>\\\\d+)-(?<m>\\\\d+)\"), [scan(\"\\\\d\")], [scan(\"(\\\\d)-\")]]",
        r#""12-34""#,
        r#"[{"y":"12","m":"34"},["1","2","3","4"],[["2"]]]"#,
    );
    check(
        "[sub(\"a\"; \"b\"), gsub(\"(?<x>a)\"; \"<\\(.x)>\"), [splits(\"n+\")], split(\"N\"; \"i\")]",
        r#""banana""#,
        r#"["bbnana","b<a>n<a>n<a>",["ba","a","a"],["ba","a","a"]]"#,
    );
    check(
        "match(\"(x)?b\")",
        r#""ab""#,
        r#"{"offset":1,"length":1,"string":"b","captures":[{"offset":-1,"length":0,"string":null,"name":null}]}"#,
    );
    check(
        "test(\"^\\\\w+@\\\\w+\\\\.[a-z]{2,6}$\")",
        r#""me@example.org""#,
        "true",
    );
}

#[test]
fn errors_of_filters_say_what_happened() {
    let raised = |filter: &str, input: &str| match run(filter, input) {
        Err(RunError::Raised(message)) => message,
        other => panic!("{filter}: {other:?}"),
    };
    assert_eq!(raised("error(\"no such city\")", "1"), "no such city");
    assert_eq!(raised(".a", "[1]"), "cannot index [1] with \"a\"");
    assert_eq!(
        raised(".n * .s", r#"{"n":2000000000,"s":"x"}"#),
        "a string cannot be repeated with * here"
    );
    assert_eq!(
        raised(".n *= .s", r#"{"n":2,"s":"x"}"#),
        "a string cannot be repeated with * here"
    );
    assert_eq!(
        raised(".[.[:1]]", "[0,0]"),
        "an array cannot be a key; give a number, a string or a slice"
    );
    assert_eq!(
        raised("has([0])", "[0]"),
        "an array cannot be a key; give a number, a string or a slice"
    );
    let long = raised(".a", &format!("[{:?}]", "ä".repeat(5000)));
    assert!(long.len() < 600 && long.ends_with('…'), "{long}");
}

#[test]
fn results_that_json_has_no_word_for_are_errors_or_null() {
    assert_eq!(
        run("{(1): 2}", "0"),
        Err(RunError::Output(
            "an object has a key that is not a string".to_owned()
        ))
    );
    check("[0 / 0]", "0", "[null]");
    check("[255, 65] | implode | explode", "0", "[255,65]");
}
