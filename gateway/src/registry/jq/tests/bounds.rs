//! What filters may not spend: time, memory, stack, output.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{PATIENCE, Pool, Program, RunError, check, pool, run, run_within};

fn numbers(count: usize) -> String {
    let list: Vec<String> = (0..count).map(|number| number.to_string()).collect();
    format!("[{}]", list.join(","))
}

/// Doubles `times` times.
fn doubling(step: &str, times: usize) -> String {
    vec![step; times].join(" | ")
}

#[test]
fn what_multiplies_ends_by_its_account() {
    let hundred = numbers(100);
    for filter in [
        "[.[] as $a | .[] as $b | .[] as $c | .[] as $d | .[] as $e | $a]".to_owned(),
        "[.[] + .[] + .[] + .[] + .[] + .[]]".to_owned(),
        "\"\\(.[])\\(.[])\\(.[])\\(.[])\\(.[])\"".to_owned(),
        "[{a: .[], b: .[], c: .[], d: .[]}]".to_owned(),
        "[.. as $a | .. as $b | .. as $c | .. as $d | 1]".to_owned(),
        // Nothing comes out of these, and still they loop.
        format!("first({} | empty)", doubling("(1,2)", 30)),
        format!("any({}; . == 3)", doubling("(1,2)", 30)),
    ] {
        assert_eq!(run(&filter, &hundred), Err(RunError::Memory), "{filter}");
    }
}

#[test]
fn what_doubles_ends_by_its_account() {
    for (filter, input) in [
        (doubling(". + .", 100), r#""abcdefgh""#),
        (doubling(". + .", 100), "[1]"),
        (doubling("[., .]", 100), "1"),
        (doubling("{a: ., b: .}", 100), "1"),
        (doubling("[.[], .[]]", 100), "[1]"),
        (doubling(".[0] = . | .[1] = .", 100), "[1,2]"),
        (doubling(".a += .a", 100), r#"{"a":"x"}"#),
        (doubling("\"\\(.)\\(.)\"", 100), "1"),
        (doubling("add(., .)", 100), r#""x""#),
        (doubling("[., .] | join(\"\")", 100), r#""x""#),
        (doubling("tojson", 100), r#""\"\"""#),
        (doubling("@sh", 100), r#""'''""#),
        (doubling("gsub(\"a\"; \"aaa\")", 100), r#""aaa""#),
        (doubling("walk([., .])", 100), "[1]"),
        (doubling("map_values(., .)", 100), "[1]"),
        (doubling("[.[] | ., .]", 100), "[1]"),
    ] {
        match run(&filter, input) {
            Err(RunError::Memory | RunError::Depth) => {}
            // Searching long texts is an error that a filter may catch.
            Err(RunError::Raised(message)) if message.contains("cannot be searched") => {}
            other => panic!("{filter}: {:?}", other.map(|output| output.len())),
        }
    }
}

#[test]
fn exhaustion_cannot_be_caught() {
    let costly = format!("[{}]", doubling("(1,2)", 30));
    for filter in [
        format!("try {costly} catch \"saved\""),
        format!("({costly})? // \"saved\""),
        format!("first({costly}, 1)"),
        format!(".[0] |= ({costly} | empty)"),
        format!("(if {costly} then .[0] else .[1] end) |= 7"),
        format!("(({costly} | .[0]) // .[1]) |= 7"),
    ] {
        assert_eq!(run(&filter, "[1,2]"), Err(RunError::Memory), "{filter}");
    }
}

#[test]
fn numbers_stay_short() {
    assert_eq!(
        run(&doubling(". * .", 60), "123456789"),
        Err(RunError::Number)
    );
    let long = "9".repeat(3000);
    assert_eq!(
        run(".", &long),
        Err(RunError::Input(
            "it has a number of more than 2048 characters".to_owned()
        ))
    );
}

#[test]
fn depth_of_values_is_bounded_on_the_way_in_and_inside() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    check("flatten", &nested(200), "[]");
    check("[..] | length", &nested(256), "256");
    assert_eq!(
        run(".", &nested(300)),
        Err(RunError::Input(
            "it is nested more than 256 levels deep".to_owned()
        ))
    );
    assert!(matches!(
        run(".", &nested(1_000_000)),
        Err(RunError::Input(_))
    ));
    assert!(matches!(
        run(".", &"[".repeat(1_000_000)),
        Err(RunError::Input(_))
    ));
    assert!(matches!(
        run(&doubling("walk([.])", 30), "[1]"),
        Err(RunError::Depth | RunError::Memory)
    ));
    assert_eq!(
        run(&doubling("[.]", 120), &nested(200)),
        Err(RunError::Depth)
    );
    let text = serde_json::to_string(&nested(300)).unwrap();
    check(
        "try fromjson catch .",
        &text,
        "\"cannot parse a string as JSON: it is nested more than 256 levels deep\"",
    );
}

/// An update recurses for each element of a path, and a slice of an array is an array again: nothing else ends it.
#[test]
fn long_paths_end_by_the_stack() {
    let names = serde_json::to_string(&vec!["a"; 50_000]).unwrap();
    check(". as $path | {} | getpath($path)", &names, "null");
    let slices = format!("[{}]", vec![r#"{"start":0}"#; 50_000].join(","));
    check(". as $path | [7] | getpath($path)", &slices, "[7]");
    let update = run(". as $path | [7] | setpath($path; [8])", &slices);
    assert_eq!(update, Err(RunError::Depth));
    check(
        ". as $path | [7] | setpath($path[:50]; [8])",
        &slices,
        "[8]",
    );
}

/// The deepest filters that the wall lets through, over the deepest values.
#[test]
fn the_deepest_allowed_filters_run() {
    let value = format!("{}{}", "[".repeat(200), "]".repeat(200));
    for (open, middle, close, count) in [
        ("map(", ".", ")", 120),
        ("first(", ".", ")", 250),
        ("walk(", ".", ")", 10),
        ("[", ".", "]", 50),
        ("", ".", " | .", 250),
        ("", ".", " | ..", 3),
        ("\"\\(", ".", ")\"", 12),
        ("", ".", " // .", 240),
        ("(", ".", ") |= .", 200),
        ("if ", ".", " then . end", 240),
        ("with_entries(", ".", ")", 3),
        (".[]? |= (", ".", ")", 100),
        ("try ", ".", "", 240),
        ("", "1", " + 1", 240),
        ("sort_by(", ".", ")", 100),
        ("any(", ".", "; .)", 100),
        (". as [$a] | ", "1", "", 120),
    ] {
        let filter = format!("{}{middle}{}", open.repeat(count), close.repeat(count));
        let result = run(&filter, &value);
        assert!(
            !matches!(result, Err(RunError::Broken | RunError::Timeout)),
            "{open}{middle}{close}: {result:?}"
        );
    }
}

#[test]
fn comparing_cannot_be_made_slow() {
    let zeros = format!("[{}0]", "0,".repeat(50_000));
    for filter in [
        "contains(.[:100] | map(1))",
        ". - .[1:] | length",
        "group_by(.) | length",
        "[.[] == 0] | length",
        "sort_by([.]) | length",
    ] {
        let result = run(filter, &zeros);
        assert!(result.is_ok(), "{filter}: {result:?}");
    }
    // Each key would be the whole input, and comparing two of them takes as long as it is.
    let whole_keys = run(". as $all | sort_by($all) | length", &zeros);
    assert_eq!(whole_keys, Err(RunError::Memory));
}

#[test]
fn searching_takes_linear_time_and_little_space() {
    let text = serde_json::to_string(&"a".repeat(60_000)).unwrap();
    check("test(\"(a*)*b\")", &text, "false");
    check("test(\"(x+x+)+y\")", &text, "false");
    let huge = run("test(\"(\\\\w{1000}){1000}\")", &text);
    assert!(matches!(huge, Err(RunError::Raised(_))), "{huge:?}");
    let longer = serde_json::to_string(&"a".repeat(70_000)).unwrap();
    let long = run("test(\"a\")", &longer);
    assert!(matches!(long, Err(RunError::Raised(_))), "{long:?}");
    // Each of its matches searches the rest of the text, so the clock must be looked at between two.
    let quadratic = run_within(
        "[scan(\".*b|a\")] | length",
        &text,
        Duration::from_millis(50),
        100,
    );
    assert_eq!(quadratic, Err(RunError::Timeout));
}

#[test]
fn honest_work_on_large_answers_is_not_refused() {
    let items: Vec<String> = (0..20_000)
        .map(|id| format!(r#"{{"id":{id},"name":"item {id}","tags":["a","b"],"spec":{{"size":{},"on":true}}}}"#, id % 17))
        .collect();
    let input = format!(r#"{{"items":[{}]}}"#, items.join(","));
    let filter = ".items | map(select(.spec.on and (.name | test(\"7\"))) | {id, size: .spec.size, tags: (.tags | join(\",\"))}) \
        | group_by(.size) | map({size: .[0].size, count: length, ids: map(.id)}) | sort_by(-.count) | .[:2] | map(del(.ids))";
    check(
        filter,
        &input,
        r#"[{"size":1,"count":407},{"size":5,"count":406}]"#,
    );
    check("[.items[].id] | add", &input, "199990000");
    check(
        ".items | map(.name) | join(\"\") | length",
        &input,
        "188890",
    );
    check(
        ".items | map({key: .name, value: .id}) | from_entries | length",
        &input,
        "20000",
    );
    check("[.items[] | walk(.)] | length", &input, "20000");
}

#[test]
fn output_is_bounded_while_it_is_written() {
    assert_eq!(
        run_within(".", &numbers(1000), PATIENCE, 100),
        Err(RunError::TooLong(100))
    );
    assert_eq!(
        run_within(".", "[1,2]", PATIENCE, 5).as_deref(),
        Ok("[1,2]")
    );
    assert_eq!(
        run_within(".", "[1,2]", PATIENCE, 4),
        Err(RunError::TooLong(4))
    );
}

#[test]
fn inputs_that_are_nearly_json_are_refused() {
    for input in [
        "",
        "{",
        "[1,]",
        "NaN",
        "1 2",
        "# x\n1",
        "b\"x\"",
        "+1",
        "01",
        "{1:2}",
        "\"\\ud800\"",
        "\"\t\"",
    ] {
        let result = run(".", input);
        assert!(
            matches!(result, Err(RunError::Input(_))),
            "{input}: {result:?}"
        );
    }
    let program = Arc::new(Program::compile(".").unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let result =
        runtime.block_on(pool().run(program, Bytes::from_static(b"\"\xff\""), PATIENCE, 100));
    assert!(matches!(result, Err(RunError::Input(_))), "{result:?}");
}

/// Long enough for any machine to pass the deadline first, short enough for the account.
const LONG: &str = "[.[] as $a | .[] as $b | select($a > $b)] | length";

#[test]
fn the_deadline_ends_a_run_and_the_thread_is_free_again() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let alone = Pool::start(1, 4).unwrap();
    let long = Arc::new(Program::compile(LONG).unwrap());
    let input = Bytes::from(numbers(1000));
    let ended = runtime.block_on(alone.run(long, input, Duration::from_millis(1), 100));
    assert_eq!(ended, Err(RunError::Timeout));
    let short = Arc::new(Program::compile(".").unwrap());
    let next = runtime.block_on(alone.run(short, Bytes::from_static(b"1"), PATIENCE, 100));
    assert_eq!(next.as_deref(), Ok(b"1".as_slice()));
}

#[test]
fn a_run_that_nobody_waits_for_ends_and_a_full_queue_says_so() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let alone = Pool::start(1, 0).unwrap();
    let program = Arc::new(Program::compile(LONG).unwrap());
    let input = Bytes::from(numbers(1000));
    runtime.block_on(async {
        let mut outcomes = Vec::new();
        // A queue of length 0 takes a run only when the thread is waiting for one.
        while !outcomes.contains(&true) {
            let run = alone.run(Arc::clone(&program), input.clone(), PATIENCE, 100);
            let dropped = tokio::time::timeout(Duration::from_millis(5), run).await;
            outcomes.push(!matches!(dropped, Ok(Err(RunError::Busy))));
        }
        let short = Arc::new(Program::compile(".").unwrap());
        let mut busy = 0;
        let answer = loop {
            match alone
                .run(Arc::clone(&short), Bytes::from_static(b"1"), PATIENCE, 100)
                .await
            {
                Err(RunError::Busy) => busy += 1,
                answer => break answer,
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        };
        assert_eq!(
            answer.as_deref(),
            Ok(b"1".as_slice()),
            "after {busy} refusals"
        );
    });
}
