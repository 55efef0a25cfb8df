//! Every style, with and without explode, against the table "Style Examples" of OpenAPI 3.1.
//! Separators of values are percent-encoded where the table shows them bare, which OpenAPI 3.1.1 does too.

use super::*;

const BLANK: &str = r#""""#;
const STRING: &str = r#""blue""#;
const ARRAY: &str = r#"["blue","black","brown"]"#;
const OBJECT: &str = r#"{"R":100,"G":200,"B":150}"#;

fn form(style: Style, explode: bool) -> Form {
    Form { style, explode }
}

#[test]
fn paths_follow_the_openapi_table() {
    let check = |style, explode, json, expected: Result<&str, ValueError>| {
        let value = Flat::read(json).unwrap();
        let written = path(form(style, explode), false, "color", &value);
        assert_eq!(
            written,
            expected.map(ToOwned::to_owned),
            "{style:?} {explode} {json}"
        );
    };
    let rows = [
        (Style::Matrix, false, STRING, ";color=blue"),
        (Style::Matrix, false, ARRAY, ";color=blue,black,brown"),
        (Style::Matrix, false, OBJECT, ";color=R,100,G,200,B,150"),
        (Style::Matrix, true, STRING, ";color=blue"),
        (
            Style::Matrix,
            true,
            ARRAY,
            ";color=blue;color=black;color=brown",
        ),
        (Style::Matrix, true, OBJECT, ";R=100;G=200;B=150"),
        (Style::Label, false, STRING, ".blue"),
        (Style::Label, false, ARRAY, ".blue,black,brown"),
        (Style::Label, false, OBJECT, ".R,100,G,200,B,150"),
        (Style::Label, true, STRING, ".blue"),
        (Style::Label, true, ARRAY, ".blue.black.brown"),
        (Style::Label, true, OBJECT, ".R=100.G=200.B=150"),
        (Style::Simple, false, STRING, "blue"),
        (Style::Simple, false, ARRAY, "blue,black,brown"),
        (Style::Simple, false, OBJECT, "R,100,G,200,B,150"),
        (Style::Simple, true, STRING, "blue"),
        (Style::Simple, true, ARRAY, "blue,black,brown"),
        (Style::Simple, true, OBJECT, "R=100,G=200,B=150"),
    ];
    for (style, explode, json, expected) in rows {
        check(style, explode, json, Ok(expected));
    }
    for style in [Style::Matrix, Style::Label, Style::Simple] {
        for explode in [false, true] {
            check(style, explode, BLANK, Err(ValueError::Empty));
            check(style, explode, "[]", Err(ValueError::Empty));
            check(style, explode, "{}", Err(ValueError::Empty));
            check(style, explode, "null", Err(ValueError::Absent));
            check(style, explode, r#"["a",".."]"#, Err(ValueError::Dots));
            check(style, explode, r#"{"a":""}"#, Err(ValueError::Empty));
            check(
                style,
                explode,
                r#"{"a/b":"c"}"#,
                Err(ValueError::Character("/ or \\")),
            );
        }
    }
}

#[test]
fn queries_follow_the_openapi_table() {
    let check = |style, explode, json, expected: &str| {
        let value = Flat::read(json).unwrap();
        let written = pairs(form(style, explode), "color", &value).join("&");
        assert_eq!(written, expected, "{style:?} {explode} {json}");
    };
    let exploded = "color=blue&color=black&color=brown";
    let rows = [
        (Style::Form, false, BLANK, "color="),
        (Style::Form, false, STRING, "color=blue"),
        (Style::Form, false, ARRAY, "color=blue,black,brown"),
        (Style::Form, false, OBJECT, "color=R,100,G,200,B,150"),
        (Style::Form, true, BLANK, "color="),
        (Style::Form, true, STRING, "color=blue"),
        (Style::Form, true, ARRAY, exploded),
        (Style::Form, true, OBJECT, "R=100&G=200&B=150"),
        (
            Style::SpaceDelimited,
            false,
            ARRAY,
            "color=blue%20black%20brown",
        ),
        (
            Style::SpaceDelimited,
            false,
            OBJECT,
            "color=R%20100%20G%20200%20B%20150",
        ),
        (Style::SpaceDelimited, true, ARRAY, exploded),
        (
            Style::PipeDelimited,
            false,
            ARRAY,
            "color=blue%7Cblack%7Cbrown",
        ),
        (
            Style::PipeDelimited,
            false,
            OBJECT,
            "color=R%7C100%7CG%7C200%7CB%7C150",
        ),
        (Style::PipeDelimited, true, ARRAY, exploded),
        (
            Style::DeepObject,
            true,
            OBJECT,
            "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150",
        ),
        (
            Style::DeepObject,
            false,
            OBJECT,
            "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150",
        ),
        (
            Style::Form,
            false,
            r#"["a,b","c&d=e"]"#,
            "color=a%2Cb,c%26d%3De",
        ),
        (Style::Form, true, r#"{"a":null,"b&c":true}"#, "b%26c=true"),
        (
            Style::DeepObject,
            true,
            r#"{"]&x=":"y"}"#,
            "color%5B%5D%26x%3D%5D=y",
        ),
    ];
    for (style, explode, json, expected) in rows {
        check(style, explode, json, expected);
    }
    let styles = [
        Style::Form,
        Style::SpaceDelimited,
        Style::PipeDelimited,
        Style::DeepObject,
    ];
    for style in styles {
        for explode in [false, true] {
            for nothing in ["[]", "{}", "null", r#"{"a":null}"#] {
                check(style, explode, nothing, "");
            }
        }
    }
}

#[test]
fn headers_follow_the_openapi_table() {
    let check = |explode, json, expected: Option<&str>| {
        let value = Flat::read(json).unwrap();
        let written = header(form(Style::Simple, explode), &value);
        assert_eq!(written.as_deref(), expected, "{explode} {json}");
    };
    for explode in [false, true] {
        check(explode, BLANK, Some(""));
        check(explode, STRING, Some("blue"));
        check(explode, ARRAY, Some("blue,black,brown"));
        check(explode, "[]", None);
        check(explode, "{}", None);
        check(explode, "null", None);
    }
    check(false, OBJECT, Some("R,100,G,200,B,150"));
    check(true, OBJECT, Some("R=100,G=200,B=150"));
}

#[test]
fn values_keep_their_spelling_and_nothing_deeper_is_read() {
    let check = |json, expected: Option<&[&str]>| {
        let read = Flat::read(json).map(|value| match value {
            Flat::One(text) => vec![text.into_owned()],
            Flat::List(texts) => texts.into_iter().map(Into::into).collect(),
            Flat::Named(members) => members
                .into_iter()
                .map(|(key, text)| format!("{key}:{text}"))
                .collect(),
            Flat::Absent => Vec::new(),
        });
        let expected = expected.map(|texts| texts.iter().map(|text| (*text).to_owned()).collect());
        assert_eq!(read, expected, "{json}");
    };
    check("9007199254740993", Some(&["9007199254740993"]));
    check(
        "123456789012345678901234567890",
        Some(&["123456789012345678901234567890"]),
    );
    check("1.0", Some(&["1.0"]));
    check("[1.0, 1e5 ,true]", Some(&["1.0", "1e5", "true"]));
    check(
        r#"{"b": 1.50, "a": "x\n\"y\u00e9"}"#,
        Some(&["b:1.50", "a:x\n\"yé"]),
    );
    check("null", Some(&[]));
    check("[null]", None);
    check("[[1]]", None);
    check(r#"[{"a":1}]"#, None);
    check(r#"{"a":[1]}"#, None);
}
