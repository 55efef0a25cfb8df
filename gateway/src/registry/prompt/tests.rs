//! Templates of prompts: what is special in them, and that values never are.
#![allow(clippy::unwrap_used)]

use std::borrow::Cow;

use super::Text;

#[test]
fn a_name_in_double_braces_is_all_that_is_special() {
    let check = |template: &str, expected: &str| {
        let text = Text::parse(template).unwrap();
        assert_eq!(text.fill(|name| Cow::Owned(format!("<{name}>"))), expected);
    };
    check("", "");
    check(
        "plain { text } with }} and %s $x \\n",
        "plain { text } with }} and %s $x \\n",
    );
    check("Hello {{name}}, {{ mood }}!", "Hello <name>, <mood>!");
    check("{{a}}{{b}}", "<a><b>");
    check("{\"q\": {{a}}}", "{\"q\": <a>}");
    check("{% if x %}{{a}}{% endif %}", "{% if x %}<a>{% endif %}");
    check("{{a|upper}}", "<a|upper>");
}

#[test]
fn a_hole_that_is_never_closed_is_refused_with_its_line() {
    let check = |template: &str, expected: &str| {
        assert_eq!(Text::parse(template).unwrap_err(), expected);
    };
    check("Hello {{name", "line 1 has a {{ without }}");
    check("a\nb {{x}}\nc {{d } }", "line 3 has a {{ without }}");
    check("a {{}}", "{{}} is not a variable; write {{name}}");
    check("a {{  }}", "{{}} is not a variable; write {{name}}");
    check("{{{a}}}", "{{{a}} is not a variable; write {{name}}");
    check("{{a\nb}}", "{{a\nb}} is not a variable; write {{name}}");
}

#[test]
fn values_are_inserted_as_they_are() {
    let text = Text::parse("{{a}} and {{b}}").unwrap();
    let filled = text.fill(|name| match name {
        "a" => Cow::Borrowed("{{b}} }} {{"),
        _ => Cow::Borrowed("\"\\\n{{a}}"),
    });
    assert_eq!(filled, "{{b}} }} {{ and \"\\\n{{a}}");
}
